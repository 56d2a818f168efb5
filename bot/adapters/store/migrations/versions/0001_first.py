"""The first schema."""

from alembic import op

from bot.adapters.store.migrate import create_first

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make all tables."""
    create_first(op.get_bind())
