"""Channels against local servers that speak the providers' formats."""
