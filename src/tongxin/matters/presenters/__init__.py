"""What pages say of a matter, in the reader's language: pure formatting, and the few pieces that repeat on a page."""

from tongxin.matters.presenters.clocks import due_text, expiry_text, marked
from tongxin.matters.presenters.history import entry_title, timeline_of
from tongxin.matters.presenters.naming import day_text, moment_text, number_text, parse_number, who_text
from tongxin.matters.presenters.people import comments_html, meeting_items, rating_items
from tongxin.matters.presenters.position import (
    Chip,
    chip_html,
    due_chip,
    list_html,
    me_too_text,
    mini_html,
    mini_states,
    outcome_text,
    rail_of,
    rating_summary,
    rows_of,
    select_html,
    sentence_of,
    step_text,
    values_html,
    who_has_it,
)

__all__ = [
    "Chip",
    "chip_html",
    "comments_html",
    "day_text",
    "due_chip",
    "due_text",
    "entry_title",
    "expiry_text",
    "list_html",
    "marked",
    "me_too_text",
    "meeting_items",
    "mini_html",
    "mini_states",
    "moment_text",
    "number_text",
    "outcome_text",
    "parse_number",
    "rail_of",
    "rating_items",
    "rating_summary",
    "rows_of",
    "select_html",
    "sentence_of",
    "step_text",
    "timeline_of",
    "values_html",
    "who_has_it",
    "who_text",
]
