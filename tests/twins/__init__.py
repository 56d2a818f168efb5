"""Servers that behave like the chat platforms: strict, with a journal and faults on demand."""
