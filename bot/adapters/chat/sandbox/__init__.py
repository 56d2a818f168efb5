"""The third platform: a chat page on this machine."""
