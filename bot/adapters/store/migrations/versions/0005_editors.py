"""Who may edit where a platform has no right for it; which calls were heard, by any process."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the two tables."""
    op.create_table(
        "editors",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "person"),
    )
    op.create_table(
        "heard",
        sa.Column("id", sa.Text(), nullable=False, primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )
    op.create_index("heard_at", "heard", ["at"])
