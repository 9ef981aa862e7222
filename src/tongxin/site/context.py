"""What every page's template may use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """The district's name and slogan, whether this is the demo, and how to show the page."""
    return {
        "district": settings.TONGXIN["district_name"],
        "slogan": settings.TONGXIN["slogan"],
        "is_demo": settings.DEMO,
        "elder": getattr(request, "elder", False),
    }
