"""Scheduled work of receptions: the reminder of the day before."""

from procrastinate.contrib.django import app

from tongxin.duty.actions.reception.booking import remind_of_bookings


@app.periodic(cron="*/15 * * * *")
@app.task(
    name="tongxin.duty.reception_tasks.remind",
    queue="clock",
    queueing_lock="remind-bookings",
    pass_context=False,
)
def remind(timestamp: int) -> None:
    """Every quarter of an hour: see :func:`remind_of_bookings`."""
    remind_of_bookings()
