"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_SEARCH = (
    "CREATE VIRTUAL TABLE article_search USING fts5(search_text, "
    "tokenize = \"unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'\")"
)

_ON_POSTGRESQL = (
    # Its B-trees take 2,704 bytes; an address has 4,096 characters at most.
    "DROP INDEX articles_url",
    "ALTER TABLE articles ADD CONSTRAINT articles_url EXCLUDE USING hash (url WITH =)",
    "DROP INDEX feeds_url",
    "ALTER TABLE feeds ADD CONSTRAINT feeds_url"
    " EXCLUDE USING hash ((url || ' ' || workspace) WITH =)",
    "CREATE INDEX feeds_address ON feeds USING hash (url)",
    "CREATE TABLE article_search (rowid BIGINT PRIMARY KEY, search_text TSVECTOR NOT NULL)",
    "CREATE INDEX article_search_words ON article_search USING gin (search_text)",
)


def upgrade() -> None:
    """Make the tables; there is no way back but a backup."""
    op.create_table(
        "alerts",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("story", sa.Text(), nullable=True),
        sa.Column("card", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("first_try", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), server_default="", nullable=False),
        sa.Column("lease_until", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("posted_id", sa.Text(), nullable=True),
        sa.Column("posted_url", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("alerts_card", "alerts", ["card", "state", "id"], unique=False)
    op.create_index("alerts_due", "alerts", ["platform", "state", "due_at"], unique=False)
    op.create_index("alerts_failed", "alerts", ["scope", "state", "id"], unique=False)
    op.create_index("alerts_key", "alerts", ["key"], unique=True)
    op.create_index("alerts_lease", "alerts", ["lease_until", "channel"], unique=False)
    op.create_index("alerts_sent", "alerts", ["part", "sent_at"], unique=False)
    op.create_index("alerts_state", "alerts", ["state", "due_at"], unique=False)
    op.create_table(
        "articles",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("feed", sa.BigInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("lang", sa.Text(), nullable=False),
        sa.Column("published", sa.BigInteger(), nullable=True),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("lead", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("articles_feed", "articles", ["feed", "first_seen"], unique=False)
    op.create_index("articles_seen", "articles", ["first_seen", "id"], unique=False)
    op.create_index("articles_url", "articles", ["url"], unique=True)
    op.create_table(
        "channels",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("admin", sa.Boolean(), nullable=False),
        sa.Column("digest_next", sa.BigInteger(), nullable=True),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("channel"),
    )
    op.create_index("channels_digest", "channels", ["digest_next"], unique=False)
    op.create_index("channels_scope", "channels", ["scope", "admin"], unique=False)
    op.create_table(
        "counters",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "decisions",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("article", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("story", sa.Text(), nullable=False),
        sa.Column("fate", sa.Text(), nullable=False),
        sa.Column("latest", sa.Boolean(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("decisions_article", "decisions", ["article", "id"], unique=False)
    op.create_index("decisions_held", "decisions", ["channel", "latest", "fate"], unique=False)
    op.create_index("decisions_thread", "decisions", ["channel", "story", "latest"], unique=False)
    op.create_table(
        "drafts",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "code"),
    )
    op.create_index("drafts_at", "drafts", ["at"], unique=False)
    op.create_table(
        "edits",
        sa.Column("article", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("edit", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("article", "version"),
    )
    op.create_table(
        "entry_keys",
        sa.Column("feed", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("article", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("feed", "key"),
    )
    op.create_index("entry_keys_seen", "entry_keys", ["seen_at"], unique=False)
    op.create_table(
        "feeds",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("every_us", sa.BigInteger(), nullable=False),
        sa.Column("lang", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("stopped", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("polled_at", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), server_default="", nullable=False),
        sa.Column("lease_until", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("feeds_due", "feeds", ["stopped", "due_at", "id"], unique=False)
    op.create_index("feeds_url", "feeds", ["url", "workspace"], unique=True)
    op.create_table(
        "hits",
        sa.Column("article", sa.BigInteger(), nullable=False),
        sa.Column("watch", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("hit", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("article", "watch"),
    )
    op.create_index("hits_watch", "hits", ["watch", "at", "article"], unique=False)
    op.create_table(
        "members",
        sa.Column(
            "article",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("story", sa.Text(), nullable=False),
        sa.Column("reprint_of", sa.BigInteger(), nullable=True),
        sa.Column("tied_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("article"),
    )
    op.create_index("members_story", "members", ["story", "article"], unique=False)
    op.create_table(
        "mutes",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("mute", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("mutes_scope", "mutes", ["scope", "until"], unique=False)
    op.create_index("mutes_until", "mutes", ["until"], unique=False)
    op.create_table(
        "pauses",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("channel"),
    )
    op.create_table(
        "people",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "person"),
    )
    op.create_table(
        "stories",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("follows", sa.Text(), nullable=True),
        sa.Column("merged_into", sa.Text(), nullable=True),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("stories_last", "stories", ["last_at"], unique=False)
    op.create_table(
        "threads",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("story", sa.Text(), nullable=False),
        sa.Column("compose_at", sa.BigInteger(), nullable=True),
        sa.Column("card", sa.Text(), nullable=True),
        sa.Column("listed_in", sa.Text(), nullable=True),
        sa.Column("posted_id", sa.Text(), nullable=True),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), server_default="", nullable=False),
        sa.Column("lease_until", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("channel", "story"),
    )
    op.create_index("threads_card", "threads", ["channel", "card"], unique=False)
    op.create_index("threads_due", "threads", ["compose_at"], unique=False)
    op.create_index("threads_lease", "threads", ["lease_until", "channel"], unique=False)
    op.create_index("threads_listed", "threads", ["channel", "listed_in"], unique=False)
    op.create_index("threads_open", "threads", ["closed", "card"], unique=False)
    op.create_index("threads_posted", "threads", ["channel", "posted_id"], unique=False)
    op.create_index("threads_story", "threads", ["story"], unique=False)
    op.create_table(
        "tombstones",
        sa.Column(
            "article",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("lead", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("article"),
    )
    op.create_index("tombstones_at", "tombstones", ["at"], unique=False)
    op.create_table(
        "watches",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("watch", sa.Text(), nullable=False),
        sa.Column("backfill_due", sa.Boolean(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("watches_name", "watches", ["name", "scope"], unique=False)
    sqlite = op.get_context().dialect.name == "sqlite"
    for statement in (_SEARCH,) if sqlite else _ON_POSTGRESQL:
        op.execute(statement)
