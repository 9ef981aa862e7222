"""What the offline part of duty shows elsewhere."""


def register() -> None:
    """Called once, when applications start."""
