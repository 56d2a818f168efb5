"""From the text of a query to its tree, or to what is wrong with it.

Owns the order of signs, the bounds, and the suggestions; the terms are `bot.domain.query_terms`'s.
"""

from collections.abc import Callable
from typing import Any, cast

from lark import Token, Tree
from lark.exceptions import UnexpectedCharacters

from bot.domain.errors import QueryError
from bot.domain.packs import Packs
from bot.domain.query_filters import Filter
from bot.domain.query_grammar import normal, parser
from bot.domain.query_nodes import AllOf, AnyNear, AnyOf, Full, In, Near, Node, Not, Spanning
from bot.domain.query_terms import Place, bare, filtered, pattern, phrase, unknown_field

MAX_QUERY = 2000  # characters
MAX_TERMS = 200
MAX_NESTING = 20
MAX_GAP = 100  # words
DEFAULT_GAP = 10  # of a NEAR without a number
SCOPES = ("title", "body", "author", "url", "tag")
FILTERS = ("site", "feed", "lang", "pack")

_TERMS = frozenset(("WORD", "PHRASE", "REGEX", "FILTER"))
_BINARY = frozenset(("_OR", "_AND", "NEAR"))
_PREFIX = frozenset(("NOT", "MINUS", "FIELD"))
_LONE_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")  # no text, and no UTF-8
_REPAIRS = 12  # mistakes that one suggestion mends at most


def tree(source: str, packs: Packs) -> Node:
    """Return the tree of a query.

    Raises:
        QueryError: It does not parse; its suggestion, if there is one, does.
    """
    source = source.translate(_LONE_SURROGATES)
    try:
        return _tree(source, packs)
    except QueryError as error:
        mended = _mended(error, packs)
        raise QueryError(error.query, error.at, error.problem, mended) from error.__cause__


def _mended(error: QueryError, packs: Packs) -> str | None:
    """Return the error's suggestion, mended until it parses, or None where it cannot be."""
    suggestion = error.suggestion
    for _ in range(_REPAIRS):
        if not suggestion or suggestion == error.query:
            return None
        try:
            _tree(suggestion, packs)
        except QueryError as next_error:
            suggestion = next_error.suggestion
        else:
            return suggestion
    return None


def alternatives(source: str) -> tuple[str, ...]:
    """Return the parts of a query that parses between its outermost `OR`s."""
    depth, start, found = 0, 0, []
    for token in tokens(source):
        depth += {"LPAR": 1, "RPAR": -1}.get(token.type, 0)
        if token.type == "_OR" and depth == 0:
            found.append(source[start : _start(token)].strip())
            start = _end(token)
    return (*found, source[start:].strip())


def tokens(source: str) -> list[Token]:
    """Return the tokens of a query.

    Raises:
        QueryError: A quotation mark is not closed.
    """
    text = normal(source)
    try:
        return list(parser().lex(text))
    except UnexpectedCharacters as error:  # all other signs are part of some word
        at = cast("int", error.pos_in_stream)
        end = text.rstrip()
        mended = end[:-1] if end.endswith('"') and at == len(end) - 1 else end + '"'
        raise QueryError(source, at, "this quotation mark is not closed", mended) from None


def _tree(source: str, packs: Packs) -> Node:
    if len(source) > MAX_QUERY:
        raise QueryError(source, MAX_QUERY, f"a query has at most {MAX_QUERY:,} characters")
    if not source.strip():
        raise QueryError(source, 0, "the query is empty")
    found = tokens(source)
    _check_bounds(source, found)
    _check_order(source, found)
    parsed = parser().parse(normal(source))  # it fails on nothing that the checks let through
    root = _Builder(source, packs).node(parsed.children[0])
    if not root.needs():
        at = _start(found[0])
        problem = "a query of exclusions only would match nearly everything; say what it looks for"
        raise QueryError(source, at, problem)
    return root


def _check_bounds(source: str, found: list[Token]) -> None:
    """Refuse what is too much.

    Raises:
        QueryError: There are too many terms, or they are nested too deeply.
    """
    terms = [token for token in found if token.type in _TERMS]
    if len(terms) > MAX_TERMS:
        raise QueryError(source, _start(terms[MAX_TERMS]), f"a query has at most {MAX_TERMS} terms")
    depth = run = 0
    for token in found:
        depth += {"LPAR": 1, "RPAR": -1}.get(token.type, 0)
        run = run + 1 if token.type in _PREFIX else 0
        if depth + run > MAX_NESTING:
            problem = f"a query is nested at most {MAX_NESTING} deep"
            raise QueryError(source, _start(token), problem)


def _check_order(source: str, found: list[Token]) -> None:
    """Refuse what cannot follow what.

    Raises:
        QueryError: A parenthesis is alone, or an operator has no term to work on.
    """
    opened: list[Token] = []
    for before, token in zip([None, *found], [*found, None], strict=True):
        _check_pair(source, before, token)
        if token is not None and token.type == "LPAR":
            opened.append(token)
        elif token is not None and token.type == "RPAR":
            if not opened:
                raise _at(source, token).wrong("this parenthesis was never opened", " ")
            opened.pop()
    if opened:
        mended = source.rstrip() + ")" * len(opened)
        raise QueryError(source, _start(opened[-1]), "this parenthesis is not closed", mended)


def _check_pair(source: str, before: Token | None, token: Token | None) -> None:
    ends = token is None or token.type in _BINARY or token.type == "RPAR"
    opens = before is None or before.type == "LPAR"
    if before is not None and ends and before.type in _BINARY | _PREFIX:
        raise _at(source, before).wrong(f"{_shown(before)} needs a term after it", " ")
    if token is None or before is None:
        if token is not None and token.type in _BINARY:
            raise _at(source, token).wrong(f"{_shown(token)} needs a term before it", " ")
        return
    if opens and token.type in _BINARY:
        raise _at(source, token).wrong(f"{_shown(token)} needs a term before it", " ")
    if opens and token.type == "RPAR":
        both = Place(source, _start(before), _end(token))
        raise both.wrong("there is nothing between these parentheses", " ")
    if before.type == "NEAR" and token.type in _PREFIX and token.type != "FIELD":
        raise _at(source, token).wrong("NEAR cannot be measured to what is not there", " ")
    if before.type == "FIELD" and token.type in _PREFIX:
        both = Place(source, _start(before), _end(token))
        swapped = f"{token}{' ' if token.type == 'NOT' else ''}{before}"
        mended = str(before) if token.type == "FIELD" else swapped
        raise both.wrong(f"{_shown(before)} needs a term right after it", mended)


class _Builder:
    """Turns the parser's tree into nodes; knows the query, to say where something is wrong."""

    def __init__(self, source: str, packs: Packs) -> None:
        self._source = source
        self._packs = packs

    def node(self, parsed: Tree[Token] | Token) -> Node:
        """Return the node of one branch."""
        assert isinstance(parsed, Tree)  # noqa: S101 -- the grammar has no bare token below a rule
        build: Callable[[list[Any]], Node] = getattr(self, f"_{parsed.data}")
        return build(parsed.children)

    def _any(self, children: list[Any]) -> Node:
        nodes = [self.node(child) for child in children]
        for node, child in zip(nodes, children, strict=True):
            if not node.needs():
                at = _at(self._source, _first(child))
                raise at.wrong("an alternative of exclusions only would match nearly everything")
        spanning = [node for node in nodes if hasattr(node, "spans")]
        if len(spanning) == len(nodes):
            return AnyNear(tuple(cast("list[Spanning]", spanning)))
        return AnyOf(tuple(nodes))

    def _all(self, children: list[Any]) -> Node:
        nodes = tuple(self.node(child) for child in children if not _is_full(child))
        if not nodes:
            raise self._alone(children[0])
        node = nodes[0] if len(nodes) == 1 else AllOf(nodes)
        return node if len(nodes) == len(children) else Full(node)

    def _alone(self, child: Any) -> QueryError:
        """Return what is wrong with a `body:full` that no term stands beside."""
        place = Place(self._source, _start(child.children[0]), _end(_first(child.children[1])))
        return place.wrong(
            "body:full says where to look: it stands beside what is looked for, as in"
            ' “cecot body:full”; the word is body:"full"',
            'body:"full"',
        )

    def _negated(self, children: list[Any]) -> Node:
        inner = self.node(children[1])
        return inner.inner if isinstance(inner, Not) else Not(inner)

    def _near(self, children: list[Any]) -> Node:
        left = self._spanning(children[0])
        for sign, child in zip(children[1::2], children[2::2], strict=True):
            left = Near(left, self._spanning(child), self._gap(sign))
        return left

    def _spanning(self, child: Any) -> Spanning:
        node = self.node(child)
        if not hasattr(node, "spans"):
            place = _at(self._source, _first(child))
            raise place.wrong("NEAR stands between words, phrases, packs, or (a OR b) of these")
        return cast("Spanning", node)

    def _gap(self, sign: Token) -> int:
        number = sign.partition("/")[2]
        given = int(number[:9]) if number else 0 if "/" in sign else DEFAULT_GAP
        if not 1 <= given <= MAX_GAP:
            near = min(max(given, 1), MAX_GAP)
            problem = f"NEAR takes from 1 to {MAX_GAP} words"
            raise _at(self._source, sign).wrong(problem, f"NEAR/{near}")
        return given

    def _scoped(self, children: list[Any]) -> Node:
        sign, child = children
        if _full(sign, child):
            raise self._alone(Tree("scoped", children))
        name = sign[:-1].lower()
        place = _at(self._source, sign)
        if name not in SCOPES:
            if name in FILTERS:
                raise place.wrong(f"{name}: takes one name, in quotation marks if it has spaces")
            raise unknown_field(name, (*SCOPES, *FILTERS), place)
        inner = self.node(child)
        if isinstance(inner, Filter):
            raise place.wrong(f"{inner.kind}: is not text, so {name}: does not go with it", "")
        if isinstance(inner, Full) and name != "body":
            raise place.wrong(f"body:full looks in the text, and {name}: does not", "")
        return In(name, inner)

    def _group(self, children: list[Any]) -> Node:
        return self.node(children[0])

    def _filter(self, children: list[Any]) -> Node:
        return filtered(str(children[0]), self._packs, _at(self._source, children[0]))

    def _regex(self, children: list[Any]) -> Node:
        place = _at(self._source, children[0])
        return pattern(place.text, place)  # as typed: a curly quote in it may be meant

    def _phrase(self, children: list[Any]) -> Node:
        return phrase(str(children[0]), _at(self._source, children[0]))

    def _word(self, children: list[Any]) -> Node:
        return bare(str(children[0]), _at(self._source, children[0]))


def _is_full(child: Any) -> bool:
    """Say whether a branch is `body:full`."""
    return isinstance(child, Tree) and child.data == "scoped" and _full(*child.children)


def _full(sign: Any, child: Any) -> bool:
    word = isinstance(child, Tree) and child.data == "word"
    return word and sign.lower() == "body:" and _first(child).lower() == "full"


def _first(child: Any) -> Token:
    while isinstance(child, Tree):
        child = child.children[0]
    return cast("Token", child)


def _at(source: str, token: Token) -> Place:
    return Place(source, _start(token), _end(token))


def _start(token: Token) -> int:
    return cast("int", token.start_pos)


def _end(token: Token) -> int:
    return cast("int", token.end_pos)


def _shown(token: Token) -> str:
    return "-" if token.type == "MINUS" else str(token)
