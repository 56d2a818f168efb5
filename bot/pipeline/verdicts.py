"""What is to happen with a story in a channel now: pure, with reasons.

Owns what holds an alert back: mutes, quiet hours, digests, too few outlets. How it is said is
`bot.domain.layout`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.articles import ArticleId
from bot.domain.query import Hit
from bot.domain.records import Decision, Edit, Fate, Thread
from bot.domain.stories import Member, Story
from bot.domain.text import words
from bot.domain.watches import ChannelSettings, Mode, Mute, Watch

_TO_SAY = (Fate.WAITING, Fate.HELD)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A story in a channel, as it stands in the database."""

    thread: Thread
    settings: ChannelSettings
    story: Story  # with the articles that concern the channel only
    watches: tuple[Watch, ...]  # those that matched, none paused
    hits: Mapping[ArticleId, tuple[Hit, ...]]
    decisions: Mapping[ArticleId, Decision]  # the latest of each article
    mutes: tuple[Mute, ...]
    edits: tuple[Edit, ...] = ()  # of articles that were shown, not told yet
    card_failed: bool = False

    @property
    def listed(self) -> bool:
        """Whether a burst card or a digest listed the story, so that it opens its own card now."""
        return self.thread.listed_in is not None

    @property
    def carded(self) -> bool:
        """Whether the story has a card in the channel, or will have."""
        return self.thread.card is not None and not self.card_failed

    @property
    def waiting(self) -> Mapping[ArticleId, Decision]:
        """The articles that nothing has been said about yet."""
        return {id_: one for id_, one in self.decisions.items() if one.fate in _TO_SAY}

    def fate(self, article: ArticleId) -> Fate | None:
        """Return what was decided about an article last."""
        decision = self.decisions.get(article)
        return None if decision is None else decision.fate


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is to happen, and why."""

    view: View
    opens: bool = False  # a card is to be posted
    silent: bool = False  # without a push notification
    fresh: tuple[Member, ...] = ()  # what is to be said
    decisions: tuple[Decision, ...] = ()  # what is not, with reasons
    again: datetime | None = None  # when to decide again, UTC


def judge(view: View, now: datetime, *, holds: bool) -> Verdict:
    """Decide what is to be said about a story in a channel.

    Args:
        view: As it stands.
        now: UTC.
        holds: The platform has no silent messages, so quiet hours hold cards back.
    """
    waiting = [m for m in view.story.members if m.article.id in view.waiting]
    muted = {m.article.id: mute for m in waiting if (mute := _mute(view, m)) is not None}
    decisions = [
        _because(view, m, Fate.MUTED, _muted_words(muted[m.article.id]), now)
        for m in waiting
        if m.article.id in muted
    ]
    fresh = tuple(m for m in waiting if m.article.id not in muted)
    if not fresh or view.carded:
        return Verdict(view=view, fresh=fresh, decisions=tuple(decisions))
    held, again = _held(view, now, holds=holds)
    if held:
        decisions += [
            _because(view, m, Fate.HELD, held, now)
            for m in fresh
            if view.decisions[m.article.id].reason != held
        ]
        return Verdict(view=view, decisions=tuple(decisions), again=again)
    quiet = view.settings.quiet_until(now) is not None
    urgent = any(watch.urgent for watch in view.watches)
    return Verdict(
        view=view,
        opens=True,
        silent=quiet and not urgent,
        fresh=fresh,
        decisions=tuple(decisions),
    )


def _held(view: View, now: datetime, *, holds: bool) -> tuple[str, datetime | None]:
    """Return why a card is not posted yet, and when to decide again; no words where it is."""
    if not view.watches:
        return "the watch that matched is paused or gone", None
    if all(watch.mode is Mode.DIGEST for watch in view.watches):
        return "for the channel's digest", None
    needed = min(watch.min_outlets for watch in view.watches if watch.mode is not Mode.DIGEST)
    if view.story.independent < needed:
        return f"waits for {needed} independent outlets; it has {view.story.independent}", None
    until = view.settings.quiet_until(now)
    if holds and until is not None and not any(watch.urgent for watch in view.watches):
        return "quiet hours", until
    return "", None


def _mute(view: View, member: Member) -> Mute | None:
    text = f"{member.article.title}\n{member.article.text[:20_000]}"
    folded = " ".join(word.text for word in words(text))  # as a word mute is stored
    story = view.thread.story
    return next((m for m in view.mutes if m.covers(member.article, story, folded)), None)


def _muted_words(mute: Mute) -> str:
    until = "for good" if mute.until is None else f"until {mute.until:%Y-%m-%d %H:%M} UTC"
    return f"{mute.kind} “{mute.value}” is muted by {mute.by} {until}"


def _because(view: View, member: Member, fate: Fate, reason: str, now: datetime) -> Decision:
    return Decision(
        article=member.article.id,
        channel=view.thread.channel,
        story=view.thread.story,
        fate=fate,
        reason=reason,
        at=now,
    )
