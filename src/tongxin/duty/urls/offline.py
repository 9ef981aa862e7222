"""Addresses of the offline part of duty."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
