"""What the record part of duty shows elsewhere."""


def register() -> None:
    """Called once, when applications start."""
