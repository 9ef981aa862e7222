"""The six-step method (六事工作法) as one table: pure data, the whole method on one screen."""

from django.utils.translation import gettext_lazy as _

from tongxin.accounts.roles import Role as R
from tongxin.core.process import Clock, DayKind, Expiry, Process, Publication, State, Step
from tongxin.core.process import Transition as T

# fmt: off
RAISE      = Step("raise",      "提", _("提事"), _("群众提事"))
DELIBERATE = Step("deliberate", "议", _("议事"), _("协商议事"))
DECIDE     = Step("decide",     "定", _("定事"), _("研究定事"))
PUBLISH    = Step("publish",    "晒", _("晒事"), _("公开晒事"))
ACT        = Step("act",        "办", _("办事"), _("共同办事"))
RATE       = Step("rate",       "评", _("评事"), _("大家评事"))
STEPS = (RAISE, DELIBERATE, DECIDE, PUBLISH, ACT, RATE)

SUGGESTION, CONSULTATION = "suggestion", "consultation"
SHORT, FULL = (SUGGESTION,), (CONSULTATION,)
SKIPPED = {SUGGESTION: (DELIBERATE, PUBLISH), CONSULTATION: ()}  # the short form has no meeting and no objection period
INTERNAL, MOVES_ON = Publication.INTERNAL, Expiry.MOVES_ON  # every other clock that runs out escalates: whoever has it is reminded, then others are told

STATES = (
    State("raised",       RAISE,      _("待审"),     R.OFFICE,   _("审核后告诉您怎么办"),          Clock(3), INTERNAL),
    State("more_needed",  RAISE,      _("待补充"),   R.RAISER,   _("等提事人补充"),                None, INTERNAL, paused=True),
    State("deliberating", DELIBERATE, _("协商中"),   R.CONVENER, _("开会商量，形成纪要后请责任单位研究"), Clock(20)),
    State("deciding",     DECIDE,     _("研究中"),   R.DECIDER,  _("责任单位拿出决定并说明理由"),  Clock(10)),
    State("decided",      PUBLISH,    _("待公示"),   R.OFFICE,   _("核对个人信息后公示"),          Clock(3)),
    State("published",    PUBLISH,    _("公示中"),   R.OFFICE,   _("公示期满、意见都答复后转办"),  Clock(7)),
    State("assigned",     DECIDE,     _("已转办"),   R.UNIT,     _("承办单位答复办不办、怎么办、哪天办好"), Clock(10)),
    State("handed_over",  ACT,        _("已交办"),   R.UNIT,     _("承办单位接办"),                Clock(3)),
    State("objected",     ACT,        _("单位有异议"), R.OFFICE, _("办公室改派或维持"),            Clock(3)),
    State("acting",       ACT,        _("办理中"),   R.UNIT,     _("办完后请大家评"),              Clock(20)),
    State("promised",     ACT,        _("已承诺以后办"), R.UNIT, _("条件成熟时办，一直挂到办成")),
    State("rating",       RATE,       _("请大家评"), R.RAISER,   _("评完后办结，30天后再回访"),    Clock(15, at_expiry=MOVES_ON)),
    State("escalated",    RATE,       _("提级督办"), R.PRINCIPAL, _("领导协调后重新办理或作出说明"), Clock(10)),
    State("following_up", RATE,       _("回访中"),   R.RAISER,   _("看看是不是真解决了"),          Clock(15, at_expiry=MOVES_ON)),
    State("watched",      RATE,       _("已办结，待回访"), R.OFFICE, _("30天后回访"),              Clock(30, DayKind.CALENDAR, MOVES_ON)),
    State("closed",       RATE,       _("办结"),     R.OFFICE,   _("已走完六步"), final=True),
    State("merged",       RAISE,      _("已并入"),   R.OFFICE,   _("跟着并入的那件事看进展"), publication=INTERNAL, final=True),
    State("referred",     RAISE,      _("已转介"),   R.OFFICE,   _("由接手的部门办理"), publication=INTERNAL, final=True),
    State("declined",     RAISE,      _("不受理"),   R.OFFICE,   _("理由已告知提事人"), publication=INTERNAL, final=True),
    State("withdrawn",    RAISE,      _("已撤回"),   R.OFFICE,   _("提事人撤回"), publication=INTERNAL, final=True),
)

OPEN = ("deliberating", "deciding", "decided", "published", "handed_over", "objected", "acting", "promised")
TRIAGE, MINUTED, URGED = (R.OFFICE, R.LIAISON), (*OPEN, "rating"), ("raised", "assigned", *OPEN)
TRANSITIONS = (
    T("ask_more",            ("raised",),      "more_needed",  _("请补充"),       TRIAGE, "matter.more_asked", "question", publication=INTERNAL),
    T("answer_more",         ("more_needed",), "raised",       _("补充"),         (R.RAISER,), "matter.more_given", "answer", publication=INTERNAL, page="track"),
    T("withdraw",            ("raised", "more_needed"), "withdrawn", _("撤回"),   (R.RAISER,), "matter.withdrawn", publication=INTERNAL, page="track"),
    T("accept_suggestion",   ("raised",),      "assigned",     _("受理为微建议"), TRIAGE, "matter.accepted", "preview"),
    T("accept_consultation", ("raised",),      "deliberating", _("受理为微协商"), TRIAGE, "matter.accepted", "preview"),
    T("merge",               ("raised", "assigned", "deliberating"), "merged", _("并入同一件事"), TRIAGE, "matter.merged", "survivor", publication=INTERNAL),
    T("refer",               ("raised",),      "referred",     _("转介"),         TRIAGE, "matter.referred", "reply", publication=INTERNAL),
    T("decline",             ("raised",),      "declined",     _("不受理"),       TRIAGE, "matter.declined", "reply", publication=INTERNAL),

    T("appoint",             ("deliberating",), None,          _("换召集人"),     (R.OFFICE,), "convener.appointed", "member"),
    T("call_meeting",        ("deliberating",), None,          _("发会议通知"),   (R.CONVENER,), "meeting.called", "meeting"),
    T("cancel_meeting",      ("deliberating",), None,          _("取消会议"),     (R.CONVENER,), "meeting.cancelled", "reason"),
    T("record_minutes",      ("deliberating",), None,          _("记纪要"),       (R.CONVENER,), "meeting.minuted", "preview"),
    T("amend_minutes",       MINUTED, None,                    _("改纪要"),       (R.CONVENER,), "minutes.amended", "reason"),
    T("conclude",            ("deliberating",), "deciding",    _("送责任单位研究"), (R.CONVENER,), "matter.deliberated", "decider", ("has_minutes",)),
    T("decide",              ("deciding",),    "decided",      _("作出决定"),     (R.DECIDER,), "matter.decided", "decision", ("views_answered",), publication=INTERNAL),
    T("publish_decision",    ("decided",),     "published",    _("公示"),         (R.OFFICE,), "matter.published", "preview"),
    T("answer_objection",    ("published",),   None,           _("答复意见"),     (R.OFFICE, R.DECIDER), "objection.answered", "answer"),
    T("return_decision",     ("published",),   "deciding",     _("退回重新研究"), (R.OFFICE,), "matter.returned", "reason"),
    T("hand_over",           ("published",),   "handed_over",  _("期满交办"),     (R.OFFICE, R.SYSTEM), "matter.handed_over", None, ("objection_period_over", "objections_answered", "is_to_be_done")),
    T("keep_promise_open",   ("published",),   "promised",     _("期满列入承诺"), (R.OFFICE, R.SYSTEM), "matter.promised", None, ("objection_period_over", "objections_answered", "is_later")),
    T("ask_rating",          ("published",),   "rating",       _("期满请大家评"), (R.OFFICE, R.SYSTEM), "matter.answered", None, ("objection_period_over", "objections_answered", "is_not_to_be_done")),

    T("take_on",             ("assigned",),    "acting",       _("接办并答复"),   (R.UNIT,), "matter.taken_on", "decision", kinds=SHORT),
    T("promise",             ("assigned",),    "promised",     _("答复：以后办"), (R.UNIT,), "matter.promised", "decision", kinds=SHORT),
    T("explain",             ("assigned",),    "rating",       _("答复：办不了"), (R.UNIT,), "matter.answered", "decision", kinds=SHORT),
    T("accept_task",         ("handed_over",), "acting",       _("接办"),         (R.UNIT,), "task.accepted", kinds=FULL),
    T("take_back",           ("assigned",),    "raised",       _("撤回转办"),     TRIAGE, "task.taken_back", "reason", kinds=SHORT),
    T("object_task",         ("assigned", "handed_over"), "objected", _("提出异议"), (R.UNIT,), "task.objected", "reason"),
    T("reassign",            ("objected",),    "assigned",     _("改派或维持"),   (R.OFFICE,), "task.reassigned", "unit", kinds=SHORT),
    T("reassign_full",       ("objected",),    "handed_over",  _("改派或维持"),   (R.OFFICE,), "task.reassigned", "unit", kinds=FULL),
    T("report_progress",     ("acting", "promised"), None,     _("报进展"),       (R.UNIT,), "task.progressed", "text"),
    T("ask_extension",       ("acting",),      None,           _("申请延期"),     (R.UNIT,), "extension.asked", "reason", ("no_open_extension",)),
    T("answer_extension",    ("acting",),      None,           _("批复延期"),     (R.OFFICE,), "extension.answered", "answer", ("has_open_extension",)),
    T("report_joint",        ("assigned", "handed_over", "acting", "promised"), None, _("报会办意见"), (R.UNIT,), "joint.reported", "text"),
    T("accept_help",         ("acting", "promised"), None,     _("回应帮忙"),     (R.UNIT,), "help.answered", "answer"),
    T("take_up_promise",     ("promised",),    "acting",       _("开始兑现"),     (R.UNIT,), "promise.taken_up", "deadline"),
    T("urge",                URGED, None,                      _("催办"),         (R.OFFICE, R.PRINCIPAL, R.RAISER), "matter.urged", "words", ("not_urged_today",)),
    T("finish",              ("acting",),      "rating",       _("办完了"),       (R.UNIT,), "matter.done", "evidence", ("no_open_extension",)),

    T("reopen",              ("rating", "watched", "following_up"), "acting", _("重新办理"), (R.RAISER, R.OFFICE, R.SYSTEM), "matter.reopened", "reason", ("may_reopen_by_right",), page="rate"),
    T("escalate",            ("rating", "watched", "following_up"), "escalated", _("提级"), (R.RAISER, R.OFFICE, R.SYSTEM), "matter.escalated", "reason", ("right_used_up",), page="rate"),
    T("redo",                ("escalated",),   "acting",       _("责成重新办理"), (R.PRINCIPAL, R.OFFICE), "escalation.redone", "reason"),
    T("explain_escalation",  ("escalated",),   "watched",      _("作出说明"),     (R.PRINCIPAL,), "escalation.explained", "reason"),
    T("close_rating",        ("rating",),      "watched",      _("评完办结"),     (R.OFFICE, R.SYSTEM), "matter.rated", None, ("rating_period_over",)),
    T("follow_up",           ("watched",),     "following_up", _("开始回访"),     (R.OFFICE, R.SYSTEM), "matter.followed_up", None, ("follow_up_due",)),
    T("close",               ("following_up",), "closed",      _("回访后办结"),   (R.OFFICE, R.SYSTEM), "matter.closed", None, ("rating_period_over",)),
)
# fmt: on

SIX_STEPS = Process("six_steps", STEPS, STATES, TRANSITIONS, initial="raised")
