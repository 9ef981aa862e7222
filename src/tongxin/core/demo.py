"""Parts of the demo district that domains above the matters add: each plays its own story when the demo is loaded."""

from collections.abc import Callable
from datetime import datetime

demo_parts: list[Callable[[datetime], None]] = []
"""Called in the order of registration, in the demo's transaction, with the moment that is now in the story."""
