"""Summarisers, behind `bot.ports.Summariser`."""
