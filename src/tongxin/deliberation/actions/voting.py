"""Taking part: who a voter is, one vote a person and statement, which statement comes next."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Case, F, IntegerField, QuerySet, When
from django.db.models.functions import Greatest, Ln, Random
from django.utils import timezone

from tongxin.core.actor import Actor
from tongxin.core.crypto import lookup_digest
from tongxin.core.models import Instrument
from tongxin.core.prepared import Prepared
from tongxin.deliberation.actions.conversations import NotConvener, is_open
from tongxin.deliberation.hosts import Host
from tongxin.deliberation.models import Conversation, Participant, ParticipantRole, Statement, Vote
from tongxin.deliberation.waking import wake_map_after_commit


class ConversationClosed(Exception):
    """Votes and statements are no longer taken."""


class GuestsNotTaken(Exception):
    """This conversation is for people with an account or a receipt."""


class NotTakingPart(Exception):
    """The participant was excluded (visibly, by the convener) and can't vote."""


@dataclass(frozen=True, slots=True)
class Voter:
    """Who votes: an account, or a device by its secret token. The role is kept apart from the votes."""

    user_id: int | None = None
    device: str = ""
    role: str = ParticipantRole.RESIDENT
    area_id: int | None = None

    def digest_in(self, conversation: Conversation) -> str:
        """By which a device is found again in one conversation, and in that one only; the token itself is never kept."""
        if not self.device:
            return ""
        return lookup_digest(f"device {conversation.pk} {self.device}", settings.SECRET_KEY)


def new_device_token() -> str:
    """A secret for a device's cookie."""
    return secrets.token_urlsafe(24)


_locked = Prepared(lambda pk: Conversation.objects.select_for_update().filter(pk=pk), pk=int)
_by_account = Prepared(
    lambda conversation, user: Participant.objects.filter(conversation_id=conversation, user_id=user),
    conversation=int,
    user=int,
)
_by_device = Prepared(
    lambda conversation, digest: Participant.objects.filter(
        conversation_id=conversation, device_digest=digest
    ),
    conversation=int,
    digest=str,
)


def lock_conversation(conversation: Conversation) -> Conversation:
    """The conversation's row, locked until the transaction ends.

    Whoever writes votes or statements takes it first: numbers and counters have one order, two taps of one person wait
    for each other, and nobody can lock the same rows in another order. It is held for two short statements.
    """
    locked = _locked.first(pk=conversation.pk)
    if locked is None:
        raise Conversation.DoesNotExist
    return locked


def find_participant(conversation: Conversation, voter: Voter) -> Participant | None:
    """The participant a voter already is. One query."""
    if voter.user_id is not None:
        return _by_account.first(conversation=conversation.pk, user=voter.user_id)
    if voter.device:
        return _by_device.first(conversation=conversation.pk, digest=voter.digest_in(conversation))
    return None


def join(conversation: Conversation, voter: Voter) -> Participant:
    """The voter's participant, made at the first vote or statement. The caller holds the conversation's lock.

    Raises :class:`GuestsNotTaken` for a device where only accounts may vote.
    """
    found = find_participant(conversation, voter)
    if found is not None:
        return found
    if voter.user_id is None and not (conversation.takes_guests and voter.device):
        raise GuestsNotTaken
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE deliberation_conversation SET participant_count = participant_count + 1, "
            "guest_count = guest_count + %s WHERE id = %s RETURNING (SELECT coalesce(max(number) + 1, 0) "
            "FROM deliberation_participant WHERE conversation_id = deliberation_conversation.id)",
            [int(voter.user_id is None), conversation.pk],
        )
        number = cursor.fetchone()[0]
    return Participant.objects.create(
        conversation=conversation,
        number=number,
        user_id=voter.user_id,
        device_digest=voter.digest_in(conversation) if voter.user_id is None else "",
        role=voter.role,
        area_id=voter.area_id,
    )


_PUT = """
WITH before AS (
    SELECT value FROM deliberation_vote WHERE participant_id = %(participant)s AND statement_id = %(statement)s
), put AS (
    INSERT INTO deliberation_vote (conversation_id, participant_id, statement_id, value, at)
    VALUES (%(conversation)s, %(participant)s, %(statement)s, %(value)s, %(at)s)
    ON CONFLICT (participant_id, statement_id) DO UPDATE SET value = EXCLUDED.value, at = EXCLUDED.at
    RETURNING value
), change AS (
    SELECT (%(value)s = 1)::int - (COALESCE((SELECT value FROM before), 9) = 1)::int AS agree,
           (%(value)s = -1)::int - (COALESCE((SELECT value FROM before), 9) = -1)::int AS disagree,
           (%(value)s = 0)::int - (COALESCE((SELECT value FROM before), 9) = 0)::int AS pass,
           (NOT EXISTS (SELECT 1 FROM before))::int AS fresh
), person AS (
    UPDATE deliberation_participant SET vote_count = vote_count + (SELECT fresh FROM change)
    WHERE id = %(participant)s
), counted AS (
    SELECT s.id, s.agree_count + c.agree AS agrees, s.disagree_count + c.disagree AS disagrees,
           s.pass_count + c.pass AS passes,
           s.agree_count + s.disagree_count + s.pass_count + c.agree + c.disagree + c.pass AS seen
    FROM deliberation_statement s, change c WHERE s.id = %(statement)s
), tally AS (
    UPDATE deliberation_statement s SET
        agree_count = n.agrees, disagree_count = n.disagrees, pass_count = n.passes,
        priority = power(
            (1 - (n.passes + 1.0) / (n.seen + 2)) * (s.extremity + 1) * ((n.agrees + 1.0) / (n.seen + 2))
            * (1 + 8 * power(2, -n.seen / 5.0)), 2)
    FROM counted n WHERE s.id = n.id
)
UPDATE deliberation_conversation SET vote_count = vote_count + 1 WHERE id = %(conversation)s
RETURNING vote_count, (SELECT fresh FROM change)
"""
# ``vote_count`` of the conversation moves with every change of a vote as well: the map's snapshots are compared with it.


_shown = Prepared(
    lambda conversation, number: Statement.objects.filter(
        conversation_id=conversation, number=number, state=Statement.State.SHOWN
    ),
    conversation=int,
    number=int,
)


@transaction.atomic
def cast_vote(
    conversation: Conversation, *, voter: Voter, statement_number: int, value: int, at: datetime | None = None
) -> Participant:
    """Vote on a statement, or change the vote: one person, one vote a statement; the last one counts.

    Voting the same twice changes nothing that is shown. Counters and the statement's priority move in the same
    transaction. Raises :class:`ConversationClosed`, :class:`GuestsNotTaken`, :class:`NotTakingPart`, ``ValueError``
    for an unknown value and ``Statement.DoesNotExist`` for a statement that is not shown.
    """
    at = at or timezone.now()
    value = Vote.Value(value)
    conversation = lock_conversation(conversation)
    if not is_open(conversation, at):
        raise ConversationClosed
    statement = _shown.first(conversation=conversation.pk, number=statement_number)
    if statement is None:
        raise Statement.DoesNotExist
    participant = join(conversation, voter)
    if participant.is_excluded:
        raise NotTakingPart
    put_vote(statement, participant, value, at, conversation_id=conversation.pk)
    return participant


def put_vote(
    statement: Statement,
    participant: Participant,
    value: int,
    at: datetime,
    *,
    conversation_id: int | None = None,
) -> None:
    """Write a vote and move every counter, while the caller holds the conversation's lock. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            _PUT,
            {
                "conversation": conversation_id or statement.conversation_id,
                "participant": participant.pk,
                "statement": statement.pk,
                "value": int(value),
                "at": at,
            },
        )
    wake_map_after_commit(conversation_id or statement.conversation_id)


def _drawn(conversation: int, participant: int, besides: int) -> QuerySet[Statement]:
    voted = Vote.objects.filter(participant_id=participant).values("statement_id")
    return (
        Statement.objects.filter(conversation_id=conversation, state=Statement.State.SHOWN)
        .exclude(pk__in=voted)
        .annotate(
            is_besides=Case(When(number=besides, then=1), default=0, output_field=IntegerField()),
            draw=Ln(1.0 - Random()) / Greatest(F("priority"), 1e-9),
        )
        .order_by("is_besides", "-draw")[:1]
    )


_draw = Prepared(_drawn, conversation=int, participant=int, besides=int)
NOBODY, NONE = 0, -1


def next_statement(
    conversation: Conversation, participant: Participant | None, *, besides: int | None = None
) -> Statement | None:
    """A statement the participant has not voted on, drawn with probability in proportion to its priority. One query.

    ``besides`` is the number of one not to show again at once (skipped without a vote). None when all are voted on.
    Efraimidis and Spirakis, Weighted random sampling with a reservoir (2006): the largest of ln(u)/w wins.
    """
    return _draw.first(
        conversation=conversation.pk,
        participant=participant.pk if participant is not None else NOBODY,
        besides=NONE if besides is None else besides,
    )


def find_guest(conversation: Conversation, device: str) -> Participant | None:
    """Whoever voted on this device without an account, while that is nobody's account yet. One query."""
    if not device:
        return None
    guest = find_participant(conversation, Voter(device=device))
    return guest if guest is not None and not guest.is_excluded and guest.vote_count else None


_LEAVE_DOUBLES = """
WITH doubled AS (
    DELETE FROM deliberation_vote guest USING deliberation_vote own
    WHERE guest.participant_id = %(guest)s AND own.participant_id = %(own)s
      AND own.statement_id = guest.statement_id
    RETURNING guest.statement_id, guest.value
)
UPDATE deliberation_statement s SET
    agree_count = s.agree_count - (d.value = 1)::int, disagree_count = s.disagree_count - (d.value = -1)::int,
    pass_count = s.pass_count - (d.value = 0)::int
FROM doubled d WHERE s.id = d.statement_id
"""


@transaction.atomic
def claim_votes(conversation: Conversation, *, voter: Voter, device: str) -> Participant | None:
    """Somebody signed in says that the votes given on this device before were theirs: one person counts once.

    Where they voted on a statement both ways, the account's vote stays. The device is nobody's again afterwards. None
    when there is nothing to claim. Raises :class:`ConversationClosed`, and ``ValueError`` without an account.
    """
    if voter.user_id is None:
        raise ValueError("votes are claimed by an account")
    conversation = lock_conversation(conversation)
    if not is_open(conversation, timezone.now()):
        raise ConversationClosed
    guest = find_guest(conversation, device)
    if guest is None:
        return None
    own = find_participant(conversation, voter)
    counts = {"guest_count": F("guest_count") - 1, "vote_count": F("vote_count") + 1}
    if own is None:
        guest.user_id, guest.role, guest.device_digest = voter.user_id, voter.role, ""
        guest.save(update_fields=["user", "role", "device_digest"])
        own = guest
    else:
        with connection.cursor() as cursor:
            cursor.execute(_LEAVE_DOUBLES, {"guest": guest.pk, "own": own.pk})
        Vote.objects.filter(participant=guest).update(participant=own)
        Statement.objects.filter(author=guest).update(author=own)
        own.vote_count = Vote.objects.filter(participant=own).count()
        own.area_id = own.area_id or guest.area_id
        own.save(update_fields=["vote_count", "area"])
        guest.delete()
        counts["participant_count"] = F("participant_count") - 1
    Conversation.objects.filter(pk=conversation.pk).update(**counts)
    wake_map_after_commit(conversation.pk)
    return own


@transaction.atomic
def exclude_participant(
    host: Host,
    record: Instrument,
    conversation: Conversation,
    number: int,
    *,
    actor: Actor,
    is_excluded: bool,
) -> None:
    """Leave a participant's votes out of the map, or take them in again; how many are left out stands in the history.

    Raises :class:`NotConvener`, and ``Participant.DoesNotExist``.
    """
    if not host.may_convene(actor, record) or conversation.dossier_id != record.pk:
        raise NotConvener
    lock_conversation(conversation)
    participant = Participant.objects.get(conversation=conversation, number=number)
    if participant.is_excluded == is_excluded:
        return
    participant.is_excluded = is_excluded
    participant.save(update_fields=["is_excluded"])
    wake_map_after_commit(conversation.pk)
    left_out = Participant.objects.filter(conversation=conversation, is_excluded=True).count()
    host.record_event(
        record,
        "conversation.cleaned",
        actor=actor,
        at=timezone.now(),
        data={"participant": number, "is_excluded": is_excluded, "left_out": left_out},
    )


@transaction.atomic
def tell_area(conversation: Conversation, *, voter: Voter, area_id: int | None) -> Participant:
    """Say from which community one votes, for totals only; None takes it back."""
    participant = join(lock_conversation(conversation), voter)
    participant.area_id = area_id
    participant.save(update_fields=["area"])
    return participant


def voter_of(actor: Actor, *, role: str, device: str = "", area_id: int | None = None) -> Voter:
    """An actor as a voter: by account when signed in, else by device."""
    if actor.user_id is not None:
        return Voter(user_id=actor.user_id, role=role, area_id=area_id)
    return Voter(device=device, role=ParticipantRole.RESIDENT, area_id=area_id)
