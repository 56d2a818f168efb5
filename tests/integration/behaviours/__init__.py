"""How the bot behaves towards every kind of feed server: tables of scripts, and what is told."""
