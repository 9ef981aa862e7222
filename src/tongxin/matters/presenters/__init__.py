"""What pages say of a matter, in the reader's language: pure formatting, no markup beyond a few seals."""

from tongxin.matters.presenters.history import entry_title, timeline_of
from tongxin.matters.presenters.naming import day_text, moment_text, number_text, parse_number, who_text
from tongxin.matters.presenters.position import (
    Chip,
    due_chip,
    mini_html,
    mini_states,
    outcome_text,
    rail_of,
    rating_summary,
    rows_of,
    sentence_of,
    step_text,
    who_has_it,
)

__all__ = [
    "Chip",
    "day_text",
    "due_chip",
    "entry_title",
    "mini_html",
    "mini_states",
    "moment_text",
    "number_text",
    "outcome_text",
    "parse_number",
    "rail_of",
    "rating_summary",
    "rows_of",
    "sentence_of",
    "step_text",
    "timeline_of",
    "who_has_it",
    "who_text",
]
