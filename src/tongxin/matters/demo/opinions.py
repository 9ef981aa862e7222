"""The demo's collections of opinions: invented statements on the matters being talked over, and votes drawn by rule."""

import json
import random
from datetime import datetime, timedelta
from pathlib import Path

from tongxin.accounts.roles import Role
from tongxin.core.actor import Actor, Assignment
from tongxin.deliberation.actions.conversations import Terms, open_conversation
from tongxin.deliberation.actions.importing import fill_votes
from tongxin.deliberation.actions.voting import Voter, new_device_token
from tongxin.deliberation.mapping import draw_map
from tongxin.deliberation.models import Conversation, Participant, ParticipantRole, Statement
from tongxin.directory.models import Area
from tongxin.matters.hosting import MATTER_HOST
from tongxin.matters.models import Matter

OFFICE = Actor(role=Role.OFFICE, label="政协办公室", assignments=frozenset({Assignment(Role.OFFICE)}))
FILE = Path(__file__).parent / "opinions.json"
SEEN, PASSED = 0.85, 0.14
DAYS = 6


def load_opinions(now: datetime) -> None:
    """Open the conversations of the demo, vote, and draw their maps. The same votes every time."""
    for content in json.loads(FILE.read_text()):
        matter = Matter.objects.filter(title=content["title"], state="deliberating").first()
        if matter is not None:
            _load(matter, content, now, random.Random(content["title"]))


def _load(matter: Matter, content: dict, now: datetime, rng: random.Random) -> None:
    opened = now - timedelta(days=DAYS)
    conversation = open_conversation(
        MATTER_HOST,
        matter,
        actor=OFFICE,
        terms=Terms(question=content["question"], introduction=content["introduction"]),
        seeds=[row[0] for row in content["statements"]],
        at=opened,
    )
    group_of = [group for group, size in enumerate(content["sizes"]) for _one in range(size)]
    rng.shuffle(group_of)
    people = _people(conversation, len(group_of), rng)
    statements = list(Statement.objects.filter(conversation=conversation).order_by("number"))
    rows = [
        (
            person.pk,
            statement.pk,
            _vote(row[1 + group] / 100, rng),
            opened + timedelta(minutes=rng.randrange(1, DAYS * 24 * 60 - 30)),
        )
        for person, group in zip(people, group_of, strict=True)
        for statement, row in zip(statements, content["statements"], strict=True)
        if rng.random() < SEEN
    ]
    fill_votes(conversation, *(list(column) for column in zip(*rows, strict=True)))
    draw_map(conversation.pk, at=now)


def _vote(share: float, rng: random.Random) -> int:
    if rng.random() < PASSED:
        return 0
    return 1 if rng.random() < share else -1


def _people(conversation: Conversation, count: int, rng: random.Random) -> list[Participant]:
    """Guests, most of them residents; some say in which street they live."""
    streets = list(Area.objects.filter(level=Area.Level.STREET).order_by("code")[:4])
    roles = [ParticipantRole.RESIDENT] * 9 + [ParticipantRole.MEMBER]
    return Participant.objects.bulk_create(
        Participant(
            conversation=conversation,
            number=number,
            device_digest=Voter(device=new_device_token()).digest_in(conversation),
            role=rng.choice(roles),
            area=rng.choice([None, *streets]) if streets else None,
        )
        for number in range(count)
    )
