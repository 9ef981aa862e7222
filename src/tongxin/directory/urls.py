"""Addresses of the directory."""

from django.urls import path, re_path

from tongxin.directory.views import keeping, portraits, public

urlpatterns = [
    path("stations/", public.station_list, name="stations"),
    path("stations/<slug:code>/", public.station_detail, name="station"),
    path("stations/<slug:code>/poster/", public.station_poster, name="station_poster"),
    path("stations/<slug:code>/qr.svg", public.station_qr, name="station_qr"),
    path("members/", public.member_list, name="members"),
    path("members/<slug:code>/portrait.jpg", portraits.member_portrait, name="member_portrait"),
    path("work/portrait/", portraits.work_portrait, name="work_portrait"),
    path("work/portrait/withdraw/", portraits.withdraw, name="work_portrait_withdraw"),
    path("units/", public.unit_list, name="units"),
    path("units/<slug:code>/", public.unit_detail, name="unit"),
    path("work/import/", keeping.import_start, name="import_start"),
    re_path(
        r"^work/import/templates/(?P<kind>[a-z]+)\.(?P<extension>xlsx|csv)$",
        keeping.import_template,
        name="import_template",
    ),
    path("work/import/<int:pk>/", keeping.import_batch, name="import_batch"),
    path("work/import/<int:pk>/faults.csv", keeping.import_faults, name="import_faults"),
    path("work/import/<int:pk>/confirm/", keeping.import_confirm, name="import_confirm"),
    path("work/import/<int:pk>/cancel/", keeping.import_cancel, name="import_cancel"),
]
