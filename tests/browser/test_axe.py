"""axe-core finds nothing on any page, in both languages and in elder mode; nothing is wider than the screen."""

from collections.abc import Iterable
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT

from tests.browser.world import World
from tests.testing.browser import DESK, PHONE, Person
from tests.testing.district import District
from tongxin.matters.views.work.table import FORMS as TABLE

LOOKS = {
    "chinese": {"django_language": "zh-hans"},
    "english": {"django_language": "en"},
    "elder": {"django_language": "zh-hans", "elder": "1"},
}
RUN = """async () => {
  const found = await axe.run(document, {resultTypes: ["violations"], rules: {"target-size": {enabled: true}}});
  return found.violations.map((v) => v.id + ": " + v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" | "));
}"""


def faults_of(person: Person, what: str) -> list[str]:
    """What axe finds on the page that is open, and whether it overflows on a phone or a desk."""
    if "axe" not in person.page.evaluate("() => Object.keys(window)"):
        person.page.evaluate(AXE_SCRIPT)
    found = [f"{what}: {fault}" for fault in person.page.evaluate(RUN)]
    for width in (PHONE, DESK):
        person.page.set_viewport_size({"width": width, "height": 800})
        if (wider := person.overflow()) > 0:
            found.append(f"{what}: {wider} px too wide at {width}: {widest(person)}")
    return found


def widest(person: Person) -> str:
    """The innermost element that sticks out, to help whoever reads the failure."""
    return str(
        person.page.evaluate(
            """() => { const w = document.documentElement.clientWidth;
            const out = [...document.querySelectorAll("main *, header *")].filter((e) => e.getBoundingClientRect().right > w + 1);
            return out.length ? out[out.length - 1].outerHTML.slice(0, 200) : ""; }"""
        )
    )


def look_at(person: Person, paths: Iterable[str], status: int = 200) -> list[str]:
    """The faults of several pages."""
    found = []
    for path in paths:
        person.page.set_viewport_size({"width": PHONE, "height": 800})
        person.go(path, status)
        found += faults_of(person, path)
    return found


def public_paths(world: World, district: District) -> list[str]:
    """Every page for people without an account."""
    talked = world.at("deliberating")
    states = (
        "assigned",
        "deliberating",
        "deciding",
        "published",
        "acting",
        "promised",
        "rating",
        "reopened",
        "escalated",
        "watched",
    )
    return [
        "/", f"/?near={district.community.code}", "/offline/", "/raise/", f"/raise/?station={district.station.code}",
        f"/raise/done/?t={world.raise_token}", "/track/", "/track/phone/", "/matters/", "/matters/?step=act",
        "/matters/?q=没有的事", *(world.at(state) for state in states), f"{talked}print/", f"{talked}me-too/",
        f"{talked}comment/", f"{talked}meetings/{world.meeting}/sign-up/", f"{world.at('published')}object/",
        f"{world.at('acting')}help/", f"{world.at('rating')}rate/", f"{talked}rate/", "/board/", "/promises/", "/numbers/sources/",
        "/stations/", f"/stations/{district.station.code}/", f"/stations/{district.station.code}/poster/",
        "/members/", "/units/", f"/units/{district.department.code}/", "/ledger/", "/privacy/", "/about/",
        "/accounts/login/", "/demo/", "/demo/messages/", "/meetings/", f"/meetings/{world.meeting}/",
        f"/meetings/{world.meeting}/screen/", f"/meetings/{world.meeting}/seat/",
        *(f"/opinions/{world.numbers['deliberating']}/{rest}" for rest in ("", "vote/", "say/", "say/done/", "mine/", "statements/0/", "map/", "print/")),
        f"/follow/matter/{world.numbers['deliberating']}/", f"/follow/unit/{district.department.code}/",
    ]  # fmt: skip


@pytest.mark.parametrize("look", LOOKS)
def test_public_pages(meet, world: World, district: District, look: str):
    visitor = meet(width=PHONE, cookies=LOOKS[look], bypass_csp=True)
    faults = look_at(visitor, public_paths(world, district))
    faults += look_at(visitor, ["/nowhere/"], status=404)
    visitor.go("/raise/")
    with visitor.page.expect_navigation():
        visitor.page.locator("main form button.act").last.click()
    assert visitor.page.locator(".field.bad").count() >= 2
    faults += faults_of(visitor, "/raise/ sent empty")
    visitor.go("/track/")
    visitor.fill(number=world.numbers["rating"], code=world.receipt.code)
    with visitor.page.expect_navigation():
        visitor.page.locator("main form button.act").last.click()
    faults += faults_of(visitor, "tracking page")
    faults += look_at(visitor, ["/track/", f"{world.at('rating')}rate/"])
    assert faults == []


@pytest.mark.parametrize("look", LOOKS)
def test_error_pages(meet, district: District, settings: Any, look: str):
    settings.ROOT_URLCONF = "tests.testing.error_pages"
    visitor = meet(width=PHONE, cookies=LOOKS[look], bypass_csp=True)
    faults = look_at(visitor, ["/nowhere/"], status=404)
    for status in (400, 403, 409, 429, 500):
        faults += look_at(visitor, [f"/error/{status}/"], status=status)
    # A form whose token the browser lost comes back with what was typed.
    visitor.go("/raise/")
    # The page asks for similar matters while one types; that answer would bring the token back.
    with visitor.page.expect_response("**/raise/similar/*"):
        visitor.fill(text="村口早上堵车，想装一个红绿灯。")
    visitor.context.clear_cookies(name="csrftoken")
    with visitor.page.expect_navigation() as sent:
        visitor.page.locator("main form button.act").last.click()
    assert sent.value.status == 403
    faults += faults_of(visitor, "/raise/ without its token")
    assert faults == []


STAFF_PAGES = {
    "office": [
        "/work/",
        "/work/search/",
        "/work/search/?q=红绿灯",
        "/work/enter/",
        "/work/rosters/",
        "/work/import/",
        "/work/inbox/",
        "/notices/",
        "/notices/wechat/",
        "/following/",
        "/work/calendar/",
        "/work/calendar/feed/",
        "/work/calendar-days/",
        "/work/messages/",
        "/work/categories/",
        "/work/posters/",
    ],
    "liaison": ["/work/", "/work/enter/", "/work/rosters/"],
    "convener": ["/work/", "/work/inbox/"],
    "decider": ["/work/"],
    "unit": ["/work/"],
    "principal": ["/work/"],
    "member": ["/work/", "/work/portrait/"],
    "security_admin": ["/work/", "/work/people/", "/work/people/new/", "/accounts/second-factor/"],
    "audit_admin": ["/work/", "/work/audit/"],
    "system_admin": ["/work/", "/work/system/", "/work/import/"],
}


@pytest.mark.parametrize("look", LOOKS)
def test_staff_pages(meet, world: World, district: District, look: str):
    faults = []
    for name, paths in STAFF_PAGES.items():
        staff = meet(name, cookies=LOOKS[look], bypass_csp=True)
        faults += look_at(staff, paths)
        if name == "security_admin":
            faults += look_at(staff, [f"/work/people/{district.users['unit'].pk}/"])
        if name == "convener":
            keep = f"/work/opinions/{world.numbers['deliberating']}/"
            faults += look_at(
                staff,
                [keep, f"{keep}?state=shown", f"{keep}terms/", f"{keep}statements/4/"]
                + [f"/work/opinions/{world.numbers['held']}/"]
                + [f"/work/meetings/{world.meeting}/{rest}" for rest in ("", "minutes/", "move/", "code/")],
            )
        if name == "office":
            remove = f"/work/matters/{world.numbers['deliberating']}/comments/{world.comment}/remove/"
            faults += look_at(staff, [remove, f"/work/matters/{world.numbers['assigned']}/letter/"])
        staff.context.close()
    assert faults == []


FORMS = {
    "office": ("raised", "deliberating", "decided", "published", "objected", "extension", "rating"),
    "convener": ("deliberating", "held", "minuted"),
    "decider": ("deciding",),
    "unit": ("assigned", "handed_over", "acting", "promised"),
    "other_unit": ("acting",),
    "principal": ("escalated",),
}
"""Who does something with which matter: together these offer every form of the staff pages."""


@pytest.mark.parametrize("look", LOOKS)
def test_every_form_a_transition_offers(meet, world: World, look: str):
    faults, seen = [], set()
    for name, matters in FORMS.items():
        staff = meet(name, cookies=LOOKS[look], bypass_csp=True)
        for what in matters:
            faults += look_at(staff, [world.at(what, "/work/matters/{}/")])
            offers = [link.get_attribute("href") or "" for link in staff.page.locator(".offers a").all()]
            new = [path for path in offers if path.split("/")[-2] not in seen]
            seen |= {path.split("/")[-2] for path in new}
            faults += look_at(staff, new)
        staff.context.close()
    assert {deed.form for deed in TABLE.values()} == {TABLE[name].form for name in seen}
    assert faults == []
