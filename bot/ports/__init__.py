"""The protocols that adapters implement: `world` for what is outside, `store` for the database."""
