"""How a query is written: the grammar, its tokens, and what is typed for them.

Owns the signs; what a tree of them means is `bot.domain.query_parse`'s.
"""

import re
from functools import cache

from lark import Lark

# `AND` binds closer than `OR`, `NEAR` closer than both; a space is AND.
GRAMMAR = r"""
start: any
?any: all (_OR all)*
?all: unary (_AND? unary)*
?unary: (MINUS | NOT) unary -> negated
      | near
?near: atom (NEAR atom)*
?atom: FIELD atom     -> scoped
     | FILTER         -> filter
     | REGEX          -> regex
     | PHRASE         -> phrase
     | WORD           -> word
     | "(" any ")"    -> group

_OR.6: /OR(?![^\s()"])/
_AND.6: /AND(?![^\s()"])/
NOT.6: /NOT(?![^\s()"])/
NEAR.6: /NEAR(\/[0-9]*)?(?![^\s()"])/
FILTER.5: /(?:site|feed|lang|pack):(?:"[^"]*"|[^\s()"]+)/i
REGEX.5: /\/(?:\\.|[^\/\\])+\/[a-zA-Z]*(?=[\s)]|$)/
PHRASE.5: /=?"[^"]*"/
MINUS.4: /-(?=[^\s)])/
FIELD.4: /[a-zA-Z]+:(?=[^\s)])/
WORD.3: /[^\s()"]+/
SPACE: /\s+/
PLUS.4: /\+(?=[^\s)])/
%ignore SPACE
%ignore PLUS
"""


@cache  # built once a process, on first use: 10 ms; a parser holds no state between calls
def parser() -> Lark:
    """Return the parser of queries."""
    return Lark(GRAMMAR, parser="lalr", lexer="basic", maybe_placeholders=False)


def normal(text: str) -> str:
    """Return `text` with the signs that keyboards and phones put in place of plain ones.

    Curly, low, angled and corner quotes, full-width forms, dashes at the start of a word, exotic
    spaces. The result is as long as the text, so a place in one is the place in the other.
    """
    return _DASH.sub("-", text.translate(_SIGNS))


_SIGNS = str.maketrans(
    {full: chr(full - 0xFEE0) for full in range(0xFF01, 0xFF5F) if not chr(full).isalnum()}
    | dict.fromkeys(map(ord, "“”„‟«»「」『』〝〞"), '"')
    | dict.fromkeys(map(ord, "‘’‛"), "'")
    | dict.fromkeys(map(ord, "\u00a0\u2007\u202f\u3000\t\n\r\u2028\u2029\u200b\ufeff"), " ")
)
_DASH = re.compile(r"(?:^|(?<=[ (]))[–—−](?=\S)")  # at the start of a word it means a minus
