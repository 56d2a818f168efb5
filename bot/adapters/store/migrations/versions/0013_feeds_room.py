"""Room for feeds that are handed out, and a vacuum in time. PostgreSQL only.

A feed is claimed twice and settled once a poll. Room in its page lets a claim write there, with
no entry in any index (a HOT update: a lease is in none). By itself the server would vacuum a
million feeds after 200,000 changes, and each claim reads over what nobody has cleared away.
What is stored already gets its room little by little. It waits for nobody but a vacuum.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Set both where there is PostgreSQL."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE feeds SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02)")
