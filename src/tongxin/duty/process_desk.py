"""The online desk (线上值班) as one table: asked, answered, asked again, closed, or grown into a matter."""

from django.utils.translation import gettext_lazy as _

from tongxin.accounts.roles import Role as R  # noqa: N817 (one line a transition)
from tongxin.core.process import Process, Publication, State, Step
from tongxin.core.process import Transition as T  # noqa: N817

# fmt: off
ASK    = Step("ask",    "问", _("提问"), _("居民提问"))
ANSWER = Step("answer", "答", _("答复"), _("值班答复"))
RATE   = Step("rate",   "评", _("评价"), _("居民评价"))
STEPS = (ASK, ANSWER, RATE)
INTERNAL = Publication.INTERNAL
DESK_SIDE = (R.MEMBER, R.LIAISON, R.OFFICE)  # members posted to the station or covering for it, its liaison, the office

# The answer clock is no count of days: it comes from the roster (desk_clock), so no state has one here.
STATES = (
    State("waiting",   ASK,    _("待答复"),   R.MEMBER, _("值班委员答复"), None, INTERNAL),
    State("answered",  ANSWER, _("已答复"),   R.RAISER, _("没说清楚接着问；说清楚了可以关闭，评一评"), None, INTERNAL),
    State("closed",    RATE,   _("已关闭"),   R.RAISER, _("再写一句就重新打开"), None, INTERNAL),  # not final: writing opens it again
    State("converted", ANSWER, _("已转成事项"), R.OFFICE, _("按六步走，跟着那件事看进展"), None, INTERNAL, final=True),
)

TRANSITIONS = (
    T("answer",      ("waiting",),            "answered",  _("答复"),       DESK_SIDE, "desk.answered", "message", publication=INTERNAL),
    T("add_answer",  ("answered",),           None,        _("补充答复"),   DESK_SIDE, "desk.answered_more", "message", publication=INTERNAL),
    T("reopen",      ("closed",),             "answered",  _("重新打开并答复"), DESK_SIDE, "desk.reopened", "message", publication=INTERNAL),
    T("add_words",   ("waiting",),            None,        _("补充提问"),   (R.RAISER,), "desk.asked_more", "message", publication=INTERNAL, page="thread"),
    T("ask_again",   ("answered", "closed"),  "waiting",   _("接着问"),     (R.RAISER,), "desk.asked_again", "message", publication=INTERNAL, page="thread"),
    T("transfer",    ("waiting", "answered"), "waiting",   _("转给别的工作站"), DESK_SIDE, "desk.transferred", "station", publication=INTERNAL, page="transfer"),
    T("take_back",   ("waiting",),            "closed",    _("不问了"),     (R.RAISER,), "desk.taken_back", publication=INTERNAL, page="thread"),
    T("close",       ("answered",),           "closed",    _("关闭"),       (R.RAISER, *DESK_SIDE, R.SYSTEM), "desk.closed", publication=INTERNAL),
    T("convert",     ("waiting", "answered", "closed"), "converted", _("转成事项"), DESK_SIDE, "desk.converted", "matter", publication=INTERNAL, page="convert"),
    T("rate",        ("answered", "closed"),  None,        _("评价"),       (R.RAISER,), "desk.rated", "rating", ("has_answer_to_rate",), publication=INTERNAL, page="thread"),
)
# fmt: on

DESK = Process("desk", STEPS, STATES, TRANSITIONS, initial="waiting")

WRITES = {
    "raiser": {"waiting": "add_words", "answered": "ask_again", "closed": "ask_again"},
    "desk": {"waiting": "answer", "answered": "add_answer", "closed": "reopen"},
}
"""Which transition a message is, by the side that writes and where the conversation is."""
