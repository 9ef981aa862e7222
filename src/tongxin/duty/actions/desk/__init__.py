"""Writes of the online desk: ask, write, close, transfer, convert, rate; clocks, ready answers and who is told late."""

from tongxin.duty.actions.desk.asking import Asked, ask_desk
from tongxin.duty.actions.desk.canned import CannedChanged, keep_canned
from tongxin.duty.actions.desk.clocks import close_silent, rework_answer_clocks, tell_late
from tongxin.duty.actions.desk.converting import convert_thread, matter_receipt
from tongxin.duty.actions.desk.moving import close_thread, erase_own_contact, rate_thread, transfer_thread
from tongxin.duty.actions.desk.step import NotAllowed
from tongxin.duty.actions.desk.writing import AnsweredMeanwhile, mark_seen, write_message

__all__ = [
    "AnsweredMeanwhile",
    "Asked",
    "CannedChanged",
    "NotAllowed",
    "ask_desk",
    "close_silent",
    "close_thread",
    "convert_thread",
    "erase_own_contact",
    "keep_canned",
    "mark_seen",
    "matter_receipt",
    "rate_thread",
    "rework_answer_clocks",
    "tell_late",
    "transfer_thread",
    "write_message",
]
