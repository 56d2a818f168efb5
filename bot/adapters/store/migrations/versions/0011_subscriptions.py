"""Subscriptions to feeds' hubs, and what the hubs send."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "subscriptions",
        sa.Column("feed", ID, primary_key=True, autoincrement=False),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", sa.BigInteger()),
        sa.Column("subscription", sa.Text(), nullable=False),
    )
    op.create_index("subscriptions_door", "subscriptions", ["door"], unique=True)
    op.create_index("subscriptions_due", "subscriptions", ["due_at"])
    op.create_index("subscriptions_lease", "subscriptions", ["lease_until"])
    op.create_table(
        "pushes",
        sa.Column("id", ID, primary_key=True, autoincrement=False),
        sa.Column("feed", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
    )
    op.create_index("pushes_feed", "pushes", ["feed"])
