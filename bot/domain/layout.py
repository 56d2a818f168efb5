"""How alerts read: cards, thread replies, burst cards, notices. What to say is decided elsewhere.

Platform-free: `bot.domain.messages` holds the shapes, each platform's `render.py` the looks.
"""

import difflib
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from bot.domain.articles import ArticleId
from bot.domain.messages import (
    Block,
    Bullets,
    Button,
    Fact,
    Message,
    Paragraph,
    Run,
    Style,
    Text,
    Tone,
    plain,
    say,
    text,
)
from bot.domain.polls import PollResult
from bot.domain.query import Hit
from bot.domain.records import Edit
from bot.domain.stories import Member, Story
from bot.domain.summaries import Sentence, Summary
from bot.domain.text import shorten
from bot.domain.upkeep import Tell, Upkeep
from bot.domain.urls import masked

SOURCES_SHOWN = 6
WORDS_SHOWN = 6
NEW_SHOWN = 3
"""Outlets that a digest names for what they have added."""
BURST_SHOWN = 25
MOST_TOPIC = 100
_DOT = " · "


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFacts:
    """What a card says beside its summary."""

    story: Story  # with the articles that concern the channel only
    watches: tuple[str, ...]  # the names of the watches that matched
    hits: Mapping[ArticleId, tuple[Hit, ...]]
    closed: bool = False
    updated: datetime  # UTC
    earlier: Run | None = None  # a link to the thread of the story that this one takes up


def card(facts: CardFacts, summary: Summary, ping: str = "") -> Message:
    """Return the opening card of a story."""
    story = facts.story
    lead = story.lead
    order = {article.id: number for number, article in enumerate(story.articles, start=1)}
    blocks: list[Block] = []
    said = [s for s in summary.sentences if not _is(s.text, story.headline)]
    if said:
        blocks.append(Bullets(tuple(_sentence(s, story, order) for s in said)))
    blocks += [
        Fact("Reports differ", _claims(conflict.what, conflict.claims, story, order))
        for conflict in summary.conflicts
    ]
    blocks.append(Fact("Sources", sources(story)))
    if facts.hits:
        blocks.append(Fact("Matched", matched(facts.hits)))
    blocks.append(
        Fact("Seen", text("first ", when(story.first_at), _DOT, "latest ", when(story.last_at)))
    )
    if facts.earlier is not None:
        blocks.append(Fact("Earlier", (facts.earlier,)))
    return Message(
        title=story.headline,
        url=lead.url,
        lead=_state(facts),
        blocks=tuple(blocks),
        footer=text(
            _DOT.join((summary.label, _watches(facts.watches), f"story {story.id}", "updated ")),
            when(facts.updated),
        ),
        buttons=story_buttons(story),
        notice=f"{story.headline} — {outlets(story)}",
        tone=Tone.CLOSED if facts.closed else Tone.DEVELOPING,
        ping=ping,
        topic=topic(story),
        tags=("closed" if facts.closed else "developing", *story.langs),
    )


def topic(story: Story) -> str:
    """Return what a story's thread is called: its headline and code, at most 100 characters.

    Source: Discord's limit for a thread's name (Start Thread from Message), in UTF-16 units.
    """
    code = f"{_DOT}{story.id}"
    return f"{shorten(story.headline, MOST_TOPIC - len(code))}{code}"


def face(message: Message) -> str:
    """Return a mark of what is visible on a card, the time of the update aside."""
    unseen = {"notice": "", "ping": "", "topic": "", "silent": False, "urgent": False}
    fields = asdict(message) | {"footer": plain(message.footer[:1])} | unseen
    return hashlib.sha256(json.dumps(fields, default=str, sort_keys=True).encode()).hexdigest()[:32]


def story_buttons(story: Story) -> tuple[Button, ...]:
    """Return the buttons under a story's card."""
    return (
        Button("Summary", f"summary:target={story.id}"),
        Button(f"Sources {len(story.members)}", f"story sources:id={story.id}"),
        Button("What's new", f"summary:target={story.id}&new=1"),
        Button("Mute", f"mute:target={story.id}"),
        Button("Why", f"why:target={story.id}"),
    )


def sources(story: Story, most: int = SOURCES_SHOWN) -> Text:
    """Return `[1] Outlet A · [2] Docket · … +4`, numbered in order of arrival."""
    runs: list[Run | str] = []
    own = [
        (number, member.article)
        for number, member in enumerate(story.members, start=1)
        if member.reprint_of is None
    ]
    for number, article in own[:most]:
        runs += [_DOT if runs else "", Run(f"[{number}] {article.outlet}", url=article.url)]
    left = len(story.members) - min(len(own), most)
    return text(*runs, f"{_DOT}… +{left}" if left else "")


def matched(hits: Mapping[ArticleId, tuple[Hit, ...]]) -> Text:
    """Return the words that matched and where: `CECOT (title), deportación (text)`."""
    places: dict[str, tuple[str, str]] = {}
    for found in hits.values():
        for hit in found:
            word = " ".join(hit.text.split())
            where = "text" if hit.field in ("summary", "body") else str(hit.field)
            known = places.get(word.casefold())
            if known is None or (where == "title" and known[1] != "title"):
                places[word.casefold()] = (word, where)
    runs: list[Run | str] = []
    for word, where in list(places.values())[:WORDS_SHOWN]:
        runs += [", " if runs else "", Run(shorten(word, 60), Style.HIT), f" ({where})"]
    left = len(places) - WORDS_SHOWN
    return text(*runs, f", … +{left}" if left > 0 else "")


def outlets(story: Story) -> str:
    """Return `Outlet A, Docket and 2 more`."""
    names = story.outlets
    if len(names) <= 3:
        return ", ".join(names)
    return f"{names[0]}, {names[1]} and {len(names) - 2} more"


def when(at: datetime) -> Run:
    """Return a time of day, shown in the reader's zone where the platform can."""
    return Run(f"{at:%H:%M} UTC", at=at)


def cites(articles: Sequence[ArticleId], story: Story, order: Mapping[ArticleId, int]) -> Text:
    """Return ` [1][2]`, each linked to its article."""
    urls = {article.id: article.url for article in story.articles}
    known = sorted(order[article] for article in articles if article in order)
    by_number = {number: article for article, number in order.items()}
    runs = [Run(f"[{number}]", url=urls.get(by_number[number], "")) for number in known]
    return text(" ", *runs) if runs else ()


def reply(
    story: Story,
    new: Sequence[tuple[Member, Sentence | None]],
    edits: Sequence[Edit],
) -> Message:
    """Return the thread's message about new coverage and edits, one line each.

    Args:
        story: As it is now; numbers the citations.
        new: The new members, each with the sentence that it adds, or None if it adds nothing.
        edits: Changes that outlets made to articles of the story.
    """
    order = {article.id: number for number, article in enumerate(story.articles, start=1)}
    items = [
        _coverage(member, sentence, story, order)
        for member, sentence in new
        if member.reprint_of is None
    ]
    items += _reprints([member for member, _ in new], order)
    outlet_of = {article.id: article.outlet for article in story.articles}
    items += [_edit(edit, outlet_of.get(edit.article, "")) for edit in edits]
    first = plain(items[0]) if items else story.headline
    more = f" (+{len(items) - 1})" if len(items) > 1 else ""
    return Message(
        title="",
        blocks=(Bullets(tuple(items)),),
        notice=f"{first}{more}",
        topic=topic(story),
    )


def burst(stories: Sequence[Story], watches: Sequence[str]) -> Message:
    """Return one card that lists many new stories; each opens its own with its next coverage."""
    return _listing(
        f"{len(stories)} new stories at once",
        stories,
        [listed(story) for story in stories[:BURST_SHOWN]],
        text(_DOT.join(("burst", _watches(watches)))),
        "Each gets a thread of its own with its next coverage.",
    )


def _listing(
    title: str, stories: Sequence[Story], lines: Sequence[Text], footer: Text, hint: str
) -> Message:
    items = list(lines)
    left = len(stories) - BURST_SHOWN
    if left > 0:
        codes = ", ".join(story.id for story in stories[BURST_SHOWN:])
        items.append(text(Run(f"and {left} more: {codes}", Style.QUIET)))
    first = stories[0].headline if stories else ""
    return Message(
        title=title,
        blocks=(Bullets(tuple(items)), Paragraph(text(Run(hint, Style.QUIET)))),
        footer=footer,
        notice=f"{title}: {first}" if first else title,
        tone=Tone.DEVELOPING,
    )


def listed(story: Story) -> Text:
    """Return a story as a line of a list."""
    count = f"{len(story.outlets)} outlets, {story.independent} independent"
    if len(story.outlets) == 1:
        count = story.outlets[0]
    return text(
        Run(story.headline, Style.BOLD, url=story.lead.url), _DOT, count, _DOT, f"story {story.id}"
    )


def _since(story: Story, since: datetime) -> Text:
    """Return what is new about a story since a time; nothing where nothing is."""
    fresh = [article for article in story.articles if article.first_seen > since]
    if len(fresh) in (0, len(story.articles)):
        return text(_DOT, Run("new", Style.TAG)) if fresh else ()
    outlets = list(dict.fromkeys(article.outlet for article in fresh))
    named = ", ".join(outlets[:NEW_SHOWN])
    more = f" and {len(outlets) - NEW_SHOWN} more" if len(outlets) > NEW_SHOWN else ""
    return text(_DOT, f"+{len(fresh)} since: {named}{more}")


def digest(stories: Sequence[Story], since: datetime, name: str) -> Message:
    """Return a channel's digest: the stories held for it, most independent outlets first.

    Args:
        stories: With all their members.
        since: When the digest before it came, UTC: what is new or has changed since is said.
        name: What the list is called.
    """
    ranked = sorted(stories, key=lambda story: (-story.independent, story.id))
    title = f"{name}: {len(ranked)} {'story' if len(ranked) == 1 else 'stories'}"
    return _listing(
        title,
        ranked,
        [(*listed(story), *_since(story, since)) for story in ranked[:BURST_SHOWN]],
        text("since ", when(since)),
        "Type /summary with a story's code to read more.",
    )


def feed_notice(upkeep: Upkeep, result: PollResult) -> Message:
    """Return what the admin channel is told once when a feed fails, recovers, moves or ends."""
    name = f"Feed “{upkeep.feed.name}”"
    address = upkeep.state.address or upkeep.feed.url
    tone, words = {
        Tell.FAILING: (Tone.TROUBLE, f"{name} is failing: {result.reason} It is still tried."),
        Tell.GONE: (
            Tone.TROUBLE,
            f"{name} is gone for good (410) and is polled no longer: remove it, or retry it.",
        ),
        Tell.RECOVERED: (Tone.GOOD, f"{name} works again."),
        Tell.MOVED: (Tone.NOTICE, f"{name} has moved to {masked(address)}."),
        Tell.NOTHING: (Tone.NOTICE, f"{name} is unchanged."),
    }[upkeep.tell]
    return say(words, tone=tone, buttons=(Button("Health", "health"),))


def _state(facts: CardFacts) -> Text:
    story = facts.story
    word = "○ CLOSED" if facts.closed else "● DEVELOPING"
    count = len(story.outlets)
    said = f"{count} outlet{'s' if count != 1 else ''}"
    if count > 1:
        said += f", {story.independent} independent"
    parts = [said, ", ".join(story.langs)]
    return text(Run(word, Style.BOLD), *(f"{_DOT}{part}" for part in parts if part))


def _watches(names: Sequence[str]) -> str:
    return f"watch{'es' if len(names) > 1 else ''} {', '.join(names)}"


def _sentence(sentence: Sentence, story: Story, order: Mapping[ArticleId, int]) -> Text:
    return (*text(sentence.text), *cites(sentence.cites, story, order))


def _claims(
    what: str,
    claims: Sequence[tuple[str, ArticleId]],
    story: Story,
    order: Mapping[ArticleId, int],
) -> Text:
    runs: list[Run] = [*text(f"{what}: ")]
    for number, (claim, article) in enumerate(claims):
        runs += text(", " if number else "", claim)
        runs += cites((article,), story, order)
    return tuple(runs)


def _coverage(
    member: Member, sentence: Sentence | None, story: Story, order: Mapping[ArticleId, int]
) -> Text:
    article = member.article
    runs: list[Run | str] = [Run(article.outlet, Style.BOLD)]
    if article.lang and article.lang != story.lead.lang:
        runs += [" ", Run(article.lang, Style.TAG)]
    runs += [_DOT, Run(article.title or article.url, url=article.url), f" [{order[article.id]}]"]
    if sentence is not None and not _is(sentence.text, article.title):
        runs += ["\nadds: ", sentence.text]
    return text(*runs)


def _is(sentence: str, title: str) -> bool:
    """Say whether a sentence is but the headline again."""
    return sentence.casefold().rstrip(".") == title.casefold().rstrip(".")


def _reprints(members: Sequence[Member], order: Mapping[ArticleId, int]) -> list[Text]:
    by_origin: dict[ArticleId, list[Member]] = {}
    for member in members:
        if member.reprint_of is not None:
            by_origin.setdefault(member.reprint_of, []).append(member)
    lines = []
    for origin, copies in by_origin.items():
        names = ", ".join(dict.fromkeys(copy.article.outlet for copy in copies))
        reprinted = f" [{order[origin]}]" if origin in order else ""
        verb = "reprints" if len(copies) == 1 else "reprint"
        lines.append(
            text(
                Run(f"WIRE COPY ×{len(copies)}", Style.TAG),
                _DOT,
                shorten(names, 300),
                f" {verb}{reprinted or ' one text'}",
            )
        )
    return lines


def _edit(edit: Edit, outlet: str) -> Text:
    old, new = (
        (edit.old_title, edit.new_title)
        if edit.old_title != edit.new_title
        else (edit.old_summary, edit.new_summary)
    )
    return text(
        Run("EDITED", Style.TAG), f" {outlet}: ", *changed(shorten(old, 600), shorten(new, 600))
    )


def changed(old: str, new: str) -> Text:
    """Return two texts as one, word by word: what went, what came, and what stayed."""
    before, after = old.split(), new.split()
    runs: list[Run | str] = []
    matcher = difflib.SequenceMatcher(a=before, b=after, autojunk=False)
    for what, a, b, c, d in matcher.get_opcodes():
        space = " " if runs else ""
        if what == "equal":
            runs.append(space + " ".join(before[a:b]))
            continue
        if b > a:
            runs += [space, Run(f"“{' '.join(before[a:b])}”", Style.DELETED)]
            space = " → " if d > c else space
        if d > c:
            runs += [space, Run(f"“{' '.join(after[c:d])}”", Style.INSERTED)]
    return text(*runs)
