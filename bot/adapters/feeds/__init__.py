"""The way in: fetching, parsing and finding feeds."""
