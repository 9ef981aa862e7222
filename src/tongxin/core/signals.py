"""Signals of the core: what a lower layer tells the ones above it."""

from django.dispatch import Signal

calendar_changed = Signal()
"""The working-day calendar changed. Sent inside the transaction of the change, with ``days`` (a frozenset of dates)
and ``actor``; receivers work open due dates out again."""

calendar_weighed = Signal()
"""Somebody asks what another working-day calendar would change. Sent with ``days`` and ``calendar`` (the one that would
be); receivers return how many due dates would move, and change nothing."""

entry_written = Signal()
"""A line of a record's history was written. Sent inside the act's transaction, with ``record``, ``entry``, ``actor`` and
``transition``; receivers tell people, by rows in the same transaction. The ledger is locked by then: be quick."""
