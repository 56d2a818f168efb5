"""Runs of a message as rich text and as small print: how each looks, and how it is cut.

`rich_text` is what bodies are made of: nothing in it is parsed, so no article can write a mention,
a link, an emoji or a format. Small print is mrkdwn in a context block, which takes nothing else
that holds a link. `escape` says what is harmless.
"""

import re
from collections.abc import Sequence
from typing import Any

from bot.adapters.chat.harmless import safe_url
from bot.adapters.chat.slack.escape import label, literal, mrkdwn, weight
from bot.domain.messages import Message, Paragraph, Run, Style, Text
from bot.domain.text import utf16_length

Json = dict[str, Any]

MOST = 3_000
"""Weight of a text and of a line: what Slack takes in a section."""
ROOM = 120
"""Length below which nothing is begun that would be cut."""
_WORDS = 500  # of a link
_WHEN = "{date_short_pretty} {time}"
_STYLES = {
    Style.BOLD: "bold",
    Style.HIT: "bold",
    Style.INSERTED: "bold",
    Style.DELETED: "strike",
    Style.TAG: "code",
    Style.QUIET: "italic",
}
_MARKS = {"bold": "*", "strike": "~", "code": "`"}
_TOGETHER = "\\1\u00a0"  # `[4] Outlet` is not broken between its two
_NUMBER = re.compile(r"^(\[\d+\]) ")
_CHANNEL = re.compile(r"#([CG][A-Z0-9]{6,20})")


def elements(runs: Text, most: int, *, links: bool = True) -> list[Json]:
    """Return a text as elements of `rich_text`, of at most `most` weight; cut, it ends with "…".

    Args:
        runs: Any text.
        most: As `escape.weight` counts.
        links: Whether links are kept; they take much of the room.
    """
    found: list[Json] = []
    left = most - 2  # the brackets
    for run in runs:
        element = _element(run, left, links=links)
        if element is None:
            continue
        found.append(element)
        left -= weight(element) + 1
        if str(element.get("text", "")).endswith("…") and left < ROOM:
            break  # it was cut: nothing more would fit
    return merged(found)


def _element(run: Run, most: int, *, links: bool) -> Json | None:
    """Return a run as one element, or None where nothing of it can be seen or fits."""
    if run.at is not None and (when := int(run.at.timestamp())) >= 0:
        fallback = literal(run.text, 100).strip() or "…"
        date = {"type": "date", "timestamp": when, "format": _WHEN, "fallback": fallback}
        return date if weight(date) <= most else None
    if run.style is Style.CHANNEL and (channel := _CHANNEL.fullmatch(run.text)):
        named = {"type": "channel", "channel_id": channel[1]}
        return named if weight(named) <= most else None
    style = _STYLES.get(run.style)
    styled: Json = {"style": {style: True}} if style else {}
    if links and run.url and (url := safe_url(run.url)):
        words = literal(" ".join(run.text.split()), _WORDS)
        link: Json = {"type": "link", "url": url, "text": words} | styled
        if words.strip() and weight(link) <= most:
            return link
    written: Json = {"type": "text", "text": ""} | styled
    words = literal(run.text, most - weight(written))
    if run.style is Style.TAG:
        words = words.strip()
    return written | {"text": words} if words else None


def merged(found: Sequence[Json]) -> list[Json]:
    """Return elements with neighbouring texts of one style as one, of at most `MOST` units."""
    kept: list[Json] = []
    for one in found:
        last = kept[-1] if kept else {}
        alike = one["type"] == last.get("type") == "text" and one.get("style") == last.get("style")
        if alike and utf16_length(last["text"] + one["text"]) <= MOST:
            kept[-1] = last | {"text": last["text"] + one["text"]}
        else:
            kept.append(one)
    return kept


def small(runs: Text, most: int) -> str:
    """Return a text as mrkdwn of at most `most` UTF-16 units; cut, it ends with "…".

    Times become `<!date^…>`, which each reader sees in their own zone.
    """
    written = ""
    for number, run in enumerate(runs):
        room = most - utf16_length(written) - 2  # the marks
        if room < 2:
            break
        piece = _piece(run, room)
        after = runs[number + 1].text[:1] if number + 1 < len(runs) else ""
        written += _marked(piece, run.style, written[-1:], after)
        if piece.endswith("…") and most - utf16_length(written) < ROOM:
            break
    return written


def _piece(run: Run, most: int) -> str:
    if run.at is not None and (when := int(run.at.timestamp())) >= 0:
        moment = f"<!date^{when}^{_WHEN}|{label(run.text, 100) or '…'}>"
        return moment if len(moment) <= most else "…"
    if run.style is Style.CHANNEL and (channel := _CHANNEL.fullmatch(run.text)):
        return f"<#{channel[1]}>" if most > len(run.text) + 2 else "…"
    url = safe_url(run.url).replace("&", "&amp;") if run.url else ""
    if url and (words := label(run.text, _WORDS)):
        link = f"<{url}|{_NUMBER.sub(_TOGETHER, words)}>"
        if utf16_length(link) <= most:
            return link
    return mrkdwn(run.text, most)


def _marked(piece: str, style: Style, before: str, after: str) -> str:
    """Return a piece between the marks of its style, where Slack would read them as such.

    A mark acts only beside a blank or a sign, and on one line; elsewhere it would be shown.
    """
    mark = _MARKS.get(_STYLES.get(style, ""), "")
    one_line = piece.strip() == piece and "\n" not in piece
    apart = not before or before in " \n("
    ends = not after or after in " \n,.;:)"
    return f"{mark}{piece}{mark}" if mark and piece and one_line and apart and ends else piece


def channels_of(message: Message) -> set[str]:
    """Return the ids of the channels that the paragraphs of a message name as such."""
    named = (
        _CHANNEL.fullmatch(run.text)
        for block in message.blocks
        if isinstance(block, Paragraph)
        for run in block.text
        if run.style is Style.CHANNEL
    )
    return {channel[1] for channel in named if channel}
