"""Addresses of the reception part of duty."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
