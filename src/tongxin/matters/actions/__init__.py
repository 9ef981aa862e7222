"""Writes to matters: one function a verb, atomic, the ledger entry inside, never without an actor."""
