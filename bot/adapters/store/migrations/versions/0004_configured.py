"""Which feeds the configuration file names: others may be seen everywhere too, imported ones."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_feeds = sa.table("feeds", sa.column("workspace", sa.Text), sa.column("configured", sa.Boolean))


def upgrade() -> None:
    """Add the column; until now, the configuration named all feeds that everyone sees."""
    op.add_column(
        "feeds", sa.Column("configured", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.execute(sa.update(_feeds).where(_feeds.c.workspace == "").values(configured=True))
