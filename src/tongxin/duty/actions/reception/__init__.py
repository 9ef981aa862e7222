"""Writes of receptions and visits, a module for each concept."""
