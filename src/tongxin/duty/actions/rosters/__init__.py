"""Writes of the rosters: patterns, drafts, slots by hand, publishing, leave, swaps and hand-over notes."""
