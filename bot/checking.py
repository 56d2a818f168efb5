"""`check`: what is set up, looked at part by part; what is wrong, and how to mend it.

A part is a function from what is given to findings. `ALWAYS` are looked at each time, those of
`ON_REQUEST` when they are asked for by name: they talk to servers of others, and take their time.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bot import __version__
from bot.adapters.feeds.http import FetchSettings
from bot.adapters.feeds.source import HttpFeedSource
from bot.adapters.store.database import SqlStore
from bot.adapters.store.engine import file_of, is_server, is_there, sqlite_warning
from bot.adapters.summary.check import trouble
from bot.app import utc_now
from bot.config import Config, read_config
from bot.domain.articles import Feed
from bot.domain.errors import BotError, ConfigError, StoreError
from bot.domain.layout_parts import counted
from bot.domain.polls import Outcome, PollRequest, PollResult
from bot.domain.private import is_surely_private
from bot.domain.urls import masked
from bot.domain.watches import Channel
from bot.environment import Environment, read_environment
from bot.exits import Exit
from bot.findings import Finding, Verdict
from bot.pipeline.sync import refuse_unreadable
from bot.progress import progress
from bot.tokens import looked_at, missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What there is to look at."""

    environment: Environment
    config: Config | None  # None: it cannot be read, which is a finding of its own


Check = Callable[[Given], Awaitable[Sequence[Finding]]]


async def look(
    environ: Mapping[str, str], path: Path | None, asked: Iterable[str] = ()
) -> list[Finding]:
    """Look at everything, and at what was asked for; whatever is wrong is a finding.

    Args:
        environ: The environment.
        path: The configuration file; None: the one that the environment names.
        asked: Names of `ON_REQUEST`.
    """
    try:
        environment = read_environment(environ)
        environment.networks()
        environment.public()
    except ConfigError as error:
        return [_wrong("environment", error)]
    findings = [Finding(part="environment", what="variables", verdict=Verdict.OK)]
    file = path or environment.config
    config: Config | None = None
    try:
        config = await asyncio.to_thread(read_config, file, environment.feed_secrets)
    except ConfigError as error:
        findings.append(_wrong("configuration", error))
    given = Given(environment=environment, config=config)
    for check in (*ALWAYS, *(ON_REQUEST[name] for name in asked)):
        findings += await check(given)
    return findings


async def configuration(given: Given) -> list[Finding]:
    """Say what the file sets up."""
    if given.config is None:
        return []
    counts = (
        ("feeds", len(given.config.feeds)),
        ("watches", len(given.config.watches)),
        ("channels", len(given.config.places())),
        ("packs", len(given.config.packs)),
    )
    said = ", ".join(f"{count} {name}" for name, count in counts)
    return [Finding(part="configuration", what="file", verdict=Verdict.OK, said=said)]


async def tokens(given: Given) -> list[Finding]:
    """Look whether each platform that is posted to has its tokens, and whether they look right."""
    config = given.config
    platforms = {place.scope.platform for place in config.places()} if config else set()
    return looked_at(given.environment, platforms)


async def database(given: Given) -> list[Finding]:
    """Look whether the database can be read and written, and fits the packs."""
    findings = []
    try:
        said = await _opened(given)
    except StoreError as error:
        what, _, remedy = str(error).partition(": ")
        findings.append(_of_store(Verdict.WRONG, what, remedy[:1].upper() + remedy[1:]))
    except ConfigError as error:
        findings.append(_wrong("database", error))
    else:
        findings.append(_of_store(Verdict.OK, said))
    if not is_server(given.environment.database_url) and (warning := sqlite_warning()):
        findings.append(_of_store(Verdict.NOTE, warning))
    return findings


async def _opened(given: Given) -> str:
    file = file_of(given.environment.database_url)
    if file is not None and not file.exists():
        _refuse_unwritable(file)
        return f"{file} is made at the first start"
    store = await SqlStore.open(
        given.environment.database_url, key=given.environment.key.get_secret_value()
    )
    try:
        await store.check()
        async with store.transaction() as tx:  # fails where it cannot be written
            if given.config is not None:
                await refuse_unreadable(tx, given.config.packs)
            totals = await tx.housekeeping.totals()
    finally:
        await store.close()
    return f"{totals.feeds} feeds, {totals.articles} articles, {totals.watches} watches"


def _refuse_unwritable(file: Path) -> None:
    there = next(folder for folder in file.absolute().parents if folder.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise StoreError(
            f"The database {file} cannot be made in {there}: give the bot's user write access, or "
            "change DATABASE_URL."
        )


async def sealing(given: Given) -> list[Finding]:
    """Look whether private feeds can be sealed on a server, which has no place for a key."""
    environment, config = given.environment, given.config
    if not is_server(environment.database_url) or environment.key.get_secret_value():
        return []
    private = [feed for feed in config.feeds if is_surely_private(feed.url)] if config else []
    said = "NEWSTHREAD_KEY is not set, so private feeds are refused"
    if private:
        said += f": {private[0].name} is one"
    return [
        Finding(
            part="database",
            what="key",
            verdict=Verdict.WRONG if private else Verdict.NOTE,
            said=said,
            remedy="Make one with `python -c 'import secrets; print(secrets.token_urlsafe(32))'`,"
            " set it for each process, and keep a copy",
            code=Exit.NO_STORE,
        )
    ]


def _of_store(verdict: Verdict, said: str, remedy: str = "") -> Finding:
    return Finding(
        part="database", what="file", verdict=verdict, said=said, remedy=remedy, code=Exit.NO_STORE
    )


async def discord(given: Given) -> list[Finding]:
    """Ask Discord about the token, the application and each channel; nothing is posted."""
    from bot.adapters.chat.discord.check import check  # heavy: only when it is asked for
    from bot.adapters.chat.discord.rest import Rest

    token = given.environment.discord_token.get_secret_value()
    if not token:
        return [missing("discord")]
    rest = Rest(token, given.environment.discord_api_base)
    try:
        key = given.environment.discord_public_key.strip()
        rows = await check(rest, await _places(given, "discord"), key)
    finally:
        await rest.close()
    return [_row("discord", row.what, row.says, row.remedy, ok=row.ok) for row in rows]


async def slack(given: Given) -> list[Finding]:
    """Ask Slack about the tokens, their scopes and each channel; nothing is posted."""
    from bot.adapters.chat.slack.check import check  # heavy: only when it is asked for
    from bot.adapters.chat.slack.installs import Either, Installed
    from bot.adapters.chat.slack.tokens import OneToken, Tokens
    from bot.adapters.chat.slack.web import Web
    from bot.adapters.chat.slack.wire import Wire

    environment = given.environment
    token = environment.slack_bot_token.get_secret_value()
    if not token and not environment.slack_client_id:
        return [missing("slack")]
    async with AsyncExitStack() as stack:
        wire = Wire(environment.slack_api_base)
        stack.push_async_callback(wire.close)
        tokens: Tokens = OneToken(token, wire)
        if environment.slack_client_id:
            try:
                store = await SqlStore.open(environment.database_url)
            except StoreError as error:
                return [_row("slack", "workspaces", str(error), "See docs/operations.md", ok=False)]
            stack.push_async_callback(store.close)
            secret = environment.slack_client_secret.get_secret_value()
            installed = Installed(environment.slack_client_id, secret, store.engine)
            if token:
                tokens = Either(installed, OneToken(token, wire))
            elif await installed.teams():
                tokens = installed
            else:
                remedy = "Open /slack/install, as docs/slack.md says, and add it to one"
                return [_row("slack", "workspaces", "none has the app yet", remedy, ok=False)]
        app_token = environment.slack_app_token.get_secret_value()
        places = await _places(given, "slack")
        rows = await check(Web(tokens, wire), wire, tokens, places, app_token)
    return [_row("slack", row.what, row.says, row.remedy, ok=row.ok) for row in rows]


async def model(given: Given) -> list[Finding]:
    """Ask the model that writes summaries once, where one is configured."""
    if given.config is None or given.config.model is None:
        return []
    asked = given.config.model
    if not asked.tokens_a_day:
        said = "is never asked: tokens_a_day is 0"
        return [Finding(part="model", what=asked.name, verdict=Verdict.NOTE, said=said)]
    said, remedy = await trouble(asked, given.environment.model_api_key.get_secret_value())
    return [_row("model", asked.name, said or "it answers", remedy, ok=not said)]


def _row(part: str, what: str, said: str, remedy: str, *, ok: bool) -> Finding:
    verdict = Verdict.OK if ok else Verdict.WRONG
    return Finding(
        part=part, what=what, verdict=verdict, said=said, remedy=remedy, code=Exit.FAILED
    )


async def _places(given: Given, platform: str) -> list[Channel]:
    """Return where the configuration, and what people set up, have the bot post."""
    places = set(given.config.places()) if given.config is not None else set()
    with suppress(StoreError):  # which is a finding already, of the database
        places |= await _stored_places(given.environment)
    return [one for one in places if one.scope.platform == platform]


async def _stored_places(environment: Environment) -> set[Channel]:
    if not is_there(environment.database_url):
        return set()
    store = await SqlStore.open(environment.database_url)
    try:
        async with store.reading() as tx:
            return {place for watch in await tx.watches.list() for place in watch.channels}
    finally:
        await store.close()


async def feeds(given: Given) -> list[Finding]:
    """Poll each feed of the configuration and of the database once; nothing is stored."""
    wanted = {feed.url: feed for feed in (given.config.feeds if given.config else ())}
    with suppress(StoreError):  # which is a finding already, of the database
        for feed in await _stored_feeds(given.environment):
            wanted.setdefault(feed.url, feed)
    settings = FetchSettings(
        user_agent=f"Newsthread/{__version__} (+{given.environment.contact_url})",
        allow_addresses=given.environment.networks(),
        gap=timedelta(seconds=1),
    )
    findings = []
    async with HttpFeedSource(settings, utc_now) as source:

        async def one(feed: Feed) -> Finding:
            return polled(feed, await source.poll(PollRequest(url=feed.url)))

        with progress("Polling", len(wanted)) as advance:
            for done in asyncio.as_completed([one(feed) for feed in wanted.values()]):
                findings.append(await done)
                advance(1)
    return sorted(
        findings, key=lambda finding: (finding.verdict is not Verdict.WRONG, finding.what)
    )


async def _stored_feeds(environment: Environment) -> tuple[Feed, ...]:
    if not is_there(environment.database_url):
        return ()
    key = environment.key.get_secret_value()
    store = await SqlStore.open(environment.database_url, key=key)
    try:
        async with store.reading() as tx:
            return tuple(line.feed for line in await tx.feeds.list())
    finally:
        await store.close()


def polled(feed: Feed, result: PollResult) -> Finding:
    """Return what a poll says of a feed."""
    found = ", ".join(masked(one.url) for one in result.feeds[:3])
    items = counted(len(result.entries), "item")
    verdict, said, remedy = {
        Outcome.OK: (Verdict.OK, items, ""),
        Outcome.NOT_MODIFIED: (Verdict.OK, "nothing new", ""),
        Outcome.OK_LOOSE: (Verdict.NOTE, f"damaged, {items} could be read", ""),
        Outcome.MOVED: (
            Verdict.NOTE,
            f"{items}; has moved for good",
            f"Use {masked(result.moved_to)}",
        ),
        Outcome.DEFERRED: (Verdict.NOTE, result.reason, ""),
        Outcome.GONE: (
            Verdict.WRONG,
            result.reason,
            "Remove the feed, or look for its new address",
        ),
        Outcome.REFUSED: (
            Verdict.WRONG,
            result.reason,
            "Check the address; an own network is allowed by NEWSTHREAD_ALLOW_ADDRESSES",
        ),
        Outcome.ERROR: (
            Verdict.WRONG,
            result.reason,
            f"It links feeds: {found}" if found else "Open the address in a browser",
        ),
    }[result.outcome]
    where = f"{feed.name} ({masked(feed.url)})"
    return Finding(
        part="feed", what=where, verdict=verdict, said=said, remedy=remedy, code=Exit.FAILED
    )


def _wrong(part: str, error: BotError) -> Finding:
    if isinstance(error, ConfigError):
        said, remedy = f"{error.where}: {error.problem}", error.remedy
    else:
        said, remedy = str(error), ""
    return Finding(part=part, what="", verdict=Verdict.WRONG, said=said, remedy=remedy)


ALWAYS: tuple[Check, ...] = (configuration, tokens, database, sealing, model)
ON_REQUEST: Mapping[str, Check] = {"feeds": feeds, "discord": discord, "slack": slack}
