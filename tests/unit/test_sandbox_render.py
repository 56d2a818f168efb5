"""A message as the page shows it: whatever a title says, only our own tags and links live."""

import pytest

from bot.adapters.chat.sandbox.codec import decoded, encoded
from bot.adapters.chat.sandbox.render import Renderer, clean, safe_url, viewed
from bot.domain.messages import (
    Bullets,
    Button,
    Code,
    Fact,
    File,
    Look,
    Message,
    Paragraph,
    Run,
    Style,
    Tone,
    text,
)
from tests.unit.sandbox_posts import AT, post

FULL = Message(
    title="Court <b>orders</b> & more",
    url="https://example.org/a?b=1&c=2",
    lead=text(Run("● DEVELOPING", Style.BOLD), " · 2 outlets"),
    blocks=(
        Bullets((text("Said. ", Run("[1]", url="https://example.org/1")),)),
        Fact("Sources", text("A")),
        Fact("Matched", text(Run("CECOT", Style.HIT))),
        Paragraph(
            text(Run("old", Style.DELETED), Run("new", Style.INSERTED), Run("es", Style.TAG))
        ),
        Code("a\n^"),
    ),
    footer=text("updated ", Run("14:05 UTC", at=AT)),
    buttons=(Button("Mute", "mute:target=K7Q2", Look.DANGER),),
    notice="n",
    tone=Tone.DEVELOPING,
    ping="@desk",
    silent=True,
    files=(File("a.csv", "text/csv", b"x", "a table"),),
)


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer()


def test_a_card_shows_all_of_a_message(renderer: Renderer) -> None:
    html = renderer.html(post(FULL, edited_at=AT, replies=2, last_reply=AT), csrf="t0k")
    for part in (
        '<a href="https://example.org/a?b=1&amp;c=2" target="_blank"'
        ' rel="noopener noreferrer nofollow">Court &lt;b&gt;orders&lt;/b&gt; &amp; more</a>',
        "<b>● DEVELOPING</b> · 2 outlets",
        '<li dir="auto">Said. <a href="https://example.org/1"',
        "<mark>CECOT</mark>",
        '<del>old</del><ins>new</ins><span class="tag">es</span>',
        '<pre tabindex="0">a\n^</pre>',
        'updated <time datetime="2026-03-01T14:05:00Z" data-form="short">14:05 UTC</time>',
        '<button name="action" value="mute:target=K7Q2" class="danger">Mute</button>',
        'name="csrf" value="t0k"',
        "2 replies",
        'download="a.csv"',
        '<span class="ping">@desk</span>',
    ):
        assert part in html


def test_facts_that_follow_one_another_are_one_list(renderer: Renderer) -> None:
    assert renderer.html(post(FULL)).count("<dl>") == 1


def test_a_private_answer_says_so(renderer: Renderer) -> None:
    assert "Only you can see this" in renderer.html(post(FULL, viewer="reader"))
    assert "Only you can see this" not in renderer.html(post(FULL))


def test_json_has_the_whole_text(renderer: Renderer) -> None:
    values = renderer.json(post(FULL, thread=3, key="k"))
    assert values["text"] == FULL.as_text()
    assert (values["id"], values["thread"], values["key"]) == ("7", "3", "k")
    assert values["buttons"] == [{"label": "Mute", "action": "mute:target=K7Q2"}]


@pytest.mark.parametrize(
    "url",
    [
        *("javascript:alert(1)", " https://a.example", "https://a.example/\nb", "//a.example"),
        *("data:text/html,x", "https://", "https://user@b.example", "http://a.example:x/"),
        *("HTTPS://a.example\\@b.example", "https://a.example/\u202e", "https://[::1", "ftp://a.b"),
        "https://a.example/" + "a" * 5_000,
    ],
)
def test_a_doubtful_address_is_no_link(url: str) -> None:
    assert safe_url(url) == ""


@pytest.mark.parametrize("url", ["https://a.example/b?c=d&e=%20#f", "http://127.0.0.1:8081/x"])
def test_a_web_address_is_a_link(url: str) -> None:
    assert safe_url(url) == url


def test_what_is_shown_is_bounded(renderer: Renderer) -> None:
    """A message of megabytes must not freeze the page."""
    many = Bullets(tuple(text("w " * 500) for _ in range(5_000)))
    huge = Message(
        title="t" * 100_000,
        notice="n" * 100_000,
        blocks=(many, Code("c" * 1_000_000), Paragraph(text(*"x" * 5_000))),
        buttons=tuple(Button("b" * 500, "a") for _ in range(500)),
    )
    assert len(renderer.html(post(huge))) < 80_000
    assert len(viewed(huge).buttons) == 25


def test_control_and_direction_marks_are_gone() -> None:
    assert clean("a\x00\x1b[31m\u202eb\ud800\r\nc\td") == "a[31mb\nc\td"


def test_a_message_survives_the_wire() -> None:
    assert decoded(encoded(FULL)) == FULL
    assert decoded(encoded(Message(title="", notice=""))) == Message(title="", notice="")


@pytest.mark.parametrize(
    "values",
    [
        *(None, [], "x", {"title": 1}, {"blocks": {"a": 1}}, {"blocks": [{}]}, {"blocks": ["x"]}),
        *({"tone": "loud"}, {"lead": [{"text": "a", "style": "x"}]}, {"buttons": [3]}),
        *({"lead": [{"text": "a", "at": "noon"}]}, {"lead": [{"text": "a", "at": "2026-01-01"}]}),
        *({"files": [{"data": "%"}]}, {"blocks": [{"paragraph": "x"}]}),
    ],
)
def test_what_is_no_message_is_refused(values: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- each case has words of its own
        decoded(values)
