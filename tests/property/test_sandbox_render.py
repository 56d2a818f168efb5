"""Whatever strangers write, the sandbox page has only our own tags and links."""

import random
from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from bot.adapters.chat.sandbox.render import Renderer
from bot.domain.messages import (
    Bullets,
    Button,
    Code,
    Fact,
    Message,
    Run,
    Style,
    text,
)
from tests.unit.sandbox_posts import post

PIECES = (
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</article>", "<!--", "-->"),
    *('"', "'", "`", "{{7*7}}", "{% raw %}", "&lt;b&gt;", "&#60;a&#62;", "javascript:alert(1)"),
    *("https://evil.example/", "[x](https://evil.example)", "<https://evil.example>", "@everyone"),
    *("\x00", "\x1b[31m", "\u202e", "\u2066", "\ud800", "\u0301" * 40, "😀", "\r\n", " ", "a"),
    *("<svg/onload=x>", "]]>", "</textarea>", "' onmouseover='x", '" style="x', "data:text/html,x"),
)


class Tags(HTMLParser):
    """The tags, attributes and links of a document."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[tuple[str, str]] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen |= {(tag, name) for name, _ in attrs} | {(tag, "")}
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action")]


def tags(html: str) -> Tags:
    parser = Tags()
    parser.feed(html)
    parser.close()
    return parser


def check_hostile(messages: int, texts: int) -> None:
    """Render messages of hostile texts: tags and attributes must be those of harmless ones."""
    renderer = Renderer()
    chance = random.Random(20260301)  # noqa: S311 -- repeatable

    def hostile() -> str:
        return "".join(chance.choices(PIECES, k=chance.randint(1, 8)))

    def message(say: Callable[[], str], url: Callable[[], str]) -> Message:
        return Message(
            title=say(),
            url=url(),
            lead=text(Run(say(), Style.BOLD)),
            blocks=(
                Bullets(tuple(text(Run(say(), url=url())) for _ in range(texts))),
                Fact(say(), text(Run(say(), Style.HIT, url=url()))),
                Code(say()),
            ),
            footer=text(say()),
            buttons=(Button(say(), say()),),
            notice=say(),
        )

    harmless = message(lambda: "a", lambda: "https://example.org/")
    known = tags(renderer.html(post(harmless), csrf="t")).seen
    for _ in range(messages):
        made = tags(renderer.html(post(message(hostile, hostile), author=hostile()), csrf="t"))
        assert made.seen <= known
        for link in made.links:
            assert link.startswith(("/", "http://", "https://"))


def test_no_text_makes_a_tag_or_a_link_of_its_own() -> None:
    """2,000 hostile texts, 40 in a message."""
    check_hostile(50, 33)


@pytest.mark.slow
def test_no_title_makes_a_tag_or_a_link_of_its_own() -> None:
    """10,000 messages with a hostile title each."""
    check_hostile(10_000, 1)
