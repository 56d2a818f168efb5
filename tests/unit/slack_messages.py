"""Invented messages of every kind, as they come to Slack: those of all platforms, and some more."""

from dataclasses import replace

from bot.domain.articles import ArticleId
from bot.domain.layout import CardFacts, card, digest
from bot.domain.layout_parts import coverage, sources_text
from bot.domain.messages import Bullets, Button, Fact, Message, Run, text
from bot.domain.notices import channel_notice, greeting
from bot.domain.query_subject import Hit
from bot.domain.records import Access, Standing
from bot.domain.stories import Member, Story, StoryId
from bot.domain.summaries import Sentence, Summary
from bot.domain.watches import Channel, Scope
from tests.unit import chat_messages
from tests.unit.chat_messages import CARD, OTHERS, STORY
from tests.unit.summary_articles import START, article

GROUP = "S0123ABCD"
CHANNEL = Channel(Scope("slack", "T0123456789"), "C0123456789")
EARLIER = Run("Ferries of last year", url="https://example.slack.com/archives/C1/p1772442000000100")

SUMMARY = Message(
    title=CARD.title,
    url=CARD.url,
    lead=text(coverage(STORY), " · en, es"),
    blocks=(
        Bullets((text("A ferry ran aground. ", Run("[1]", url=CARD.url)),)),
        Fact("Sources", sources_text(STORY.articles)),
    ),
    footer=text("extractive · last 24 h"),
    notice="Summary: Ferry runs aground near Porto Venn",
    buttons=(
        Button("Post publicly", "summary share:target=K7Q2"),
        Button("Longer", "summary:target=K7Q2&length=long"),
        Button("What's new", "summary:target=K7Q2&new=1"),
    ),
)
MORNING = digest([STORY, *OTHERS[:6]], START, "While it was quiet")
GREETING = greeting()


def _gone() -> Message:
    told = channel_notice(
        Standing(channel=CHANNEL, access=Access.OPEN),
        Standing(channel=CHANNEL, access=Access.GONE, reason="it is archived (is_archived)"),
    )
    if told is None:
        raise AssertionError("nothing is told of an archived channel")
    return told


GONE = _gone()
CLOSED = replace(
    chat_messages.CLOSED,
    blocks=tuple(
        Fact("Earlier", (EARLIER,)) if isinstance(one, Fact) and one.label == "Earlier" else one
        for one in chat_messages.CLOSED.blocks
    ),
)
_LONG = Story(
    id=StoryId("L0NG"),
    members=tuple(
        Member(
            article=replace(
                article(
                    n,
                    title="Judge orders the government to report by Friday where the twelve people"
                    " are who were flown to *CECOT* last month & whose lawyers <have not> been able"
                    f" to reach any of them since, says :filing: no. {n} of the union’s own office",
                    url=f"https://www.outlet{n}.example/news/2026/{'a-very-long-path-' * 20}{n}",
                ),
                outlet=f"The Greater Porto Venn Evening Post & Courier, edition {n}",
            )
        )
        for n in range(9)
    ),
)
LONG = card(
    CardFacts(
        story=_LONG,
        watches=("deportation flights and the prison", "cecot"),
        hits={
            ArticleId(100): tuple(
                Hit(field="title", start=0, end=5, text=word, term=word)
                for word in (
                    "CECOT",
                    "deportación",
                    "Centro de Confinamiento del Terrorismo",
                    "سجن",
                )
            )
        },
        updated=START,
    ),
    Summary(
        sentences=tuple(
            Sentence(
                text="The court wants to know, by Friday at noon, where each of the twelve is held,"
                " who decided on their removal, and under which law; the government has said so far"
                " that it may not say, and that it would not be for this court to ask.",
                cites=tuple(one.id for one in _LONG.articles),
            )
            for _ in range(3)
        )
    ),
)
EVERY = chat_messages.EVERY | {
    "card": replace(CARD, ping=f"<!subteam^{GROUP}>"),
    "closed": CLOSED,
    "summary": SUMMARY,
    "morning": MORNING,
    "greeting": GREETING,
    "gone": GONE,
    "long": LONG,
}
