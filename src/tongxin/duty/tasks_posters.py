"""What workers do for posters; imported by the part's wiring, so that a worker knows it.

A job that was killed is queued again by the task that requeues stalled jobs, and goes on at the first part missing.
"""

from procrastinate.contrib.django import app

from tongxin.duty.actions.posters import DRAW


@app.task(name=DRAW, queue="default", priority=-5)
def draw_posters(batch_id: int) -> None:
    """Draw one batch; see :func:`tongxin.duty.actions.posters.draw_batch`."""
    from tongxin.duty.actions.posters import draw_batch

    draw_batch(batch_id)
