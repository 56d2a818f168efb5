"""Text: one normal form, words with their places, stems, language, and cutting.

Owns how two spellings are found to be the same; queries, stories and summaries all ask here.
Sentences are `bot.domain.sentences`'s; which words matter is decided by those who ask.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

import snowballstemmer

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

# The languages whose inflections are known. Source: https://snowballstem.org/algorithms/
STEMMERS = {
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fr": "french",
    "it": "italian",
    "pt": "portuguese",
}
MAX_STEMMED = 40  # characters; what is longer is no word of these languages, and costs time

# Latin letters that NFKD leaves whole; after case folding, so lower case only.
_LETTERS = str.maketrans(
    {
        "ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ħ": "h",
        "ı": "i", "ŧ": "t", "ß": "ss", "ŋ": "n", "ĸ": "k",
        "\u00ad": "", "\u200b": "", "\u200c": "", "\u200d": "", "\u2060": "", "\ufeff": "",
    }
)  # fmt: skip
# Marks that belong to the letter before them, and signs inside a word that print nothing.
_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a"
    "\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u0900-\u0903\u093a-\u094f"
    "\u0951-\u0957\u0962\u0963\u0981-\u0983\u09bc-\u09cd\u0a01-\u0a03\u0a3c-\u0a4d\u0a81-\u0a83"
    "\u0abc-\u0acd\u0b01-\u0b03\u0b3c-\u0b4d\u0b82\u0bbe-\u0bcd\u0c00-\u0c04\u0c3e-\u0c56"
    "\u0c81-\u0c83\u0cbc-\u0cd6\u0d00-\u0d03\u0d3b-\u0d4d\u0d81-\u0d83\u0dca-\u0ddf\u0e31"
    "\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u17b4-\u17d3"
    "\u3099\u309a\u00ad\u200b-\u200d\u2060\ufe0f\ufeff"
)
# Scripts written without spaces (and Korean, whose particles are glued on), and pictographs:
# each sign is a word of its own there, so that a query's text is found wherever it stands.
_ALONE = (
    "\u0e01-\u0e30\u0e32\u0e33\u0e40-\u0e46\u0e81-\u0eb0\u0eb2\u0eb3\u0ebd-\u0ec6\u1000-\u102a"
    "\u1780-\u17b3\u3005-\u3007\u3041-\u3096\u309d-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\uff66-\uff9f\u2600-\u27bf\U0001f000-\U0001faff"
    "\U00020000-\U0003ffff"
)
_WORD = re.compile(rf"[{_ALONE}][{_MARKS}]*|[^\W_{_ALONE}](?:[^\W_{_ALONE}]|[{_MARKS}])*")

# Plain text: ASCII, and signs that stand between words as any of its own. In it a word is a run of
# letters and digits, whoever asks.
_SIGNS = "\u00a0«»–—‘’“”„•…\u2009\u202f€"
_NOT_PLAIN = re.compile(rf"[^\x00-\x7f{_SIGNS}]")
_TO_WORDS = {
    **{code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)},
    **dict.fromkeys(map(ord, _SIGNS), " "),
}


class Word(NamedTuple):
    """A word of a text: its normal form, and where it stands in the text as it was given."""

    text: str  # folded
    start: int  # characters from 0
    end: int


def fold(text: str) -> str:
    """Return the one normal form in which spellings are compared.

    Case is folded; compatibility forms (full-width, ligatures) are resolved; accents are dropped
    from Latin letters only, since in other scripts they make another letter (й is not и).
    Folding twice changes nothing.
    """
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    kept: list[str] = []
    latin = False
    for char in decomposed.translate(_LETTERS):
        if unicodedata.combining(char):
            if latin:
                continue
        else:
            latin = char < "\u0250" or "\u1d00" <= char < "\u1dc0"
        kept.append(char)
    folded = unicodedata.normalize("NFC", "".join(kept))
    return folded if folded == text else fold(folded)


def words(text: str) -> tuple[Word, ...]:
    """Return the words of `text` in order.

    A word is a run of letters and digits with their marks; an apostrophe, a hyphen or a full stop
    ends it, so `Bukele's` is two words and `U.S.` is two. In scripts without spaces, in Korean,
    and among pictographs each sign is a word.
    """
    found = ((match.group(), match.start(), match.end()) for match in _WORD.finditer(text))
    return tuple(Word(_folded(word), start, end) for word, start, end in found)


def folded_words(text: str) -> list[str]:
    """Return the normal forms of `words`, without their places: much quicker for most texts."""
    simple = simple_words(text)
    return [_folded(word) for word in _WORD.findall(text)] if simple is None else simple


def simple_words(text: str) -> list[str] | None:
    """Return the words of a text in lower case, where it has no letters but ASCII's; else None."""
    if text.isascii() or not _NOT_PLAIN.search(text):
        return text.translate(_TO_WORDS).split()
    return None


@lru_cache(maxsize=1 << 16)  # a memo of a pure function: most words of a text were met before
def _folded(word: str) -> str:
    return fold(word)


@lru_cache(maxsize=1 << 16)  # as above; the stemmers are plain Python, some 20 µs a word
def stem(word: str, lang: str) -> str:
    """Return the Snowball stem of `word`, folded.

    Args:
        word: One word, folded or as written.
        lang: Its language, one of `STEMMERS`; in any other the word is its own stem.

    Source: https://snowballstem.org/algorithms/
    """
    if lang not in STEMMERS or len(word) > MAX_STEMMED:
        return fold(word)
    # A stemmer holds the word it works on, so each call has its own: threads may call this.
    stemmer = snowballstemmer.stemmer(STEMMERS[lang])
    return fold(stemmer.stemWord(unicodedata.normalize("NFC", word).casefold()))


class LanguageDetector:
    """Tells in which language a text is written; loads its model (10 MB) on first use.

    The composition root builds one and hands it on: it is costly, and the text of this module
    stays free of state. Safe to use from several threads.
    """

    # Languages in which news is plentiful; more would only add mistakes on short headlines.
    LANGUAGES = (
        "ar", "bg", "ca", "cs", "da", "de", "el", "en", "es", "fa", "fi", "fr", "he", "hi", "hr",
        "hu", "id", "it", "ja", "ko", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sv", "th", "tr",
        "uk", "vi", "zh",
    )  # fmt: skip
    MIN_LETTERS = 12  # below, a headline is a name and could be in any language
    MIN_CONFIDENCE = 0.5  # of 1; below, no language is named
    LOOKED_AT = 2000  # characters; more text changes nothing but the time

    def __init__(self) -> None:
        """Do nothing yet: a process that never asks never pays."""
        self._model: LanguageIdentifier | None = None

    def detect(self, text: str) -> str:
        """Return the language of `text` as two letters, or "" if it is too short or unsure."""
        text = text[: self.LOOKED_AT]
        letters = sum(map(str.isalpha, text))
        if letters < self.MIN_LETTERS and text.isascii():
            return ""
        if letters == 0:
            return ""
        if self._model is None:
            self._model = self._loaded()
        lang, confidence = self._model.classify(text)
        return str(lang) if confidence >= self.MIN_CONFIDENCE else ""

    def _loaded(self) -> "LanguageIdentifier":
        from py3langid.langid import MODEL_FILE, LanguageIdentifier  # numpy: 0.1 s, 30 MB

        model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        model.set_languages([*self.LANGUAGES])
        return model


def utf16_length(text: str) -> int:
    """Return the length of `text` in UTF-16 code units, the way Discord and browsers count."""
    if text.isascii():
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _units_in(text: str, units: int) -> int:
    """Return how many characters of a longer text fit into so many UTF-16 code units."""
    if text.isascii():
        return units
    lengths = accumulate(2 if char > "\uffff" else 1 for char in text)
    return next(at for at, length in enumerate(lengths) if length > units)


def shorten(text: str, limit: int) -> str:
    """Return `text`, cut on a word boundary with "…" if it is longer than `limit`.

    Args:
        text: Any text.
        limit: UTF-16 code units, never exceeded, the "…" included; from 0. That is how Discord
            counts; a platform that counts characters is never given more by it.

    Returns:
        The text itself where it fits. A single word longer than the limit is cut inside.
    """
    if utf16_length(text) <= limit:
        return text
    if limit < 1:
        return ""
    end = _units_in(text, limit - 1)  # room for the "…"
    while end and (unicodedata.combining(text[end]) or text[end] in "\u200d\ufe0f"):
        end -= 1  # do not take the accent off a letter
    head = text[:end]
    if not text[end].isspace() and (space := re.search(r"\s\S*$", head)) and space.start() > 0:
        head = head[: space.start()]
    return head.rstrip().rstrip(",;:–—-([{“\"'").rstrip() + "…"
