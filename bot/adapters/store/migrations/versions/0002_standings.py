"""What platforms say of channels, and which alert carries a decision."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_STEP = 1_000
_decisions = sa.table(
    "decisions",
    sa.column("id", sa.BigInteger),
    sa.column("decision", sa.Text),
    sa.column("alert", sa.Text),
)


def upgrade() -> None:
    """Make the table and the column, and fill the column from the rows' JSON."""
    op.create_table(
        "standings",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("channel"),
    )
    op.add_column("decisions", sa.Column("alert", sa.Text(), nullable=True))
    op.create_index("decisions_alert", "decisions", ["alert", "latest"], unique=False)
    connection, last = op.get_bind(), -1
    while rows := connection.execute(
        sa.select(_decisions.c.id, _decisions.c.decision)
        .where(_decisions.c.id > last)
        .order_by(_decisions.c.id)
        .limit(_STEP)
    ).all():
        last = rows[-1].id
        for row in rows:
            if (alert := json.loads(row.decision).get("alert")) is not None:
                connection.execute(
                    sa.update(_decisions).where(_decisions.c.id == row.id).values(alert=alert)
                )
