"""Background work of the administrators, and what is done every night."""

from procrastinate.contrib.django import app

from tongxin.accounts.actions.checks import check_ledger


@app.task(name="tongxin.accounts.tasks.check_the_ledger", queue="default")
def check_the_ledger(user_id: int | None = None) -> None:
    """Walk the whole chain for the administrator who asked."""
    check_ledger(user_id=user_id)


@app.periodic(cron="40 3 * * *")
@app.task(name="tongxin.accounts.tasks.check_the_ledger_nightly", queue="clock", queueing_lock="ledger_check")
def check_the_ledger_nightly(timestamp: int) -> None:
    """Walk the whole chain once a day, so that a fault is known the next morning (the doctor says so)."""
    check_ledger(user_id=None)
