"""Which articles say what a sentence says.

Owns the rule for a citation. It prefers silence to error: a reader trusts each number in brackets,
so an article that probably agrees, but does not show it in its words, is not cited. An article
whose own sentence it is, or which has the very same sentence, is always cited.
"""

import re
from collections.abc import Sequence

from bot.domain.pieces import Piece, Reading, piece

DENIAL = re.compile(
    r"\b(?:den(?:y|ies|ied|ying)|reject\w*|refus\w*|not|no|never|without|n't|neither|nor|"
    r"nieg\w+|neg(?:ó|aron|ar|ado|ou)|rechaz\w+|sin|nunca|jamás|não|nega|rejeit\w+|sem|"
    r"ne|pas|sans|jamais|nie\w*|dément\w*|rejet\w*|nicht|kein\w*|ohne|bestreit\w*|lehn\w*|"
    r"non|senza|mai|smentisc\w*|rifiut\w*|respin\w+)\b|n't\b",
    re.IGNORECASE,
)
"""A word by which a sentence denies, in the six languages."""
_QUOTATION = re.compile(r"[\"“«„]([^\"”»“]{12,400})[\"”»“]")
_LEAST = 5  # stems: what is shorter is too general to be found again


def cited_by(claim: Piece, readings: Sequence[Reading]) -> tuple[int, ...]:
    """Return the places of the articles that support `claim`, its own first, then in their order.

    Args:
        claim: A piece of one of `readings`.
        readings: The story's articles.
    """
    check = _Check(claim)
    others = (
        at
        for at, reading in enumerate(readings)
        if at != claim.article and check.supported_by(reading)
    )
    return (claim.article, *others)


def is_supported(claim: Piece, reading: Reading) -> bool:
    """Whether an article says what `claim` says, whatever article that is from."""
    return _Check(claim).supported_by(reading)


class _Check:
    """One claim, taken apart once and then looked for in many articles."""

    def __init__(self, claim: Piece) -> None:
        self.text = claim.text
        self.stems = frozenset(claim.stems)
        self.names = claim.names & self.stems
        self.numbers = claim.numbers
        self.plain = frozenset(stem for stem in self.stems - self.names if not stem.startswith("#"))
        self.checkable = len(self.stems) >= _LEAST and "?" not in claim.text
        self.denies = bool(DENIAL.search(claim.text))
        quotes = [piece(quote).pairs for quote in _QUOTATION.findall(claim.text)]
        self.quotes = [pairs for pairs in quotes if len(pairs) >= 3]

    def supported_by(self, reading: Reading) -> bool:
        """Whether some window of the article has the claim's words, names, figures and denial."""
        if any(one.text == self.text for one in reading.pieces):
            return True
        if not self.checkable:
            return False
        pieces = (reading.title, *reading.pieces)
        if not all(any(figure in one.stems for one in pieces) for figure in self.numbers):
            return False
        common = [self.stems & one.stems.keys() for one in pieces]
        # A window is the title, a sentence, or two adjacent sentences.
        windows = [(at,) for at in range(len(pieces))]
        doubles = [(at, at + 1) for at in range(1, len(pieces) - 1)]
        return any(
            self._in_window([pieces[at] for at in window])
            for window in (*windows, *doubles)
            if self._enough(frozenset().union(*(common[at] for at in window)))
        )

    def _enough(self, common: frozenset[str]) -> bool:
        """Whether so many of the claim's stems, names and plain words are common."""
        return (
            len(common) >= max(4, 0.5 * len(self.stems))
            and len(common & self.names) >= 0.5 * len(self.names)
            and len(common & self.plain) >= max(2, 0.4 * len(self.plain))
        )

    def _in_window(self, window: Sequence[Piece]) -> bool:
        """Whether one or two sentences with the claim's words have its quotations and denial."""
        pairs = {pair for one in window for pair in one.pairs}
        if any(len(quote & pairs) < 0.6 * len(quote) for quote in self.quotes):
            return False
        return not self.denies or any(DENIAL.search(one.text) for one in window)
