"""Newsthread: one story, one thread. A news-alert bot for chat platforms."""

__version__ = "0.1.0"
