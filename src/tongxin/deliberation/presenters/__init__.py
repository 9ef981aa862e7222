"""How deliberation puts things into words and pictures."""
