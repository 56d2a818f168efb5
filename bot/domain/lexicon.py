"""The words that filing knows beforehand: other languages' news words, and how common words are.

Owns the two tables and how they are read from lines; the lines themselves are in `config/lexicon`,
written for this project. Does not decide how an article is weighed (`bot.domain.vectors`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from babel import Locale

from bot.domain.textforms import fold_marks, plural_stem, romance_stem

ENGLISH = "en"
LONGEST_PHRASE = 3  # words of a gloss's key, "estados unidos"
LONGEST_HAN = 8  # characters of a gloss's key without spaces
_STEMMED = frozenset({"es", "pt", "fr", "it"})  # gender and plural are endings we can drop
_COMMON = 1e-3  # share of articles assumed for an English word that is a gloss and in no tier


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """What words of several languages mean in English, and which say nothing."""

    stop: frozenset[str] = frozenset()  # folded, lower case, all languages in one
    function: Mapping[str, frozenset[str]] = field(default_factory=dict)  # tell languages apart
    glosses: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    simplified: Mapping[int, str] = field(default_factory=dict)  # for str.translate

    def gloss(self, language: str, word: str) -> tuple[str, ...] | None:
        """Return the English terms for a folded lower-case word of a language, or None.

        Words of a phrase are joined by one space. For English: the head of the word's family.
        """
        table = self.glosses.get(language)
        if table is None:
            return None
        found = table.get(word)
        if found is None and language in _STEMMED:
            found = table.get(romance_stem(word))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """How common a term is in news at large, before a window has seen any."""

    shares: Mapping[str, float] = field(default_factory=dict)  # of articles with the term, (0, 1]
    names: frozenset[str] = frozenset()  # terms that are names: people, places, bodies


def lexicon_from_lines(
    stop: Iterable[str],
    glosses: Mapping[str, Iterable[str]],
    simplified: Iterable[str] = (),
    *,
    territories: bool = True,
) -> Lexicon:
    """Build a lexicon from the lines of the files in `config/lexicon`.

    Empty lines and lines that begin with `#` are skipped.

    Args:
        stop: `language<TAB>words`: words without a meaning of their own, by language.
        glosses: By language, `English<TAB>words`: words that mean the English; `_` joins a
            phrase. For `en` itself: the first column is the head of a family of words.
        simplified: `traditional<TAB>simplified`: two strings of characters of equal length.
        territories: Add the names of countries, from CLDR, for the languages of `glosses`.
    """
    function = {
        language: frozenset(fold_marks(words).lower().split()) for language, words in _columns(stop)
    }
    tables: dict[str, dict[str, tuple[str, ...]]] = {}
    for language, lines in glosses.items():
        table: dict[str, tuple[str, ...]] = {}
        for english, words in _columns(lines):
            means = tuple(plural_stem(word) for word in fold_marks(english).lower().split())
            for word in fold_marks(words).lower().split():
                table.setdefault(_key(language, word.replace("_", " ").replace("-", " ")), means)
        if territories and language != ENGLISH:
            _add_territories(table, language)
        tables[language] = table
    families = tables.get(ENGLISH, {})
    for language, table in tables.items():
        if language != ENGLISH:
            for word, means in table.items():
                heads = (families.get(term, (term,)) for term in means)
                table[word] = tuple(term for head in heads for term in head)
    pairs: dict[int, str] = {}
    for old, new in _columns(simplified):
        pairs.update(zip(map(ord, old), new, strict=True))
    every = frozenset(word for words in function.values() for word in words)
    return Lexicon(stop=every, function=function, glosses=tables, simplified=pairs)


def background_from_lines(tiers: Iterable[str], lexicon: Lexicon) -> Background:
    """Build the background from tiers of words, and from what the lexicon calls news words.

    Args:
        tiers: `articles in 10,000<TAB>word or name<TAB>words`; a word's first line counts.
        lexicon: Its English side is taken as common, its territories too, where no tier says.
    """
    families = lexicon.glosses.get(ENGLISH, {})
    shares: dict[str, float] = {}
    names: set[str] = set()
    for line in tiers:
        count, _, rest = line.partition("\t")
        kind, _, words = rest.partition("\t")
        if not words or line.startswith("#"):
            continue
        for word in fold_marks(words).lower().split():
            term = plural_stem(word)
            head = families.get(word) or families.get(term) or (term,)
            for name in {term, *head}:
                shares[name] = max(shares.get(name, 0.0), int(count) / 10_000)
                if kind == "name":
                    names.add(name)
    for table in lexicon.glosses.values():
        for means in table.values():
            for term in means:
                shares.setdefault(term, _COMMON)
    return Background(shares=shares, names=frozenset(names))


def _columns(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    for line in lines:
        first, tab, second = line.rstrip("\n").partition("\t")
        if tab and not line.startswith("#"):
            yield first, second


def _key(language: str, word: str) -> str:
    return romance_stem(word) if language in _STEMMED and " " not in word else word


def _add_territories(table: dict[str, tuple[str, ...]], language: str) -> None:
    """Add the countries' names in a language. Source: CLDR, through Babel."""
    english = Locale(ENGLISH).territories
    for code, name in Locale(language).territories.items():
        if len(code) == 2 and code in english:  # not the regions, which are numbers
            words = fold_marks(name).lower().split()
            if words and len(words) <= LONGEST_PHRASE:
                means = tuple(
                    plural_stem(word)
                    for word in fold_marks(english[code]).lower().replace("&", " ").split()
                    if word.isalpha()
                )
                table.setdefault(_key(language, " ".join(words)), means)
