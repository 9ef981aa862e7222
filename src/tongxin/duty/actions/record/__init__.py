"""Writing the duty diary: what the work itself notes, members' own words, contests and their answers."""

from tongxin.duty.actions.record.deeds import Deed, note_deed, note_deeds

__all__ = ["Deed", "note_deed", "note_deeds"]
