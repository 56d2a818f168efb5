"""Inflections: which forms are forms of one word.

A Snowball stem alone takes off too much for that: in Spanish it gives `deportación` (deportation)
and `deportes` (sports) one stem, in English `prison` and `prisoner`. So the key of a form is its
stem **and** the ending that made it out of another word (-ción, -er, -ung): equal keys, one word.
Owns these endings and nothing else; stems are `bot.domain.text`'s.
"""

import re
from functools import lru_cache

from bot.domain.text import STEMMERS, stem

LANGUAGES = tuple(STEMMERS)

# Endings that make another word, on folded words; between bars one kind, in all its forms.
_ENDINGS = {
    "de": "ung(?:en)? [hk]eit(?:en)? schaft(?:en)? ist(?:in|en|innen)? ism(?:us|en) "
    "bar(?:e[nrsm]?)? lich(?:e[nrsm]?)? isch(?:e[nrsm]?)?",
    "en": "ion ment ly ness it(?:y|ie) ism ist ee er or ive? able? ible? al ful less "
    "ance? ence? ship hood",
    "es": "[cs]ion(?:es)? mente dor(?:a|es|as)? tor(?:a|es|as)? istas? ismos? idad(?:es)? "
    "iv[oa]s? bles? mientos? anzas? [ea]ncias?",
    "fr": "ion ment eur euse trice iste isme i(?:f|ve) [ai]ble [ea]nce",
    "it": "[zs]ion[ei] mente tor[ei] tric[ei] ist[aei] ism[oi] iv[oaie] bil[ei] ment[oi] "
    "[ea]nz[ae]",
    "pt": "[cs]ao mente dor(?:a|es|as)? tor(?:a|es|as)? istas? ismos? idades? iv[oa]s? "
    "ve(?:l|is) mentos? [ea]ncias?",
}
_KINDS = {  # the ending is the shortest match after three letters; its group's number is its kind
    lang: re.compile(rf".{{3,}}?(?:{'|'.join(f'({kind})' for kind in kinds.split())})")
    for lang, kinds in _ENDINGS.items()
}
# What the stemmers do not see on folded words: plurals, and accents that are gone.
_PLURALS = {
    "es": (re.compile(r"(?<=\w\w)ces$"), "z"),  # jueces, juez
    "fr": (re.compile(r"(?<=\w\w)(?:(?<=e)es?|s)$"), ""),  # expulsées, renvois
    "pt": (re.compile(r"(?<=\w\w)oes$"), "ao"),  # deportações, deportação
}
_ENGLISH_ENDS = re.compile(r"(?:(?P<y>ies|ied)|(?<=ee)d|(?<=[^s])s|(?<!e)ed|ing)$")
# Sport in Spanish, and no form of deportar; in every language, since that of a text may be unknown.
_APART = {"deporte": "deporte", "deportes": "deporte"}


@lru_cache(maxsize=1 << 16)  # a memo of a pure function: most words of a text were met before
def inflection(word: str, lang: str) -> str:
    """Return the key that `word` shares with its inflections in `lang`.

    Args:
        word: A folded word.
        lang: One of `LANGUAGES`; in any other a word has no form but its own.
    """
    if lang not in LANGUAGES:
        return f"{lang}:{word}"
    if apart := _APART.get(word):
        return f"{lang}:{apart}:"
    if lang in _PLURALS:
        pattern, singular = _PLURALS[lang]
        word = pattern.sub(singular, word)
    kind = _KINDS[lang].fullmatch(_english_base(word) if lang == "en" else word)
    return f"{lang}:{stem(word, lang)}:{kind.lastindex if kind else ''}"


def _english_base(word: str) -> str:
    """Return `word` without -s, -ed, -ing: `sanctioned` ends in -ion as `sanction` does."""
    match = _ENGLISH_ENDS.search(word, 3)
    if match is None:
        return word
    base = word[: match.start()] + ("y" if match["y"] else "")
    doubled = len(base) > 4 and base[-1] == base[-2] and base[-1] in "bdglmnprt"
    return base[:-1] if doubled and match.group() in ("ed", "ing") else base
