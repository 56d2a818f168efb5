"""The command line: `python -m bot …`. Says what is wrong and how to mend it; decides nothing.

What the exit codes mean is in `bot.__main__`.
"""

import asyncio
import contextlib
import gc
import json
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.domain.errors import BotError, ConfigError, QueryError, StoreError
from bot.exits import Exit

cli = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Newsthread: one story, one thread.",
    pretty_exceptions_enable=False,
)
feeds_cli = typer.Typer(no_args_is_help=True, help="Look at feeds, and move lists of them.")
watch_cli = typer.Typer(no_args_is_help=True, help="Try watches.")
cli.add_typer(feeds_cli, name="feeds")
cli.add_typer(watch_cli, name="watch")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="The configuration file.")]
OutFile = Annotated[Path | None, typer.Argument(help="Where to; else it is printed.")]
Secrets = Annotated[
    bool, typer.Option("--secrets", help="Write users, passwords and tokens whole, not as ***.")
]


# Heavy imports stay inside the commands, so that `--help` answers at once.


@cli.command()
def demo() -> None:
    """Everything on this machine: sample news, local feeds, the chat page. No token, no network."""
    from bot import serving

    _run(lambda: serving.demo(dict(os.environ)), long=True)


@cli.command()
def run(
    role: Annotated[
        str | None,
        typer.Option(
            help="Only this part, or these: collect,compose,deliver,chat,web. Else all in one."
        ),
    ] = None,
) -> None:
    """Poll, match, file, summarise and post, until stopped."""
    from bot import serving
    from bot.roles import ALL, roles_of

    async def work() -> int:
        roles = ALL if role is None else roles_of(role)
        return await serving.run(dict(os.environ), roles)

    _run(work, long=True)


@cli.command()
def once(as_json: AsJson = False) -> None:
    """Poll what is due, post what is to be posted, and exit."""
    from bot import serving

    async def work() -> int:
        _print(await serving.once(dict(os.environ)), as_json=as_json)
        return 0

    _run(work)


@cli.command()
def migrate(
    as_json: AsJson = False,
    source: Annotated[
        str | None,
        typer.Option("--from", help="Copy this database into it: sqlite:///path/to/file."),
    ] = None,
) -> None:
    """Bring the database to this version's schema."""
    from bot.app import prepare
    from bot.environment import read_environment

    async def work() -> int:
        if source is not None:
            from bot import stored

            row = await stored.copy_from(source, dict(os.environ))
            said = f"The database has all {row['rows']:,} rows of {source}, compared one by one."
        else:
            done = await prepare(read_environment(os.environ).database_url)
            row = {"before": done.before, "after": done.after, "changed": done.changed}
            said = f"The database is {'now' if done.changed else 'already'} at schema {done.after}."
        print(json.dumps(row) if as_json else said)
        return 0

    _run(work)


@cli.command()
def replay(
    file: Annotated[Path, typer.Argument(help="Articles, one JSON object a line.")],
    watch: Annotated[
        list[str] | None, typer.Option("--watch", help="NAME=QUERY; may be given many times.")
    ] = None,
    config: ConfigFile = None,
    no_match: Annotated[
        bool, typer.Option("--no-match", help="File every article, matched or not.")
    ] = False,
) -> None:
    """Run articles through matching, filing and summarising; print JSON lines."""
    from bot.config import read_config
    from bot.domain.filing import Window
    from bot.domain.query import parse
    from bot.domain.text import LanguageDetector
    from bot.environment import read_environment
    from bot.progress import progress
    from bot.replay import read_lines, to_json
    from bot.replay import replay as replayed
    from bot.shipped import pack_folders, read_lexicon, read_packs

    def work() -> int:  # nothing in it waits, so it needs no event loop, and Ctrl-C gets through
        environment = read_environment(os.environ)
        path = config or environment.config
        if watch:
            packs = read_packs(*pack_folders(path))
            queries = {}
            for given in watch:
                name, equals, query = given.partition("=")
                if not equals:
                    raise ConfigError("--watch", f"{given!r} has no “=”", "Write NAME=QUERY")
                queries[name] = parse(query, packs)
        else:
            read = read_config(path, environment.feed_secrets)
            queries = {one.name: parse(one.query, read.packs) for one in read.watches}
        window = Window(*read_lexicon())
        try:
            size = file.stat().st_size
            with (
                file.open("rb") as lines,
                progress("Replaying", size, streaming=True) as advance,
            ):
                decoded = _decoded(lines, advance)
                articles = read_lines(decoded, str(file), LanguageDetector())
                for row in replayed(articles, queries, window, every=no_match):
                    sys.stdout.write(to_json(row) + "\n")
        except BrokenPipeError:
            raise
        except OSError as error:
            raise ConfigError(str(file), f"cannot be read ({error})", "Check the path") from error
        return 0

    _guarded(work)


@feeds_cli.command("check")
def feeds_check(
    url: Annotated[str, typer.Argument(help="A feed's address.")], as_json: AsJson = False
) -> None:
    """Poll a feed once and say all that was seen."""
    from bot import serving

    async def work() -> int:
        report = await serving.check_feed(url, dict(os.environ))
        if as_json:
            print(json.dumps(report, ensure_ascii=False))
        else:
            words = {name.lower(): said for name, said in report.pop("seen").items()}
            for key, value in (report | words).items():
                if not isinstance(value, list):
                    print(f"{key}: {value}")
                elif value:
                    found = (one.values() if isinstance(one, dict) else [one] for one in value)
                    print("\n".join((f"{key}:", *(f"  {' '.join(one)}".rstrip() for one in found))))
        return Exit.FAILED if report["outcome"] in ("error", "refused", "gone") else 0

    _run(work)


@feeds_cli.command("import")
def feeds_import(
    file: Annotated[Path, typer.Argument(help="A list of feeds (OPML).")], as_json: AsJson = False
) -> None:
    """Take on the feeds of a list, for everyone; those that are read already are skipped."""
    from bot import stored

    async def work() -> int:
        rows = await stored.import_feeds(file, dict(os.environ))
        _print(rows, as_json=as_json)
        return Exit.FAILED if any(row["outcome"] == "unusable" for row in rows) else 0

    _run(work)


@feeds_cli.command("export")
def feeds_export(
    file: OutFile = None, as_json: AsJson = False, with_secrets: Secrets = False
) -> None:
    """Write all feeds as a list (OPML); secrets in addresses are *** unless asked for."""
    from bot import stored

    async def work() -> int:
        feeds = stored.shown(await stored.feeds_kept(dict(os.environ)), secrets=with_secrets)
        rows = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in stored.as_rows(feeds))
        stored.write(file, rows if as_json else stored.as_opml(feeds))
        return 0

    _run(work)


@feeds_cli.command("remove")
def feeds_remove(
    feed: Annotated[str, typer.Argument(help="An imported feed's address or name.")],
    as_json: AsJson = False,
) -> None:
    """Read an imported feed no more; its articles stay."""
    from bot import stored

    async def work() -> int:
        row = await stored.remove_feed(feed, dict(os.environ))
        _print([row], as_json=as_json)
        return 0 if row["outcome"] == "removed" else Exit.FAILED

    _run(work)


@cli.command("export-config")
def export_config(file: OutFile = None, with_secrets: Secrets = False) -> None:
    """Write all that is set up, in chat, by import or by the file, as a configuration file."""
    from bot import stored

    async def work() -> int:
        stored.write(file, await stored.export_config(dict(os.environ), secrets=with_secrets))
        return 0

    _run(work)


@watch_cli.command("test")
def watch_test(
    query: Annotated[str, typer.Argument(help="A watch's query.")],
    days: Annotated[
        int, typer.Option("--days", min=1, max=90, help="Of how many days articles are tried.")
    ] = 14,
    as_json: AsJson = False,
) -> None:
    """Say how a query is understood, and what it would have brought of the stored articles."""
    from bot import stored
    from bot.domain.layout_parts import counted

    async def work() -> int:
        found = await stored.try_query(query, days, dict(os.environ))
        if as_json:
            print(json.dumps(found, ensure_ascii=False))
            return 0
        print(found["explained"])
        if not found["tried"]:
            print(f"No articles of the last {days} days are stored to try it on.")
            return 0
        print(
            f"On {counted(found['tried'], 'article')} of the last {counted(days, 'day')}:"
            f" {counted(found['articles'], 'article')},"
            f" {counted(found['stories'], 'story', 'stories')},"
            f" about {found['alerts_per_day']} alerts a day."
        )
        if found["unsure"]:
            print(f"{found['unsure']} more might match by their pages, which were not read then.")
        for sample in found["samples"]:
            print(f"  {sample['at'][:16]}  {sample['outlet']}: {sample['title']}")
        return 0

    _run(work)


@cli.command()
def check(
    config: ConfigFile = None,
    feeds: Annotated[bool, typer.Option("--feeds", help="Poll each feed once, too.")] = False,
    discord: Annotated[
        bool, typer.Option("--discord", help="Ask Discord about token, channels and invite, too.")
    ] = False,
    slack: Annotated[
        bool, typer.Option("--slack", help="Ask Slack about tokens, scopes and channels, too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check configuration, tokens and database: what is wrong, and how to mend it."""
    from bot import checking, findings

    async def work() -> int:
        wishes = (("feeds", feeds), ("discord", discord), ("slack", slack))
        asked = [name for name, wanted in wishes if wanted]
        found = await checking.look(dict(os.environ), config, asked)
        if as_json:
            _print((finding.row() for finding in found), as_json=True)
        else:
            findings.show(found)
        return findings.exit_code(found)

    _run(work)


def _decoded(lines: Iterable[bytes], advance: Callable[[float], None]) -> Iterable[str]:
    for line in lines:
        yield line.decode("utf-8", "replace")
        advance(len(line))


def _print(rows: Iterable[dict[str, Any]], *, as_json: bool) -> None:
    for row in rows:
        print(json.dumps(row, ensure_ascii=False) if as_json else _line(row))


def _line(row: dict[str, Any]) -> str:
    return "  ".join(f"{key}={value}" for key, value in row.items() if value not in ("", None, []))


def _run(work: Callable[[], Coroutine[Any, Any, int]], *, long: bool = False) -> None:
    """Run a command that waits for things; `long`: until it is stopped."""
    _guarded(lambda: asyncio.run(work()), long=long)


def _guarded(work: Callable[[], int], *, long: bool = False) -> None:
    """Run a command; turn what went wrong into words on stderr and an exit code."""
    from bot.logs import configure_logs

    gc.freeze()  # what is loaded stays, and need not be looked through again and again
    gc.enable()

    watched = sys.stderr.isatty() and not long  # by someone who waits: a bar, and no lines in it
    configure_logs(os.environ.get("LOG_LEVEL", "warning" if watched else "info"))
    words = ""
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # from now on there is an order
        code, words = _ended(work)
    except KeyboardInterrupt:
        code = Exit.INTERRUPTED
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # what is left is to say how it went
    if words:
        print(words, file=sys.stderr)
    raise SystemExit(code)


def _ended(work: Callable[[], int]) -> tuple[int, str]:
    """Do the work; return the exit code, and what is to be said."""
    try:
        code = work()
        sys.stdout.flush()
    except ConfigError as error:
        return Exit.WRONG, f"{error.where}: {error.problem}.\n{error.remedy}"
    except StoreError as error:
        return Exit.NO_STORE, str(error)
    except QueryError as error:
        return Exit.WRONG, error.explained()
    except BotError as error:
        return Exit.WRONG, str(error)
    except BrokenPipeError:  # whoever read it wants no more; Python would complain as it ends
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0, ""
    return code, ""
