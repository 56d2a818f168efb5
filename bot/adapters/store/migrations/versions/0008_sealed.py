"""Private feeds: their addresses are sealed, when the program next starts with a key at hand."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("feeds", sa.Column("sealed", sa.Text(), nullable=True))
