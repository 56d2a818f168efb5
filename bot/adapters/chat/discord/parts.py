"""The parts of a Discord message: runs and lines as markdown, buttons, files; all within limits.

Owns how a run looks and how what does not fit is cut. `escape` says what is harmless,
`render` puts parts together.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from bot.adapters.chat.discord.escape import code, escaped, label, trimmed
from bot.adapters.chat.harmless import clean, line, safe_url
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
from bot.domain.text import shorten, utf16_length

MOST_DESCRIPTION = 4_096
MOST_FIELDS = 25
MOST_FIELD_NAME = 256
MOST_FIELD = 1_024
MOST_FILES = 10
MOST_BYTES = 10 * 1024 * 1024
"""Bytes of a message's files together. Source: Discord's upload limit of a guild without boosts."""
_MOST_ALT = 1_024
_ROW = 5  # buttons of a row, and rows of a message
_MOST_LABEL = 80
_MOST_ACTION = 100
_SHORT = 32  # UTF-16 units of a field that has room beside another
_ROOM = 80  # UTF-16 units below which a line is left out rather than cut
_NOTE = 20  # UTF-16 units kept for `… and 999 more`
_MARKS = {Style.BOLD: "**", Style.HIT: "**", Style.INSERTED: "**", Style.DELETED: "~~"}
_LOOKS = {Look.PRIMARY: 1, Look.NORMAL: 2, Look.DANGER: 4}
_CHANNEL = re.compile(r"#(\d{15,20})")
_HOUR = re.compile(r"\d\d:\d\d UTC")
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


def markdown(runs: Text, most: int) -> str:
    """Return a text as markdown of at most `most` UTF-16 units; cut, it ends with "…".

    Times become `<t:…>`, which each reader sees in their own zone; links become masked links.
    """
    pieces: list[str] = []
    for mark, group in groupby(runs, key=lambda run: _MARKS.get(run.style, "")):
        room = most - sum(map(utf16_length, pieces)) - 2 * len(mark)
        inner = _unmarked(tuple(group), room, one_line=bool(mark))
        if inner.strip():
            pieces.append(f"{mark}{inner}{mark}")
        elif inner and not mark:
            pieces.append(inner)
        if inner.endswith("…") and room - utf16_length(inner) < _ROOM:
            break  # it was cut: nothing more would fit
    return "".join(pieces)


def _unmarked(runs: Text, most: int, *, one_line: bool) -> str:
    """Return runs of one look, without the marks around them."""
    written = ""
    for run in runs:
        room = most - utf16_length(written) - 1
        if room < 2:
            break
        piece = _run(run, room)
        if run.style is Style.DELETED:
            piece = piece.replace("\\~", "\u223c")  # a tilde would end what is struck out
        apart = " " if written.endswith("`") and piece.startswith("`") else ""  # two code spans
        written += apart + piece
    return " ".join(written.split("\n")) if one_line else written


def _run(run: Run, most: int) -> str:
    if run.at is not None:
        form = "R" if _HOUR.fullmatch(run.text) else "f"
        moment = f"<t:{int(run.at.timestamp())}:{form}>"
        return moment if len(moment) <= most else "…"
    url = safe_url(run.url) if run.url else ""
    if url and (words := label(run.text, min(most - len(url) - 4, 500))).strip():
        return f"[{words}]({url})"
    if run.style is Style.CHANNEL and (channel := _CHANNEL.fullmatch(run.text)):
        return f"<#{channel[1]}>" if most > len(run.text) + 2 else "…"
    if run.style is Style.TAG and (tag := code(run.text.strip(), most - 2)):
        return f"`{tag}`"
    return escaped(run.text, most)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a message's body; lines of code stay together as one."""

    runs: Text = ()
    prefix: str = ""
    code: str = ""

    def written(self, most: int) -> str:
        """Return the line as markdown of at most `most` UTF-16 units, or "" if it says nothing."""
        if self.code:
            inner = code(self.code, most - 8).strip("\n")
            return f"```\n{inner}\n```" if inner.strip() else ""
        said = trimmed(markdown(self.runs, most - len(self.prefix)))
        return f"{self.prefix}{said}" if said else ""


def lines(blocks: Sequence[Block], *, bullets: bool = True) -> tuple[Line, ...]:
    """Return blocks as lines; without `bullets`, items of lists have no sign before them."""
    found: list[Line] = []
    for block in blocks:
        match block:
            case Paragraph(text=runs):
                small = bool(runs) and all(run.style is Style.QUIET for run in runs)
                found.append(Line(runs, "-# " if small and "\n" not in plain(runs) else ""))
            case Bullets(items=items):
                found += [Line(item, "• " if bullets else "") for item in items]
            case Fact(label=name, text=runs):
                found.append(Line((Run(name, Style.BOLD), Run(" "), *runs)))
            case Code(text=text):
                found.append(Line(code=text))
    return tuple(found)


def body(found: Sequence[Line], most: int) -> str:
    """Return lines one under another, in at most `most` UTF-16 units.

    What does not fit is said: the line on the edge is cut with "…", and `… and 3 more` follows.
    """
    kept: list[str] = []
    left = most
    for number, one in enumerate(found):
        after = len(found) - number - 1
        room = left - (_NOTE if after else 0)
        whole = one.written(MOST_DESCRIPTION)
        if not whole:
            continue
        if utf16_length(whole) > room:
            cut = one.written(room) if room >= _ROOM else ""
            missing = after if cut else after + 1
            kept += [cut] * bool(cut) + [f"… and {missing} more"] * bool(missing)
            break
        kept.append(whole)
        left -= utf16_length(whole) + 1
    return "\n".join(kept)


def fields(facts: Sequence[Fact], most: int) -> list[dict[str, object]]:
    """Return facts as an embed's fields, at most `most` UTF-16 units together."""
    kept: list[dict[str, object]] = []
    left = most - 2 * _NOTE
    for number, fact in enumerate(facts):
        name = escaped(line(fact.label, 100), MOST_FIELD_NAME) or "…"
        room = min(MOST_FIELD, left - utf16_length(name))
        value = trimmed(markdown(fact.text, room)) if room >= _ROOM else ""
        full = len(kept) == MOST_FIELDS - 1 and number < len(facts) - 1
        if full or room < _ROOM:
            kept.append({"name": "…", "value": f"and {len(facts) - number} more", "inline": False})
            break
        if value:
            short = utf16_length(plain(fact.text)) <= _SHORT
            kept.append({"name": name, "value": value, "inline": short})
            left -= utf16_length(name) + utf16_length(value)
    return kept


def rows(buttons: Sequence[Button]) -> list[dict[str, object]]:
    """Return buttons as rows of five, at most five rows; the same action never twice.

    Source: Discord refuses a message in which two components share a `custom_id`.
    """
    by_action = {
        one.action: one for one in reversed(buttons) if 0 < len(one.action) <= _MOST_ACTION
    }
    shown = [one for one in buttons if by_action.get(one.action) is one][: _ROW * _ROW]
    drawn = [
        {
            "type": 2,
            "style": _LOOKS[one.look],
            "label": line(one.label, _MOST_LABEL) or "…",
            "custom_id": one.action,
        }
        for one in shown
    ]
    return [{"type": 1, "components": drawn[at : at + _ROW]} for at in range(0, len(drawn), _ROW)]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a message as Discord takes it: part `files[number]` of the form."""

    number: int
    name: str
    mime: str
    data: bytes
    alt: str

    def attachment(self) -> dict[str, object]:
        """Return what `payload_json` says about the file."""
        said = {"description": self.alt} if self.alt else {}
        return {"id": str(self.number), "filename": self.name, **said}


def uploads(files: Sequence[File]) -> tuple[Upload, ...]:
    """Return the files that Discord takes: at most ten, `MOST_BYTES` together, safe names."""
    kept: list[Upload] = []
    left = MOST_BYTES
    for file in files[:MOST_FILES]:
        if len(file.data) <= left:
            left -= len(file.data)
            name = re.sub(r"[^A-Za-z0-9._-]+", "-", file.name)[-80:].strip(".-") or "file"
            if name in (one.name for one in kept):
                name = f"{len(kept)}-{name}"
            alt = shorten(clean(file.alt), _MOST_ALT)
            kept.append(Upload(len(kept), name, file.mime, file.data, alt))
    return tuple(kept)


def left_out(files: Sequence[File]) -> str:
    """Return a sentence about the files that `uploads` leaves out, or ""."""
    missing = len(files) - len(uploads(files))
    whole = counted(len(files), "file")
    return f"Left out {missing} of {whole}: too large for Discord." if missing else ""
