"""Numbers as news writes them: their value, whatever the separators and the language.

Owns what "1,400", "1.400", "$1.4bn" and "fourteen" are worth. Whether two of them contradict each
other is decided in `bot.domain.conflicts`.
"""

import re

_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")

# Small cardinals that are no other word in the languages they are read with ("once" is eleven in
# Spanish and "one time" in English, so it is left out). One and two are left out as well: they
# are articles and pronouns more often than figures.
_WORDS = {
    "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20,
    "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10,
    "doce": 12, "trece": 13, "catorce": 14, "quince": 15, "veinte": 20,
    "quatro": 4, "sete": 7, "oito": 8, "nove": 9, "dez": 10, "doze": 12, "quinze": 15,
    "trois": 3, "quatre": 4, "cinq": 5, "sept": 7, "huit": 8, "neuf": 9, "dix": 10,
    "drei": 3, "vier": 4, "funf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9, "zehn": 10,
    "tre": 3, "quattro": 4, "cinque": 5, "sei": 6, "sette": 7, "otto": 8, "dieci": 10,
}  # fmt: skip
# Where a number may begin; `value_of` says whether it is one. "fünf" as written and folded.
NUMBER = re.compile(
    rf"(?<![\w.,:/#-])(?:\d+(?:[.,]\d+)*|(?:{'|'.join(_WORDS)}|fünf)(?!\w))", re.IGNORECASE
)
_SCALES = {
    "thousand": 1e3, "k": 1e3, "mil": 1e3, "mille": 1e3, "tausend": 1e3, "mila": 1e3,
    "million": 1e6, "millions": 1e6, "millon": 1e6, "millones": 1e6, "milhao": 1e6,
    "milhoes": 1e6, "millionen": 1e6, "mio": 1e6, "milioni": 1e6, "milione": 1e6, "m": 1e6,
    "mn": 1e6, "billion": 1e9, "billions": 1e9, "bn": 1e9, "milliard": 1e9, "milliards": 1e9,
    "milliarde": 1e9, "milliarden": 1e9, "mrd": 1e9, "miliardi": 1e9, "bilhao": 1e9,
    "bilhoes": 1e9, "trillion": 1e12, "tn": 1e12,
}  # fmt: skip


def value_of(token: str) -> float | None:
    """Return what a token is worth, or None if it is no number.

    Args:
        token: Digits with their separators, or a word in lower case without accents.

    Returns:
        Groups of exactly three digits are thousands ("1,400", "1.400"), unless a zero leads;
        otherwise the last separator is the decimal one.
    """
    if not token[:1].isdigit():
        word = _WORDS.get(token)
        return None if word is None else float(word)
    if len(token) > 24 or not token.isascii() or not _DIGITS.fullmatch(token):
        return None
    groups = re.split("[.,]", token)
    if len(groups) == 1:
        return float(token)
    marks = set(re.findall("[.,]", token))
    if groups[0][0] != "0" and len(marks) == 1 and all(len(group) == 3 for group in groups[1:]):
        return float("".join(groups))
    if len(groups) > 2 and len(marks) == 1:
        return None  # 1.2.3: a version, a date, an address
    return float("".join(groups[:-1]) + "." + groups[-1])


def scale_of(word: str) -> float:
    """Return what "million", "mil", "bn" … multiply by; 1 for any other word.

    Args:
        word: In lower case and without accents.
    """
    return _SCALES.get(word, 1.0)


def is_year(value: float, token: str) -> bool:
    """Whether a number reads as a year, 1900 to 2100, written without separators."""
    return token.isdigit() and 1900 <= value <= 2100


def key_of(value: float) -> str:
    """Return one spelling for a value, to compare numbers as words are compared."""
    return f"#{value:.12g}"
