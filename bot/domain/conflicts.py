"""Where two outlets give different figures for one thing.

Owns what counts as a contradiction between numbers. It is shown as "reports differ" and never as
an error of anyone: the outlets may have written at different hours. The rule is strict, so most
contradictions are missed; what it shows was right in about three of four cases that were read.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from bot.domain.articles import ArticleId
from bot.domain.numbers import is_year, key_of, scale_of, value_of
from bot.domain.pieces import Piece, Reading, fold
from bot.domain.stopwords import STOP_WORDS

MOST = 3  # conflicts shown of one story
_READ = 8  # sentences of an article that are looked at
_FIGURE = re.compile(
    r"(?P<coin>US\$|R\$|[$€£¥])?\s?(?P<token>\d+(?:[.,]\d+)*|[^\W\d_]+)"
    r"(?P<scale>\s?(?:thousand|million(?:s|es|en)?|millón|mil|billions?|milliards?|milliarden|bn|"
    r"miliardi|milioni|bilhões|milhões|trillion|tn|[mk])\b)?"
    r"(?P<after>(?:[\s]+(?:de\s+)?[^\W\d_][\w’'-]*){1,3})?",
    re.IGNORECASE,
)
_CANDIDATE = re.compile(r"(?<![\w.,:/#-])(?=\d|[^\W\d_]{3,9}\b|US\$|R\$|[$€£¥])")


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
    piece: Piece


def find_conflicts(readings: Sequence[Reading]) -> tuple[Conflict, ...]:
    """Return the contradictions between outlets, those of most articles first, at most `MOST`."""
    figures = [list(_figures(reading)) for reading in readings]
    values = [{one.value for one in each} for each in figures]
    found: dict[str, dict[float, _Figure]] = {}
    for left, right in combinations(range(len(readings)), 2):
        if readings[left].site == readings[right].site:
            continue  # an outlet that updates its own figure does not contradict itself
        for one in figures[left]:
            for other in figures[right]:
                if one.value in values[right] or other.value in values[left]:
                    continue
                if _contradict(one, other):
                    group = found.setdefault(one.coin or _common_noun(one, other), {})
                    group.setdefault(one.value, one)
                    group.setdefault(other.value, other)
    conflicts = [_conflict(group, readings) for group in found.values()]
    return tuple(sorted(conflicts, key=lambda one: -len(one.claims))[:MOST])


def _conflict(group: dict[float, _Figure], readings: Sequence[Reading]) -> Conflict:
    """Put figures of one thing in order of size."""
    ordered = [group[value] for value in sorted(group)][:4]
    what = ordered[0].coin or ordered[0].noun
    return Conflict(
        what=what, claims=tuple((one.text, readings[one.piece.article].id) for one in ordered)
    )


def _figures(reading: Reading) -> Iterable[_Figure]:
    """Yield the counts and sums of money in an article's first sentences."""
    stop = STOP_WORDS.get(reading.lang, STOP_WORDS["en"])
    for piece in reading.pieces[:_READ]:
        for start in _CANDIDATE.finditer(piece.text):
            figure = _figure(piece, start.end(), stop)
            if figure is not None:
                yield figure


def _figure(piece: Piece, at: int, stop: frozenset[str]) -> _Figure | None:
    """Read the figure that begins at a place of a sentence, if one does."""
    found = _FIGURE.match(piece.text, at)
    value = value_of(fold(found["token"])) if found else None
    if found is None or value is None:
        return None
    coin = found["coin"] or ""
    scale = (found["scale"] or "").strip()
    if not coin and not scale and is_year(value, found["token"]):
        return None
    end = found.end("scale") if scale else found.end("token")
    if piece.text[end : end + 1] in {"%", "-", ":", "/", "º", "ª", "°"}:
        return None
    words = [word for word in re.split(r"\W+", found["after"] or "") if word]
    folded = [fold(word) for word in words]
    if folded and (folded[0] in _NOT_COUNTS or folded[:2] == ["de", "cada"]):
        return None
    content = [
        (word, raw)
        for word, raw in zip(folded, words, strict=True)
        if word not in stop and word not in _HEDGES
    ]
    if not coin and (not content or content[0][0] in _NOT_COUNTS):
        return None
    around = re.findall(r"[^\W\d_]{3,}", fold(piece.text[max(0, at - 40) : end + 60]))
    value *= scale_of(fold(scale)) if scale else 1.0
    shown_end = end if coin else piece.text.find(content[0][1], end) + len(content[0][1])
    return _Figure(
        value=value,
        text=piece.text[at:shown_end].strip(),
        coin=coin,
        nouns=tuple(word[:6] for word, _ in content[:2]),
        noun=content[0][1] if content else "",
        near=frozenset(word[:6] for word in around if word not in stop and word not in _HEDGES),
        piece=piece,
    )


def _common_noun(one: _Figure, other: _Figure) -> str:
    """Return the first thing that both count, "" if there is none."""
    return next((noun for noun in one.nouns if noun in other.nouns), "")


def _contradict(one: _Figure, other: _Figure) -> bool:
    """Whether two figures, of two outlets, are for one thing and differ."""
    noun = _common_noun(one, other)
    if one.coin != other.coin or not (noun or one.coin):
        return False
    low, high = sorted((one.value, other.value))
    if low <= 0 or high > 2.5 * low or _rounded(low, high):
        return False
    days = [_weekdays(figure.piece) for figure in (one, other)]
    if days[0] and days[1] and not days[0] & days[1]:
        return False
    if not (one.near & other.near) - {noun}:
        return False
    stems, others = set(one.piece.stems), set(other.piece.stems)
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


def _weekdays(piece: Piece) -> frozenset[int]:
    """Return the days of the week that a sentence names."""
    words = re.findall(r"[^\W\d_]+", fold(piece.text))
    return frozenset(_WEEKDAYS[word] for word in words if word in _WEEKDAYS)
