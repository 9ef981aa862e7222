"""E-mail to a real SMTP server on this machine."""

import email
import email.policy

import pytest

from tests.notices.channels.tools import ADDRESS, notice, says_nothing_private, smtp_entry
from tests.testing.providers import Smtp, talking
from tongxin.notices.channels import (
    ChannelError,
    Kind,
    Misconfigured,
    Parcel,
    Refused,
    Temporary,
    providers_of,
)

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")  # the test's server has no TLS


def _send(given: Parcel | None = None) -> str:
    return providers_of("email")[0].send(given or notice(ADDRESS))


def _fails(given: Parcel | None = None) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        _send(given)
    assert says_nothing_private(caught.value)
    return caught.value


def test_a_letter_arrives(configure, smtp: Smtp) -> None:
    configure(smtp_entry(smtp.port))
    given = notice(ADDRESS, data={"number": "TX-1", "unsubscribe_url": "https://example.gov.cn/stop/abc/"})
    reference = _send(given)
    letter = email.message_from_bytes(smtp.letters[0], policy=email.policy.default)
    assert reference == letter["Message-ID"] == f"<{given.key}@example.gov.cn>"
    assert letter["Subject"] == "TX-2026-0007 有了新进展"
    assert letter["From"].addresses[0].display_name == "有事好商量"
    assert smtp.recipients == [ADDRESS]
    assert letter["List-Unsubscribe"] == "<https://example.gov.cn/stop/abc/>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert "进入第三步" in letter.get_content()


def test_the_same_parcel_twice_is_the_same_letter(configure, smtp: Smtp) -> None:
    configure(smtp_entry(smtp.port))
    given = notice(ADDRESS)
    assert _send(given) == _send(given)


def test_no_unsubscribe_link_no_header(configure, smtp: Smtp) -> None:
    configure(smtp_entry(smtp.port))
    _send()
    assert b"List-Unsubscribe" not in smtp.letters[0]


def test_a_subject_of_several_lines_is_one(configure, smtp: Smtp) -> None:
    configure(smtp_entry(smtp.port))
    _send(notice(ADDRESS, subject="a\nBcc: x@example.com"))
    assert email.message_from_bytes(smtp.letters[0], policy=email.policy.default)["Bcc"] is None
    assert smtp.recipients == [ADDRESS]


def test_wrong_credentials(configure, smtp: Smtp) -> None:
    configure(smtp_entry(smtp.port), TONGXIN_SMTP_PASSWORD="x" * 20)
    error = _fails()
    assert (type(error), error.kind, error.reason) == (Misconfigured, Kind.CREDENTIALS, "SMTP 535")


def test_encryption_that_is_not_there_is_not_done_without(configure, smtp: Smtp) -> None:
    configure(smtp_entry(smtp.port, security="starttls"))
    error = _fails()
    assert (type(error), error.kind) == (Misconfigured, Kind.CREDENTIALS)
    assert not smtp.letters


@pytest.mark.parametrize("address", ["nobody@example.com", "zwei@@example.com\nBcc: x"])
def test_a_refused_address(configure, smtp: Smtp, address: str) -> None:
    configure(smtp_entry(smtp.port))
    error = _fails(notice(address))
    assert (type(error), error.kind) == (Refused, Kind.ADDRESS)
    assert "nobody" not in error.reason


@pytest.mark.parametrize(
    ("rcpt", "data", "expected"),
    [
        ("450 4.2.1 greylisted", "", (Temporary, Kind.RATE_LIMITED, False)),
        ("452 4.5.3 too many", "", (Temporary, Kind.RATE_LIMITED, False)),
        ("", "451 4.3.0 try later", (Temporary, Kind.RATE_LIMITED, True)),
        ("", "552 5.2.3 too large", (Refused, Kind.REFUSED, True)),
        ("", f"554 5.7.1 {ADDRESS} looks like spam", (Refused, Kind.REFUSED, True)),
    ],
)
def test_replies_by_their_code(configure, smtp: Smtp, rcpt: str, data: str, expected: tuple) -> None:
    configure(smtp_entry(smtp.port))
    smtp.rcpt_replies += [rcpt] if rcpt else []
    smtp.data_replies += [data] if data else []
    error = _fails()
    assert (type(error), error.kind, error.is_about_provider) == expected
    assert _send()


@pytest.mark.parametrize(
    ("raw", "wait", "kind"),
    [
        (b"421 4.3.2 busy\r\n", 0, Kind.SERVER_ERROR),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", 0, Kind.MALFORMED),
        (b"", 0, Kind.NETWORK),
        (b"", 1.5, Kind.TIMEOUT),
    ],
)
def test_servers_that_are_none(configure, raw: bytes, wait: float, kind: Kind) -> None:
    with talking(raw, wait) as port:
        configure(smtp_entry(port))
        error = _fails()
    assert (type(error), error.kind) == (Temporary, kind)


def test_nobody_listens(configure) -> None:
    configure(smtp_entry(9))
    assert _fails().kind == Kind.NETWORK
    configure(smtp_entry(25, host="no-such-host.invalid"))
    assert _fails().kind == Kind.NETWORK
