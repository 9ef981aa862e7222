"""Addresses of the rosters part of duty."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
