"""What models cost a day, and when cards pinged."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and the column."""
    op.create_table(
        "model_days",
        sa.Column("day", sa.Text(), primary_key=True),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
    )
    op.add_column("alerts", sa.Column("pinged_at", sa.BigInteger(), nullable=True))
    op.create_index("alerts_pinged", "alerts", ["channel", "pinged_at"])
