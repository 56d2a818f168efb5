"""The parts of a Slack message: bodies, small print, buttons, files; each within its limits.

Owns how lines stand together and how what does not fit is cut. `runs` says how a run of text looks,
`escape` what is harmless, `render` puts parts together. Bodies are `rich_text`, in which nothing is
parsed and lists are lists for a screen reader; in small print `verbatim` keeps Slack from making
links of its own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from itertools import groupby

from bot.adapters.chat.harmless import clean
from bot.adapters.chat.slack.escape import bare, columns, weight
from bot.adapters.chat.slack.runs import MOST, ROOM, Json, elements, merged
from bot.domain.layout_parts import counted
from bot.domain.messages import (
    Block,
    Bullets,
    Button,
    Code,
    Fact,
    File,
    Look,
    Paragraph,
    Run,
    Style,
    Text,
    plain,
)
from bot.domain.text import shorten

MOST_SMALL = 3_000  # UTF-16 units of a text in a context block
MOST_FILES = 10
MOST_BYTES = 20 * 1024 * 1024
"""Bytes of a message's files together: what is worth looking at in a chat."""
_MOST_ALT = 1_000  # of a file's `alt_txt`
_MOST_LABEL = 75  # of a button and of a menu's line
_MOST_ACTION = 150  # of a menu's line; a button takes 2,000
_BUTTONS = 4  # that stand in a row; with more, three and a menu
_MENU = 5  # lines of the menu
_ELEMENTS = 25  # of an actions block
_LINKED = 10_000  # weight of a line with its links
_FRAME = 48  # weight of what encloses a line
_GROUP = 60  # weight of what encloses lines of one kind
_NOTE = _GROUP + _FRAME + 48  # weight kept for `… and 999 more`
_LOOKS = {Look.PRIMARY: "primary", Look.DANGER: "danger"}


class Kind(Enum):
    """What a line of a body is; neighbours of one kind stand together."""

    TEXT = auto()
    ITEM = auto()  # of a list
    CODE = auto()


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a message's body; lines of code are together one."""

    runs: Text
    kind: Kind = Kind.TEXT

    def written(self, most: int, *, links: bool = True) -> list[Json]:
        """Return the line as elements of at most `most` weight, none if it says nothing."""
        if self.kind is Kind.CODE:
            inner = columns(plain(self.runs), most - _FRAME).strip("\n")
            return [{"type": "text", "text": inner}] if inner.strip() else []
        found = elements(self.runs, most, links=links)
        return found if any(_seen(one) for one in found) else []


def _seen(element: Json) -> bool:
    return element["type"] != "text" or bool(element["text"].strip())


def lines(blocks: Sequence[Block], *, bullets: bool = True) -> tuple[Line, ...]:
    """Return blocks as lines; without `bullets`, items of lists stand as plain lines."""
    found: list[Line] = []
    for block in blocks:
        match block:
            case Paragraph(text=runs):
                found.append(Line(runs))
            case Bullets(items=items):
                found += [Line(item, Kind.ITEM if bullets else Kind.TEXT) for item in items]
            case Fact(label=name, text=runs):
                found.append(Line((Run(name, Style.BOLD), Run(" "), *runs)))
            case Code(text=text):  # pragma: no branch - there is no other block
                found.append(Line((Run(text),), Kind.CODE))
    return tuple(found)


def body(found: Sequence[Line], most: int) -> list[Json]:
    """Return lines as one `rich_text` block of at most `most` weight, or nothing.

    Words come first, links get what room is left: what happened matters more than where it was
    read. What does not fit is said: the line on the edge is cut, and `… and 3 more` follows.
    """
    kept, missing, left = _kept(found, most)
    linked = _linked(kept, left)
    if missing:
        linked.append((Line(()), [{"type": "text", "text": f"… and {missing} more"}]))
    return [{"type": "rich_text", "elements": _grouped(linked)}] if linked else []


_Kept = list[tuple[Line, list[Json]]]


def _kept(found: Sequence[Line], most: int) -> tuple[_Kept, int, int]:
    """Return what fits of lines without links, how many are left out, and the room left."""
    kept: _Kept = []
    left = most - _GROUP - _NOTE
    for number, one in enumerate(found):
        whole = one.written(MOST, links=False)
        if not whole:
            continue
        frame = _FRAME if kept and kept[-1][0].kind is one.kind else _GROUP + _FRAME
        room = left - frame
        if weight(whole) > room:
            after = len(found) - number - 1
            cut = one.written(room, links=False) if room >= ROOM else []
            kept += [(one, cut)] * bool(cut)
            return kept, after if cut else after + 1, 0
        kept.append((one, whole))
        left = room - weight(whole)
    return kept, 0, left


def _linked(kept: _Kept, room: int) -> _Kept:
    """Return lines with all links of each, as long as these fit into `room` more weight."""
    found: _Kept = []
    for line, plainly in kept:
        linked = line.written(_LINKED, links=True)
        more = weight(linked) - weight(plainly)
        fits = more <= room and _words(linked) == _words(plainly)
        found.append((line, linked if fits else plainly))
        room -= more if fits else 0
    return found


def _words(written: Sequence[Json]) -> list[str]:
    return "".join(str(one.get("text", "")) for one in written).split()


def _grouped(kept: _Kept) -> list[Json]:
    """Return lines as sections, lists and blocks of code."""
    groups: list[Json] = []
    for kind, group in groupby(kept, key=lambda one: one[0].kind):
        found = [written for _, written in group]
        match kind:
            case Kind.ITEM:
                items = [{"type": "rich_text_section", "elements": one} for one in found]
                groups.append({"type": "rich_text_list", "style": "bullet", "elements": items})
            case Kind.CODE:
                groups += [{"type": "rich_text_preformatted", "elements": one} for one in found]
            case Kind.TEXT:  # pragma: no branch - there is no other kind
                broken = [*found[0]]
                for one in found[1:]:
                    broken += [{"type": "text", "text": "\n"}, *one]
                groups.append({"type": "rich_text_section", "elements": merged(broken)})
    return groups


def header(text: str) -> Json:
    """Return a headline as a header: plain text of at most 150 characters."""
    return {"type": "header", "text": plain_text(text, 150)}


def plain_text(text: str, most: int) -> Json:
    """Return a text as a plain text object, in which no code of an emoji is one."""
    return {"type": "plain_text", "text": bare(text, most) or "…", "emoji": False}


def context(words: str) -> Json:
    """Return mrkdwn as small print in which Slack makes no link of its own."""
    return {"type": "context", "elements": [marked(words)]}


def marked(words: str) -> Json:
    """Return mrkdwn as a text object in which Slack makes no link of its own."""
    return {"type": "mrkdwn", "text": words, "verbatim": True}


def actions(buttons: Sequence[Button]) -> list[Json]:
    """Return buttons as one actions block, or nothing: at most four in a row, else a menu last.

    With more than four, three stand in the row and the others in the menu; what a menu cannot hold
    stands in the row, too, up to 25 elements. The same action is never there twice.
    """
    first: dict[str, Button] = {}
    for one in buttons:
        if 0 < len(one.action) <= _MOST_ACTION:
            first.setdefault(one.action, one)
    shown = list(first.values())[: _ELEMENTS - 1 + _MENU]
    row = len(shown) if len(shown) <= _BUTTONS else max(_BUTTONS - 1, len(shown) - _MENU)
    drawn = [_button(number, one) for number, one in enumerate(shown[:row])]
    if row < len(shown):
        options = [
            {"text": plain_text(one.label, _MOST_LABEL), "value": one.action} for one in shown[row:]
        ]
        drawn.append({"type": "overflow", "action_id": "more", "options": options})
    return [{"type": "actions", "elements": drawn}] if drawn else []


def _button(number: int, button: Button) -> Json:
    drawn: Json = {
        "type": "button",
        "action_id": f"do/{number}",
        "text": plain_text(button.label, _MOST_LABEL),
        "value": button.action,
    }
    look = _LOOKS.get(button.look)
    return drawn | {"style": look} if look else drawn


def uploads(files: Sequence[File]) -> tuple[File, ...]:
    """Return the files that are sent: at most ten, `MOST_BYTES` together, with safe names."""
    kept: list[File] = []
    left = MOST_BYTES
    for file in files[:MOST_FILES]:
        if len(file.data) <= left:
            left -= len(file.data)
            name = re.sub(r"[^A-Za-z0-9._-]+", "-", file.name)[-80:].strip(".-") or "file"
            if name in (one.name for one in kept):
                name = f"{len(kept)}-{name}"
            alt = shorten(clean(file.alt), _MOST_ALT)
            kept.append(replace(file, name=name, alt=alt))
    return tuple(kept)


def left_out(files: Sequence[File]) -> str:
    """Return a sentence about the files that `uploads` leaves out, or ""."""
    missing = len(files) - len(uploads(files))
    whole = counted(len(files), "file")
    return f"Left out {missing} of {whole}: too large for Slack." if missing else ""
