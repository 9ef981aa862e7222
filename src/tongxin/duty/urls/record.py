"""Addresses of the duty diary and of yearly records."""

from django.urls import path, re_path

from tongxin.duty.views.record import contests, diary, office

urlpatterns = [
    path("work/diary/", diary.diary, name="diary"),
    path("work/diary/new/", diary.new, name="diary_new"),
    path("work/diary/missing/", contests.missing, name="diary_missing"),
    path("work/diary/<int:pk>/", diary.entry, name="diary_entry"),
    path("work/diary/<int:pk>/withdraw/", diary.withdraw, name="diary_withdraw"),
    path("work/diary/<int:pk>/contest/", contests.contest_entry, name="diary_contest"),
    path("work/contests/", contests.contests, name="contests"),
    path("work/contests/<int:pk>/", contests.contest, name="contest"),
    path("work/contests/<int:pk>/withdraw/", contests.withdraw, name="contest_withdraw"),
    path("work/records/", office.records, name="records"),
    path("work/records/<slug:code>/<int:year>/", office.record, name="record"),
    re_path(
        r"^work/records/(?P<code>[-\w]+)/(?P<year>\d{4})/record\.(?P<extension>docx|pdf)$",
        office.record_file,
        name="record_file",
    ),
    path("members/<slug:code>/", office.member_page, name="member"),
]
