"""Discord: messages as payloads, interactions as calls, and the client that carries both."""
