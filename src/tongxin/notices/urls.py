"""Addresses of messages."""

from django.urls import path

from tongxin.notices import views

urlpatterns = [path("demo/messages/", views.messages, name="demo_messages")]
