"""The database: tables, and one file a noun."""
