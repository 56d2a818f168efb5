"""The real program on the sample wire and the Slack twin, in both ways in; and what it posted."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.e2e.test_demo import free_port
from tests.twins.slack import SlackTwin
from tests.twins.slack.manifest import Manifest
from tests.twins.slack.state import Channel, Message

MANIFEST = Path(__file__).parents[2] / "config" / "slack-manifest.yaml"
WAYS: Mapping[str, tuple[str, ...]] = {
    "socket": ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_API_BASE"),
    "http": ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_API_BASE"),
}
"""What is set for each way in."""
INSTALLED = ("SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", "SLACK_SIGNING_SECRET", "SLACK_API_BASE")
"""What is set where workspaces add the bot."""


@asynccontextmanager
async def program(
    twin: SlackTwin,
    folder: Path,
    way: str = "socket",
    more: Mapping[str, str] | None = None,
    names: tuple[str, ...] = (),
) -> AsyncIterator[int]:
    """Run the demo against a twin until the block ends; give its port once it listens.

    Args:
        twin: Slack.
        folder: Where the databases are.
        way: How it listens: a key of `WAYS`.
        more: More variables.
        names: What is set of Slack's variables; else what the way needs.
    """
    twin.manifest = Manifest.load(MANIFEST)
    given, port = twin.environment(), free_port()
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SLACK_")},
        **{name: given[name] for name in names or WAYS[way]},
        "PORT": str(port),
        "NEWSTHREAD_WIRE_PORT": str(free_port()),
        "NEWSTHREAD_DEMO_DIR": str(folder),
        "LOG_LEVEL": "warning",
        **(more or {}),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "demo", env=environ, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    reading = asyncio.create_task(process.stderr.read())
    ended = asyncio.create_task(process.wait())
    heard = asyncio.create_task(listening(twin, way, port))
    try:
        await asyncio.wait({ended, heard}, return_when=asyncio.FIRST_COMPLETED)
        assert not ended.done(), "the program ended at once"
        await heard
        yield port
    finally:
        heard.cancel()
        if process.returncode is None:
            process.terminate()
        code = await asyncio.wait_for(ended, 20)
        errors = (await reading).decode()
        print(errors[-3_000:])  # noqa: T201 -- shown where the test fails
    assert "Traceback" not in errors, errors[-3_000:]
    assert code == 0, errors[-3_000:]
    no_secrets(twin, folder, errors)


def no_secrets(twin: SlackTwin, folder: Path, logged: str) -> None:
    """Check that no token and no secret stands in the log or in a database."""
    places = [logged.encode(), *(file.read_bytes() for file in folder.glob("*.db*"))]
    for secret in (*twin.state.tokens, twin.signing_secret, twin.state.client_secret):
        assert not any(secret.encode() in place for place in places), secret[:6]


async def listening(twin: SlackTwin, way: str, port: int) -> None:
    """Wait until the program hears what people ask; over HTTP, enter its address at Slack."""
    if way == "socket":
        await twin.sockets.until_connected(within=60)
        return
    for _ in range(300):
        if await twin.http.verify(f"http://127.0.0.1:{port}/slack/events"):
            return
        await asyncio.sleep(0.2)
    raise AssertionError("the program took no request URL")


async def until(what: Callable[[], Any], seconds: float = 60) -> Any:
    """Return the first thing that `what` finds."""
    for _ in range(int(seconds / 0.1)):
        if found := what():
            return found
        await asyncio.sleep(0.1)
    raise AssertionError(f"nothing after {seconds} s")


def labels(blocks: list[dict[str, Any]]) -> list[str]:
    """Return what can be pressed in a message or view, entries of overflow menus too."""
    found: list[str] = []
    for block in blocks:
        for element in [*(block.get("elements") or ()), block.get("accessory") or {}]:
            if element.get("type") == "button" and "url" not in element:
                found.append(element["text"]["text"])
            elif element.get("type") == "overflow":
                found += [option["text"]["text"] for option in element["options"]]
    return found


def cards(twin: SlackTwin, channel: Channel) -> list[Message]:
    """Return the cards in a channel, the oldest first."""
    mine = [one for one in channel.messages.values() if one.bot_id and one.thread_ts is None]
    return [one for one in mine if any("Summary" in label for label in labels(one.blocks))]


def replies(channel: Channel, card: Message) -> list[Message]:
    """Return what the bot said in the thread under a card."""
    return [channel.messages[ts] for ts in channel.threads.get(card.ts, ())]


def title(card: Message) -> str:
    """Return a card's headline."""
    header = next(block for block in card.blocks if block["type"] in ("header", "section"))
    return re.sub(r"<[^|>]*\|([^>]*)>", r"\1", str(header["text"]["text"])).strip("*")


def story(card: Message) -> str:
    """Return the code of a card's story, which stands in its metadata and in its words."""
    assert card.metadata is not None
    code = str(card.metadata["event_payload"]["story"])
    assert code in str(card.blocks)
    return code


def nothing_twice(twin: SlackTwin) -> None:
    """Check the journal: nothing was posted twice, and no rule was broken."""
    assert not twin.journal.violations
    keys = [one["key"] for one in twin.messages() if one["key"]]
    assert len(keys) == len(set(keys))
    assert not any(one["broadcast"] for one in twin.messages())
