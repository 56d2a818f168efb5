"""Small, fast changes to words for filing: marks off, plurals off.

Owns the forms that story vectors are made of. The searchable form of a text is `bot.domain.text`.
"""

import unicodedata


def fold_marks(text: str) -> str:
    """Return the text without accents and compatibility forms; case is kept."""
    if text.isascii():
        return text
    return "".join(
        char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char)
    )


def plural_stem(word: str) -> str:
    """Return an English word without its plural or third-person `s`; lower case in and out."""
    if len(word) <= 4 or not word.endswith("s"):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith("sses"):
        return word[:-2]
    if word.endswith(("ss", "us", "is")):
        return word
    return word[:-1]


def romance_stem(word: str) -> str:
    """Return a word of Spanish, Portuguese, French or Italian without number and gender."""
    if len(word) > 4 and word.endswith("s"):
        word = word[:-1]
    if len(word) > 4 and word[-1] in "aeio":
        word = word[:-1]
    return word
