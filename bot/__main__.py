"""The command line: `python -m bot …`. Says what is wrong and how to mend it; decides nothing.

Exit codes: 0 all went well · 1 something that was asked for failed · 2 the command line,
configuration or environment is wrong · 3 the database cannot be used · 130 interrupted.
"""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.domain.errors import BotError, ConfigError, StoreError

cli = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Newsthread: one story, one thread.",
    pretty_exceptions_enable=False,
)
feeds_cli = typer.Typer(no_args_is_help=True, help="Look at feeds.")
watch_cli = typer.Typer(no_args_is_help=True, help="Try watches.")
cli.add_typer(feeds_cli, name="feeds")
cli.add_typer(watch_cli, name="watch")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="The configuration file.")]

_WRONG, _NO_STORE, _INTERRUPTED = 2, 3, 130


# Heavy imports stay inside the commands, so that `--help` answers at once.


@cli.command()
def demo() -> None:
    """Everything on this machine: sample news, local feeds, the chat page. No token, no network."""
    from bot import serving

    _run(lambda: serving.demo(dict(os.environ)))


@cli.command()
def run() -> None:
    """Poll, match, file, summarise and post, until stopped."""
    from bot import serving

    _run(lambda: serving.run(dict(os.environ)))


@cli.command()
def once(as_json: AsJson = False) -> None:
    """Poll what is due, post what is to be posted, and exit."""
    from bot import serving

    async def work() -> None:
        for row in await serving.once(dict(os.environ)):
            print(json.dumps(row, ensure_ascii=False) if as_json else _line(row))

    _run(work)


@cli.command()
def migrate() -> None:
    """Bring the database to this version's schema."""
    from bot.app import prepare
    from bot.config import read_environment

    async def work() -> None:
        print(await prepare(read_environment(os.environ).database_url))

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
    from bot.config import SHIPPED, read_config, read_environment, read_lexicon, read_packs
    from bot.domain.filing import Window
    from bot.domain.query import parse
    from bot.domain.text import LanguageDetector
    from bot.replay import read_lines, to_json
    from bot.replay import replay as replayed

    async def work() -> None:
        if watch:
            packs = read_packs(SHIPPED / "packs")
            queries = {}
            for given in watch:
                name, equals, query = given.partition("=")
                if not equals:
                    raise ConfigError("--watch", f"{given!r} has no “=”", "Write NAME=QUERY")
                queries[name] = parse(query, packs)
        else:
            path = config or read_environment(os.environ).config
            read = read_config(path)
            queries = {one.name: parse(one.query, read.packs) for one in read.watches}
        window = Window(*read_lexicon())
        try:
            with file.open(encoding="utf-8", errors="replace") as lines:
                articles = read_lines(lines, str(file), LanguageDetector())
                for row in replayed(articles, queries, window, every=no_match):
                    sys.stdout.write(to_json(row) + "\n")
        except OSError as error:
            raise ConfigError(str(file), f"cannot be read ({error})", "Check the path") from error

    _run(work)


@feeds_cli.command("check")
def feeds_check(
    url: Annotated[str, typer.Argument(help="A feed's address.")], as_json: AsJson = False
) -> None:
    """Poll a feed once and say all that was seen."""
    from bot import serving

    async def work() -> None:
        report = await serving.check_feed(url, dict(os.environ))
        if as_json:
            print(json.dumps(report, ensure_ascii=False))
        else:
            for key, value in report.items():
                shown = "\n".join(f"  {one}" for one in value) if isinstance(value, list) else value
                print(f"{key}: {shown}" if not isinstance(value, list) else f"{key}:\n{shown}")
        if report["outcome"] in ("error", "refused", "gone"):
            raise typer.Exit(1)

    _run(work)


@watch_cli.command("test")
def watch_test(query: Annotated[str, typer.Argument(help="A watch's query.")]) -> None:
    """Say how a query is understood."""
    from bot.config import SHIPPED, read_packs
    from bot.domain.query import parse

    async def work() -> None:
        print(parse(query, read_packs(SHIPPED / "packs")).explained())

    _run(work)


@cli.command()
def check(config: ConfigFile = None) -> None:
    """Check configuration, environment and database."""
    from bot.adapters.store.engine import sqlite_warning
    from bot.config import read_config, read_environment

    async def work() -> None:
        environment = read_environment(os.environ)
        environment.networks()
        read = read_config(config or environment.config)
        print(f"configuration: {len(read.feeds)} feeds, {len(read.watches)} watches: ok")
        if warning := sqlite_warning():
            print(f"warning: {warning}")

    _run(work)


def _line(row: dict[str, Any]) -> str:
    return "  ".join(f"{key}={value}" for key, value in row.items() if value not in ("", None, []))


def _run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a command; turn what went wrong into words and an exit code."""
    from bot.logs import configure_logs

    configure_logs(os.environ.get("LOG_LEVEL", "info"))
    try:
        asyncio.run(work())
    except ConfigError as error:
        _fail(f"{error.where}: {error.problem}.\n{error.remedy}", _WRONG)
    except StoreError as error:
        _fail(str(error), _NO_STORE)
    except BotError as error:
        said = getattr(error, "explained", None)
        _fail(said() if said else str(error), _WRONG)
    except KeyboardInterrupt:
        raise SystemExit(_INTERRUPTED) from None
    except BrokenPipeError:
        with contextlib.suppress(OSError):
            sys.stdout.close()


def _fail(words: str, code: int) -> None:
    print(words, file=sys.stderr)
    raise SystemExit(code)


if __name__ == "__main__":
    cli()
