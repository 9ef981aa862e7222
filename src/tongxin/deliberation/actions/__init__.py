"""Writes of deliberation: conversations, statements and votes, meetings."""
