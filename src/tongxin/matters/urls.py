"""Addresses of the public side of matters; part of the interface, so they stay stable."""

from django.urls import path

from tongxin.matters.views import files, home, joining, numbers, raising, reading, tracking
from tongxin.matters.views.work import calendar

urlpatterns = [
    path("", home.home, name="home"),
    path("board/", home.board, name="board"),
    path("promises/", home.promises, name="promises"),
    path("numbers/sources/", numbers.numbers_sources, name="numbers_sources"),
    path("numbers/sources.csv", numbers.numbers_sources_csv, name="numbers_sources_csv"),
    path("raise/", raising.raise_page, name="raise"),
    path("raise/similar/", raising.similar, name="raise_similar"),
    path("raise/done/", raising.done, name="raise_done"),
    path("track/", tracking.track, name="track"),
    path("track/phone/", tracking.track_phone, name="track_phone"),
    path("track/<str:number>/", tracking.track_matter, name="track_matter"),
    path("track/<str:number>/answer/", tracking.track_answer, name="track_answer"),
    path("track/<str:number>/withdraw/", tracking.track_withdraw, name="track_withdraw"),
    path("track/<str:number>/erase-contact/", tracking.track_erase, name="track_erase"),
    path("track/<str:number>/urge/", tracking.track_urge, name="track_urge"),
    path("calendar/<str:secret>.ics", calendar.feed, name="calendar_feed"),
    path("matters/", reading.matter_list, name="matter_list"),
    path("matters/<str:number>/", reading.matter_detail, name="matter_detail"),
    path("matters/<str:number>/print/", reading.matter_print, name="matter_print"),
    path("matters/<str:number>/me-too/", joining.me_too, name="matter_me_too"),
    path("matters/<str:number>/comment/", joining.comment, name="matter_comment"),
    path("matters/<str:number>/object/", joining.object_page, name="matter_object"),
    path("matters/<str:number>/help/", joining.help_page, name="matter_help"),
    path("matters/<str:number>/rate/", joining.rate, name="matter_rate"),
    path("matters/<str:number>/meetings/<int:pk>/sign-up/", joining.sign_up_page, name="meeting_sign_up"),
    path("files/<str:token>", files.file, name="file"),
]
