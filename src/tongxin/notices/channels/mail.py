"""E-mail by SMTP, through Django's mail with a connection of its own.

RFC 5321 (replies), RFC 5322 (Message-ID), RFC 2369 (List-Unsubscribe), RFC 3834 (Auto-Submitted). The Message-ID is made
from the message's key: a repeated try is the same letter to every mail program.
"""

import smtplib
import ssl
from collections.abc import Mapping
from email.utils import parseaddr
from typing import Any

from django.core.mail import EmailMessage, get_connection
from django.core.mail.message import BadHeaderError

from tongxin.notices.channels.base import ChannelError, Kind, Misconfigured, Parcel, Refused, Temporary
from tongxin.notices.channels.configuration import ProviderBase
from tongxin.notices.models import Channel

BACKEND = "django.core.mail.backends.smtp.EmailBackend"
BUSY = 421
PERMANENT = 500


class SmtpProvider(ProviderBase):
    """The district's mail server."""

    kind = "smtp"
    channel = Channel.EMAIL
    required = ("host", "sender")
    optional = {"port": 587, "user": "", "security": "starttls", "seconds": 20}
    secrets = {"password": "TONGXIN_SMTP_PASSWORD"}
    optional_secrets = ("password",)

    @classmethod
    def problems(cls, values: Mapping[str, Any]) -> list[str]:
        """A known way to encrypt, a sender with a domain, a password for a user."""
        found = []
        if values.get("security", "starttls") not in {"starttls", "tls", "none"}:
            found.append('needs "security": starttls, tls or none')
        if "@" not in parseaddr(str(values["sender"]))[1]:
            found.append('needs "sender" with a mail address')
        if values.get("user") and not values.get("password"):
            found.append(f"has a user but no password (environment variable {cls.secrets['password']})")
        return found

    def send(self, parcel: Parcel) -> str:
        """Send a plain text letter and return its Message-ID."""
        domain = parseaddr(str(self.values["sender"]))[1].rpartition("@")[2]
        reference = f"<{parcel.key}@{domain}>"
        headers = {"Message-ID": reference, "Auto-Submitted": "auto-generated"}
        if parcel.data.get("unsubscribe_url"):
            headers["List-Unsubscribe"] = f"<{parcel.data['unsubscribe_url']}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
        try:
            connection = get_connection(
                BACKEND,
                host=self.values["host"],
                port=int(self.values["port"]),
                username=self.values["user"],
                password=self.values.get("password", ""),
                use_tls=self.values["security"] == "starttls",
                use_ssl=self.values["security"] == "tls",
                timeout=float(self.values["seconds"]),
            )
            EmailMessage(
                subject=" ".join(parcel.subject.split()),
                body=parcel.text,
                from_email=self.values["sender"],
                to=[parcel.address],
                headers=headers,
                connection=connection,
            ).send()
        except (smtplib.SMTPException, OSError, BadHeaderError, ValueError) as failed:
            raise _failure(failed) from None
        return reference


def _failure(failed: Exception) -> ChannelError:
    """Replies by their code only: the text of a reply names the recipient."""
    if isinstance(failed, BadHeaderError | ValueError | UnicodeError) and not isinstance(failed, OSError):
        return Refused("not a mail address", kind=Kind.ADDRESS)
    if isinstance(failed, smtplib.SMTPRecipientsRefused):
        code = next((reply[0] for reply in failed.recipients.values()), PERMANENT)
        if code >= PERMANENT:
            return Refused(f"SMTP {code} for the recipient", kind=Kind.ADDRESS)
        is_busy = code == BUSY
        kind = Kind.SERVER_ERROR if is_busy else Kind.RATE_LIMITED
        return Temporary(f"SMTP {code} for the recipient", kind=kind, is_about_provider=is_busy)
    if isinstance(failed, smtplib.SMTPNotSupportedError):
        return Misconfigured("the server lacks what the settings ask for (sign-in or encryption)")
    if isinstance(failed, TimeoutError) or isinstance(failed.__context__, TimeoutError):
        return Temporary("no answer in time", kind=Kind.TIMEOUT)  # smtplib wraps it in a disconnection
    if isinstance(failed, smtplib.SMTPServerDisconnected):
        return Temporary("the connection was closed", kind=Kind.NETWORK)
    if isinstance(failed, smtplib.SMTPResponseException):
        return _by_reply(failed)
    if isinstance(failed, ssl.SSLCertVerificationError):
        return Temporary("the certificate is not to be trusted", kind=Kind.NETWORK)
    if isinstance(failed, smtplib.SMTPException):
        return Temporary("an answer that is no SMTP", kind=Kind.MALFORMED)
    return Temporary("no connection", kind=Kind.NETWORK)


def _by_reply(failed: smtplib.SMTPResponseException) -> ChannelError:
    code = failed.smtp_code
    reason = f"SMTP {code}"
    if not 200 <= code < 600:
        return Temporary("an answer that is no SMTP", kind=Kind.MALFORMED)
    if code < PERMANENT:
        return Temporary(reason, kind=Kind.RATE_LIMITED if code in {450, 451, 452} else Kind.SERVER_ERROR)
    if isinstance(failed, smtplib.SMTPAuthenticationError | smtplib.SMTPSenderRefused):
        return Misconfigured(reason)
    if isinstance(failed, smtplib.SMTPDataError):
        return Refused(reason)
    return Misconfigured(reason)
