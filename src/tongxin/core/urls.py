"""Addresses of the ledger and the health checks."""

from django.urls import path

from tongxin.core import views

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("ledger/", views.ledger_page, name="ledger"),
    path("ledger/entries.jsonl", views.ledger_entries, name="ledger_entries"),
    path("ledger/verify.py", views.ledger_verifier, name="ledger_verifier"),
]
