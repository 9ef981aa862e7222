"""Addresses of the posters part of duty."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
