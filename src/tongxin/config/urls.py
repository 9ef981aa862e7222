"""Addresses: part of the interface, so they stay stable."""

from django.urls import include, path

urlpatterns = [
    path("", include("tongxin.site.urls")),
    path("", include("tongxin.core.urls")),
    path("work/", include("tongxin.matters.urls_work")),
    path("", include("tongxin.accounts.urls")),
    path("", include("tongxin.notices.urls")),
    path("", include("tongxin.duty.urls")),
    path("", include("tongxin.directory.urls")),
    path("", include("tongxin.deliberation.urls")),
    path("", include("tongxin.matters.urls")),
]

handler400 = "tongxin.site.views.bad_request"
handler403 = "tongxin.site.views.permission_denied"
handler404 = "tongxin.site.views.page_not_found"
handler500 = "tongxin.site.views.server_error"
