"""Signals of the core: what a lower layer tells the ones above it."""

from django.dispatch import Signal

calendar_changed = Signal()
"""The working-day calendar changed. Sent inside the transaction of the change, with ``days`` (a frozenset of dates)
and ``actor``; receivers work open due dates out again."""

calendar_weighed = Signal()
"""Somebody asks what another working-day calendar would change. Sent with ``days`` and ``calendar`` (the one that would
be); receivers return how many due dates would move, and change nothing."""

entry_written = Signal()
"""A line of a record's history is about to be written; all else of the act is, unless the act takes a number. Sent
inside the act's transaction, with ``record``, ``entry`` (its key is known), ``actor`` and ``transition``; receivers tell
people, and return the writes that go with the line (a list of ``Write``, or None). A record that takes its number with
the line has :data:`~tongxin.core.numbering.UNNUMBERED` for one, and what is written along may read ``numbered.slug``."""
