"""Addresses of deliberation, for any instrument: conversations by the record's number, meetings by their own."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import path

from tongxin.deliberation.views import (
    keeping,
    meetings,
    meetings_seat,
    meetings_work,
    minutes,
    opinions,
)


def later(module: str, name: str) -> Callable[..., HttpResponseBase]:
    """A view whose module is loaded at its first request: numpy and scipy are no burden at start-up."""

    def view(request: HttpRequest, *args: Any, **values: Any) -> HttpResponseBase:
        found = getattr(import_module(f"tongxin.deliberation.views.{module}"), name)
        answer: HttpResponseBase = found(request, *args, **values)
        return answer

    return view


urlpatterns = [
    path("opinions/<str:number>/", opinions.opinions, name="opinions"),
    path("opinions/<str:number>/vote/", opinions.vote, name="opinions_vote"),
    path("opinions/<str:number>/say/", opinions.say, name="opinions_say"),
    path("opinions/<str:number>/say/done/", opinions.said, name="opinions_said"),
    path("opinions/<str:number>/claim/", opinions.claim, name="opinions_claim"),
    path("opinions/<str:number>/mine/", opinions.mine, name="opinions_mine"),
    path(
        "opinions/<str:number>/statements/<int:statement_number>/",
        opinions.statement,
        name="opinions_statement",
    ),
    path("opinions/<str:number>/map/", later("map", "opinion_map"), name="opinions_map"),
    path("opinions/<str:number>/print/", later("map", "report"), name="opinions_print"),
    path("opinions/<str:number>/export/<slug:name>.csv", later("map", "export"), name="opinions_export"),
    path("work/opinions/<str:number>/import/", later("importing", "import_opinions"), name="opinions_import"),
    path("work/opinions/<str:number>/", keeping.keep, name="opinions_keep"),
    path("work/opinions/<str:number>/terms/", keeping.terms, name="opinions_terms"),
    path("work/opinions/<str:number>/close/", keeping.close, name="opinions_close"),
    path("work/opinions/<str:number>/seed/", keeping.seed, name="opinions_seed"),
    path(
        "work/opinions/<str:number>/statements/<int:statement_number>/",
        keeping.moderate,
        name="opinions_moderate",
    ),
    path(
        "work/opinions/<str:number>/participants/<int:participant_number>/",
        keeping.take_in,
        name="opinions_take_in",
    ),
    path(
        "work/meetings/<int:pk>/attendance.<str:extension>",
        minutes.attendance_file,
        name="meeting_attendance_file",
    ),
    path("work/meetings/<int:pk>/minutes.<str:extension>", minutes.minutes_file, name="meeting_minutes_file"),
    path("work/meetings/<int:pk>/minutes/", minutes.minutes_page, name="work_meeting_minutes"),
    path("work/meetings/<int:pk>/minutes/link/", minutes.link, name="work_meeting_link"),
    path("meetings/<int:pk>/minutes.<str:extension>", minutes.public_minutes, name="meeting_minutes"),
    path("meetings/", meetings.meetings, name="meetings"),
    path("meetings/<int:pk>/", meetings.meeting, name="meeting"),
    path("meetings/<int:pk>/meeting.ics", meetings.calendar_file, name="meeting_ics"),
    path("meetings/<int:pk>/seat/", meetings_seat.seat, name="meeting_seat"),
    path("meetings/<int:pk>/check-in/", meetings_seat.check_in, name="meeting_check_in"),
    path("meetings/<int:pk>/ask/", meetings_seat.questions, name="meeting_ask"),
    path("meetings/<int:pk>/ask/<int:question>/support/", meetings_seat.support, name="meeting_support"),
    path("meetings/<int:pk>/screen/", meetings.screen, name="meeting_screen"),
    path("work/meetings/<int:pk>/", meetings_work.work_meeting, name="work_meeting"),
    path("work/meetings/<int:pk>/do/<slug:name>/", meetings_work.work_do, name="work_meeting_do"),
    path("work/meetings/<int:pk>/move/", meetings_work.move, name="work_meeting_move"),
    path("work/meetings/<int:pk>/terms/", meetings_work.terms, name="work_meeting_terms"),
    path("work/meetings/<int:pk>/agenda/", meetings_work.item, name="work_meeting_add_item"),
    path("work/meetings/<int:pk>/agenda/<int:item>/", meetings_work.item, name="work_meeting_item"),
    path("work/meetings/<int:pk>/code/", meetings_work.code, name="work_meeting_code"),
]
