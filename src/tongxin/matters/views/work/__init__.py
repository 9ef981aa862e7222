"""Views of the staff pages: each parses, authorises, calls one action or selector and renders."""
