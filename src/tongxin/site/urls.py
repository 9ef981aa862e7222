"""Addresses of the pages that belong to no domain."""

from django.urls import path

from tongxin.site import views

urlpatterns = [
    path("settings/elder/", views.set_elder, name="set_elder"),
    path("settings/language/", views.set_language, name="set_language"),
    path("privacy/", views.privacy, name="privacy"),
    path("about/", views.about, name="about"),
    path("style/", views.style, name="style"),
]
