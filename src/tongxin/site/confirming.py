"""Ask before what cannot be undone: one way for every such act, with and without JavaScript.

A post without ``sure=yes`` gets a page that says what will happen, with everything that was sent in it. A button with
``data-confirm`` asks in a dialog and sends ``sure=yes`` at once.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise

NOT_SENT_AGAIN = frozenset({"csrfmiddlewaretoken", "sure"})


def is_sure(request: HttpRequest) -> bool:
    """Whether the person was asked and said yes."""
    return request.POST.get("sure") == "yes"


def ask_first(
    request: HttpRequest, question: str | Promise, *, button: str | Promise, back: str
) -> HttpResponse:
    """The page that asks: ``question`` says what will happen, ``button`` does it, ``back`` leads away from it."""
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in NOT_SENT_AGAIN
        for value in values
    ]
    context = {"question": question, "button": button, "back": back, "fields": fields}
    return render(request, "confirm.html", context)
