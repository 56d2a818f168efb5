"""A message as the page shows it, and as the JSON beside it says it; pure.

Owns escaping and bounds: text is cleaned of control characters and cut, templates escape all of it,
and only http and https links live. What a message says is decided where it is written.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.adapters.chat.sandbox.records import BOT, Post
from bot.domain.messages import Bullets, Button, Code, Fact, Message, Paragraph, Run, Style
from bot.domain.text import shorten

MOST_TEXT = 30_000
"""UTF-16 units that a message shows; the rest is cut with "…"."""
MOST_TITLE = 400
MOST_PIECES = 400  # runs, lines and blocks of a message, all together
MOST_BUTTONS = 25  # as Discord
MOST_LABEL = 80  # as Discord
_MOST_URL = 4_000
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_NO_URL = re.compile(r"[\s\\<>\"^`{|}]")  # what no URL may hold (RFC 3986 §2)
_UNSAFE = re.compile(  # controls but tab and newline; marks that turn the direction of what follows
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ud800-\udfff]"
)


@dataclass(frozen=True, slots=True)
class RunView:
    """A run, clean and cut: `url` is safe to link, `at` is ISO 8601."""

    text: str
    style: str
    url: str
    at: str


@dataclass(frozen=True, slots=True)
class BlockView:
    """A block; facts that follow one another are one block."""

    kind: str  # "paragraph", "bullets", "facts", "code"
    runs: tuple[RunView, ...] = ()
    items: tuple[tuple[RunView, ...], ...] = ()
    facts: tuple[tuple[str, tuple[RunView, ...]], ...] = ()
    code: str = ""


@dataclass(frozen=True, slots=True)
class FileView:
    """A file of a message: a picture is shown, anything else offered."""

    number: int
    name: str
    alt: str
    picture: bool
    size: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """All that the template shows of a message."""

    title: str
    url: str
    lead: tuple[RunView, ...]
    blocks: tuple[BlockView, ...]
    footer: tuple[RunView, ...]
    buttons: tuple[Button, ...]
    files: tuple[FileView, ...]
    tone: str
    ping: str
    card: bool  # whether it is framed


class _Budget:
    """What a message may still show."""

    def __init__(self) -> None:
        self.text = MOST_TEXT
        self.pieces = MOST_PIECES

    def piece(self) -> bool:
        self.pieces -= 1
        return self.pieces >= 0 and self.text > 0

    def cut(self, text: str, most: int = MOST_TEXT) -> str:
        kept = shorten(clean(text[: most * 2 + 100]), min(most, max(self.text, 0)))
        self.text -= len(kept)
        return kept


def clean(text: str) -> str:
    """Return a text without control characters, and without marks that turn its direction."""
    return _UNSAFE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def safe_url(url: str) -> str:
    """Return `url` if it may be linked, else "": http or https, with a host and no odd characters.

    A link that says one host and leads to another is none: no user names, no backslashes.
    """
    if (
        len(url) > _MOST_URL
        or re.search(r"[\s\\<>\"^`{|}\x00-\x20\x7f]", url)
        or _UNSAFE.search(url)
    ):
        return ""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # the port raises where it is none
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and host and "@" not in parts.netloc else ""


def viewed(message: Message) -> MessageView:
    """Return what the page shows of a message, clean and within bounds."""
    budget = _Budget()
    title = " ".join(budget.cut(message.title, MOST_TITLE).split())
    lead = _runs(message.lead, budget)
    footer = _runs(message.footer, budget)
    blocks = _blocks(message, budget)
    return MessageView(
        title=title,
        url=safe_url(message.url),
        lead=lead,
        blocks=blocks,
        footer=footer,
        buttons=tuple(
            Button(shorten(clean(button.label), MOST_LABEL) or "…", button.action, button.look)
            for button in message.buttons[:MOST_BUTTONS]
        ),
        files=tuple(
            FileView(
                number,
                shorten(clean(file.name), 100) or "file",
                shorten(clean(file.alt), 1_000),
                file.mime in PICTURES,
                f"{max(1, len(file.data) // 1024)} kB",
            )
            for number, file in enumerate(message.files[:10])
        ),
        tone=message.tone.value,
        ping=shorten(clean(message.ping), 80),
        card=bool(title or lead or footer),
    )


class Renderer:
    """The templates, each loaded when it is first rendered: compiling them takes a while."""

    def __init__(self) -> None:
        """Load the package's templates, with escaping on and unknown names an error."""
        self.templates = Environment(
            loader=PackageLoader("bot.adapters.chat.sandbox"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,  # they are the package's, and change with it
        )

    def html(self, post: Post, *, csrf: str = "", under: Iterable[str] = ()) -> str:
        """Return a message's HTML.

        Args:
            post: The message.
            csrf: The token that its buttons send back; without it they are for show.
            under: The HTML of the private answers that stand under it.
        """
        return (
            self.templates.get_template("message.html")
            .render(
                post=post,
                view=viewed(post.message),
                author=clean(post.author),
                bot=post.author == BOT,
                csrf=csrf,
                under=tuple(under),
                iso=iso,
                hour=hour,
            )
            .strip()
        )

    def json(self, post: Post) -> dict[str, object]:
        """Return a message as the JSON interface gives it."""
        message = post.message
        return {
            "id": str(post.id),
            "channel": post.channel,
            "thread": None if post.thread is None else str(post.thread),
            "under": None if post.under is None else str(post.under),
            "author": post.author,
            "at": iso(post.at),
            "edited_at": iso(post.edited_at) if post.edited_at else None,
            "private": post.private,
            "key": post.key or None,
            "title": message.title,
            "url": message.url,
            "text": message.as_text(),
            "notice": message.notice,
            "tone": message.tone.value,
            "buttons": [{"label": b.label, "action": b.action} for b in message.buttons],
            "files": [
                {"name": file.name, "mime": file.mime, "url": f"/files/{post.id}/{number}"}
                for number, file in enumerate(message.files)
            ],
            "prefill": post.prefill,
            "replies": post.replies,
            "html": self.html(post),
        }


def iso(at: datetime) -> str:
    """Return a time as the JSON and `<time>` give it: `2026-07-23T14:05:00Z`."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def hour(at: datetime) -> str:
    """Return a time as it stands until the page knows the reader's zone."""
    return f"{at:%H:%M} UTC"


def _runs(runs: Iterable[Run], budget: _Budget) -> tuple[RunView, ...]:
    views = []
    for run in runs:
        if not budget.piece():
            break
        if text := budget.cut(run.text):
            at = iso(run.at) if run.at else ""
            views.append(RunView(text, Style(run.style).value, safe_url(run.url), at))
    return tuple(views)


def _blocks(message: Message, budget: _Budget) -> tuple[BlockView, ...]:
    views: list[BlockView] = []
    for block in message.blocks:
        if not budget.piece():
            break
        match block:
            case Paragraph(text=runs):
                views.append(BlockView("paragraph", runs=_runs(runs, budget)))
            case Bullets(items=items):
                kept = (_runs(item, budget) for item in items if budget.piece())
                views.append(BlockView("bullets", items=tuple(item for item in kept if item)))
            case Fact(label=label, text=runs):
                facts = views.pop().facts if views and views[-1].kind == "facts" else ()
                fact = (budget.cut(label, MOST_LABEL), _runs(runs, budget))
                views.append(BlockView("facts", facts=(*facts, fact)))
            case Code(text=code):
                views.append(BlockView("code", code=budget.cut(code)))
    return tuple(views)


def by_parent(posts: Iterable[Post]) -> tuple[list[Post], Mapping[int, list[Post]]]:
    """Return messages apart: those that stand alone, and those under one of these."""
    known = list(posts)
    ids = {post.id for post in known}
    below: dict[int, list[Post]] = {}
    alone = []
    for post in known:
        if post.under in ids and post.under is not None:
            below.setdefault(post.under, []).append(post)
        else:
            alone.append(post)
    return alone, below
