"""Writes to accounts, one function a verb."""
