"""People at their browsers: a real Chromium, told in the words of somebody who uses the pages."""

import io
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Request, Response, expect

from tests.testing.clients import client_of
from tests.testing.district import District

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
PHONE, DESK = 360, 1440
"""Widths in CSS pixels: a small phone, an office screen."""


def session_of(district: District, name: str) -> str:
    """The session key of a browser in which that person is signed in."""
    return client_of(district, name).cookies[settings.SESSION_COOKIE_NAME].value


def some_photo(colour: str = "steelblue") -> dict[str, Any]:
    """A photo as a file chooser hands it over."""
    kept = io.BytesIO()
    Image.new("RGB", (320, 200), colour).save(kept, "JPEG")
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": kept.getvalue()}


@dataclass
class Person:
    """Somebody with a browser of their own. Whatever the console complains about is kept in ``complaints``."""

    context: BrowserContext
    address: str
    page: Page = field(init=False)
    complaints: list[str] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page = self.context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"{self.page.url}: {error}"))
        self.page.on("request", self._asked)

    def _asked(self, request: Request) -> None:
        # The driver marks the functions it is given, which a list's own method does not allow.
        self.asked.append(request)

    def _heard(self, message: Any) -> None:
        # The browser itself reports answers such as 404 and 422, which the tests ask for on purpose.
        if message.type in {"error", "warning"} and "the server responded with a status" not in message.text:
            self.complaints.append(f"{self.page.url}: {message.text}")

    def go(self, path: str, status: int = 200) -> Response:
        """Open an address and see that it answers so."""
        response = self.page.goto(path if "://" in path else self.address + path)
        assert response is not None
        assert response.status == status, f"{path} answered {response.status}"
        return response

    def fill(self, **fields: str) -> None:
        """Type into fields, choose from lists, mark choices and boxes, by the field's name."""
        for name, value in fields.items():
            control = self.page.locator(f"main form [name={name}]").first
            kind = control.evaluate("f => f.type")
            if kind == "radio":
                self.page.locator(f"main form [name={name}][value='{value}']").check()
            elif kind == "checkbox":
                control.check()
            elif kind.startswith("select"):
                control.select_option(str(value))
            else:
                control.fill(str(value))

    def attach(self, name: str, photo: dict[str, Any] | None = None) -> None:
        """Choose a photo."""
        self.page.locator(f"main form [name={name}]").set_input_files([photo or some_photo()])

    def press(self, words: str) -> None:
        """Press a button or follow a link of the page by its words, and wait for the next page."""
        button = self.page.locator("main").get_by_role("button", name=words, exact=True)
        target = button if button.count() else self.page.locator("main").get_by_role("link", name=words)
        with self.page.expect_navigation():
            target.first.click()

    def sees(self, *words: str) -> None:
        """All of these words stand on the page and show."""
        for text in words:
            expect(self.page.locator("body")).to_contain_text(text)

    def does_not_see(self, *words: str) -> None:
        """None of these words stands on the page."""
        for text in words:
            expect(self.page.locator("body")).not_to_contain_text(text)

    def rail(self) -> list[str]:
        """The state of each of the six seals of the page's first rail."""
        return [
            re.sub(r"\s.*", "", item.get_attribute("class") or "")
            for item in self.page.locator("ol.rail").first.locator("li").all()
        ]

    def timeline(self) -> list[str]:
        """The titles on the timeline, newest first."""
        return [title.strip() for title in self.page.locator("ol.line h3").all_inner_texts()]

    def overflow(self) -> int:
        """How many pixels the page is wider than its window."""
        return int(
            self.page.evaluate(
                "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
        )


@contextmanager
def person(
    browser: Browser,
    address: str,
    *,
    width: int = DESK,
    javascript: bool = True,
    session: str = "",
    language: str = "zh-CN",
    cookies: dict[str, str] | None = None,
    bypass_csp: bool = False,
):
    """Somebody with a fresh browser; signed in when a session is given."""
    context = browser.new_context(
        viewport={"width": width, "height": 740 if width == PHONE else 900},
        java_script_enabled=javascript,
        locale=language,
        bypass_csp=bypass_csp,
        reduced_motion="reduce",
    )
    context.set_default_timeout(10_000)
    given = dict(cookies or {})
    if session:
        given[settings.SESSION_COOKIE_NAME] = session
    context.add_cookies([{"name": name, "value": value, "url": address} for name, value in given.items()])
    try:
        yield Person(context, address)
    finally:
        context.close()
