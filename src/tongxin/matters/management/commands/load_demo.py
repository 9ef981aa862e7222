"""``tongxin demo load``: the demo district, once."""

from typing import Any

from django.core.management.base import BaseCommand

from tongxin.matters.demo.load import is_loaded, load_demo


class Command(BaseCommand):
    """Load the demo district when the database holds no matter yet."""

    help = "Load the demo district (once)."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, or say that there is something already."""
        if is_loaded():
            self.stdout.write("已有数据，不再载入演示。")
            return
        load_demo(self.stdout.write)
