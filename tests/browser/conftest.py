"""A live server on the real database, and Chromium."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.browser.world import World, build_world
from tests.testing.browser import ARGUMENTS, DESK, Person, person, session_of
from tests.testing.district import District, build_district

# Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

expect.set_options(timeout=10_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say what these tests need."""
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)


def _chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    raise FileNotFoundError("Chromium is needed for these tests: apt install chromium fonts-noto-cjk")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this process."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=_chromium(), args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def _server(django_db_setup: None) -> Iterator[LiveServer]:
    server = LiveServer("127.0.0.1")
    yield server
    server.stop()


@pytest.fixture
def address(_server: LiveServer, transactional_db: None) -> str:
    """Where the application answers."""
    return str(_server.url)


@pytest.fixture
def district(transactional_db: None) -> District:
    """The small district, committed, so that the server sees it."""
    return build_district()


@pytest.fixture
def world(district: District, settings: Any) -> World:
    """A district in which every page has something to show, as a demo (so that its pages exist)."""
    settings.DEMO = True
    return build_world(district)


Meet = Callable[..., Person]


@pytest.fixture
def meet(browser: Browser, address: str, district: District) -> Iterator[Meet]:
    """Meet somebody: ``meet("office")`` at a desk, ``meet(width=PHONE)`` a resident on a phone."""
    with ExitStack() as browsers:

        def meet_one(name: str = "", *, width: int = DESK, **options: object) -> Person:
            session = session_of(district, name) if name else ""
            return browsers.enter_context(person(browser, address, width=width, session=session, **options))

        yield meet_one
