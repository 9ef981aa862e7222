"""What the pages of deliberation share: the record an address names, and who is taking part."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from tongxin.accounts.roles import Role
from tongxin.core.actor import Actor
from tongxin.core.models import Instrument
from tongxin.deliberation.actions.conversations import is_open
from tongxin.deliberation.actions.voting import Voter, new_device_token, voter_of
from tongxin.deliberation.hosts import Host, find_record
from tongxin.deliberation.models import Conversation
from tongxin.deliberation.rules import role_of
from tongxin.deliberation.selectors.conversations import conversation_of

DEVICE_COOKIE = "device"
DEVICE_AGE = 365 * 24 * 3600  # seconds
NOBODY = Actor(role=Role.RESIDENT, label="居民")


@dataclass(frozen=True, slots=True)
class Place:
    """The record that a page is about."""

    host: Host
    record: Instrument
    actor: Actor

    @property
    def context(self) -> dict[str, Any]:
        """What every template of these pages gets."""
        return {
            "record": self.record,
            "record_title": self.host.title(self.record),
            "record_url": self.host.url(self.record),
            "work_url": self.host.work_url(self.record),
        }


def place_of(request: HttpRequest, number: str) -> Place:
    """The record with this number when the visitor may see it; raises Http404 otherwise."""
    actor = request.user.as_actor() if request.user.is_authenticated else NOBODY
    found = find_record(number[:24], actor if actor.assignments else None) if "\x00" not in number else None
    if found is None:
        raise Http404
    return Place(*found, actor)


def conversation_at(request: HttpRequest, number: str) -> tuple[Place, Conversation]:
    """A record's public conversation; raises Http404 when there is none."""
    place = place_of(request, number)
    conversation = conversation_of(place.record.pk)
    if conversation is None:
        raise Http404
    return place, conversation


def device_of(request: HttpRequest) -> str:
    """The token by which this device is known; empty before its first vote."""
    return request.COOKIES.get(DEVICE_COOKIE, "")[:64]


def voter_at(request: HttpRequest, place: Place) -> Voter:
    """The visitor as a voter: by account, else by the device's cookie (empty before the first vote)."""
    return voter_of(place.actor, role=role_of(place.actor), device=device_of(request))


def with_device(request: HttpRequest, voter: Voter) -> tuple[Voter, str]:
    """The voter with a device token, made when there is none yet, and that new token ("" when none was made)."""
    if voter.user_id is not None or voter.device:
        return voter, ""
    token = new_device_token()
    return Voter(device=token, role=voter.role), token


def remember_device(response: HttpResponse, token: str) -> HttpResponse:
    """Set the device's cookie, for a year; no script can read it."""
    if token:
        response.set_cookie(
            DEVICE_COOKIE,
            token,
            max_age=DEVICE_AGE,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return response


def is_taking(place: Place, conversation: Conversation) -> bool:
    """Whether the conversation takes votes now."""
    return is_open(conversation, timezone.now()) and place.host.is_deliberating(place.record)
