"""Jobs: hints on their way to whoever follows them, in this process or through PostgreSQL."""
