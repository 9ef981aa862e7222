"""Addresses of the offline part of duty. Part of the interface: devices remember them."""

from django.urls import path

from tongxin.duty.views import offline

urlpatterns = [
    path("manifest.webmanifest", offline.manifest, name="manifest"),
    path("sw.js", offline.worker, name="service_worker"),
    path("offline/", offline.pending, name="offline"),
    path("offline/tokens/", offline.tokens, name="offline_tokens"),
    path("offline/shell/<slug:purpose>/", offline.shell, name="offline_shell"),
    path("offline/icon/<str:name>", offline.icon, name="offline_icon"),
]
