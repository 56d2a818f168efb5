"""What people can ask of the bot: one file a verb, and the dispatcher."""
