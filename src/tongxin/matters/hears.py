"""The table of who hears what of a matter: from events to people, with the reason for every silence.

Whoever has to act next is not in it: that is the owner of the new state in the process table, so a new state needs
nothing here. Nobody is told of their own act. Followers and other systems hear of what is public, and of nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Own(StrEnum):
    """Who is told because it is their own matter."""

    RAISER = "raiser"
    """The holder of the matter's own tracking code."""
    RAISERS = "raisers"
    """Also those whose matter was merged into it, and those who have it too and left a contact."""
    NOBODY = "nobody"


class Duty(StrEnum):
    """Who is told because there is something for them to do or to know, beside the owner of the new state."""

    OWNER = "owner"
    OFFICE = "office"
    DECIDER = "decider"
    LEAD = "lead"
    JOINT = "joint"
    FORMER = "former"


ALL = ("comment", "sign_up", "objection", "help")
TALKED = ("comment", "sign_up")


@dataclass(frozen=True, slots=True)
class Hears:
    """Who hears of one event.

    ``own``: raisers. ``took_part``: whoever holds a receipt of these roles. ``one``: the person behind the record that
    the event's data names. ``duties``: with which text. ``is_small``: followers of the matter itself hear of it, those
    of its area, category or unit don't.
    """

    own: Own = Own.NOBODY
    took_part: tuple[str, ...] = ()
    one: str = ""
    duties: Mapping[Duty, str] = field(default_factory=dict)
    is_small: bool = False


MEET = Hears(Own.RAISERS, TALKED)
TABLE: dict[str, Hears] = {
    "matter.raised": Hears(),
    "matter.more_asked": Hears(Own.RAISER),
    "matter.more_given": Hears(),
    "matter.accepted": Hears(Own.RAISERS, duties={Duty.JOINT: "duty.joint"}),
    "matter.merged": Hears(Own.RAISERS),
    "matter.referred": Hears(Own.RAISERS),
    "matter.declined": Hears(Own.RAISERS),
    "convener.appointed": Hears(duties={Duty.OWNER: "duty.now"}, is_small=True),
    "meeting.called": MEET,
    "meeting.moved": MEET,
    "meeting.cancelled": MEET,
    "meeting.seat_freed": Hears(one="sign_up", is_small=True),
    "meeting.minuted": MEET,
    "minutes.amended": Hears(Own.RAISERS, TALKED, is_small=True),
    "matter.deliberated": MEET,
    "matter.decided": Hears(Own.RAISERS),
    "matter.published": MEET,
    "objection.answered": Hears(one="objection", is_small=True),
    "matter.returned": Hears(Own.RAISERS, ("objection",)),
    "matter.handed_over": Hears(Own.RAISERS, duties={Duty.JOINT: "duty.joint"}),
    "matter.promised": Hears(Own.RAISERS, ALL, duties={Duty.JOINT: "duty.joint"}),
    "matter.answered": Hears(Own.RAISERS, ALL),
    "matter.taken_on": Hears(Own.RAISERS),
    "task.accepted": Hears(Own.RAISERS),
    "task.taken_back": Hears(Own.RAISERS, duties={Duty.FORMER: "duty.released"}),
    "task.objected": Hears(Own.RAISERS),
    "task.reassigned": Hears(Own.RAISERS, duties={Duty.FORMER: "duty.released"}),
    "task.progressed": Hears(Own.RAISER, is_small=True),
    "extension.asked": Hears(Own.RAISER, duties={Duty.OFFICE: "duty.extension"}, is_small=True),
    "extension.answered": Hears(Own.RAISER, duties={Duty.LEAD: "duty.extension_answered"}, is_small=True),
    "joint.reported": Hears(duties={Duty.LEAD: "duty.joint_reported"}, is_small=True),
    "help.answered": Hears(one="help", is_small=True),
    "promise.taken_up": Hears(Own.RAISERS, ALL),
    "matter.urged": Hears(Own.RAISER, duties={Duty.OWNER: "duty.urged"}, is_small=True),
    "matter.done": Hears(Own.RAISERS, ALL),
    "matter.reopened": Hears(Own.RAISERS, ALL),
    "matter.escalated": Hears(Own.RAISERS, ALL, duties={Duty.OFFICE: "duty.now"}),
    "escalation.redone": Hears(Own.RAISERS),
    "escalation.explained": Hears(Own.RAISERS, ALL),
    "matter.rated": Hears(Own.RAISERS),
    "matter.followed_up": Hears(Own.RAISERS, ALL),
    "matter.closed": Hears(Own.RAISERS),
    # What stands in its own table and not in the history:
    "comment.removed": Hears(one="comment", is_small=True),
    "objection.filed": Hears(duties={Duty.OFFICE: "duty.objection", Duty.DECIDER: "duty.objection"}),
    "help.offered": Hears(duties={Duty.LEAD: "duty.help"}),
}

SILENT: dict[str, str] = {
    "conclusion.linked": "stands beside the conclusion on the page; the other record is told of its own steps",
    "matter.withdrawn": "the raiser did it and sees it; nobody else had begun, and it leaves the office's list",
    "matter.joined": "a count on the page: telling of each would flood",
    "comment.added": "on the page at once: telling of each would flood",
    "meeting.signed_up": "a count on the page; who signed up has the receipt",
    "meeting.seat_given_up": "whoever gave it up did it themselves; who moves up is told by an event of its own",
    "meeting.opened": "those who come are in the room by then; everybody knew the hour",
    "meeting.closed": "the minutes are what people are told of, within five working days",
    "question.shown": "on the hearing's page at once: telling of each would flood",
    "question.removed": "the reason stands on the hearing's page in its place",
    "question.answered": "the answer stands on the hearing's page, and was given in the room",
    "matter.rated_by": "counted at the end of the period; what it leads to is an event of its own",
    "contact.erased": "whoever asked for it sees it, and can't be reached any more",
    "clock.reworked": "told by the calendar's change itself, once a person however many matters moved",
}
"""Events nobody is told of, each with its reason."""
