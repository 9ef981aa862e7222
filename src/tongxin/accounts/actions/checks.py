"""Checking the ledger on request, and keeping what came of it."""

from django.db import transaction

from tongxin.accounts.actions.people import NotAnAdministrator
from tongxin.accounts.rules import may_run_system
from tongxin.core import ledger
from tongxin.core.actor import Actor
from tongxin.core.models import AccessLog, LedgerHead

AT_ONCE = 5000
"""Entries checked while the administrator waits (a fraction of a second); a longer chain is checked by the worker."""


def check_ledger(*, user_id: int | None) -> bool:
    """Walk the chain and keep the answer in the access log. Returns whether it is whole."""
    count, fault = ledger.verify()
    AccessLog.objects.create(
        user_id=user_id, action="ledger.checked", detail=f"{count} entries, {fault or 'whole'}"
    )
    return fault is None


def ask_for_ledger_check(*, actor: Actor) -> bool | None:
    """Check now when the chain is short, else queue the check; True whole, False broken, None queued."""
    if not may_run_system(actor):
        raise NotAnAdministrator
    head = LedgerHead.objects.filter(pk=1).first()
    if head is None or head.seq <= AT_ONCE:
        return check_ledger(user_id=actor.user_id)
    from procrastinate.contrib.django import app

    with transaction.atomic():
        AccessLog.objects.create(user_id=actor.user_id, action="ledger.check_asked")
        app.configure_task("tongxin.accounts.tasks.check_the_ledger", queue="default").defer(
            user_id=actor.user_id
        )
    return None
