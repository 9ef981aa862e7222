"""Addresses of duty, a module for each part."""

from django.urls import include, path

from tongxin.duty.apps import PARTS

urlpatterns = [path("", include(f"tongxin.duty.urls.{part}")) for part in PARTS]
