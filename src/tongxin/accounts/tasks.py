"""Background work of the administrators."""

from procrastinate.contrib.django import app

from tongxin.accounts.actions.checks import check_ledger


@app.task(name="tongxin.accounts.tasks.check_the_ledger", queue="default")
def check_the_ledger(user_id: int | None = None) -> None:
    """Walk the whole chain for the administrator who asked."""
    check_ledger(user_id=user_id)
