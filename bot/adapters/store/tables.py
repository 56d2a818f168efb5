"""The tables. Columns are what is searched, ordered or fenced by; the rest of a row is one JSON.

Times are whole microseconds since 1970, UTC, so that they sort the same on every database. Ids are
made by the application (`bot.adapters.store.ids`). Channels and scopes are stored as the text that
`str` gives.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    false,
)

SCHEMA = "0013"
"""The newest migration: the one that makes exactly these tables."""

metadata = MetaData()

ID = BigInteger().with_variant(Integer(), "sqlite")
"""63 bits on both; only a key of exactly this type is the row's own number on SQLite."""

feeds = Table(
    "feeds",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=False),
    Column("url", Text, nullable=False),  # of a private one masked, with a mark
    Column("sealed", Text),  # all of a private address
    Column("workspace", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("every_us", BigInteger, nullable=False),
    Column("lang", Text, nullable=False),
    Column("configured", Boolean, nullable=False, server_default=false()),
    Column("due_at", BigInteger, nullable=False),
    Column("stopped", Boolean, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("polled_at", BigInteger),
    Column("state", Text, nullable=False),  # FeedState
    Column("owner", Text, nullable=False, server_default=""),
    Column("lease_until", BigInteger, nullable=False, server_default="0"),
    Index("feeds_url", "url", "workspace", unique=True),
    Index("feeds_due", "stopped", "due_at", "id"),
)

articles = Table(
    "articles",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=False),
    Column("feed", BigInteger, nullable=False),
    Column("url", Text),  # NULL where there is none, so that it is unique where there is one
    Column("outlet", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("tags", Text, nullable=False),  # JSON list
    Column("lang", Text, nullable=False),
    Column("published", BigInteger),
    Column("first_seen", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("lead", Text, nullable=False),  # what `Seen` keeps of its text
    Index("articles_url", "url", unique=True),
    Index("articles_seen", "first_seen", "id"),
    Index("articles_feed", "feed", "first_seen"),
)

entry_keys = Table(
    "entry_keys",
    metadata,
    Column("feed", BigInteger, nullable=False),
    Column("key", Text, nullable=False),
    Column("article", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("feed", "key"),
    Index("entry_keys_seen", "seen_at"),
)

tombstones = (
    Table(  # what tells a deleted article from a new one, while its feed may still carry it
        "tombstones",
        metadata,
        Column("article", ID, primary_key=True, autoincrement=False),
        Column("title", Text, nullable=False),
        Column("lead", Text, nullable=False),
        Column("at", BigInteger, nullable=False),
        Index("tombstones_at", "at"),
    )
)

edits = Table(
    "edits",
    metadata,
    Column("article", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("edit", Text, nullable=False),  # Edit
    PrimaryKeyConstraint("article", "version"),
)

hits = Table(
    "hits",
    metadata,
    Column("article", BigInteger, nullable=False),
    Column("watch", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("hit", Text, nullable=False),  # WatchHit
    PrimaryKeyConstraint("article", "watch"),
    Index("hits_watch", "watch", "at", "article"),
)

stories = Table(
    "stories",
    metadata,
    Column("id", Text, primary_key=True),
    Column("follows", Text),
    Column("merged_into", Text),
    Column("last_at", BigInteger, nullable=False),
    Index("stories_last", "last_at"),
)

members = Table(
    "members",
    metadata,
    Column("article", ID, primary_key=True, autoincrement=False),
    Column("story", Text, nullable=False),
    Column("reprint_of", BigInteger),
    Column("tied_by", Text, nullable=False),  # JSON list
    Index("members_story", "story", "article"),
)

watches = Table(
    "watches",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=False),
    Column("scope", Text, nullable=False),  # "" for the configuration's
    Column("name", Text, nullable=False),
    Column("watch", Text, nullable=False),  # Watch
    Column("backfill_due", Boolean, nullable=False),
    Column("removed_at", BigInteger),
    Index("watches_name", "name", "scope"),
)

counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

threads = Table(
    "threads",
    metadata,
    Column("channel", Text, nullable=False),
    Column("story", Text, nullable=False),
    Column("compose_at", BigInteger),
    Column("card", Text),
    Column("listed_in", Text),
    Column("posted_id", Text),
    Column("closed", Boolean, nullable=False),
    Column("thread", Text, nullable=False),  # Thread
    Column("owner", Text, nullable=False, server_default=""),
    Column("lease_until", BigInteger, nullable=False, server_default="0"),
    PrimaryKeyConstraint("channel", "story"),
    Index("threads_due", "compose_at"),
    Index("threads_lease", "lease_until", "channel"),
    Index("threads_story", "story"),
    Index("threads_posted", "channel", "posted_id"),
    Index("threads_card", "channel", "card"),
    Index("threads_listed", "channel", "listed_in"),
    Index("threads_open", "closed", "card"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=False),
    Column("article", BigInteger, nullable=False),
    Column("channel", Text, nullable=False),
    Column("story", Text, nullable=False),
    Column("fate", Text, nullable=False),
    Column("latest", Boolean, nullable=False),
    Column("decision", Text, nullable=False),  # Decision
    Column("alert", Text),  # the key of the alert that carries it
    Index("decisions_article", "article", "id"),
    Index("decisions_thread", "channel", "story", "latest"),
    Index("decisions_held", "channel", "latest", "fate"),
    Index("decisions_alert", "alert", "latest"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=False),  # the order of creation
    Column("key", Text, nullable=False),
    Column("platform", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("part", Text, nullable=False),
    Column("story", Text),
    Column("card", Text),
    Column("state", Text, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("first_try", BigInteger),
    Column("sent_at", BigInteger),
    Column("attempt", Integer, nullable=False),
    Column("owner", Text, nullable=False, server_default=""),
    Column("lease_until", BigInteger, nullable=False, server_default="0"),
    Column("posted_id", Text),
    Column("posted_url", Text),
    Column("reason", Text, nullable=False),
    Column("message", Text, nullable=False),  # Message
    Column("pinged_at", BigInteger),  # when it was composed, if it is to ping
    Index("alerts_key", "key", unique=True),
    Index("alerts_due", "platform", "state", "due_at"),
    Index("alerts_state", "state", "due_at"),
    Index("alerts_card", "card", "state", "id"),
    Index("alerts_lease", "lease_until", "channel"),
    Index("alerts_failed", "scope", "state", "id"),
    Index("alerts_sent", "part", "sent_at"),
    Index("alerts_pinged", "channel", "pinged_at"),
)

pauses = Table(
    "pauses",
    metadata,
    Column("channel", Text, primary_key=True),  # or a platform's name: all of its channels
    Column("until", BigInteger, nullable=False),
)

standings = Table(
    "standings",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("standing", Text, nullable=False),  # Standing
)

channels = Table(
    "channels",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("admin", Boolean, nullable=False),
    Column("digest_next", BigInteger),
    Column("settings", Text, nullable=False),  # ChannelSettings
    Index("channels_scope", "scope", "admin"),
    Index("channels_digest", "digest_next"),
)

mutes = Table(
    "mutes",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=False),
    Column("scope", Text, nullable=False),
    Column("until", BigInteger),
    Column("mute", Text, nullable=False),  # Mute
    Index("mutes_scope", "scope", "until"),
    Index("mutes_until", "until"),
)

judgements = Table(
    "judgements",
    metadata,
    Column("article", BigInteger, nullable=False),
    Column("channel", Text, nullable=False),
    Column("judgement", Text, nullable=False),  # Judgement
    PrimaryKeyConstraint("article", "channel"),
)

pages = Table(
    "pages",
    metadata,
    Column("article", ID, primary_key=True, autoincrement=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("text", Text, nullable=False),  # "" where none was read
    Index("pages_asked", "asked_at"),
)

wanted_pages = Table(  # that are read for matching
    "wanted_pages",
    metadata,
    Column("article", BigInteger, nullable=False),
    Column("feed", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("owner", Text, nullable=False, server_default=""),
    Column("lease_until", BigInteger, nullable=False, server_default="0"),
    PrimaryKeyConstraint("article", "feed"),
    Index("wanted_pages_waiting", "state", "at"),
    Index("wanted_pages_at", "at"),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("feed", ID, primary_key=True, autoincrement=False),
    Column("door", Text, nullable=False),  # a hash of its code
    Column("due_at", BigInteger, nullable=False),
    Column("lease_until", BigInteger),
    Column("subscription", Text, nullable=False),  # Subscription, sealed
    Index("subscriptions_door", "door", unique=True),
    Index("subscriptions_due", "due_at"),
    Index("subscriptions_lease", "lease_until"),
)

pushes = Table(  # what hubs sent and is not read yet
    "pushes",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=False),
    Column("feed", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("pushes_feed", "feed"),
)

people = Table(
    "people",
    metadata,
    Column("scope", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("scope", "person"),
)

drafts = Table(
    "drafts",
    metadata,
    Column("scope", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("words", Text, nullable=False),  # JSON object
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("scope", "code"),
    Index("drafts_at", "at"),
)

model_days = Table(
    "model_days",
    metadata,
    Column("day", Text, primary_key=True),  # of UTC, as 2026-03-02
    Column("tokens", BigInteger, nullable=False),
    Column("calls", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
)

editors = Table(
    "editors",
    metadata,
    Column("scope", Text, nullable=False),
    Column("person", Text, nullable=False),
    PrimaryKeyConstraint("scope", "person"),
)

heard = Table(
    "heard",
    metadata,
    Column("id", Text, primary_key=True),  # "platform id"
    Column("at", BigInteger, nullable=False),
    Index("heard_at", "at"),
)


# What bolt's own stores read and write; wider than they make it, for tokens are sealed.


def _installed() -> list[Column[Any]]:
    return [
        Column("id", Integer, primary_key=True, autoincrement=True),
        *(Column(name, Text, nullable=False) for name in ("client_id", "app_id")),
        *(Column(name, Text) for name in ("enterprise_id", "enterprise_name", "team_id")),
        *(Column(name, Text) for name in ("team_name", "bot_token", "bot_id", "bot_user_id")),
        *(Column(name, Text) for name in ("bot_scopes", "bot_refresh_token")),
        Column("bot_token_expires_at", DateTime),
        Column("is_enterprise_install", Boolean, nullable=False),
        Column("installed_at", DateTime, nullable=False),
    ]


slack_bots = Table(
    "slack_bots",
    metadata,
    *_installed(),
    Index("slack_bots_idx", "client_id", "enterprise_id", "team_id", "installed_at"),
)

slack_installations = Table(
    "slack_installations",
    metadata,
    *_installed(),
    Column("enterprise_url", Text),
    Column("user_id", Text, nullable=False),
    *(Column(name, Text) for name in ("user_token", "user_scopes", "user_refresh_token")),
    Column("user_token_expires_at", DateTime),
    *(
        Column(f"incoming_webhook_{name}", Text)
        for name in ("url", "channel", "channel_id", "configuration_url")
    ),
    Column("token_type", Text),
    Index(
        "slack_installations_idx",
        *("client_id", "enterprise_id", "team_id", "user_id", "installed_at"),
    ),
)

slack_oauth_states = Table(
    "slack_oauth_states",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("state", Text, nullable=False),
    Column("expire_at", DateTime, nullable=False),
)
