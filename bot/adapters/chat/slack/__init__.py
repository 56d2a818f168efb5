"""Slack: a chat platform."""
