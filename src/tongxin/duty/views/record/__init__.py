"""Pages of the duty diary: the member's own, contests, the office's records, and the member's public page."""
