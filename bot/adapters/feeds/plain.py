"""Plain text out of markup, in linear time, whatever the markup.

Runs in the child process. Nothing that comes out is markup, and nothing that comes out is trusted:
escaping for a platform is its renderer's business.
"""

import html
import re

MAX_MARKUP = 1_000_000  # characters that are looked at

_SKIPPED = re.compile(
    r"<(?:!--.*?(?:-->|\Z)"
    r"|(script|style)\b[^>]{0,2000}>.*?(?:</\1\s*>|\Z)"
    r"|(template|svg|math|head)\b[^>]{0,2000}>.{0,20000}?</\2\s*>)",
    re.IGNORECASE | re.DOTALL,
)
_CDATA = re.compile(r"<!\[CDATA\[(.*?)(?:\]\]>|\Z)", re.DOTALL)
_TAG = re.compile(
    r"""<(?:/?([a-zA-Z][a-zA-Z0-9:-]{0,30})(?:[^<>"']|"[^"<>]{0,4000}"|'[^'<>]{0,4000}'|["'])*+"""
    r"""|[!?/][^<>]*)>"""
)
_BLOCKS = frozenset(
    [
        *("address", "article", "aside", "blockquote", "br", "center", "dd", "div", "dl", "dt"),
        *("fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5"),
        *("h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table", "td"),
        *("th", "tr", "ul", "caption", "tbody", "thead", "body", "html"),
    ]
)
_INLINE = frozenset(
    [
        *("a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em"),
        *("font", "i", "img", "ins", "kbd", "label", "mark", "nobr", "q", "rp", "rt", "ruby", "s"),
        *("samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var"),
        *("applet", "blink", "frame", "frameset", "iframe", "link", "meta", "object", "param"),
        *("marquee", "noscript", "script", "style", "svg", "math", "base", "track", "canvas"),
        *("wbr", "video", "audio", "source", "picture", "input", "button", "embed", "map", "area"),
    ]
)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\ufeff\u2060-\u2064\u00ad\u200b]")
_HUGE = re.compile(r"&#(?:x[0-9a-f]{9,}|\d{10,});?", re.IGNORECASE)  # no character has it


def one_line(text: str, limit: int, *, markup: bool = True) -> str:
    """Return `text` as one line of plain text, cut on a word to `limit` characters.

    Args:
        text: May hold markup and entities.
        limit: In characters; positive.
        markup: False for text that is known to be plain: `<b>` in it means just that.
    """
    plain = _stripped(text[:MAX_MARKUP], every=False) if markup else text[:MAX_MARKUP]
    return cut(" ".join(clean(plain).split()), limit)


def paragraphs(text: str, limit: int, *, markup: bool = True) -> str:
    """Return `text` as plain text with a line a block, cut on a word to `limit` characters."""
    plain = _stripped(text[:MAX_MARKUP], every=True) if markup else text[:MAX_MARKUP]
    lines = (" ".join(line.split()) for line in clean(plain).split("\n"))
    return cut("\n".join(line for line in lines if line), limit)


def clean(text: str) -> str:
    """Return `text` without control characters, invisible marks and direction overrides."""
    if text.isascii():
        return text if text.isprintable() else _CONTROLS.sub("", text)
    return _BIDI.sub("", _CONTROLS.sub("", text))


def cut(text: str, limit: int) -> str:
    """Return `text` cut to `limit` characters, on a word, with `…` where something is missing."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    space = max(head.rfind(" "), head.rfind("\n"))
    return (head[:space] if space > limit * 3 // 4 else head).rstrip() + "…"


def _stripped(text: str, *, every: bool) -> str:
    """Return `text` without tags, its entities resolved once.

    Args:
        text: Markup.
        every: Take every tag off; else only those of HTML, since a headline may say `<3` or
            `<script>` in so many words.
    """
    if "<" in text:
        text = _CDATA.sub(r"\1", text)
        text = _SKIPPED.sub(" ", text)
        text = _TAG.sub(lambda match: _gap(match, every=every), text)
    return html.unescape(_HUGE.sub("", text)) if "&" in text else text


def _gap(match: re.Match[str], *, every: bool) -> str:
    name = (match.group(1) or "").lower()
    if name in _BLOCKS:
        return "\n"
    if every or not name or name in _INLINE:
        return ""
    return match.group()
