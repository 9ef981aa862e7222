"""Delivery by the worker, and forgetting."""

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from tongxin.notices import actions


class NotDelivered(Exception):
    """The channel didn't take it; the worker tries again."""


@app.task(
    name="tongxin.notices.tasks.deliver",
    queue="notices",
    retry=RetryStrategy(
        max_attempts=actions.DELIVERY_TRIES, exponential_wait=4, retry_exceptions={NotDelivered}
    ),
)
def deliver(message_id: int) -> None:
    """Send one message; see :func:`tongxin.notices.actions.deliver_message`."""
    if not actions.deliver_message(message_id):
        raise NotDelivered


@app.periodic(cron="20 4 * * *")
@app.task(name="tongxin.notices.tasks.forget", queue="clock")
def forget(timestamp: int) -> None:
    """Every night: see :func:`tongxin.notices.actions.forget_old_codes`."""
    actions.forget_old_codes()
