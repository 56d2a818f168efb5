"""Chat platforms, behind `bot.ports.Chat`."""
