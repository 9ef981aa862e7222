"""What nobody should send: each form says so beside the field, keeps what was typed, and writes nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from tests.testing.clients import client_of
from tests.testing.district import District, Journey, build_district
from tongxin.core.models import Attachment, LedgerEntry, Receipt
from tongxin.core.receipts import new_token
from tongxin.matters.actions import deliberating, triage
from tongxin.matters.models import Matter

pytestmark = pytest.mark.django_db

SEEN, UNSEEN = "早点装灯", "\u202e\x07\u2066\u200b\ufeff"
RARE = "𠮷野家门口🚦👨‍👩‍👧"


@dataclass(frozen=True)
class Form:
    """A public form: where, which token, its text field, and what else it needs."""

    name: str
    to: str
    path: str
    purpose: str
    text: str
    also: dict[str, str] = field(default_factory=dict)
    most: int = 1000


FORMS = (
    Form("raise", "", "/raise/", "raise", "text", {"area": "T101"}, 2000),
    Form("comment", "to_deliberating", "comment/", "comment", "text", {"stance": "support"}),
    Form("object", "to_published", "object/", "object", "text"),
    Form("help", "to_acting", "help/", "help", "text"),
)


@pytest.fixture
def district(db: None) -> District:
    """The small district."""
    return build_district()


@pytest.fixture(params=FORMS, ids=lambda form: form.name)
def form(request: pytest.FixtureRequest) -> Form:
    """Each public form with words."""
    return request.param


@pytest.fixture
def send(client: Client, district: District, form: Form) -> Callable[..., Any]:
    """Send the form with these words, and a good token unless another is given."""
    path = form.path
    if form.to:
        matter = getattr(Journey(district), form.to)().fresh()
        Matter.objects.filter(pk=matter.pk, state="published").update(
            objections_until=timezone.localdate() + timedelta(days=3)
        )
        path = f"/matters/{matter.number}/{form.path}"

    def sent(words: str, **changes: str) -> Any:
        data = {"token": new_token(form.purpose), form.text: words, **form.also, **changes}
        return client.post(path, data)

    return sent


def _written() -> tuple[int, int]:
    return Receipt.objects.count(), LedgerEntry.objects.count()


def _refused(response: Any, before: tuple[int, int]) -> str:
    assert response.status_code == 422
    assert _written() == before
    return str(response.content.decode())


@pytest.mark.parametrize("words", ["", "   \n ", UNSEEN, "\x00", "\u3000\u3000"])
def test_nothing_and_what_cannot_be_seen_are_the_same(send, form: Form, words: str):
    before = _written()
    response = send(words)
    assert form.text in response.context["form"].errors
    _refused(response, before)


def test_what_cannot_be_seen_is_left_out_and_rare_characters_stay(send, form: Form):
    assert send(f"{UNSEEN}{SEEN}{RARE}\x00，谢谢\r\n第二行").status_code == 302
    stored = Receipt.objects.latest("pk")
    made = (
        getattr(stored, "comment", None)
        or getattr(stored, "objection", None)
        or getattr(stored, "help_offer", None)
    )
    words = made.text if made else Matter.objects.latest("pk").original_text
    assert words == f"{SEEN}{RARE}，谢谢\n第二行"


def test_far_too_much_is_refused_beside_the_field_and_kept(send, form: Form):
    before, words = _written(), "灯" * (form.most * 10)
    response = send(words)
    page = _refused(response, before)
    assert form.text in response.context["form"].errors
    assert words in page


@pytest.mark.parametrize("token", ["", "forged", "a:b:c", "\x00", "x" * 5000])
def test_a_forged_token_keeps_the_words_and_hands_out_a_good_one(send, form: Form, token: str):
    before = _written()
    response = send(SEEN + "，谢谢", token=token)
    assert SEEN in _refused(response, before)
    fresh = response.context["form"].token_value
    assert send(SEEN + "，谢谢", token=fresh).status_code == 302


def test_another_forms_token_is_not_taken(send, form: Form):
    before = _written()
    other = "object" if form.purpose != "object" else "help"
    assert SEEN in _refused(send(SEEN + "，谢谢", token=new_token(other)), before)


def test_an_expired_token_keeps_the_words(send, form: Form):
    with time_machine.travel(timezone.now() - timedelta(days=400)):
        old = new_token(form.purpose)
    before = _written()
    assert SEEN in _refused(send(SEEN + "，谢谢", token=old), before)


def test_a_replayed_form_writes_once(send, form: Form):
    token = new_token(form.purpose)
    assert send(SEEN + "，谢谢", token=token).status_code == 302
    before = _written()
    assert send(SEEN + "，换了别的话", token=token).status_code == 302
    assert _written() == before


@pytest.mark.parametrize(
    "changes",
    [
        {"phone": "不是电话"},
        {"phone": "1380000000\x00", "consent": "on"},
        {"phone": "13800000000"},  # without consent
        {"name": "名" * 500, "consent": "on"},
        {"phone": "9" * 5000, "consent": "on"},
    ],
)
def test_a_bad_contact_is_said_and_the_words_are_kept(send, form: Form, changes: dict[str, str]):
    before = _written()
    assert SEEN in _refused(send(SEEN + "，谢谢", **changes), before)


@pytest.mark.parametrize(
    "changes",
    [
        {"solved": "perhaps"},
        {"solved": ""},
        {"attitude": "99"},
        {"attitude": "-1"},
        {"result": "五"},
        {"result": "1e9"},
        {"words": "好" * 50_000},
        {"solved": "\x00"},
    ],
)
def test_a_rating_out_of_range_is_refused_and_its_words_kept(
    client: Client, district: District, changes: dict[str, str]
):
    journey = Journey(district).to_rating()
    matter, raised = journey.fresh(), journey.raised
    assert raised is not None
    client.post("/track/", {"number": matter.number, "code": raised.code})
    before = _written()
    data = {"solved": "yes", "attitude": "5", "result": "5", "words": SEEN} | changes
    page = _refused(client.post(f"/matters/{matter.number}/rate/", data), before)
    assert SEEN in page or changes.get("words", "") in page
    assert not matter.ratings.exists()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.jpg", b"not a picture at all"),
        ("a.jpg", b"\xff\xd8\xff\xe0" + b"\x00" * 500),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("a.html", b"<script>alert(1)</script>"),
        ("../../etc/passwd\x00.png", b"MZ" + b"\x90" * 900),
    ],
)
def test_a_fake_photo_with_an_answer_is_refused_and_the_answer_kept(
    client: Client, district: District, name: str, data: bytes
):
    journey = Journey(district).to_raised()
    matter, raised = journey.fresh(), journey.raised
    assert raised is not None
    triage.ask_more(matter, actor=district.actor("office"), question="哪里？", seen_version=None)
    client.post("/track/", {"number": matter.number, "code": raised.code})
    matter.refresh_from_db()
    before = _written()
    file = SimpleUploadedFile(name, data)
    answer = {"version": matter.version, "answer": "村口第二棵树旁边。", "photos": file}
    response = client.post(f"/track/{matter.number}/answer/", answer)
    assert "村口第二棵树旁边。" in _refused(response, before)
    assert "photos" in response.context["form"].errors
    assert not Attachment.objects.exists()


def test_a_fake_photo_of_a_unit_is_refused_and_the_report_kept(district: District):
    matter = Journey(district).to_acting().fresh()
    before = _written()
    response = client_of(district, "unit").post(
        f"/work/matters/{matter.number}/do/report_progress/",
        {"version": matter.version, "text": "基坑挖好了。", "after": SimpleUploadedFile("a.png", b"x")},
    )
    assert "基坑挖好了。" in _refused(response, before)
    assert response.context["form"].errors["after"]


@pytest.mark.parametrize("path", ["track/", "matters/", "stations/", "units/", "files/", "ledger/"])
@pytest.mark.parametrize("odd", ["%00", "%F0%A0%AE%B7", "%E2%80%AE", "a" * 3000, "..%2f..%2f", "%ff"])
def test_an_address_of_nonsense_is_not_found(client: Client, district: District, path: str, odd: str):
    assert client.get(f"/{path}{odd}/", follow=True).status_code in {200, 404}
    assert client.get(f"/{path}{odd}").status_code in {301, 302, 404}


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/matters/",
        "/raise/",
        "/stations/",
        "/members/",
        "/units/",
        "/track/",
        "/promises/",
        "/board/",
        "/ledger/",
    ],
)
@pytest.mark.parametrize("odd", ["%00", "%F0%A0%AE%B7%E2%80%AE", "9" * 400, "-1", "%ff%fe", "'%20OR%201=1"])
def test_a_question_of_nonsense_is_answered(client: Client, district: District, path: str, odd: str):
    names = (
        "words", "area", "step", "kind", "category", "unit", "overdue", "outcome", "after", "cursor", "before", "near", "lat", "lng", "text",
        "station", "number", "street", "sector", "q", "page", "t",
    )  # fmt: skip
    for name in names:
        assert client.get(f"{path}?{name}={odd}").status_code in {200, 302, 404}, name


@pytest.mark.parametrize("path", ["/work/", "/work/search/", "/work/enter/", "/work/rosters/"])
def test_staff_pages_answer_nonsense_too(district: District, path: str):
    office = client_of(district, "office")
    for odd in ("%00", "9" * 400, "%E2%80%AE%F0%A0%AE%B7", "-1"):
        for name in (
            "q",
            "words",
            "state",
            "role",
            "page",
            "number",
            "station",
            "late",
            "kind",
            "unit",
            "sort",
        ):
            assert office.get(f"{path}?{name}={odd}").status_code in {200, 302, 404}, (name, odd)


def test_a_meeting_that_does_not_exist_takes_no_seat(client: Client, district: District):
    matter = Journey(district).to_deliberating().fresh()
    deliberating.call_meeting(
        matter, actor=district.actor("convener"), starts_at=timezone.now() + timedelta(days=30), place="活动室", agenda="讨论", seen_version=None
    )  # fmt: skip
    before = _written()
    for pk in ("0", "999999999", "9" * 30):
        data = {"token": new_token("sign_up")}
        assert client.post(f"/matters/{matter.number}/meetings/{pk}/sign-up/", data).status_code == 404
    assert _written() == before
