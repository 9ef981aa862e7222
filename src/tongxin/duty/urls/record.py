"""Addresses of the record part of duty."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
