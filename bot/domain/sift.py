"""Which entries of a feed's document are new, which are edited, which we know.

An entry is known by its guid, else by its canonical address, else by its title and text, within its
feed; never by its date or its place. A guid is doubted where address, headline and text all say
that the outlet has given it to another story. A publisher that gives its entries new ids is seen
through: one by one where address and title stay, and altogether where most of a document changes at
once. That the same article came through another feed is decided by whoever has them all.
Entries that stand as they stood last time may be left out, if their marks are given.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import chain
from typing import NamedTuple, Self
from unicodedata import normalize

from bot.domain.articles import Article, ArticleId, Entry
from bot.domain.standing import DIGITS, NOTHING, Mark
from bot.domain.text import simple_words
from bot.domain.urls import article_key

MAX_NEW = 500  # the newest of a document; the rest is old news
MASS = 0.6  # share of a document that must have got new ids for it to be a change of ids
MASS_AT_LEAST = 3  # entries; of fewer, nothing follows
_LEAD = 400  # characters of the first paragraph that are compared
_ALIKE = 0.25  # share of a headline's words that another headline of the same story has at least
_NO_TEXT = "\0"  # between a title and a text
_ALNUM = re.compile(r"[^\W_]+")  # what `str.isalnum` says of each character


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is kept of an article to recognise it in its feed."""

    article: ArticleId
    title: str
    lead: str  # see `lead_mark`
    published: datetime | None = None  # UTC, as its feed said; only to confirm what else is equal

    @property
    def blank(self) -> bool:
        """Whether nothing is known any more of what it said: it was deleted long ago."""
        return not self.title and not self.lead

    @classmethod
    def of(cls, article: Article) -> Self:
        """Return what recognises `article`."""
        lead = lead_mark(article.summary, article.body)
        return cls(article=article.id, title=article.title, lead=lead, published=article.published)


@dataclass(frozen=True, slots=True)
class Known:
    """What a feed's identity keys are known to stand for."""

    by_key: Mapping[str, Seen] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """An entry that was never seen, with the keys to remember it by."""

    entry: Entry
    keys: tuple[str, ...]  # strongest first; never empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """An entry whose title or first paragraph is no longer that of its article."""

    article: ArticleId
    entry: Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Sifted:
    """A document's entries, told apart."""

    new: tuple[Fresh, ...] = ()  # oldest first
    edited: tuple[Edited, ...] = ()
    same: int = 0  # entries that are known and unchanged, repetitions in the document included
    rekeyed: Mapping[str, ArticleId] = field(default_factory=dict)  # new keys of known articles
    reided: bool = False  # most of the document has new ids: recognised by address or text


def mark(entry: Entry, item: str) -> Mark:
    """Return what must be kept of an entry so that it can be left out while it stays as it is.

    Args:
        entry: As it stands in the document.
        item: The source's name for it, which changes whenever anything in it does.
    """
    said = _print(entry)
    return Mark(
        item=item,
        guid=_short(said.guid) or NOTHING,
        link=_short(said.link) or NOTHING,
        title=_short(said.title),
        text=_short(said.text),
    )


def identities(
    entries: Sequence[Entry], standing: Sequence[Mark] = ()
) -> tuple[tuple[str, ...], ...]:
    """Return the identity keys of each of a document's entries, strongest first.

    A guid or an address that several different entries of the document share says nothing, and is
    no key; nor is the address of a front page. The key of title and text is there for an entry that
    has text, or nothing else to go by.

    Args:
        entries: Of the document, in order; but for those that are left out.
        standing: The marks of those.
    """
    prints = [_print(entry) for entry in entries]
    guids, links = _telling(prints, standing)
    return tuple(_keys(said, guids, links) for said in prints)


def lookup_keys(keyed: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Return every key to look up before `sift`: those of `identities`, each once."""
    return tuple(dict.fromkeys(chain.from_iterable(keyed)))


def sift(
    entries: Sequence[Entry],
    known: Known,
    standing: Sequence[Mark] = (),
    identified: Sequence[tuple[str, ...]] | None = None,
) -> Sifted:
    """Tell a document's entries apart.

    Args:
        entries: As they stand in the document, but for those that are left out.
        known: What the feed's keys stand for; at least those of `lookup_keys`.
        standing: The marks of the entries that are left out, since they stand there as they did
            when the document was last sifted: they count as known and unchanged.
        identified: What `identities` says of them; None to have it asked.
    """
    by_keys = identities(entries, standing) if identified is None else identified
    keyed = list(zip(entries, by_keys, strict=True))
    whole = len(keyed) + len(standing)
    found: list[Seen | None] = [_found(entry, keys, known) for entry, keys in keyed]
    direct = [keys[0] in known.by_key for _, keys in keyed]
    maybe = [
        None if seen else _likely(keys, known) for (_, keys), seen in zip(keyed, found, strict=True)
    ]
    moved = sum(
        likely is not None or (seen is not None and not first)
        for likely, seen, first in zip(maybe, found, direct, strict=True)
    )
    reided = moved >= MASS_AT_LEAST and moved > MASS * whole and _one_to_one(keyed, maybe)
    if reided:
        found = [seen or likely for seen, likely in zip(found, maybe, strict=True)]
    there = {seen.article for seen in found if seen is not None}
    texts = {mark.text for mark in standing}
    gone = [
        _moved(entry, keys, known, there) if seen is None and not _among(keys, texts) else None
        for (entry, keys), seen in zip(keyed, found, strict=True)
    ]
    if _one_to_one(keyed, gone):
        found = [seen or old for seen, old in zip(found, gone, strict=True)]
    return _sorted_out(keyed, found, known, standing, reided=reided)


def lead_mark(summary: str, body: str) -> str:
    """Return a mark that changes when an article's first paragraph does, "" if it has no text.

    Case, punctuation and white space do not count.
    """
    for text in (summary, body):
        for line in text.splitlines():
            words = _words(line[: 2 * _LEAD])
            if words:
                return _hash(words[:_LEAD])
    return ""


class _Print(NamedTuple):
    """What an entry says, hashed."""

    guid: str  # "" where it has none
    link: str  # of the canonical address; "" where it has none
    title: str
    text: str  # of title and text
    wordy: bool  # it has text


def _print(entry: Entry) -> _Print:
    title, text = _words(entry.title), _words(f"{entry.summary} {entry.body}"[:4_000])
    link = article_key(entry.link) if entry.link else ""
    return _Print(
        guid=_hash(entry.id) if entry.id else "",
        link=_hash(link) if link else "",
        title=_hash(title),
        text=_hash(title + _NO_TEXT + text),
        wordy=bool(text),
    )


def _telling(
    prints: Sequence[_Print], standing: Sequence[Mark]
) -> tuple[frozenset[str], frozenset[str]]:
    """Return the marks of the guids and of the addresses that tell one entry from another."""
    by_guid: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    by_link: defaultdict[str, set[str]] = defaultdict(set)
    left_out = ((one.guid, one.link, one.title) for one in standing)
    read = (
        (_short(one.guid) or NOTHING, _short(one.link) or NOTHING, _short(one.title))
        for one in prints
    )
    for guid, link, title in chain(left_out, read):
        by_guid[guid].add((link, title))
        by_link[link].add(title)
    guids = (guid for guid, uses in by_guid.items() if _is_one(uses))
    links = (link for link, titles in by_link.items() if len(titles) == 1)
    return frozenset(guids) - {NOTHING}, frozenset(links) - {NOTHING}


def _is_one(uses: Set[tuple[str, str]]) -> bool:
    """Tell whether what a guid is used for, by address and title, is one thing.

    Without addresses, two headlines may be two versions; three are not.
    """
    links, titles = {link for link, _ in uses}, {title for _, title in uses}
    return len(titles) <= (2 if links == {NOTHING} else 1) or (
        len(links) == 1 and links != {NOTHING}
    )


def _keys(said: _Print, guids: frozenset[str], links: frozenset[str]) -> tuple[str, ...]:
    keys = []
    if _short(said.guid) in guids:
        keys.append(f"id:{said.guid}")
    if _short(said.link) in links:
        keys.append(f"url:{said.link}")
    if not keys or said.wordy:
        keys.append(f"text:{said.text}")
    return tuple(keys)


def _short(full: str) -> str:
    return full[:DIGITS]


def _among(keys: tuple[str, ...], marked: Set[str]) -> bool:
    """Tell whether one of an entry's keys is among those that were marked."""
    return any(_short(key.partition(":")[2]) in marked for key in keys)


def _own(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return the keys that stand for one entry by themselves.

    The same text under two addresses is two entries: the outlet ran it twice.
    """
    has_link = any(key.startswith("url:") for key in keys)
    return tuple(key for key in keys if not (has_link and key.startswith("text:")))


def _found(entry: Entry, keys: tuple[str, ...], known: Known) -> Seen | None:
    """Return what an entry is known as, by itself."""
    seen = known.by_key.get(keys[0])
    if seen is not None and not _given_away(entry, keys, seen, known):
        return seen
    # A new id (or address) alone makes no new article, if all that a reader sees is the same.
    for key in _own(keys)[1:]:
        seen = known.by_key.get(key)
        if seen is not None and (seen.blank or _words(seen.title) == _words(entry.title)):
            return seen
    return None


def _given_away(entry: Entry, keys: tuple[str, ...], seen: Seen, known: Known) -> bool:
    """Tell whether an outlet has given an article's guid to another story.

    Some number their items by place. An article that is edited keeps its address, or a word in four
    of its headline, or its first paragraph.
    """
    address = next((key for key in keys[1:] if key.startswith("url:")), "")
    at = known.by_key.get(address)
    if not address or (at is not None and at.article == seen.article):
        return False
    if at is not None and _words(at.title) == _words(entry.title):
        return _words(seen.title) != _words(entry.title)
    now, then = set(_words(entry.title).split()), set(_words(seen.title).split())
    if not now or not then or len(now & then) > _ALIKE * min(len(now), len(then)):
        return False
    lead = lead_mark(entry.summary, entry.body)
    return not lead or lead != seen.lead


def _moved(entry: Entry, keys: tuple[str, ...], known: Known, there: Set[ArticleId]) -> Seen | None:
    """Return the article that an entry was before its outlet gave it another id and address.

    Headline, text and time of publication are the same, and the document no longer has it as it
    was: an outlet has put it into another section. A text that is run again has another time.
    """
    text = next((key for key in keys if key.startswith("text:")), "")
    seen = known.by_key.get(text)
    if seen is None or seen.article in there or entry.published is None:
        return None
    same = entry.published == seen.published and _words(entry.title) == _words(seen.title)
    return seen if same else None


def _likely(keys: tuple[str, ...], known: Known) -> Seen | None:
    """Return what an entry is, if ids of the whole document have changed."""
    return next((known.by_key[key] for key in keys[1:] if key in known.by_key), None)


def _one_to_one(
    keyed: Sequence[tuple[Entry, tuple[str, ...]]], maybe: Sequence[Seen | None]
) -> bool:
    """Tell whether no two entries would be one article; an entry said twice is one entry."""
    pairs = {
        (seen.article, keys)
        for (_, keys), seen in zip(keyed, maybe, strict=True)
        if seen is not None
    }
    return len({article for article, _ in pairs}) == len(pairs)


def _sorted_out(
    keyed: Sequence[tuple[Entry, tuple[str, ...]]],
    found: Sequence[Seen | None],
    known: Known,
    standing: Sequence[Mark],
    *,
    reided: bool,
) -> Sifted:
    left_out = {part for one in standing for part in (one.guid, one.link)}
    fresh: list[Fresh] = []
    taken: set[str] = set()
    changed: dict[ArticleId, Edited] = {}
    unchanged: set[ArticleId] = set()
    rekeyed: dict[str, ArticleId] = {}
    for (entry, keys), seen in zip(keyed, found, strict=True):
        if seen is None:
            if taken.isdisjoint(_own(keys)):
                fresh.append(Fresh(entry=entry, keys=keys))
            taken.update(_own(keys))
            continue
        rekeyed.update({key: seen.article for key in keys if key not in known.by_key})
        # An article that also stands there as it was is not edited: the outlet has it twice.
        if _differs(entry, seen) and not _among(_own(keys), left_out):
            changed.setdefault(seen.article, Edited(article=seen.article, entry=entry))
        else:
            unchanged.add(seen.article)
    edited = tuple(edit for article, edit in changed.items() if article not in unchanged)
    return Sifted(
        new=_oldest_first(fresh),
        edited=edited,
        same=len(keyed) + len(standing) - len(fresh) - len(edited),
        rekeyed=rekeyed,
        reided=reided,
    )


def _differs(entry: Entry, seen: Seen) -> bool:
    """Tell whether a reader would see another headline or first paragraph."""
    if seen.blank:
        return False
    if entry.title and _words(entry.title) != _words(seen.title):
        return True
    lead = lead_mark(entry.summary, entry.body)
    return bool(lead) and bool(seen.lead) and lead != seen.lead


def _oldest_first(fresh: list[Fresh]) -> tuple[Fresh, ...]:
    """Return the newest `MAX_NEW`, oldest first: by date if all have one, else from the bottom."""
    ordered = fresh[::-1]
    if all(one.entry.published for one in ordered):
        ordered.sort(key=lambda one: one.entry.published or datetime.max.replace(tzinfo=UTC))
    return tuple(ordered[-MAX_NEW:])


def _words(text: str) -> str:
    """Return the words of `text`, alike whatever case, punctuation, white space, normal form."""
    found = simple_words(text)
    return " ".join(_ALNUM.findall(normalize("NFC", text).casefold()) if found is None else found)


def _hash(text: str) -> str:
    return blake2b(text.encode("utf-8", "replace"), digest_size=15).hexdigest()
