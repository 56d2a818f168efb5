"""What is to happen with a story in a channel now: pure, with reasons.

Owns what holds an alert back: mutes, quiet hours, digests, too few outlets. How it is said is
`bot.domain.layout`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.articles import ArticleId
from bot.domain.messages import AlertState, Posted
from bot.domain.query import Hit
from bot.domain.records import CARD_DELETED, Decision, Edit, Fate, Thread
from bot.domain.stories import QUIET_AFTER, REOPENS_WITHIN, Member, Story
from bot.domain.text import folded_words
from bot.domain.watches import ChannelSettings, Mode, Mute, Watch

QUIET = "quiet hours"
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
    card: AlertState | None = None  # how far its card is; None: there is none
    followed: Thread | None = None  # of the story that this one takes up again
    gone: str = ""  # why the channel cannot be reached; "" where it can

    @property
    def listed(self) -> bool:
        """Whether a burst card or a digest listed the story, so that it opens its own card now."""
        return self.thread.listed_in is not None

    @property
    def carded(self) -> bool:
        """Whether the story has a card in the channel that can be followed, or will have."""
        return self.card in (AlertState.DUE, AlertState.UNKNOWN, AlertState.SENT)

    @property
    def locked(self) -> bool:
        """Whether replies wait for a new card, since nothing can be posted under the old one."""
        return self.card is AlertState.LOCKED

    @property
    def earlier(self) -> Posted | None:
        """The card that a new one would take up, for a link to it."""
        if self.thread.card is not None and self.thread.posted is not None:
            return self.thread.posted
        before = None if self.followed is None else self.followed.posted
        return self.thread.earlier or before

    @property
    def urgent(self) -> bool:
        """Whether what is said of the story sounds in quiet hours, too."""
        return any(watch.urgent for watch in self.watches)

    @property
    def silent(self) -> bool:
        """Whether what is said of the story never sounds."""
        return any(watch.mode is Mode.SILENT for watch in self.watches)

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
    morning: bool = False  # on the list of what quiet hours held back, and not by itself
    fresh: tuple[Member, ...] = ()  # what is to be said
    decisions: tuple[Decision, ...] = ()  # what is not, with reasons
    again: datetime | None = None  # when to decide again, UTC

    @property
    def starts(self) -> bool:
        """Whether its card is the first that the channel sees of the story."""
        return self.view.thread.card is None and not self.view.listed


def judge(view: View, now: datetime, *, holds: bool) -> Verdict:
    """Decide what is to be said about a story in a channel.

    Args:
        view: As it stands.
        now: UTC.
        holds: The platform has no silent messages, so quiet hours hold cards back.
    """
    waiting = [m for m in view.story.members if m.article.id in view.waiting]
    ended = _ended(view)
    if ended is not None:
        decisions = tuple(_because(view, m, *ended, now) for m in waiting)
        return Verdict(view=view, decisions=decisions)
    muted = {m.article.id: mute for m in waiting if (mute := _mute(view, m)) is not None}
    decisions = tuple(
        _because(view, m, Fate.MUTED, _muted_words(muted[m.article.id]), now)
        for m in waiting
        if m.article.id in muted
    )
    fresh = tuple(m for m in waiting if m.article.id not in muted)
    opens = view.locked or (bool(fresh) and (not view.carded or _is_late(view, fresh, now)))
    if not opens:
        return Verdict(view=view, fresh=fresh, decisions=decisions)
    # Replies are never held, so what waits for a new card is not either.
    held, again = ("", None) if view.locked else _held(view, now, holds=holds)
    if held:
        decisions += tuple(
            _because(view, m, Fate.HELD, held, now)
            for m in fresh
            if view.decisions[m.article.id].reason != held
        )
        return Verdict(view=view, decisions=decisions, again=again)
    return Verdict(
        view=view,
        opens=True,
        morning=not view.urgent and not view.locked and any(_was_quiet(view, m) for m in fresh),
        fresh=(*fresh, *(m for m in view.story.members if view.fate(m.article.id) is Fate.FAILED)),
        decisions=decisions,
    )


def _ended(view: View) -> tuple[Fate, str] | None:
    """Return what becomes of all coverage here, and why; None where the story is followed."""
    if view.gone:
        return Fate.FAILED, f"the channel is gone: {view.gone}"
    if view.card is AlertState.DROPPED:
        return Fate.MUTED, CARD_DELETED
    return None


def _is_late(view: View, fresh: Sequence[Member], now: datetime) -> bool:
    """Say whether the story closed so long ago that coverage opens a new card."""
    before = [m.article.first_seen for m in view.story.members if m not in fresh]
    return bool(before) and now > max(before) + QUIET_AFTER + REOPENS_WITHIN


def _was_quiet(view: View, member: Member) -> bool:
    decision = view.decisions[member.article.id]
    return decision.fate is Fate.HELD and decision.reason == QUIET


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
        return QUIET, until
    return "", None


def _mute(view: View, member: Member) -> Mute | None:
    text = f"{member.article.title}\n{member.article.text[:20_000]}"
    folded = " ".join(folded_words(text))  # as a word mute is stored
    story = view.thread.story
    here = (mute for mute in view.mutes if mute.holds_in(view.thread.channel))
    return next((mute for mute in here if mute.covers(member.article, story, folded)), None)


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
