"""Messages of every kind, whose every text is what the wildest outlet might write."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st

from bot.domain.articles import Article
from bot.domain.layout import CardFacts, burst, card, reply
from bot.domain.messages import (
    Block,
    Bullets,
    Button,
    Code,
    Fact,
    Message,
    Paragraph,
    Run,
    Style,
    text,
)
from bot.domain.query_subject import Hit
from bot.domain.records import Edit
from bot.domain.stories import Member, Story, StoryId
from bot.domain.summaries import Sentence, Summary
from tests.unit.summary_articles import START, article

PIECES = (
    *("@everyone", "@here", "@", "everyone", "<@1>", "<@!2>", "<@&3>", "<#4>", "</mute:5>"),
    *("<id:6>", "<t:1700000000:R>", "<t:1>", "<:a:7>", "<a:b:8>", ":smile:", "<", ">", "<b>"),
    *("https://e.example/x", "<https://e.example>", "https:", "//e.example", "://", "steam://a"),
    *("[x](https://e.example)", "[", "]", "(", ")", "](", "[[x]](https://e.example 't')", "[1]"),
    *("discord.gg/abc", "discordapp.com/invite/abc", "mailto:a@b.example", "<tel:+123>"),
    *("*", "**", "***", "_", "__", "~~", "~", "||", "`", "``", "```", "```py\n", "\\", "\\\\"),
    *("# ", "## ", "-# ", "- ", "* ", "> ", ">>> ", "1. ", "\n# ", "\n- ", "\n> ", "\n1. "),
    *("<!channel>", "<!here|x>", "<@U012345>", "<#C012345|x>", "<!subteam^S012345>", "@channel"),
    *(
        "#general",
        "<https://e.example|x>",
        "<mailto:a@b.example|x>",
        "a@b.example",
        "www.e.example",
    ),
    *("&lt;", "&", "&amp;amp;", "|", " *a* ", " _a_ ", " ~a~ ", "<!date^1^{time}|x>", "\u2060"),
    *("\n", "\r\n", "\u2028", "\x85", "\t", " ", "\u00a0", "\u3000", "a", "word", "CECOT", "…"),
    *("\u202e", "\u2066", "\u200b", "\u200d", "\u200c", "\ufeff", "\x00", "\x1b[31m", "\ud800"),
    *("\u3164", "\u2800", "\U000e0041", "\U000e0100", "\ufff9", "\u0301" * 9, "e\u0301", "😀"),
    *(
        "👩\u200d👧",
        "نص عربي",
        "מילה",
        "新闻",
        "ελ",
        "𝕏",
        "\U0001f1f8\U0001f1fb",
        "&amp;",
        "'",
        '"',
    ),
)
WILD = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=30).map("".join)
URLS = (
    "https://outlet.example/a",
    "https://outlet.example/a_(b)*~~?q=[1]|2#**",
    "https://outlet.example/" + "long/" * 300,
    "javascript:alert(1)",
    "https://user@e.example/",
    "",
)


def told(some: Callable[[], str], chance: random.Random) -> tuple[Message, ...]:
    """Return messages of every kind that articles may bring whose every text is one of `some`."""

    def told_by(number: int) -> Article:
        made = article(number, some(), title=some(), body=some(), url=chance.choice(URLS))
        return replace(made, outlet=some(), lang=chance.choice(("en", "es", "")))

    articles = [told_by(number) for number in range(chance.randint(1, 9))]
    members = tuple(
        Member(article=one, reprint_of=articles[0].id if at and chance.random() < 0.3 else None)
        for at, one in enumerate(articles)
    )
    story = Story(id=StoryId("K7Q2"), members=members)
    lead = articles[0]
    facts = CardFacts(
        story=story,
        watches=(some(),),
        hits={lead.id: (Hit(field="title", start=0, end=1, text=some(), term="x"),)},
        updated=START + timedelta(hours=1),
    )
    summary = Summary(sentences=tuple(Sentence(text=some(), cites=(lead.id,)) for _ in range(3)))
    changed = Edit(
        article=lead.id,
        version=2,
        old_title=some(),
        new_title=some(),
        old_summary="",
        new_summary="",
        at=START,
    )
    new = [(member, Sentence(text=some(), cites=(lead.id,))) for member in members]
    return (
        card(facts, summary, ping=chance.choice(("", "desk"))),
        reply(story, new, [changed]),
        burst([story] * chance.randint(1, 40), (some(),)),
        _anything(some, chance),
    )


def _anything(some: Callable[[], str], chance: random.Random) -> Message:
    """Return a message whose every part is of such texts."""

    def runs() -> tuple[Run, ...]:
        made = (
            Run(
                some(),
                chance.choice(tuple(Style)),
                url=chance.choice(URLS),
                at=START if chance.random() < 0.1 else None,
            )
            for _ in range(chance.randint(0, 6))
        )
        return text(*made)

    kinds: tuple[Block, ...] = (
        Paragraph(runs()),
        Bullets(tuple(runs() for _ in range(chance.randint(0, 9)))),
        Code(some()),
        *(Fact(some(), runs()) for _ in range(chance.randint(0, 30))),
    )
    return Message(
        title=some(),
        url=chance.choice(URLS),
        lead=runs(),
        blocks=tuple(chance.sample(kinds, chance.randint(0, len(kinds)))),
        footer=runs(),
        buttons=tuple(Button(some(), f"mute:target={n % 7}") for n in range(chance.randint(0, 30))),
        notice=some(),
        topic=some(),
    )


def long_text(chance: random.Random) -> str:
    """Return a text of all planes, markdown and mentions; now and then of 10,000 characters."""
    most = 10_000 if chance.random() < 0.02 else chance.choice((5, 40, 200))
    made = ""
    while len(made) < most:
        if chance.random() < 0.8:
            made += chance.choice(PIECES)
        else:
            made += chr(chance.choice((chance.randrange(0x3000), chance.randrange(0x110000))))
    return made[:most]


def runs_of(message: Message) -> Iterator[Run]:
    """Yield every run of a message."""
    yield from (*message.lead, *message.footer)
    for block in message.blocks:
        match block:
            case Paragraph(text=runs) | Fact(text=runs):
                yield from runs
            case Bullets(items=items):
                for item in items:
                    yield from item
            case Code():
                pass


def urls_of(message: Message) -> set[str]:
    """Return every address that a message asks to be linked."""
    return {message.url, *(run.url for run in runs_of(message))}


def moments_of(message: Message) -> set[int]:
    """Return the times in a message, in seconds since 1970."""
    return {int(run.at.timestamp()) for run in runs_of(message) if run.at is not None}
