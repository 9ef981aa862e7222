"""Addresses of the desk part of duty."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
