"""What a model wrote, checked against the articles that it cites.

Owns the rule by which a sentence that nobody published may be shown: it cites, and each citation
holds. The rule is that of `bot.domain.citations` made strict, since a model invents: what is
quoted stands there byte for byte, every name does, and one or two sentences have nearly every
word, every number with what it counts, and the same denial and doubt. It prefers silence to error,
so that rewording and translation fail it. How a model is asked is `bot.adapters.summary`'s.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from bot.domain.articles import Article, ArticleId
from bot.domain.citations import DENIAL
from bot.domain.numbers import key_of, scale_of, value_of
from bot.domain.pieces import READ, WORD, Piece, piece
from bot.domain.sentences import is_junk, split
from bot.domain.stopwords import STOP_WORDS, language_of
from bot.domain.summaries import BUDGETS, Length, Sentence
from bot.domain.textforms import fold_marks

MOST_WRITTEN = 20
"""Sentences of a model that are looked at; what comes after them counts as dropped."""
MOST_CITES = 8
"""Citations of one sentence that are looked at."""
LONGEST = 400
"""Characters of a sentence; a longer one is dropped."""
_LEAST = 4  # content stems: what has fewer says too little to be found again
_FOREIGN = 12  # one stem in so many may be the model's own
_NEAR = 4  # words between two parts of a name, at most
_MONTHS = re.compile(  # their first letters in six languages: a number after one counts nothing
    "jan|feb|fev|mar|apr|abr|avr|may|mai|mag|jun|jui|giu|jul|lug|aug|ago|aou|sep|set|oct|okt|out|"
    "ott|nov|dec|dic|dez|ene|gen"
)

_MARKER = re.compile(r"\s*\[\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*\]")  # citations written into the text
_ADDRESS = re.compile(r"://|\bwww\.|@\w|\b[\w-]+\.(?:com|net|org|io|example)\b", re.IGNORECASE)
_PERCENT = re.compile(r"%|\b(?:per cent|por ciento|por cento|pour cent|per cento|prozent)\b", re.I)
_QUOTE = re.compile(
    r"\"([^\"]*)\"|“([^”]*)”|„([^“”]*)[“”]|«([^»]*)»|»([^«]*)«|‘([^’]*(?:’\w[^’]*)*)’(?!\w)"
    r"|(?<!\w)'([^']*(?:'\w[^']*)*)'(?!\w)|「([^」]*)」"
)
_QUOTE_MARKS = re.compile(r"[\"“”„«»‘「」]|(?<!\w)'(?=\w)")  # none may be left without its partner
# What makes a fact a suspicion: to leave it out would be to accuse.
_DOUBT = re.compile(
    r"\b(?:alleg\w+|reported(?:ly)?|suspect\w*|accus\w+|purported\w*|unconfirmed|could|might|"
    r"presunt\w+|supuest\w+|acusad\w+|acusa\w*|podría\w*|suposto\w*|suposta\w*|poderia\w*|"
    r"présum\w+|prétend\w+|pourrait|pourraient|mutmaßlich\w*|angeblich\w*|könnte\w*|sospett\w+|"
    r"potrebbe\w*|(?-i:may))\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"#(?:19|20)\d\d")
_CURRENCIES = frozenset("$€£¥₹")
# Counts that `bot.domain.numbers` leaves out, with the digits that say the same.
_COUNTS: Mapping[str, str] = {
    "two": "#2", "dos": "#2", "dois": "#2", "duas": "#2", "deux": "#2", "zwei": "#2",
    "thirty": "#30", "forty": "#40", "fifty": "#50", "sixty": "#60", "seventy": "#70",
    "eighty": "#80", "ninety": "#90", "hundred": "#100", "hundreds": "", "thousands": "",
    "millions": "", "billions": "", "dozen": "#12", "dozens": "", "half": "", "third": "",
    "quarter": "", "twice": "", "double": "", "triple": "", "treinta": "#30", "cuarenta": "#40",
    "cincuenta": "#50", "cien": "#100", "cientos": "", "miles": "", "decenas": "", "mitad": "",
    "doble": "", "cent": "#100", "centaines": "", "hundert": "#100", "hunderte": "",
    "cento": "#100", "centinaia": "", "centenas": "",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A sentence as a model gave it: nothing of it is trusted."""

    text: str
    cites: tuple[ArticleId, ...]  # in the model's order; may name what there is not


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What is left of what a model wrote."""

    sentences: tuple[Sentence, ...]  # in the model's order, each with the citations that hold
    dropped: int  # sentences that no cited article supports


def check(written: Sequence[Written], articles: Sequence[Article], length: Length) -> Checked:
    """Return the sentences that their articles support, at most as many as `length` allows.

    A sentence that says nothing new beside those before it, or for which there is no room, is
    left out and does not count as dropped.

    Args:
        written: What a model wrote; where one text holds several sentences, each must hold.
        articles: That it was given.
        length: What was asked for.
    """
    sources = {article.id: article for article in articles}
    read: dict[ArticleId, _Source] = {}  # as far as it is cited
    held: list[Sentence] = []
    dropped = max(0, len(written) - MOST_WRITTEN)
    for one in written[:MOST_WRITTEN]:
        cited = [id_ for id_ in dict.fromkeys(one.cites[:MOST_CITES]) if id_ in sources]
        for id_ in cited:
            read.setdefault(id_, _Source(sources[id_]))
        for text in split(_MARKER.sub("", _plain(one.text))) or [""]:
            cites = tuple(id_ for id_ in cited if _holds(text, read[id_]))
            if cites:
                held.append(Sentence(text=text, cites=cites))
            else:
                dropped += 1
    return Checked(sentences=_within(held, length), dropped=dropped)


def _plain(text: str) -> str:
    """Return a text without signs that are not printed; what is much too long is cut, and fails."""
    return "".join(char for char in text[: 4 * LONGEST] if char.isprintable() or char.isspace())


def _within(held: Sequence[Sentence], length: Length) -> tuple[Sentence, ...]:
    """Return the first sentences for which there is room, each once."""
    budget = BUDGETS[length]
    kept: list[Sentence] = []
    pieces: list[Piece] = []
    words = 0
    for sentence in held:
        one = piece(sentence.text)
        repeats = any(one.likeness(other) > 0.8 for other in pieces)
        if repeats or len(kept) == budget.sentences or (kept and words + one.words > budget.words):
            continue
        kept.append(sentence)
        pieces.append(one)
        words += one.words
    return tuple(kept)


class _Source:
    """An article, taken apart once for all the sentences that cite it."""

    def __init__(self, article: Article) -> None:
        text = "\n\n".join(dict.fromkeys((article.summary, article.body, article.page)))[:READ]
        self.lang = article.lang or language_of(WORD.findall(fold_marks(text[:600].lower())))
        self.raw = _line(f"{article.title}\n{text}")
        sentences = (_line(article.title), *split(text, self.lang))
        self.sentences = [_Text(one, self.lang) for one in sentences if one]
        self.whole = _Text(self.raw, self.lang)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Number:
    """What stands around a number: content stems, "" for none."""

    before: str
    after: tuple[str, ...]  # at most two: the first is mostly what it counts

    def agrees(self, other: "_Number") -> bool:
        """Whether both count the same."""
        if self.before == other.before and (not self.after or _MONTHS.match(self.before)):
            return True
        return bool(
            frozenset(self.after[:1]) & frozenset(other.after)
            or frozenset(other.after[:1]) & frozenset(self.after)
        )


class _Text:
    """A text as what is compared of it."""

    def __init__(self, text: str, lang: str) -> None:
        stop = STOP_WORDS.get(lang, STOP_WORDS["en"])
        marked = _PERCENT.sub(" percent ", text)
        tokens = WORD.findall(fold_marks(marked))
        self.text = text
        self.words = [token.lower() for token in tokens]
        self.capitals = [  # the places of words that may be names, a sentence's first among them
            place
            for place, token in enumerate(tokens)
            if token[0].isupper() and len(token) > 1 and token.lower() not in stop
        ]
        content = [one for one in self.words if len(one) > 1 or one.isdigit()]
        self.numbers = _numbers([one for one in content if one not in stop])
        counting = {one[:6] for one in self.words if one in _COUNTS or scale_of(one) > 1}
        stems = piece(marked, lang=lang).stems.keys() - counting - {"percen"}
        self.stems = frozenset(one for one in stems if not one.startswith("#"))
        self.signs = frozenset(_CURRENCIES & set(text))
        self.places: dict[str, list[int]] = {}
        for place, word in enumerate(self.words):
            self.places.setdefault(word, []).append(place)
        self.denies = bool(DENIAL.search(text))
        self.doubts = bool(_DOUBT.search(text))


def _numbers(content: Sequence[str]) -> Mapping[str, Sequence[_Number]]:
    """Return the numbers of a text by what they are worth: `1.4 million` is not 1.4.

    Args:
        content: Its words in lower case, function words left out.
    """
    found: dict[str, list[_Number]] = {}
    for at, word in enumerate(content):
        key = _worth(word, "".join(content[at + 1 : at + 2]))
        if key:
            rest = (one for one in content[at + 1 : at + 4] if scale_of(one) == 1)
            after = tuple(one[:6] for one in islice(rest, 2))
            before = content[at - 1][:6] if at else ""
            found.setdefault(key, []).append(_Number(before=before, after=after))
    return found


def _worth(word: str, after: str) -> str:
    """Return what a number is worth, with its scale or its percent sign; "" if it is none."""
    value = value_of(word)
    if value is None:
        return f"#{word}" if word[0].isdigit() else _COUNTS.get(word, "")
    return f"{key_of(value)}%" if after == "percent" else key_of(value * scale_of(after))


def _line(text: str) -> str:
    return " ".join(text.split())


def _holds(text: str, source: _Source) -> bool:
    """Whether an article says what a sentence says."""
    if len(text) > LONGEST or "?" in text or _ADDRESS.search(text) or is_junk(text):
        return False
    claim = _Text(text, source.lang)
    return (
        len(claim.stems) >= _LEAST
        and _quotes_hold(text, source.raw)
        and _counts_hold(claim, source.whole)
        and _names_hold(claim, source.whole)
        and any(_said_in(claim, window) for window in _windows(source.sentences))
    )


def _quotes_hold(text: str, raw: str) -> bool:
    """Whether each quotation stands in the article byte for byte, white space aside.

    The comma or full stop that some put inside the closing mark is not part of it.
    """
    for found in _QUOTE.finditer(text):
        inner = next((group for group in found.groups() if group is not None), "")
        if not (quoted := inner.strip().rstrip(".,;:")) or quoted not in raw:
            return False
    return _QUOTE_MARKS.search(_QUOTE.sub(" ", text)) is None


def _counts_hold(claim: _Text, whole: _Text) -> bool:
    """Whether each vague count (hundreds, half) stands in the article."""
    return all(word in whole.places for word in claim.words if _COUNTS.get(word) == "")


def _names_hold(claim: _Text, whole: _Text) -> bool:
    """Whether each name stands in the article, and its parts near one another.

    Two people of one article share no name because a model mixed them up.
    """
    found = {at: _places(claim.words[at], whole) for at in claim.capitals}
    if not all(found.values()):
        return False
    return all(
        any(abs(one - other) <= _NEAR for one in found[first] for other in found[second])
        for first, second in pairwise(claim.capitals)
        if second == first + 1
    )


def _places(word: str, whole: _Text) -> Sequence[int]:
    """Return where a word stands, be it in the plural or not."""
    forms = (word, f"{word}s", word.removesuffix("s"))
    return [place for form in dict.fromkeys(forms) for place in whole.places.get(form, ())]


def _windows(sentences: Sequence[_Text]) -> Sequence[tuple[_Text, ...]]:
    """Return the title, each sentence, and each two that follow one another.

    Each sentence follows the title, too.
    """
    titled = ((sentences[0], one) for one in sentences[2:])
    return [*((one,) for one in sentences), *pairwise(sentences), *titled]


def _said_in(claim: _Text, window: Sequence[_Text]) -> bool:
    """Whether one or two sentences say it: words, numbers with what they count, denial, doubt."""
    stems = frozenset().union(*(one.stems for one in window))
    return (
        len(claim.stems - stems) <= len(claim.stems) // _FOREIGN
        and all(
            any(_counts_same(key, said, one) for one in window)
            for key, said in claim.numbers.items()
        )
        and all(any(sign in one.signs for one in window) for sign in claim.signs)
        and any(one.denies for one in window) == claim.denies
        and (claim.doubts or not any(one.doubts for one in window))
    )


def _counts_same(key: str, said: Sequence[_Number], text: _Text) -> bool:
    """Whether a text has a number, and counts the same with it each time that it is said."""
    there = text.numbers.get(key, ())
    if key.endswith("%") or _YEAR.fullmatch(key):
        return bool(there)
    return all(any(one.agrees(other) for other in there) for one in said)
