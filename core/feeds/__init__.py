"""Feeds: what other systems deliver by push, pull, file and query, checked, kept, counted and traceable."""
