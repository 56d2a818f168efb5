"""The terms of a query: from what was typed to the nodes that match it, or to what is wrong.

Owns bare words, phrases, patterns, packs and filters; how they are joined is
`bot.domain.query_parse`'s.
"""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

import re2

from bot.domain.errors import QueryError
from bot.domain.inflections import LANGUAGES, inflection
from bot.domain.packs import Pack, Packs, Term, pieces
from bot.domain.query_filters import MAX_PATTERN, Filter, Regex, re2_options
from bot.domain.query_nodes import Listed, Near, Node, Part, Run, Spanning
from bot.domain.text import fold, folded_words, words

_AROUND = ".'_-#@$€£%°©®™…"  # signs that may stand around a bare word, and change nothing
_INSIDE = _AROUND + "&/+"
# What other search languages write, and what it is here.
_ELSEWHERE = {",": " OR ", ";": " OR ", "|": " OR ", "&": " AND ", "[": "(", "]": ")"}
_ISO_639_1 = """
aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da
de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz
ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln
lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi
pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti
tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""  # Source: https://id.loc.gov/vocabulary/iso639-1.html
_LANGUAGE_NAMES = {
    "english": "en", "eng": "en", "spanish": "es", "espanol": "es", "spa": "es", "sp": "es",
    "portuguese": "pt", "portugues": "pt", "por": "pt", "br": "pt", "french": "fr",
    "francais": "fr", "fra": "fr", "german": "de", "deutsch": "de", "ger": "de", "deu": "de",
    "italian": "it", "italiano": "it", "ita": "it", "chinese": "zh", "cn": "zh", "japanese": "ja",
    "jp": "ja", "ukrainian": "uk", "ua": "uk", "greek": "el", "gr": "el", "czech": "cs", "cz": "cs",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a query a term stands, so that what is wrong with it can be said and mended."""

    query: str
    start: int
    end: int

    @property
    def text(self) -> str:
        """What stands there."""
        return self.query[self.start : self.end]

    def wrong(self, problem: str, instead: str | None = None, offset: int = 0) -> QueryError:
        """Return the error that `problem` is here; `instead` is what should stand here."""
        suggestion = None
        if instead is not None:
            mended = self.query[: self.start] + instead + self.query[self.end :]
            suggestion = " ".join(mended.split())
        return QueryError(self.query, self.start + offset, problem, suggestion)


def bare(typed: str, place: Place) -> Run:
    """Return what a bare word, `=word` or `word*` matches.

    Raises:
        QueryError: It has no word in it, or signs that mean nothing here.
    """
    exact = typed.startswith("=")
    body = typed[1:] if exact else typed
    _check_signs(body, place)
    found = words(body)
    if not found:
        rest = Place(place.query, place.start, len(place.query))
        glued = rest.text[1:].lstrip() if typed == "-" else ""
        if glued:  # `a - b`
            raise rest.wrong("- stands right before what it excludes", f"-{glued}")
        raise place.wrong(f"there is nothing to look for in “{typed}”", "")
    if exact and "*" in body:
        problem = "=word is one exact form, word* is many: choose one"
        raise place.wrong(problem, body, offset=typed.index("*"))
    if len(found) > 1 or exact or body.endswith("*"):
        return Run(typed, _parts(body))
    return Run(typed, (_inflected(found[0].text, LANGUAGES),))


def _check_signs(body: str, place: Place) -> None:
    """Refuse signs that would be dropped in silence.

    Raises:
        QueryError: There is one.
    """
    if body.endswith(":"):
        glued = re.sub(r":\s+", ":", place.query[place.start :], count=1)
        if glued.endswith(":"):
            glued = glued[:-1]
        ahead = Place(place.query, place.start, len(place.query))
        problem = f"nothing follows “{body}”; a field's colon has no space after it"
        raise ahead.wrong(problem, glued, offset=len(body))
    if body.startswith("/"):
        raise place.wrong("a pattern begins with / and ends with / or /i", f"{place.text}/")
    if body[:1] == "'" and (end := re.search(r"'(?=[\s)]|$)", place.query[place.start + 1 :])):
        quoted = Place(place.query, place.start, place.start + 1 + end.end())
        raise quoted.wrong("a phrase stands in double quotation marks", f'"{quoted.text[1:-1]}"')
    if body[:1] == "!":
        raise place.wrong("“!” has no meaning here; - excludes a word", f"-{place.text[1:]}")
    for at, char in enumerate(body):
        between = at > 0 and body[at - 1].isalnum() and body[at + 1 : at + 2].isalnum()
        digits = between and body[at - 1].isdigit() and body[at + 1].isdigit()
        if words(char) or char in (_INSIDE if between else _AROUND) or (digits and char in ",:"):
            continue
        if char == "*":
            _check_star(body, at, place)
        elif not (char.isalnum() or char in "\u200d\ufe0f" or not char.isascii()):
            if char in "~^":
                mended = re.sub(r"[~^][0-9.]*", "", place.text)
            else:
                mended = place.text.replace(char, _ELSEWHERE.get(char, " "))
            problem = f"“{char}” has no meaning here"
            raise place.wrong(problem, mended, offset=place.text.index(char))


def _check_star(body: str, at: int, place: Place) -> None:
    """Refuse a `*` that is not at the end of at least two letters.

    Raises:
        QueryError: It is not.
    """
    offset = place.text.index("*")
    if at + 1 < len(body):
        kept = body.replace("*", "")
        raise place.wrong("* stands only at the end of a word", kept, offset=offset)
    if not (found := words(body)):
        raise place.wrong("a lone * would match everything", "", offset=offset)
    if len(found) == 1 and len(found[0].text) < 2 and found[0].text.isascii():
        raise place.wrong("* needs at least two letters before it", None, offset=offset)


def phrase(typed: str, place: Place) -> Run:
    """Return what a quoted phrase matches; in it, a word may end in *.

    Raises:
        QueryError: It has no word in it, or a * that ends none.
    """
    inside = typed[typed.index('"') + 1 : -1]
    if not words(inside):
        raise place.wrong("there is nothing to look for between the quotation marks", "")
    star = re.search(r"(?:^|(?<=[\s*]))\*|\*(?=\w)", inside)
    if star is not None:
        mended = '"' + " ".join(inside.replace("*", " ").split()) + '"'
        offset = typed.index('"') + 1 + star.start()
        raise place.wrong("* stands only at the end of a word", mended, offset=offset)
    return Run(typed, _parts(inside))


def _parts(text: str) -> tuple[Part, ...]:
    """Return the exact words of `text`, and its prefixes."""
    return tuple(
        Part(word.text, "prefix" if text[word.end : word.end + 1] == "*" else "exact", ())
        for word in words(text)
    )


def _inflected(word: str, langs: tuple[str, ...]) -> Part:
    if not word.isalpha() or not word.isascii():
        return Part(word, "exact", ())
    return Part(word, "inflected", tuple(inflection(word, lang) for lang in langs))


def pattern(typed: str, place: Place) -> Regex:
    """Return what `/pattern/` or `/pattern/i` matches.

    Raises:
        QueryError: RE2 cannot read it, it is too long, or it matches the empty text.
    """
    inside, _, flags = typed[1:].rpartition("/")
    if flags not in ("", "i"):
        raise place.wrong("a pattern knows only the flag i", f"/{inside}/i", offset=len(inside) + 2)
    if len(inside) > MAX_PATTERN:
        raise place.wrong(f"a pattern has at most {MAX_PATTERN} characters")
    source = ("(?i)" if flags else "") + inside.replace("\\/", "/")
    try:
        compiled = re2.compile(source, re2_options())
        probes = (match for text in ("", " a1 ") for match in compiled.finditer(text))
        empty = any(match.start() == match.end() for match in probes)
    except re2.error as error:
        reason = error.args[0]
        said = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise place.wrong(f"RE2 cannot read this pattern: {said}") from error
    if empty:
        raise place.wrong("this pattern matches the empty text, so it would match everything")
    return Regex(typed, source, compiled)


def filtered(typed: str, packs: Packs, place: Place) -> Node:
    """Return what `site:`, `feed:`, `lang:` or `pack:` matches.

    Raises:
        QueryError: What follows the colon is not one.
    """
    name, _, value = typed.partition(":")
    value = value.strip('"').strip()
    match name.lower():
        case "site":
            return _site(value, place)
        case "lang":
            return _lang(value, place)
        case "feed":
            starred = "*" if value.endswith("*") else ""
            called = " ".join(folded_words(value))
            if not called:
                raise place.wrong("feed: needs the name of a feed", "")
            return Filter("feed", called + starred)
    return _pack(value, packs, place)


def _site(value: str, place: Place) -> Filter:
    match = re.fullmatch(
        r"(?:https?://)?(?:www\.|\*\.|\.)?([\w-]+(?:\.[\w-]+)*)\.?(?::\d+)?(/.*)?", fold(value)
    )
    if match is None:
        mended = " OR ".join(f"site:{part}" for part in re.split(r"[,;|\s]+", value) if part)
        raise place.wrong("site: needs a site such as example.org", f"({mended})", offset=5)
    host, path = match.groups()
    if path and path != "/":
        mended = f'(site:{host} url:"{path.strip("/")}")'
        raise place.wrong("site: takes no path; use url: for that", mended, offset=5)
    return Filter("site", host)


def _lang(value: str, place: Place) -> Filter:
    code = fold(value).replace("_", "-").split("-")[0]
    if code in _ISO_639_1.split():
        return Filter("lang", code)
    instead = _LANGUAGE_NAMES.get(code)
    suggestion = f"lang:{instead}" if instead else None
    raise place.wrong("lang: needs a language's two letters, as in lang:es", suggestion, offset=5)


def _pack(value: str, packs: Packs, place: Place) -> Listed:
    name = value.lower()
    if name in packs:
        return listed(packs[name])
    near = get_close_matches(name, packs, n=1, cutoff=0.5)
    known = f"; there are {', '.join(sorted(packs)[:20])}" if packs else ""
    problem = f"there is no pack “{value}”{known}"
    raise place.wrong(problem, f"pack:{near[0]}" if near else None, offset=5)


@lru_cache(maxsize=256)  # a memo of a pure function: thousands of watches share a few packs
def listed(pack: Pack) -> Listed:
    """Return what the terms of a pack match."""
    return Listed(pack.name, pack.title, tuple(_pack_term(term) for term in pack.terms))


def _pack_term(term: Term) -> Spanning:
    runs, gaps = pieces(term.text)
    node: Spanning = _pack_run(runs[0], term.lang)
    for gap, run in zip(gaps, runs[1:], strict=True):
        node = Near(node, _pack_run(run, term.lang), gap)
    return node


def _pack_run(text: str, lang: str) -> Run:
    return Run(text, tuple(_inflect(part, lang) for part in _parts(text)))


def _inflect(part: Part, lang: str) -> Part:
    return _inflected(part.text, (lang,)) if lang and part.kind == "exact" else part


def unknown_field(name: str, fields: tuple[str, ...], place: Place) -> QueryError:
    """Return the error that `name:` is no field, with what is probably meant."""
    rest = Place(place.query, place.start, place.end)
    if name in ("http", "https"):
        url = re.match(r"[^\s()\"]+", place.query[place.start :])
        text = url.group() if url else place.text
        whole = Place(place.query, place.start, place.start + len(text))
        address = text.split("//")[-1].strip("/")
        return whole.wrong("an address goes after url:", f'url:"{address}"')
    aliases = {
        "intitle": "title", "allintitle": "title", "headline": "title", "text": "body",
        "intext": "body", "summary": "body", "content": "body", "description": "body",
        "inurl": "url", "link": "url", "by": "author", "category": "tag", "source": "site",
        "domain": "site", "host": "site", "language": "lang",
    }  # fmt: skip
    near = get_close_matches(name, fields, n=1, cutoff=0.6)
    instead = aliases.get(name) or (near[0] if near else None)
    problem = f"“{name}:” is not a field; there are {', '.join(fields)}"
    return rest.wrong(problem, f"{instead}:" if instead else "")
