"""Addresses of the desk part of duty."""

from django.urls import URLPattern, path

from tongxin.duty.views import desk as public
from tongxin.duty.views import desk_work as work

urlpatterns: list[URLPattern] = [
    path("desk/", public.desk, name="desk"),
    path("desk/<str:code>/", public.desk_ask, name="desk_ask"),
    path("desk/threads/<str:number>/", public.desk_thread, name="desk_thread"),
    path("desk/threads/<str:number>/close/", public.desk_close, name="desk_close"),
    path("desk/threads/<str:number>/rate/", public.desk_rate, name="desk_rate"),
    path("desk/threads/<str:number>/erase/", public.desk_erase, name="desk_erase"),
    path("work/desk/", work.work_desk, name="work_desk"),
    path("work/desk/canned/", work.work_desk_canned, name="work_desk_canned"),
    path("work/desk/canned/<int:pk>/", work.work_desk_canned_edit, name="work_desk_canned_edit"),
    path("work/desk/<str:number>/", work.work_desk_thread, name="work_desk_thread"),
    path("work/desk/<str:number>/close/", work.work_desk_close, name="work_desk_close"),
    path("work/desk/<str:number>/transfer/", work.work_desk_transfer, name="work_desk_transfer"),
    path("work/desk/<str:number>/convert/", work.work_desk_convert, name="work_desk_convert"),
]
