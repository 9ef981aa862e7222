"""The ceiling: a bare Django application on the same server and database — two tables, two queries, one small template.

What a page can cost at best with this framework; Tongxin's figures are given as shares of it.
"""

import os

import django
from django.conf import settings

from tongxin.core.embedded import database_config

settings.configure(
    SECRET_KEY="bench",
    ALLOWED_HOSTS=["*"],
    INSTALLED_APPS=[],
    # The one counts the body's length, without which connections aren't kept open; the other is needed to write.
    MIDDLEWARE=["django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware"],
    ROOT_URLCONF="bench.ceiling",
    TEMPLATES=[
        {"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [os.path.dirname(__file__)]}
    ],
    DATABASES={
        "default": database_config()
        | {"OPTIONS": {"pool": {"min_size": 1, "max_size": 8}}, "CONN_MAX_AGE": 0}
    },
    CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
    USE_TZ=True,
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import models, transaction  # noqa: E402
from django.http import HttpResponseRedirect  # noqa: E402
from django.shortcuts import render  # noqa: E402
from django.urls import path  # noqa: E402
from django.views.decorators.cache import cache_page  # noqa: E402


class Item(models.Model):
    """The first table."""

    title = models.CharField(max_length=60)
    text = models.TextField()
    count = models.IntegerField(default=0)
    at = models.DateTimeField()

    class Meta:
        app_label = "ceiling"
        db_table = "ceiling_item"

    def __str__(self) -> str:
        return self.title


class Note(models.Model):
    """The second table."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT)
    text = models.TextField()

    class Meta:
        app_label = "ceiling"
        db_table = "ceiling_note"

    def __str__(self) -> str:
        return self.text[:20]


def show_list(request):
    """Twenty items, newest first, and one of the other table."""
    items = list(Item.objects.order_by("-id")[:20])
    return render(request, "ceiling.html", {"items": items, "note": Note.objects.order_by("-id").first()})


def show_item(request, pk):
    """One item with its twenty newest notes."""
    item = Item.objects.get(pk=pk)
    return render(
        request, "ceiling.html", {"items": Note.objects.filter(item=item).order_by("-id")[:20], "note": item}
    )


def write(request):
    """Two writes in one transaction, then a redirect."""
    from django.utils import timezone

    if request.method == "POST":
        with transaction.atomic():
            item = Item.objects.create(
                title=request.POST["text"][:60], text=request.POST["text"], at=timezone.now()
            )
            Note.objects.create(item=item, text="receipt")
        return HttpResponseRedirect(f"/item/{item.pk}/")
    return render(request, "ceiling.html", {"items": [], "note": None, "form": True})


def rate(request, pk):
    """One row and one counter in one transaction, then a redirect."""
    with transaction.atomic():
        Note.objects.create(item_id=pk, text=request.POST["text"])
        Item.objects.filter(pk=pk).update(count=models.F("count") + 1)
    return HttpResponseRedirect(f"/item/{pk}/")


urlpatterns = [
    path("list/", show_list),
    path("cached/", cache_page(60)(show_list)),
    path("item/<int:pk>/", show_item),
    path("write/", write),
    path("rate/<int:pk>/", rate),
]
application = get_wsgi_application()
