"""A first visit is light, keeps to this address, and breaks no rule of the content security policy."""

import gzip
from urllib.parse import urlsplit

from playwright.sync_api import Response

from tests.browser.test_axe import STAFF_PAGES, public_paths
from tests.testing.browser import PHONE

WHOLE, SCRIPTS = 100 * 1024, 30 * 1024
PAGES = ["/", "/matters/", "/raise/"]


def weigh(visitor, path):
    """The sizes of everything a first visit to a page asks for, as sent over the wire."""
    answers: list[Response] = []
    visitor.page.on("response", lambda answer: answers.extend([answer]))
    visitor.go(path)
    visitor.page.wait_for_load_state("networkidle")
    weights = {}
    for answer in answers:
        # Scripts and styles come compressed from a live server; pages as they are.
        body = answer.body() if answer.ok else b""
        head = sum(len(f"{name}: {value}\r\n") for name, value in answer.headers.items())
        weights[answer.url] = head + len(gzip.compress(body, 6) if "/static/" in answer.url else body)
    return weights


def test_first_visit_is_light_and_stays_here(meet, world):
    for path in PAGES:
        visitor = meet(width=PHONE)
        weights = weigh(visitor, path)
        scripts = sum(size for url, size in weights.items() if url.endswith(".js"))
        assert len(weights) >= 3
        assert 0 < scripts <= SCRIPTS, weights
        assert sum(weights.values()) <= WHOLE, weights
        assert {urlsplit(request.url).hostname for request in visitor.asked} == {"127.0.0.1"}
        assert visitor.complaints == []


def test_policy_refuses_what_is_written_into_a_page(meet, world):
    visitor = meet(width=PHONE)
    policy = visitor.go("/raise/").headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy
    visitor.page.evaluate(
        """() => { const s = document.createElement("script"); s.textContent = "window.broken = true"; document.head.append(s); }"""
    )
    assert visitor.page.evaluate("() => window.broken") is None
    assert any("Content Security Policy" in complaint for complaint in visitor.complaints)


def test_no_page_complains_in_the_console(meet, world, district):
    visitor = meet(width=PHONE)
    for path in public_paths(world, district):
        visitor.go(path)
    office = meet("office")
    for path in [*STAFF_PAGES["office"], f"/work/matters/{world.numbers['raised']}/"]:
        office.go(path)
    for person in (visitor, office):
        assert person.complaints == []
        assert {urlsplit(request.url).hostname for request in person.asked} == {"127.0.0.1"}
