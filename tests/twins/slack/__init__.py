"""A strict Slack of our own, for the real slack_sdk and slack-bolt to talk to; see ../README.md."""

from tests.twins.slack.twin import SlackTwin

__all__ = ["SlackTwin"]
