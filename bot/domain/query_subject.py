"""What a query is matched on: an article, folded, split and stemmed once, on demand.

Owns which text of an article is searched and how a form of a word is looked up in it; what a
query asks for is `bot.domain.query_nodes`'s.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Literal, get_args
from urllib.parse import urlsplit

from bot.domain.articles import Article
from bot.domain.inflections import LANGUAGES, inflection
from bot.domain.text import Word, folded_words, words

FieldName = Literal["title", "summary", "body", "page", "author", "tag", "url"]
FIELDS: tuple[FieldName, ...] = get_args(FieldName)
SEARCHED: tuple[FieldName, ...] = ("title", "summary", "body", "author", "tag")
LONGEST_PREFIX = 6  # letters of a `word*` by which articles are sorted

_LONE_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Hit:
    """A span of an article's text that made a query match."""

    field: FieldName  # `tag` counts in the article's tags joined by line breaks
    start: int  # characters from 0, in the text as it was given
    end: int
    text: str  # the original words
    term: str  # the query's term that matched


class Passage:
    """One text of an article; no phrase and no NEAR reaches from one into another."""

    def __init__(self, field: FieldName, text: str, base: int, langs: tuple[str, ...]) -> None:
        """Take a text that begins at `base` of its field, in one of `langs`."""
        self.field = field
        self.text = _LONE_SURROGATES.sub("\ufffd", text)  # RE2 reads UTF-8, which has none
        self._base = base
        self._langs = langs

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """The words of the text, in order."""
        return words(self.text)

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """Where each word stands, by its folded form: numbers of words, ascending."""
        found: dict[str, list[int]] = {}
        for at, word in enumerate(self.words):
            found.setdefault(word.text, []).append(at)
        return found

    @cached_property
    def inflected(self) -> dict[str, list[str]]:
        """The folded forms in the text, by the key of their inflection."""
        found: dict[str, list[str]] = {}
        for lang in self._langs:
            for form in self.places:
                found.setdefault(inflection(form, lang), []).append(form)
        return found

    def beginning(self, prefix: str) -> list[str]:
        """Return the folded forms that begin with `prefix`."""
        forms = self._sorted
        end = start = bisect_left(forms, prefix)
        while end < len(forms) and forms[end].startswith(prefix):
            end += 1
        return forms[start:end]

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self.places)

    def hit(self, first: int, last: int, term: str) -> Hit:
        """Return the hit from word `first` to word `last`, both counted from 0."""
        return self.span(self.words[first].start, self.words[last].end, term)

    def span(self, start: int, end: int, term: str) -> Hit:
        """Return the hit from one character of this passage to another."""
        return Hit(self.field, self._base + start, self._base + end, self.text[start:end], term)


class Subject:
    """An article as queries see it. What is looked up is worked out once and kept."""

    def __init__(self, article: Article, feed_name: str, lang: str) -> None:
        """See `Subject.of`."""
        self.article = article
        self.feed_name = " ".join(folded_words(feed_name))
        self.lang = lang
        # Where the language is unknown, a form of any language counts; where it has no stemmer,
        # only the word itself does.
        self.langs = (lang,) if lang in LANGUAGES else () if lang else LANGUAGES

    @classmethod
    def of(cls, article: Article, feed_name: str, lang: str | None) -> "Subject":
        """Return `article` as queries see it.

        Args:
            article: The article; its text is not changed.
            feed_name: The name of its feed, for `feed:`.
            lang: Its language where it is known better than the article does, or None.
        """
        return cls(article, feed_name, (article.lang if lang is None else lang).split("-")[0])

    @cached_property
    def passages(self) -> tuple[Passage, ...]:
        """All texts of the article, in the order in which people are shown hits."""
        article = self.article
        plain: tuple[tuple[FieldName, str], ...] = (
            ("title", article.title),
            ("summary", article.summary),
            ("body", article.body),
            ("page", article.page),  # only where a query asks for it: see `query_nodes.Full`
            ("author", article.author),
            ("url", article.url),
        )
        found = [Passage(field, text, 0, self.langs) for field, text in plain if text]
        base = 0
        for tag in article.tags:
            found.append(Passage("tag", tag, base, self.langs))
            base += len(tag) + 1
        return tuple(found)

    def within(self, fields: tuple[FieldName, ...]) -> tuple[Passage, ...]:
        """Return the texts in `fields`."""
        return tuple(passage for passage in self.passages if passage.field in fields)

    @cached_property
    def sites(self) -> frozenset[str]:
        """The article's site and host, and every domain above them."""
        try:
            host = urlsplit(self.article.url).hostname or ""
        except ValueError:  # a bracket in the wrong place
            host = ""
        labels = [name.casefold().split(".") for name in (host, self.article.site) if name]
        return frozenset(".".join(name[at:]) for name in labels for at in range(len(name)))

    @cached_property
    def keys(self) -> frozenset[str]:
        """Each key that a node may need (see `bot.domain.query_nodes.Node.needs`).

        Folded words, rows of two and three, beginnings of words with `*`, inflections as
        `en:…`, and `site:…`, `feed:…`, `lang:…`. A word has no colon, so none is another.
        """
        name = self.feed_name
        found = {f"lang:{self.lang}", f"feed:{name}", *(f"site:{site}" for site in self.sites)}
        found.update(f"feed:{name[:end]}*" for end in range(1, len(name) + 1))
        for passage in self.passages:
            found.update(passage.places, passage.inflected)
            texts = [word.text for word in passage.words]
            found.update(map(" ".join, pairwise(texts)))
            found.update(map(" ".join, zip(texts, texts[1:], texts[2:], strict=False)))
            for length in range(1, LONGEST_PREFIX + 1):
                found.update(f"{form[:length]}*" for form in passage.places)
        return frozenset(found)
