"""Addresses of the ledger and the health checks."""

from django.urls import path

from tongxin.core import probes, views

urlpatterns = [
    path("healthz", probes.healthz, name="healthz"),
    path("healthz/live", probes.live, name="healthz_live"),
    path("healthz/ready", probes.ready, name="healthz_ready"),
    path("metrics", probes.figures, name="metrics"),
    path("ledger/", views.ledger_page, name="ledger"),
    path("ledger/entries.jsonl", views.ledger_entries, name="ledger_entries"),
    path("ledger/verify.py", views.ledger_verifier, name="ledger_verifier"),
]
