"""Dates in every shape that feeds write them in, to UTC; a date that is not there is not invented.

Runs in the child process. A date is only for order and display: what cannot be read, or can be
read two ways, is None.
"""

import re
from datetime import UTC, datetime, timedelta

_RFC822 = re.compile(  # as nearly all of RSS has it; what it takes, `_worded` reads alike
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?(\d{1,2})"
    r" (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\d{4})"
    r" (\d\d):(\d\d):(\d\d) (GMT|UTC|[+-]\d{4})",
    re.ASCII,
)
_ISO = re.compile(
    r"(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?"
    r"(?:[T\s_,]*(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,:]\d+)?)?\s*([ap]\.?m\.?)?\s*(\S.*)?)?",
    re.IGNORECASE,
)
_COMPACT = re.compile(
    r"(\d{4})(\d{2})(\d{2})(?:[T\s]?(\d{2})(\d{2})(\d{2})?\s*(Z|[+-]\S+)?)?", re.I
)
_SLASHED = re.compile(
    r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})"
    r"(?:[\s,T-]+(\d{1,2})[:.h](\d{2})(?::(\d{2}))?\s*([ap]\.?m\.?)?\s*(\S.*)?)?",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"(\d{1,2})[:h](\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([ap]\.?m\b\.?)?", re.I)
_OFFSET = re.compile(r"(?:(?:GMT|UTC)\s*)?([+-])\s?(\d{1,2}):?(\d{2})?(?!\d)", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d+")
_MONTHS = (
    "jan january janv janvier januar enero ene janeiro gennaio gen januari jän jänner",
    "feb february févr fevr février fevrier februar febrero fevereiro fev febbraio februari",
    "mar march mars märz marzo março marco maart mrt mär maerz",
    "apr april avr avril abril abr aprile",
    "may mai mayo maio maggio mag mei maj",
    "jun june juin juni junio junho giugno giu",
    "jul july juil juillet juli julio julho luglio lug",
    "aug august août aout agosto ago augustus augusti",
    "sep sept september septembre septiembre setiembre setembro set settembre",
    "oct october octobre oktober okt octubre outubro out ottobre ott oktober",
    "nov november novembre noviembre novembro",
    "dec december déc décembre decembre dezember dez diciembre dic dezembro dicembre",
)
_MONTH = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
# Hours east of UTC. Abbreviations that several zones share mean what news feeds mean by them.
_ZONES = {
    "z": 0.0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 1, "bst": 1, "ist": 5.5, "cet": 1,
    "cest": 2, "met": 1, "mez": 1, "mesz": 2, "mest": 2, "eet": 2, "eest": 3, "msk": 3, "sast": 2,
    "cat": 2, "eat": 3, "wat": 1, "pkt": 5, "npt": 5.75, "wib": 7, "wita": 8, "wit": 9, "ict": 7,
    "sgt": 8, "hkt": 8, "pht": 8, "pst8pdt": -8, "jst": 9, "kst": 9, "acst": 9.5, "aest": 10,
    "aedt": 11, "awst": 8, "nzst": 12, "nzdt": 13, "ast": -4, "adt": -3, "nst": -3.5, "brt": -3,
    "art": -3, "clt": -4, "clst": -3, "cot": -5, "pet": -5, "est": -5, "edt": -4, "et": -5,
    "cst": -6, "cdt": -5, "ct": -6, "mst": -7, "mdt": -6, "mt": -7, "pst": -8, "pdt": -7, "pt": -8,
    "akst": -9, "akdt": -8, "hst": -10,
}  # fmt: skip
_FIRST_YEAR, _LAST_YEAR = 1971, 2199


def parse_date(text: str, lang: str = "") -> datetime | None:
    """Return the time that `text` names, in UTC, or None.

    Args:
        text: As the document has it.
        lang: The document's language; tells `3/4/2025` apart: March in English, April elsewhere.
    """
    text = " ".join(text[:200].split())
    if not text:
        return None
    try:
        return _usual(text) or _epoch(text) or _numeric(text, lang) or _worded(text)
    except (ValueError, OverflowError):
        return None


def _usual(text: str) -> datetime | None:
    match = _RFC822.fullmatch(text)
    if match is None:
        return None
    day, month, year, hour, minute, second, zone = match.groups()
    if not 1 <= int(day) <= 31:
        return None
    clock = (hour, minute, second, None)
    return _built((int(year), _MONTH[month.lower()], int(day)), clock, zone)


def _epoch(text: str) -> datetime | None:
    if not re.fullmatch(r"\d{10}(?:\d{3})?(?:\.\d+)?", text):
        return None
    seconds = float(text)
    return datetime.fromtimestamp(seconds / (1000 if seconds > 1e11 else 1), UTC)


def _numeric(text: str, lang: str) -> datetime | None:
    match = _ISO.match(text) or _COMPACT.fullmatch(text)
    if match:
        groups = list(match.groups())
        if len(groups) == 7:
            groups.insert(6, None)
        year, month, day, hour, minute, second, half, zone = groups
        return _built(
            (int(year), int(month), int(day or 1)), (hour, minute, second, half), zone or ""
        )
    match = _SLASHED.match(text)
    if not match:
        return None
    first, mark, second_, year, hour, minute, second, half, zone = match.groups()
    a, b = int(first), int(second_)
    if a > 12 or (b <= 12 and (mark != "/" or lang not in ("", "en"))):
        day_, month_ = a, b
    elif b > 12 or lang == "en":
        day_, month_ = b, a
    elif a == b:
        day_ = month_ = a
    else:
        return None
    return _built((_year(year), month_, day_), (hour, minute, second, half), zone or "")


def _worded(text: str) -> datetime | None:
    """Read a date with a month's name, in whatever order: RFC 822, asctime, `5 de mayo de 2025`."""
    words = [word.lower() for word in _WORD.findall(text)]
    words.reverse()  # the last month counts: "mar., 5 août" begins with a Tuesday
    month = next((_MONTH[word] for word in words if word in _MONTH), None) or next(
        (_MONTH[word[:3]] for word in words if word[:3] in _MONTH and len(word) > 3), None
    )
    if month is None:
        return None
    clock = _CLOCK.search(text)
    rest = text
    zone = ""
    if clock:
        zone = text[clock.end() :]
        rest = text[: clock.start()]
        year_after = re.match(r"\s*(?:[A-Z]{1,5}\s+|[+-]\d{4}\s+)?(\d{4})$", zone)
        if year_after:  # asctime: Thu Jan  1 12:00:00 [UTC] 2026
            rest += " " + year_after.group(1)
            zone = zone[: year_after.start(1)]
        elif not _NUMBER.search(rest):  # the time comes first: 14:05, 3 May 2025
            rest, zone = zone, ""
    numbers = _NUMBER.findall(rest)
    if len(numbers) < 2:
        return None
    place = next((i for i, number in enumerate(numbers) if len(number) == 4), None)
    year = numbers.pop(place) if place is not None else numbers.pop(1)
    day = next((int(number) for number in numbers if 1 <= int(number) <= 31), None)
    if day is None:
        return None
    parts = clock.groups() if clock else (None, None, None, None)
    return _built((_year(year), month, day), parts, zone)


def _year(text: str) -> int:
    year = int(text)
    if len(text) > 2:
        return year
    return year + (1900 if year >= 71 else 2000)


def _built(date: tuple[int, int, int], clock: tuple[str | None, ...], zone: str) -> datetime | None:
    year, month, day = date
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    hour, minute, second = (int(part or 0) for part in clock[:3])
    half = (clock[3] or "").lower()
    if half:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    whole_day = hour == 24
    when = datetime(year, month, day, 0 if whole_day else hour, minute, min(second, 59), tzinfo=UTC)
    return when + timedelta(days=int(whole_day)) - _east(zone.strip())


def _east(zone: str) -> timedelta:
    """Return how far east of UTC a zone is; an unknown name is taken as UTC."""
    offset = _OFFSET.match(zone)
    if offset:
        sign, hours, minutes = offset.groups()
        east = timedelta(hours=int(hours), minutes=int(minutes or 0))
        return (east if sign == "+" else -east) if east <= timedelta(hours=18) else timedelta(0)
    name = re.match(r"\(?(?:Etc/)?([A-Za-z]{1,8})", zone)
    return timedelta(hours=_ZONES.get(name.group(1).lower(), 0) if name else 0)
