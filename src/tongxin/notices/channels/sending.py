"""Asking the providers of a channel in order, and remembering how each is doing.

A provider that fails rests for a while that doubles with every failure; the next one is asked meanwhile. One with wrong
credentials rests longer and shows its error until its settings change, the office resets it or it works again: an
account can be topped up or a template approved without anything changing here, so it is asked again now and then.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction
from django.utils import timezone

from tongxin.notices.channels.base import (
    ChannelError,
    Kind,
    Misconfigured,
    Parcel,
    Provider,
    Refused,
    Sent,
    Temporary,
)
from tongxin.notices.channels.configuration import providers_of
from tongxin.notices.models import Channel, ProviderState

FIRST_REST = timedelta(seconds=5)
LONGEST_REST = timedelta(minutes=10)
LONGEST_ASKED_REST = timedelta(hours=6)
"""How long a Retry-After is believed."""
MISCONFIGURED_REST = timedelta(minutes=15)
NOTED_EVERY = timedelta(minutes=1)
"""A success is written down this often, not with every message."""

SEEN_FOR = 1.0

log = structlog.get_logger(__name__)
_seen: dict[tuple[str, ...], tuple[float, Mapping[str, ProviderState]]] = {}


@dataclass(frozen=True, slots=True)
class ProviderReport:
    """How a provider is doing, for the office and the doctor."""

    name: str
    channel: str
    is_resting: bool
    rests_until: datetime | None
    is_misconfigured: bool
    error_kind: str
    error: str
    failures: int
    failing_since: datetime | None
    last_sent_at: datetime | None

    @property
    def error_label(self) -> str:
        """The kind of the last error in plain words."""
        return str(Kind(self.error_kind).label) if self.error_kind in Kind.values else ""


def send_by(channel: Channel | str, parcel: Parcel) -> Sent:
    """Hand a parcel to the first provider that takes it.

    Raises :class:`Refused` as soon as one says that it will never work, otherwise the last error when none took it. A
    provider that didn't answer in time may have taken the parcel all the same: another one then sends it again.
    """
    providers = providers_of(channel)
    if not providers:
        raise Misconfigured("no provider is configured for this channel", was_tried=False)
    now = timezone.now()
    states = _states(tuple(provider.circuit(parcel) for provider in providers))
    last: ChannelError | None = None
    resting: list[ProviderState] = []
    for provider in providers:
        state = _known(states.get(provider.circuit(parcel)), provider)
        if state and state.unavailable_until and state.unavailable_until > now:
            resting.append(state)
            continue
        try:
            reference = _send(provider, parcel)
        except Refused:
            _note_success(provider, parcel, state)  # it answered, and about this parcel only
            raise
        except ChannelError as failed:
            _note_failure(provider, parcel, failed)
            last = failed
            continue
        _note_success(provider, parcel, state)
        return Sent(provider.name, reference[:80], provider.keeps_text)
    raise last or _all_resting(resting, now)


def _states(circuits: tuple[str, ...]) -> Mapping[str, ProviderState]:
    """How some circuits are doing: asked of the database once a second, not with every message.

    Inside a transaction what it sees itself counts.
    """
    if connection.in_atomic_block:
        return ProviderState.objects.in_bulk(circuits)
    at, states = _seen.get(circuits, (0.0, {}))
    if time.monotonic() - at > SEEN_FOR:
        at, states = time.monotonic(), ProviderState.objects.in_bulk(circuits)
        if len(_seen) > 1000:  # each webhook has a circuit of its own
            _seen.clear()
        _seen[circuits] = at, states
    return states


def _send(provider: Provider, parcel: Parcel) -> str:
    try:
        return provider.send(parcel)
    except ChannelError:
        raise
    except Exception as failed:
        # The text of an unforeseen error may hold anything, an address too: only its class is kept.
        log.error("channel.unforeseen", provider=provider.name, error=type(failed).__name__)
        raise Temporary(f"unforeseen {type(failed).__name__}", kind=Kind.MALFORMED) from None


def _known(state: ProviderState | None, provider: Provider) -> ProviderState | None:
    """What was learnt under other settings doesn't count."""
    return state if state and state.fingerprint == provider.fingerprint else None


def _all_resting(resting: list[ProviderState], now: datetime) -> ChannelError:
    soonest = min(resting, key=lambda state: state.unavailable_until or now)
    wait = max(1.0, ((soonest.unavailable_until or now) - now).total_seconds())
    kind = Kind(soonest.last_error_kind) if soonest.last_error_kind in Kind.values else Kind.SERVER_ERROR
    error = Misconfigured if all(_is_misconfigured(state) for state in resting) else Temporary
    return error(soonest.last_error, kind=kind, retry_after=wait, was_tried=False)


def _is_misconfigured(state: ProviderState) -> bool:
    return state.last_error_kind in {Kind.CREDENTIALS, Kind.TEMPLATE, Kind.ADDRESS}


def _note_success(provider: Provider, parcel: Parcel, state: ProviderState | None) -> None:
    now = timezone.now()
    if state and not state.failures and state.last_sent_at and now - state.last_sent_at < NOTED_EVERY:
        return
    changes: dict[str, object] = {
        "channel": provider.channel,
        "fingerprint": provider.fingerprint,
        "failures": 0,
        "failing_since": None,
        "unavailable_until": None,
        "last_sent_at": now,
    }
    if state is None or state.last_error_kind != Kind.TEMPLATE:
        # A missing template concerns one purpose: that others arrive doesn't mend it.
        changes |= {"last_error_kind": "", "last_error": ""}
    ProviderState.objects.update_or_create(name=provider.circuit(parcel), defaults=changes)
    _seen.clear()


@transaction.atomic
def _note_failure(provider: Provider, parcel: Parcel, failed: ChannelError) -> None:
    if not failed.is_about_provider and not isinstance(failed, Misconfigured):
        return
    now = timezone.now()
    name = provider.circuit(parcel)
    transaction.on_commit(_seen.clear)
    ProviderState.objects.get_or_create(name=name, defaults={"channel": provider.channel})
    state = ProviderState.objects.select_for_update().get(pk=name)
    if state.fingerprint != provider.fingerprint:
        state.failures, state.failing_since, state.unavailable_until = 0, None, None
        state.fingerprint = provider.fingerprint
    state.last_error_kind, state.last_error = failed.kind, failed.reason
    if failed.is_about_provider:
        rests_until = state.unavailable_until or now
        if rests_until <= now:
            # Several senders are under way at once: what fails together is one failure.
            state.failures += 1
        state.failing_since = state.failing_since or now
        state.unavailable_until = max(rests_until, now + _rest(failed, state.failures))
    state.save()
    log.warning("channel.failed", provider=name, kind=str(failed.kind), reason=failed.reason)


def _rest(failed: ChannelError, failures: int) -> timedelta:
    if isinstance(failed, Misconfigured):
        return MISCONFIGURED_REST
    rest = min(LONGEST_REST, FIRST_REST * 2 ** min(failures - 1, 12))
    asked = timedelta(seconds=min(failed.retry_after or 0, LONGEST_ASKED_REST.total_seconds()))
    return max(rest, asked)


def provider_reports() -> list[ProviderReport]:
    """Every configured provider and every receiver of webhooks that failed, in order; one query."""
    now = timezone.now()
    states = {state.name: state for state in ProviderState.objects.order_by("name")[:500]}
    providers = [provider for channel in Channel for provider in providers_of(channel)]
    pairs = [(p.name, str(p.channel), _known(states.get(p.name), p)) for p in providers]
    receivers = [state for state in states.values() if state.channel == Channel.WEBHOOK and ":" in state.name]
    pairs += [(state.name, state.channel, state) for state in receivers]
    return [_report(name, channel, state, now) for name, channel, state in pairs]


def _report(name: str, channel: str, state: ProviderState | None, now: datetime) -> ProviderReport:
    if state is None:
        return ProviderReport(name, channel, False, None, False, "", "", 0, None, None)
    return ProviderReport(
        name=name,
        channel=channel,
        is_resting=bool(state.unavailable_until and state.unavailable_until > now),
        rests_until=state.unavailable_until,
        is_misconfigured=_is_misconfigured(state),
        error_kind=state.last_error_kind,
        error=state.last_error,
        failures=state.failures,
        failing_since=state.failing_since,
        last_sent_at=state.last_sent_at,
    )


def reset_provider(name: str) -> bool:
    """Forget a provider's failures, so that it is asked again at once. Returns whether it had any."""
    _seen.clear()
    return bool(
        ProviderState.objects.filter(pk=name).update(
            failures=0, failing_since=None, unavailable_until=None, last_error_kind="", last_error=""
        )
    )
