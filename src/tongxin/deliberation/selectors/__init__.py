"""Reads of deliberation."""
