"""What an article says, as weighed terms: the form in which filing compares articles.

Owns tokens, languages' function words, number forms, term frequency and names. How rare a term
is, and so how much it weighs, is passed in; which story an article joins is `bot.domain.filing`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from math import exp, log2, sqrt

from bot.domain.articles import Article
from bot.domain.lexicon import ENGLISH, LONGEST_HAN, LONGEST_PHRASE, Background, Lexicon
from bot.domain.textforms import fold_marks, plural_stem

TITLE_CHARACTERS = 400  # of a title that are read; a longer one is cut
LEAD_CHARACTERS = 4_000  # of summary and body together that are read
TITLE_TERMS = 60
LEAD_TERMS = 120
TERMS = 60  # kept in a vector

NO_SPACES = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\u0e00-\u0e7f"  # kana, Han, Thai
_TOKEN = re.compile(rf"([{NO_SPACES}]+)|[^\W_{NO_SPACES}]+(?:[.,]\d+)*")
_RUNS = re.compile(rf"[{NO_SPACES}]")
_BREAK = re.compile(r"[.!?:;|\"“”‘'–—\n-]")
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s+|(?<=[。！？])|\n")
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
_SCALES = {"千": 10**3, "万": 10**4, "亿": 10**8}
_SCALE_WORDS = ((10**9, "billion"), (10**6, "million"))
_LANGUAGE_SAMPLE = 600  # characters whose function words tell the language


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How often each term of an article occurs, title and lead weighed together."""

    counts: dict[str, float]  # term to weighed count, in order of first occurrence
    names: frozenset[str]  # the terms that are names
    numbers: frozenset[str]  # the terms that are numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """An article's heaviest terms; squares of the weights add up to 1, unless it has none."""

    weights: dict[str, float]  # heaviest first, ties by the alphabet
    names: frozenset[str]  # those of its terms that are names


@dataclass(frozen=True, slots=True)
class _Word:
    term: str
    capital: bool  # begins with a capital where no sentence begins
    number: bool


def count_terms(
    article: Article, lexicon: Lexicon, background: Background, lead_weight: float
) -> Counted:
    """Count an article's terms: each of the title as 1, of the lead as less the later it comes."""
    title, lead = title_and_lead(article)
    language = guess_language(f"{title} {lead[:_LANGUAGE_SAMPLE]}", lexicon, article.lang)
    counts: dict[str, float] = {}
    capitals: set[str] = set()
    numbers: set[str] = set()
    words = list(_words(title, language, lexicon, TITLE_TERMS))
    sentence_case = _is_sentence_case(title)
    for word in words:
        counts[word.term] = counts.get(word.term, 0.0) + 1.0
        if word.capital and sentence_case:
            capitals.add(word.term)
        if word.number:
            numbers.add(word.term)
    for place, word in enumerate(_words(lead, language, lexicon, LEAD_TERMS)):
        counts[word.term] = counts.get(word.term, 0.0) + lead_weight * exp(-place / 60)
        if word.capital:
            capitals.add(word.term)
        if word.number:
            numbers.add(word.term)
    names = frozenset(
        term
        for term in counts
        if term in background.names or (term in capitals and term not in background.shares)
    )
    return Counted(counts=counts, names=names, numbers=frozenset(numbers))


def weigh(counted: Counted, rarity: Callable[[str], float], number_weight: float) -> Vector:
    """Turn counts into a vector.

    Args:
        counted: The article's terms.
        rarity: How much an occurrence of a term tells, > 0 (inverse document frequency).
        number_weight: How much more a number weighs than a word that is as rare.
    """
    raw = []
    for term, count in counted.counts.items():
        weight = log2(1 + count) * rarity(term)
        raw.append((weight * number_weight if term in counted.numbers else weight, term))
    raw.sort(key=lambda pair: (-pair[0], pair[1]))
    del raw[TERMS:]
    length = sqrt(sum(weight * weight for weight, _ in raw)) or 1.0
    weights = {term: weight / length for weight, term in raw}
    return Vector(weights=weights, names=counted.names.intersection(weights))


def guess_language(text: str, lexicon: Lexicon, said: str) -> str:
    """Return the language whose function words a text has most of; English where none has two.

    Args:
        text: A title and the beginning of the lead.
        lexicon: Its function words.
        said: What the feed or a detector says: breaks a tie, and counts as one word more.
    """
    words = fold_marks(text).lower().split()
    best, most = ENGLISH, 0
    for language, function in lexicon.function.items():
        found = sum(word in function for word in words) + (language == said)
        if found > most or (found == most and ENGLISH in (language, said)):
            best, most = language, found
    return best if most > 1 else ENGLISH


def title_and_lead(article: Article) -> tuple[str, str]:
    """Return what is read of an article: at most 400 and 4,000 characters.

    The first sentence is the title where there is none.
    """
    title = article.title[:TITLE_CHARACTERS].strip()
    lead = article.summary[:LEAD_CHARACTERS].strip()
    body = article.body[:LEAD_CHARACTERS].strip()
    # In the usual feed the summary is the body's beginning, and would be read twice.
    lead = body if body.startswith(lead[:80]) else f"{lead}\n{body}"[:LEAD_CHARACTERS]
    if not title and lead:
        title = next((part for part in _SENTENCE.split(lead) if part.strip()), "")
        lead = lead[len(title) :]
        title = title[:TITLE_CHARACTERS]
    return title, lead


def _is_sentence_case(title: str) -> bool:
    """Tell whether a capital in this title means a name: fewer than 6 in 10 words have one."""
    words = [word for word in title.split()[1:] if len(word) > 3 and word[0].isalpha()]
    capitals = sum(word[0].isupper() for word in words)
    return capitals * 10 < len(words) * 6 or not words


def _words(text: str, language: str, lexicon: Lexicon, most: int) -> Iterator[_Word]:
    """Yield the terms of a text that say something, in English where the lexicon knows it."""
    return islice(_all_words(text, language, lexicon), most)


def _all_words(text: str, language: str, lexicon: Lexicon) -> Iterator[_Word]:
    text = fold_marks(text)
    if _RUNS.search(text):
        text = text.translate(lexicon.simplified)
    tokens = [(match, match.group()) for match in _TOKEN.finditer(text)]
    end = 0
    index = 0
    while index < len(tokens):
        match, token = tokens[index]
        broken = index == 0 or _BREAK.search(text, end, match.start()) is not None
        before = tokens[index - 1][1] if index and end == match.start() else ""
        index += 1
        end = match.end()
        if match.group(1):
            yield from _run_words(token, before, lexicon)
            continue
        lower = token.lower()
        if token[0].isdecimal():
            yield from _number(token, lexicon)
            continue
        capital = token[0].isupper() and not broken
        if language != ENGLISH:
            means, used = _phrase(tokens, index - 1, language, lexicon)
            if means is not None:
                for term in means:
                    yield _Word(term, capital, term.isdigit())
                index += used - 1
                end = tokens[index - 1][0].end()
                continue
        if len(lower) < 2 or lower in lexicon.stop:
            continue
        term = plural_stem(lower)
        for head in lexicon.gloss(ENGLISH, lower) or lexicon.gloss(ENGLISH, term) or (term,):
            yield _Word(head, capital, head.isdigit())


def _phrase(
    tokens: list[tuple[re.Match[str], str]], at: int, language: str, lexicon: Lexicon
) -> tuple[tuple[str, ...] | None, int]:
    """Find the longest phrase at a place that the lexicon knows: its meaning, and its words."""
    for length in range(min(LONGEST_PHRASE, len(tokens) - at), 0, -1):
        key = " ".join(token.lower() for _, token in tokens[at : at + length])
        if length == 1 and key in lexicon.stop:
            return None, 0
        means = lexicon.gloss(language, key)
        if means is not None:
            return means, length
    return None, 0


def _number(token: str, lexicon: Lexicon) -> Iterator[_Word]:
    """Yield a number without the marks of thousands, with "bn" and the like apart."""
    end = next((at for at, char in enumerate(token) if not _is_digit(char)), len(token))
    number = token[:end]
    if _THOUSANDS.fullmatch(number):
        number = number.replace(",", "").replace(".", "")
    yield _Word(number, capital=False, number=True)
    rest = token[end:].lower()
    if len(rest) > 1:
        for term in lexicon.gloss(ENGLISH, rest) or ():
            yield _Word(term, capital=False, number=False)


def _is_digit(char: str) -> bool:
    return char.isdecimal() or char in ".,"


def _run_words(run: str, before: str, lexicon: Lexicon) -> Iterator[_Word]:
    """Cut a run without spaces into known words, longest first, and pairs of what is left."""
    table = lexicon.glosses.get("zh", {})
    at = 0
    if before and before[0].isdecimal() and run[0] in _SCALES:
        at = 1
        yield from _scaled(before, _SCALES[run[0]])
    left = at
    while at < len(run):
        for length in range(min(LONGEST_HAN, len(run) - at), 0, -1):
            means = table.get(run[at : at + length])
            if means is not None:
                break
        else:
            at += 1
            continue
        yield from _pairs(run[left:at], lexicon)
        for term in means:
            yield _Word(term, capital=False, number=term.isdigit())
        at += length
        left = at
    yield from _pairs(run[left:], lexicon)


def _pairs(run: str, lexicon: Lexicon) -> Iterator[_Word]:
    for first, second in pairwise(run):
        pair = first + second
        if pair not in lexicon.stop and first not in lexicon.stop and second not in lexicon.stop:
            yield _Word(pair, capital=False, number=False)


def _scaled(number: str, scale: int) -> Iterator[_Word]:
    """Yield what English says for a number and a scale of its own: 3300万 is 33 million."""
    digits = number.replace(",", "")
    if digits.replace(".", "", 1).isdigit() and len(digits) < 12:
        value = round(float(digits) * scale)
        for size, word in _SCALE_WORDS:
            if value >= size:
                yield _Word(f"{value / size:g}", capital=False, number=True)
                yield _Word(word, capital=False, number=False)
                return
        yield _Word(str(value), capital=False, number=True)
