"""Signals of the core: what a lower layer tells the ones above it."""

from django.dispatch import Signal

calendar_changed = Signal()
"""The working-day calendar changed. Sent inside the transaction of the change, with ``days`` (a frozenset of dates)
and ``actor``; receivers work open due dates out again."""
