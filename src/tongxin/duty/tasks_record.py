"""Scheduled work of the diary; imported by the part's wiring, so that a worker knows it."""

import structlog
from procrastinate.contrib.django import app

log = structlog.get_logger(__name__)


@app.periodic(cron="7 * * * *")
@app.task(
    name="tongxin.duty.tasks_record.gather_deeds",
    queue="clock",
    lock="gather-deeds",
    queueing_lock="gather-deeds",
    pass_context=False,
)
def gather_deeds(timestamp: int) -> None:
    """Every hour: shifts that ended and meetings attended; see :func:`tongxin.duty.actions.record.gathering.gather`."""
    from tongxin.duty.actions.record.gathering import gather

    noted = gather()
    if noted:
        log.info("deeds_noted", entries=noted)
