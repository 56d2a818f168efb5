"""A strict Discord of our own, for the real discord.py to talk to; see ../README.md."""

from tests.twins.discord.twin import DiscordTwin

__all__ = ["DiscordTwin"]
