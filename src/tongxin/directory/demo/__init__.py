"""The demo district: facts about places, typical bodies, invented people."""
