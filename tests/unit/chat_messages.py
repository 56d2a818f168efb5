"""Invented messages of every kind, as the commands and the pipeline lay them out."""

from datetime import timedelta

from bot.domain.conflicts import Conflict
from bot.domain.layout import CardFacts, burst, card, digest, reply
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
    say,
    text,
)
from bot.domain.query_subject import Hit
from bot.domain.records import Edit
from bot.domain.stories import Member, Story, StoryId
from bot.domain.summaries import Sentence, Summary
from tests.unit.summary_articles import FERRY, START, article

SPANISH = article(
    3, "Un tramo del casco se rompió.", title="Encalla un ferri en Porto Venn", lang="es"
)
COPY = article(4, FERRY[0].summary, title="Ferry runs aground near Porto Venn")
STORY = Story(
    id=StoryId("K7Q2"),
    members=(
        *(Member(article=one) for one in FERRY),
        Member(article=SPANISH, tied_by=("porto venn",)),
        Member(article=COPY, reprint_of=FERRY[0].id),
    ),
)
SUMMARY = Summary(
    sentences=(
        Sentence(
            text="A ferry with 212 people on board ran aground.", cites=(FERRY[0].id, FERRY[1].id)
        ),
        Sentence(text="Prosecutors in Venn have opened an inquiry.", cites=(FERRY[2].id,)),
    ),
    conflicts=(Conflict(what="people", claims=(("212", FERRY[0].id), ("204", FERRY[2].id))),),
)
HITS = {FERRY[0].id: (Hit(field="title", start=0, end=5, text="Ferry", term="ferry"),)}
UPDATED = START + timedelta(minutes=30)

CARD = card(
    CardFacts(story=STORY, watches=("ferries",), hits=HITS, updated=UPDATED),
    SUMMARY,
    ping="<@&123456789012345678>",
)
CLOSED = card(
    CardFacts(
        story=STORY,
        watches=("ferries", "harbours"),
        hits=HITS,
        closed=True,
        updated=UPDATED,
        earlier=Run("Ferries of last year", url="https://discord.com/channels/1/2/3"),
    ),
    SUMMARY,
)
REPLY = reply(
    STORY,
    [(STORY.members[3], Sentence(text="Un tramo del casco se rompió.", cites=(SPANISH.id,)))],
    [],
)
COPIES = reply(STORY, [(STORY.members[2], None), (STORY.members[4], None)], [])
EDITED = reply(
    STORY,
    [],
    [
        Edit(
            article=FERRY[0].id,
            version=2,
            old_title="Ferry runs aground near Porto Venn",
            new_title="Ferry pulled free near Porto Venn",
            old_summary="",
            new_summary="",
            at=UPDATED,
        )
    ],
)
OTHERS = [
    Story(id=StoryId(f"S{n:03}"), members=(Member(article=article(n, title=f"Story *{n}*")),))
    for n in range(30)
]
BURST = burst(OTHERS, ("ferries",))
DIGEST = digest([STORY, *OTHERS[:3]], START, "Morning digest")
NOTICE = say(
    "Feed “Docket” is failing: HTTP 503. It is still tried.",
    tone=Tone.TROUBLE,
    buttons=(Button("Health", "health"),),
)
MISREAD = Message(
    title="This query does not parse",
    blocks=(Code('cecot OR "terror\n         ^ a quotation mark without its other half'),),
    notice="This query does not parse: a quotation mark without its other half",
    tone=Tone.TROUBLE,
)
DRAFT = Message(
    title="Watch “ferries”",
    blocks=(
        Code("ferry OR pack:harbours"),
        Paragraph(text("ferry, or any term of the pack harbours")),
        Fact("Posts to", text("#news")),
        Paragraph(text("In the last 14 days: 12 articles, 3 stories, about 0.2 alerts a day.")),
        Bullets((text(Run("Ferry aground", url="https://outlet0.example/a"), " · Outlet 0"),)),
        Paragraph(text(Run("Nothing is saved yet.", Style.QUIET))),
    ),
    notice="Watch “ferries”: about 0.2 alerts a day",
    buttons=(
        Button("Activate", "watch activate:draft=7", Look.PRIMARY),
        Button("Edit", "watch revise:draft=7"),
        Button("Cancel", "watch discard:draft=7", Look.DANGER),
    ),
)
CHART = Message(
    title="Trend: ferries",
    blocks=(Paragraph(text("Peak on 2 March: 12 articles of 7 outlets.")),),
    notice="Trend: ferries",
    files=(File("trend ferries.png", "image/png", b"\x89PNG", "Articles a day; peak 2 March: 12"),),
)
EXPORT = Message(
    title="",
    blocks=(Paragraph(text("5 articles of story K7Q2.")),),
    notice="5 articles of story K7Q2.",
    files=(File("K7Q2.csv", "text/csv", b"id\n1\n"),),
)
EVERY = {
    "card": CARD,
    "closed": CLOSED,
    "silent": CARD.quietly(),
    "reply": REPLY,
    "copies": COPIES,
    "edited": EDITED,
    "burst": BURST,
    "digest": DIGEST,
    "notice": NOTICE,
    "misread": MISREAD,
    "draft": DRAFT,
    "chart": CHART,
    "export": EXPORT,
}
