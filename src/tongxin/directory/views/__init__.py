"""Pages of the directory: public ones, and those of who keeps it."""
