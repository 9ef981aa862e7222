"""Addresses: part of the interface, so they stay stable."""

from django.urls import include, path

# In the order of how often they are asked for: Django looks through them one by one.
urlpatterns = [
    path("", include("tongxin.matters.urls")),
    path("", include("tongxin.duty.urls")),
    path("", include("tongxin.deliberation.urls")),
    path("", include("tongxin.directory.urls")),
    path("", include("tongxin.site.urls")),
    path("work/", include("tongxin.matters.urls_work")),
    path("", include("tongxin.notices.urls")),
    path("", include("tongxin.core.urls")),
    path("", include("tongxin.accounts.urls")),
]

handler400 = "tongxin.site.views.bad_request"
handler403 = "tongxin.site.views.permission_denied"
handler404 = "tongxin.site.views.page_not_found"
handler500 = "tongxin.site.views.server_error"
