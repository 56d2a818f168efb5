"""How well a sentence reads when it stands alone.

Owns the hand-set penalties for sentences that lean on what came before, ask, plead or quote.
"""

import re

from bot.domain.sentences import ended

# Each opens with a word that points backwards, so the reader would not know at what.
_PRONOUN = re.compile(
    r"(?:he|she|they|it|his|her|their|its|this|that|these|those|él|ella|ellos|ellas|esto|eso|este|"
    r"ese|esa|ele|eles|elas|isso|isto|il|elle|ils|elles|cela|er|sie|dies|lui|lei|loro|questo)\b",
    re.IGNORECASE,
)
_LINKING = re.compile(
    r"(?:but|however|also|and|meanwhile|still|yet|so|then|moreover|pero|sin embargo|además|también|"
    r"y|mas|porém|além disso|também|mais|cependant|aussi|et|aber|auch|und|doch|ma|però|anche|e)\b",
    re.IGNORECASE,
)
_FIRST_PERSON = re.compile(
    r"\b(?:I|I'm|I've|we|my|our|nuestro|nuestra|nosotros|yo|nosso|nossa|nous|notre|ich|wir|unsere?|"
    r"noi|nostro)\b"
)
_YOU = re.compile(r"\b(?:you|your|usted|ustedes|você|vocês|vous|votre|voi|vostro)\b", re.IGNORECASE)
_SAYS = re.compile(
    r"\b(?:sa(?:id|ys)|told|according|wrote|added|announced|tweeted|argued|claimed|warned|urged|"
    r"called|dijo|dice|afirmó|aseguró|señaló|según|declaró|advirtió|disse|afirmou|segundo|declarou|"
    r"dit|déclaré|affirmé|selon|sagte|sagt|erklärte|laut|teilte|detto|dichiarato|secondo|afferma)\b",
    re.IGNORECASE,
)
_OUGHT = re.compile(
    r"\b(?:should|must|ought|let's|debería|deberían|debemos|hay que|deveria|devemos|il faut|"
    r"devrait|sollte|müssen wir|dovrebbe|bisogna)\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"“«„][^\"”»“]{3,}[\"”»“]")
_QUOTE_MARKS = frozenset('"“”«»„')


def has_quote(text: str) -> bool:
    """Whether there is a quotation mark in it."""
    return not _QUOTE_MARKS.isdisjoint(text)


def penalty(text: str) -> float:
    """Return what a sentence's form costs it, 0 or below; about -0.1 a fault."""
    quoted = has_quote(text)
    outside = _QUOTED.sub(" ", text) if quoted else text
    speaker = bool(_SAYS.search(outside))
    faults = (
        (bool(_PRONOUN.match(text)), 0.10),
        (bool(_LINKING.match(text)), 0.06),
        ("?" in text, 0.12),
        (bool(_FIRST_PERSON.search(outside)), 0.08),
        (bool(_YOU.search(outside)), 0.06),
        (bool(_OUGHT.search(outside)) and not speaker, 0.08),
        (quoted and len(outside) < 0.5 * len(text) and not speaker, 0.12),
        (quoted and text[0] in _QUOTE_MARKS, 0.03),
        (not ended(text), 0.08),
        (text.endswith(("…", "!", ":")), 0.05),
    )
    return -sum(cost for fault, cost in faults if fault)
