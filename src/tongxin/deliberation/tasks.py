"""What workers do for conversations: draw the map after votes, and look each minute for maps that are behind.

The votes themselves are the queue: a job only says that there are new ones, so a job that is lost, doubled or late
loses nothing.
"""

from procrastinate.contrib.django import app

from tongxin.deliberation.waking import DELAY, DRAW, wake_map

AGAIN = 2.0
"""Seconds until somebody looks again who found another drawing the same map."""


@app.task(name=DRAW, queue="default", priority=5)
def draw(conversation_id: int) -> None:
    """Draw one map; see :func:`tongxin.deliberation.mapping.draw_map`. New votes meanwhile: once more, shortly."""
    from tongxin.deliberation import mapping  # with numpy: not at start-up
    from tongxin.deliberation.selectors.maps import is_behind

    try:
        snapshot = mapping.draw_map(conversation_id)
    except mapping.Busy:
        wake_map(conversation_id, after=AGAIN)
        return
    if is_behind(snapshot):
        wake_map(conversation_id, after=DELAY)


@app.periodic(cron="* * * * *")
@app.task(name="tongxin.deliberation.tasks.look_for_maps", queue="default", queueing_lock="opinion-maps-look")
def look_for_maps(timestamp: int) -> None:
    """Each minute, the first time right after the start: maps that are behind, whoever was killed half-way."""
    from tongxin.deliberation.selectors.maps import behind

    for conversation_id in behind():
        wake_map(conversation_id, after=0)
