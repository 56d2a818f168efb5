"""Where two outlets give different figures for one thing.

Owns what counts as a contradiction between numbers. It is shown as "reports differ" and never as
an error of anyone: the outlets may have written at different hours. The rule is strict, so most
contradictions are missed; what it shows was right in about three of four cases that were read.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from bot.domain.articles import ArticleId
from bot.domain.numbers import NUMBER, is_year, key_of, scale_of, value_of
from bot.domain.pieces import Piece, Reading
from bot.domain.stopwords import STOP_WORDS
from bot.domain.textforms import fold_marks

MOST = 3  # conflicts shown of one story
_READ = 8  # sentences of an article that are looked at
_COMPARED = 60  # figures of one thing that are compared with one another
_TIED = frozenset("%-:/ºª°")  # what follows a number that is a share, a part of a word, a time
_COIN = re.compile(r"(?:US\$|R\$|[$€£¥])\s?\Z")
_SCALE = re.compile(
    r"\s?(?:thousand|million(?:s|es|en)?|millón|mil|billions?|milliards?|milliarden|bn|miliardi|"
    r"milioni|bilhões|milhões|trillion|tn|[mk])\b",
    re.IGNORECASE,
)
_AFTER = re.compile(r"(?:\s+(?:de\s+)?[^\W\d_][\w’'-]*){1,3}")


def _words(text: str) -> frozenset[str]:
    """Return the words of a list that is written as one text."""
    return frozenset(text.split())


# What follows a figure that counts nothing: shares, spans of time, dates, ordinals.
_NOT_COUNTS = _words(
    "percent per cent pct percentage points point year years month months week weeks day days "
    "hour hours minute minutes second seconds ano anos mes meses semana semanas dia dias hora "
    "horas minuto minutos segundo segundos porcien por ciento cento puntos annee annees an ans "
    "mois jour jours heure heures prozent jahr jahre jahren monat monate monaten woche wochen "
    "tag tage tagen stunde stunden anno anni mese mesi giorno giorni ora ore january february "
    "march april may june july august september october november december enero febrero marzo "
    "abril mayo junio julio agosto septiembre octubre noviembre diciembre am pm th st nd rd "
    "degrees grados times"
)
_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "monday lunes segunda lundi montag lunedi",
            "tuesday martes terca mardi dienstag martedi",
            "wednesday miercoles quarta mercredi mittwoch mercoledi",
            "thursday jueves quinta jeudi donnerstag giovedi",
            "friday viernes sexta vendredi freitag venerdi",
            "saturday sabado samedi samstag sabato",
            "sunday domingo dimanche sonntag domenica",
        )
    )
    for name in names.split()
}
# "At least 14" is not among them: a toll that has grown is written that way, and worth showing.
_MORE = re.compile(
    r"\b(?:over|more than|above|más de|mais de|plus de|mehr als|über|più di|oltre)\s+\Z",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\b(?:about|around|some|roughly|nearly|almost|approximately|up to|unos|unas|casi|cerca de|"
    r"alrededor de|quase|près de|environ|rund|etwa|fast|circa|quasi)\s+\Z",
    re.IGNORECASE,
)
_HEDGES = _words("about around almost nearly least more than some over up cerca menos")


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Articles that give different figures for one thing."""

    what: str  # the thing counted, or the currency, as the articles write it
    claims: tuple[tuple[str, ArticleId], ...]  # two or more: as written, and by whom


@dataclass(frozen=True, slots=True, kw_only=True)
class _Figure:
    """One number with what it counts."""

    value: float
    text: str  # as written
    coin: str  # "$", "€" …, "" where it is no sum of money
    nouns: tuple[str, ...]  # stems of the words after it, nearest first
    noun: str  # the nearest of them as written
    near: frozenset[str]  # stems of the words around it
    floor: bool  # "more than" so many
    vague: bool  # "about" so many
    days: frozenset[int]  # weekdays that its sentence names
    piece: Piece


def find_conflicts(readings: Sequence[Reading]) -> tuple[Conflict, ...]:
    """Return the contradictions between outlets, those of most articles first, at most `MOST`."""
    figures = [list(_figures(reading)) for reading in readings]
    values = [{one.value for one in each} for each in figures]
    found: dict[str, dict[float, _Figure]] = {}
    for thing, counted in _by_thing(figures).items():
        for one, other in combinations(counted[:_COMPARED], 2):
            left, right = one.piece.article, other.piece.article
            # An outlet that updates its own figure does not contradict itself, nor do two that
            # both give both figures.
            if (
                readings[left].site != readings[right].site
                and one.value not in values[right]
                and other.value not in values[left]
                and _contradict(one, other, thing)
            ):
                group = found.setdefault(thing, {})
                group.setdefault(one.value, one)
                group.setdefault(other.value, other)
    # Two nouns of one figure ("14 people dead") give one conflict twice: the first is kept.
    conflicts = {
        one.claims: one for one in (_conflict(group, readings) for group in found.values())
    }
    return tuple(sorted(conflicts.values(), key=lambda one: -len(one.claims))[:MOST])


def _by_thing(figures: Iterable[Iterable[_Figure]]) -> dict[str, list[_Figure]]:
    """Return the figures of each thing counted; of a currency, where it is money."""
    things: dict[str, list[_Figure]] = {}
    for each in figures:
        for one in each:
            for thing in [one.coin] if one.coin else one.nouns:
                things.setdefault(thing, []).append(one)
    return things


def _conflict(group: dict[float, _Figure], readings: Sequence[Reading]) -> Conflict:
    """Put figures of one thing in order of size."""
    ordered = [group[value] for value in sorted(group)][:4]
    what = ordered[0].coin or ordered[0].noun
    return Conflict(
        what=what, claims=tuple((one.text, readings[one.piece.article].id) for one in ordered)
    )


def _figures(reading: Reading) -> Iterator[_Figure]:
    """Yield the counts and sums of money in an article's first sentences."""
    stop = STOP_WORDS.get(reading.lang, STOP_WORDS["en"])
    for piece in reading.pieces[:_READ]:
        for found in NUMBER.finditer(piece.text):
            figure = _figure(piece, found, stop)
            if figure is not None:
                yield figure


def _figure(piece: Piece, found: re.Match[str], stop: frozenset[str]) -> _Figure | None:
    """Read a number of a sentence as a count or a sum of money, None if it is neither."""
    text = piece.text
    value = value_of(_fold(found[0]))
    if value is None:
        return None
    coin = _COIN.search(text, max(0, found.start() - 4), found.start())
    scale = _SCALE.match(text, found.end())
    end = scale.end() if scale else found.end()
    if (not coin and not scale and is_year(value, found[0])) or text[end : end + 1] in _TIED:
        return None
    after = _AFTER.match(text, end)
    raws = re.findall(r"\w+", after[0]) if after else []
    content = [raw for raw in raws if _fold(raw) not in stop and _fold(raw) not in _HEDGES]
    if (raws and _fold(raws[0]) in _NOT_COUNTS) or (not coin and not content):
        return None
    if not coin and (_fold(content[0]) in _NOT_COUNTS or _fold(content[0]) in _WEEKDAYS):
        return None
    begin = coin.start() if coin else found.start()
    around = re.findall(r"[^\W\d_]{3,}", _fold(text[max(0, begin - 40) : end + 60]))
    shown_end = end if coin else text.find(content[0], end) + len(content[0])
    return _Figure(
        value=value * (scale_of(_fold(scale[0].strip())) if scale else 1.0),
        text=text[begin:shown_end].strip(),
        coin=coin[0].strip() if coin else "",
        nouns=tuple(dict.fromkeys(_fold(raw)[:6] for raw in content[:2])),
        noun=content[0] if content else "",
        near=frozenset(word[:6] for word in around if word not in stop and word not in _HEDGES),
        floor=bool(_MORE.search(text, max(0, begin - 16), begin)),
        vague=bool(_ABOUT.search(text, max(0, begin - 16), begin)),
        days=_weekdays(text),
        piece=piece,
    )


def _contradict(one: _Figure, other: _Figure, thing: str) -> bool:
    """Whether two figures, of two outlets, for like things, are for one thing and differ."""
    if one.value > other.value:
        return _contradict(other, one, thing)
    low, high = one.value, other.value
    if low <= 0 or high > 2.5 * low or one.coin != other.coin or _rounded(low, high):
        return False
    if one.floor or ((one.vague or other.vague) and high <= 1.15 * low):
        return False
    if one.days and other.days and not one.days & other.days:
        return False
    if not (one.near & other.near) - {thing}:
        return False
    stems, others = one.piece.stems.keys(), other.piece.stems.keys()
    fewer = min(len(stems), len(others))
    return len(stems & others) >= (0.45 if one.coin else 0.30) * fewer


def _rounded(low: float, high: float) -> bool:
    """Whether one figure is the other, rounded: within 7 %, and ending in noughts."""
    if high == low or high > 1.07 * low:
        return high == low
    fewest = min(_significant(low), _significant(high))
    return fewest <= 2 < max(_significant(low), _significant(high)) or fewest == 1


def _significant(value: float) -> int:
    """Return the number of digits that say something: 1,400 has two."""
    return len(key_of(value)[1:].split("e")[0].replace(".", "").strip("0")) or 1


def _fold(text: str) -> str:
    """Return a text in lower case and without accents."""
    return fold_marks(text.lower())


def _weekdays(text: str) -> frozenset[int]:
    """Return the days of the week that a sentence names."""
    words = re.findall(r"[^\W\d_]+", _fold(text))
    return frozenset(_WEEKDAYS[word] for word in words if word in _WEEKDAYS)
