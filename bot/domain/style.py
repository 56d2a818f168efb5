"""How well a sentence reads when it stands alone.

Owns the hand-set penalties for sentences that lean on what came before, ask, plead or quote.
"""

import re

from bot.domain.sentences import ended


def _words(text: str) -> frozenset[str]:
    """Return the words of a list that is written as one text."""
    return frozenset(text.split())


# A sentence that opens with one of these points backwards, the reader would not know at what.
_PRONOUNS = _words(
    "he she they it his her their its this that these those él ella ellos ellas esto eso este ese "
    "esa ele eles elas isso isto il elle ils elles cela er dies dieser diese lui lei loro questo"
)
_LINKING = _words(
    "but however also and meanwhile still yet so then moreover pero además también y mas porém "
    "mais cependant aussi et aber auch und doch ma però anche e"
)
_FIRST_PERSON = _words(
    "we my our i'm i've nuestro nuestra nosotros yo nosso nossa nous notre wir unsere noi nostro"
)
_YOU = _words("you your usted ustedes você vocês vous votre voi vostro")
_SAYS = _words(
    "said says told according wrote added announced tweeted argued claimed warned urged called "
    "dijo dice afirmó aseguró señaló según declaró advirtió disse afirmou segundo declarou dit "
    "déclaré affirmé selon sagte sagt erklärte laut teilte detto dichiarato secondo afferma"
)
_OUGHT = _words(
    "should must ought let's debería deberían debemos deveria devemos faut devrait sollte dovrebbe "
    "bisogna"
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_QUOTED = re.compile(r"[\"“«„][^\"”»“]{3,}[\"”»“]")
_QUOTE_MARKS = frozenset('"“”«»„')


def has_quote(text: str) -> bool:
    """Whether there is a quotation mark in it."""
    return not _QUOTE_MARKS.isdisjoint(text)


def penalty(text: str) -> float:
    """Return what a sentence's form costs it, 0 or below; about -0.1 a fault."""
    quoted = has_quote(text)
    outside = _QUOTED.sub(" ", text) if quoted else text
    words = _WORD.findall(outside)
    lower = [word.lower().replace("’", "'") for word in words]
    said = set(lower)
    first = lower[0] if lower else ""
    speaker = not said.isdisjoint(_SAYS)
    faults = (
        (first in _PRONOUNS, 0.10),
        (first in _LINKING or lower[:2] == ["sin", "embargo"], 0.06),
        ("?" in text, 0.12),
        ("I" in words or not said.isdisjoint(_FIRST_PERSON), 0.08),
        (not said.isdisjoint(_YOU), 0.06),
        (not said.isdisjoint(_OUGHT) and not speaker, 0.08),
        (quoted and len(outside) < 0.5 * len(text) and not speaker, 0.12),
        (quoted and text[0] in _QUOTE_MARKS, 0.03),
        (quoted and _unbalanced(text), 0.12),
        (not ended(text), 0.14),
        (text.endswith(("…", "!", ":")), 0.05),
    )
    return -sum(cost for fault, cost in faults if fault)


def _unbalanced(text: str) -> bool:
    """Whether a quotation begins before the sentence or goes on after it: whose words are they?"""
    if text.count('"') % 2:
        return True
    opens, closes = ("„", "“") if "„" in text else ("“", "”")
    return text.count(opens) != text.count(closes)
