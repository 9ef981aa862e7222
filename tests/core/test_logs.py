"""Logs: one line a request and a job, with its id, and nobody in them."""

import io
import json
import logging
import logging.config
import re
from collections.abc import Iterator

import pytest
import structlog
from django.core.signing import dumps
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django import app
from procrastinate.testing import InMemoryConnector

from tests.testing.district import District, Journey
from tongxin.config import worker
from tongxin.core import logs, views
from tongxin.core.receipts import new_token

PHONE, NAME, MAIL = "13873120045", "林慧芳", "huifang.lin@example.org"


class Log(io.StringIO):
    """What was written, as lines."""

    def lines(self, event: str = "") -> list[dict]:
        """Every line, or those of one event."""
        found = [json.loads(line) for line in self.getvalue().splitlines()]
        return [line for line in found if not event or line["event"] == event]


@pytest.fixture
def log(settings) -> Iterator[Log]:
    """Everything that the handlers write at the most talkative level that can be set."""
    out = Log()
    root = logging.getLogger()
    before = list(root.handlers)
    logging.config.dictConfig(logs.configuration("DEBUG", is_each_told=True))
    for name in ("", "procrastinate"):
        for handler in logging.getLogger(name).handlers:
            handler.setStream(out)
    yield out
    logging.config.dictConfig(settings.LOGGING)
    root.handlers = before


@pytest.mark.django_db
def test_one_line_a_request_with_the_id_the_answer_names(client: Client, log: Log) -> None:
    response = client.get("/about/")
    (line,) = log.lines("request")
    assert line["request"] == response["X-Request-ID"]
    assert re.fullmatch(r"[0-9a-f]{16}", line["request"])
    assert (line["method"], line["view"], line["status"]) == ("GET", "about", 200)
    assert 0 <= line["ms"] < 60_000
    assert set(line) == {"time", "level", "logger", "event", "request", "method", "view", "status", "ms"}


@pytest.mark.parametrize(
    ("proxy", "forwarded", "given", "is_taken"),
    [
        ("127.0.0.1", "203.0.113.9", "0123456789abcdef", True),
        ("", "203.0.113.9", "0123456789abcdef", False),
        ("127.0.0.1", "", "0123456789abcdef", False),  # not by way of the proxy: the server drops the header
        ("127.0.0.1", "203.0.113.9", 'x" injected', False),
        ("127.0.0.1", "203.0.113.9", "13873120045" * 10, False),
    ],
)
@pytest.mark.django_db
def test_an_id_is_believed_from_the_proxy_only(
    client: Client, settings, proxy, forwarded, given, is_taken
) -> None:
    settings.TRUSTED_PROXY = proxy
    headers = {"x-request-id": given} | ({"x-forwarded-for": forwarded} if forwarded else {})
    assert (client.get("/about/", headers=headers)["X-Request-ID"] == given) is is_taken


@pytest.mark.django_db
def test_what_is_said_during_a_request_carries_its_id(client: Client, log: Log, monkeypatch) -> None:
    entries = views.recent_public_entries

    def speaks():
        structlog.get_logger("tongxin.somewhere").warning("spoke", number="S2026-1")
        return entries()

    monkeypatch.setattr(views, "recent_public_entries", speaks)
    response = client.get("/ledger/")
    (spoke,) = log.lines("spoke")
    assert spoke["request"] == response["X-Request-ID"]
    assert (spoke["number"], spoke["level"]) == ("S2026-1", "warning")
    structlog.get_logger("tongxin.somewhere").warning("spoke_after")
    assert "request" not in log.lines("spoke_after")[0]


@pytest.mark.django_db
def test_nobody_is_in_the_log_of_the_main_pages(
    client: Client, log: Log, district: District, settings
) -> None:
    settings.DEMO = True
    client.raise_request_exception = False
    data = {
        "token": new_token("raise"), "text": f"{NAME}说村口堵车，电话{PHONE}，邮箱{MAIL}", "area": district.community.code,
        "phone": PHONE, "name": NAME, "consent": "on",
    }  # fmt: skip
    page = client.post("/raise/", data, follow=True).content.decode()
    code = re.search(r"[2-9A-Z]{5}-[2-9A-Z]{5}", page)[0]
    number = re.search(r"[SC]\d{4}-\d+", page)[0]
    client.post("/raise/", data | {"phone": f"{PHONE}9", "token": "forged"})
    client.get("/raise/similar/", {"text": f"{PHONE} {NAME}"}, headers={"hx-request": "true"})
    client.post("/track/", {"number": number, "code": code})
    client.post("/track/", {"number": number, "code": "ABCDE-FGHJK"})
    client.get("/track/", {"number": PHONE})
    client.post("/track/phone/", {"phone": PHONE, "send": "1"})
    client.post("/track/phone/", {"phone": PHONE, "code": "246810", "check": "1"})
    client.get(f"/matters/?words={PHONE}")
    client.get(f"/nowhere/{PHONE}/{NAME}/")
    client.get("/%ff%fe" + PHONE)
    client.post("/accounts/login/", {"login": MAIL, "password": PHONE})
    client.post("/accounts/login/", {"login": PHONE, "password": NAME})
    for _try in range(6):
        client.post("/accounts/login/", {"login": NAME, "password": "x"})
    secret = dumps(["s3", "email"], salt="notices.unsubscribe")
    for path in (
        f"/unsubscribe/{secret}/",
        f"/files/{'ab' * 16}",
        f"/accounts/welcome/{secret}/",
        f"/feed/{'cd' * 16}.ics",
    ):
        client.get(path)
    Client(enforce_csrf_checks=True).post("/raise/", data)
    client.get("/about/", headers={"host": f"{PHONE}.example"})
    text = log.getvalue()
    assert len(log.lines("request")) > 25
    for kept_out in (
        PHONE,
        PHONE[:9],
        NAME,
        "huifang",
        code,
        code.replace("-", ""),
        secret,
        "ab" * 16,
        "cd" * 16,
        "246810",
    ):
        assert kept_out not in text, [line for line in text.splitlines() if kept_out in line][:2]


@pytest.mark.django_db
def test_an_error_is_told_by_its_type_and_place_not_its_words(client: Client, log: Log, monkeypatch) -> None:
    def breaks(*_args, **_kwargs):
        raise IntegrityError(f"Key (phone)=({PHONE}) already exists.") from ValueError(NAME)

    monkeypatch.setattr(views, "recent_public_entries", breaks)
    client.raise_request_exception = False
    assert client.get("/ledger/?phone=" + PHONE).status_code == 500
    (line,) = log.lines("answered_with_error")
    assert line["view"] == "ledger"
    assert [error["type"] for error in line["error"]] == [
        "django.db.utils.IntegrityError",
        "builtins.ValueError",
    ]
    assert any("test_logs.py" in place for place in line["error"][0]["at"])
    assert line["request"] == log.lines("request")[0]["request"]
    assert PHONE not in log.getvalue()
    assert NAME not in log.getvalue()


def test_what_libraries_put_into_their_sentences_is_left_out(log: Log) -> None:
    logging.getLogger("some.library").error("Failed for %s at %s", PHONE, MAIL)
    logging.getLogger("some.library").error(f"GET https://sms.example/?PhoneNumbers={PHONE} by {MAIL}")
    logging.getLogger("some.library").error({"event": "odd", "who": object()})
    assert [line["event"] for line in log.lines()] == ["Failed for %s at %s", "GET … by …", "odd"]
    assert PHONE not in log.getvalue()
    assert MAIL not in log.getvalue()


@pytest.mark.django_db(transaction=True)
def test_a_job_leaves_its_number_its_task_and_how_it_ended(log: Log) -> None:
    told = structlog.get_logger("tongxin.tests")

    @app.task(name="tests.speaks", queue="default")
    def speaks(receipt_id: int) -> None:
        told.warning("spoke_in_job")

    @app.task(name="tests.breaks", queue="default")
    def breaks(phone: str) -> None:
        raise ValueError(phone)

    with app.replace_connector(InMemoryConnector()):
        speaks.defer(receipt_id=7)
        breaks.defer(phone=PHONE)
        app.run_worker(wait=False, install_signal_handlers=False, listen_notify=False, **worker.options())
    ended = {line["task"]: line for line in log.lines("job")}
    assert ended["tests.speaks"]["status"] == "success"
    assert ended["tests.breaks"]["status"] == "error"
    assert ended["tests.breaks"]["error"][0]["type"] == "builtins.ValueError"
    for line in ended.values():
        assert line["tries"] == 1
        assert line["ms"] >= 0
    (spoke,) = log.lines("spoke_in_job")
    assert (spoke["job"], spoke["task"]) == (ended["tests.speaks"]["job"], "tests.speaks")
    assert PHONE not in log.getvalue()


@pytest.mark.django_db
def test_the_work_of_the_six_steps_leaves_nobody_either(log: Log, district: District) -> None:
    journey = Journey(district).to_raised(f"{NAME}说村口堵车，电话{PHONE}")
    journey.to_deliberating()
    browser_paths = [
        reverse("matter_detail", args=[journey.fresh().number]),
        reverse("matter_list"),
        "/board/",
    ]
    client = Client()
    for path in browser_paths:
        client.get(path)
    assert PHONE not in log.getvalue()
    assert NAME not in log.getvalue()
    assert len(log.lines("request")) == len(browser_paths)
