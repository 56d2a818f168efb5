"""A message as Slack's wire format: plain dicts, pure, within all limits by construction.

Owns where the parts of a message go: header, body, small print, actions. Sending is the client's.

Slack refuses more than 50 blocks, and a message near 13,200 characters over all of them; a message
here has at most seven and stays under `MOST_BLOCKS`. `text` is what a notification and a screen
reader say. Sources: https://docs.slack.dev/reference/block-kit/blocks,
https://docs.slack.dev/reference/methods/chat.postMessage, product limits in `parts` and `escape`.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from bot.adapters.chat.harmless import clean, safe_url
from bot.adapters.chat.slack.escape import JOINER, mrkdwn, weight
from bot.adapters.chat.slack.parts import (
    MOST_SMALL,
    Kind,
    Line,
    actions,
    body,
    context,
    header,
    left_out,
    lines,
    marked,
)
from bot.adapters.chat.slack.runs import Json, channels_of, small
from bot.adapters.chat.slack.wording import worded
from bot.domain.messages import (
    Block,
    Bullets,
    Fact,
    Message,
    Paragraph,
    Run,
    Style,
    Text,
    Tone,
    plain,
    text,
)
from bot.domain.text import utf16_length

MOST_BLOCKS = 10_000
"""Weight of all blocks of a message together, as `escape.weight` counts."""
MOST_TEXT = 2_000
"""UTF-16 units of a message's `text`; chat.update takes 4,000."""
EVENT_TYPE = "newsthread_alert"
"""The type of a message's metadata, by which an alert is found again."""
_MOST_STATE = 1_000
_MOST_FOOTER = 500
_DOT = " · "
_DOTS = {
    Tone.DEVELOPING: "🟠",
    Tone.CLOSED: "⚪",
    Tone.TROUBLE: "🔴",
    Tone.GOOD: "🟢",
}
_SIGN = re.compile(r"^[●○] ")
_NUMBERED = re.compile(r"\[\d+\] ")
_GROUP = re.compile(r"(?:<!subteam\^)?(S[A-Z0-9]{6,20})(?:\|[^>]*>|>)?")
_CODE = re.compile(r" · ([A-Z0-9]{3,12})$")


def payload(message: Message, *, key: str, ping_group: str | None = None) -> Json:
    """Return the arguments of chat.postMessage but for channel and thread.

    Args:
        message: What to post.
        key: The alert's key; by it the message is found again in the channel's history.
        ping_group: The id of the user group that `message.ping` names; without it, none is pinged.
    """
    about = {"key": key, "story": _story(message), "version": 1}
    return _said(message, ping_group) | {
        "metadata": {"event_type": EVENT_TYPE, "event_payload": about},
        "unfurl_links": False,
        "unfurl_media": False,
    }


def changed(message: Message) -> Json:
    """Return the arguments of chat.update but for channel and time; an edit pings nobody.

    What is left out stays as it is: the metadata.
    """
    return _said(message, None)


def answer(message: Message) -> Json:
    """Return the text and blocks of an answer to the person who asked."""
    return {"text": _words(message, MOST_TEXT), "blocks": blocks(message)}


def blocks(message: Message, *, ping_group: str | None = None) -> list[Json]:
    """Return what is shown of a message, at least one block.

    Args:
        message: Any message.
        ping_group: The id of a user group that is named above the body.
    """
    above, about, seen = _apart(message)
    state = _state(message, seen)
    standing = message.tone in (Tone.DEVELOPING, Tone.CLOSED)
    title = " ".join(clean(message.title).split())
    head: list[Json] = [header(_dotted(message, title))] if title else []
    if ping_group:
        head.append({"type": "section", "text": marked(f"<!subteam^{ping_group}>")})
    tail: list[Json] = []
    if state:
        (tail if standing else head).append(context(state))
    if said := _small_print(about, message.footer):
        tail.append(context(said))
    tail += actions(message.buttons)
    room = MOST_BLOCKS - weight(head) - weight(tail)
    middle = body(_lines(message, above), room)
    return [*head, *middle, *tail] or [{"type": "section", "text": marked("…")}]


def group_id(ping: str) -> str | None:
    """Return the id in `<!subteam^S123…>` or `S123…`, or None where `ping` is a group's name."""
    found = _GROUP.fullmatch(ping.strip())
    return found[1] if found else None


def _said(message: Message, ping_group: str | None) -> Json:
    """Return a message of the channel's; what outlets wrote in it keeps its words."""
    if not message.topic and message.tone is not Tone.DEVELOPING:
        message = worded(message)  # a notice: it names commands
    wanted = message.ping and not message.silent
    group = group_id(ping_group) if ping_group and wanted else None
    mention = f"<!subteam^{group}> " if group else ""
    return {
        "text": mention + _words(message, MOST_TEXT - len(mention)),
        "blocks": blocks(message, ping_group=group),
        "parse": "none",
        "link_names": False,
    }


def _words(message: Message, most: int) -> str:
    """Return the notification's own words; never empty."""
    told = (message.notice, message.title, message.as_text(), "…")
    said = next(words for one in told if (words := mrkdwn(one, most).strip()))
    for channel in channels_of(message):  # by its name instead of its id
        said = said.replace(f"#{JOINER}{channel}", f"<#{channel}>")
    return said


def _story(message: Message) -> str:
    """Return the code of the message's story, or "": a thread's name ends with it."""
    found = _CODE.search(message.topic)
    return found[1] if found else ""


def _dotted(message: Message, words: str) -> str:
    """Return words behind a dot in the message's colour, where that says how it went."""
    dot = _DOTS.get(message.tone) if message.tone in (Tone.TROUBLE, Tone.GOOD) else None
    return f"{dot} {words}" if dot else words


def _state(message: Message, seen: Sequence[Fact]) -> str:
    """Return the line that says how things stand: state, outlets, times, where to read it."""
    lead = message.lead
    if lead and lead[0].style is Style.BOLD and (sign := _SIGN.match(lead[0].text)):
        word = Run(lead[0].text[sign.end() :].capitalize(), Style.BOLD)
        lead = text(f"{_DOTS.get(message.tone, '🔵')} ", word, *lead[1:])
    parts: list[Text] = [lead, *(fact.text for fact in seen)]
    link = safe_url(message.url)
    if link:
        parts.append((Run(f"read at {_site(link)}", url=link),))
    runs: list[Run] = []
    for part in parts:
        runs += [*([Run(_DOT)] if runs and part else []), *part]
    return small(tuple(runs), _MOST_STATE).strip()


def _site(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _apart(message: Message) -> tuple[Sequence[Block], list[Paragraph | Fact], list[Fact]]:
    """Return blocks apart: the body, what is about it in small print, and its times.

    Small print is what ends a message: its sources and what stands behind them, and hints.
    """
    kept = list(message.blocks)
    about: list[Paragraph | Fact] = []
    while kept and (hint := _hint(kept[-1])):
        about.insert(0, hint)
        kept.pop()
    facts = next(
        (at for at, one in enumerate(kept) if isinstance(one, Fact) and _is_sources(one)), len(kept)
    )
    if not all(isinstance(one, Fact) for one in kept[facts:]):
        return kept, about, []
    behind = [one for one in kept[facts:] if isinstance(one, Fact)]
    seen = [one for one in behind if any(run.at for run in one.text)] if message.lead else []
    rest = [one for one in behind if one not in seen]
    return kept[:facts], [*about, *sorted(rest, key=_is_sources)], seen


def _hint(block: Block) -> Paragraph | None:
    """Return a block that is nothing but quiet words."""
    if not isinstance(block, Paragraph) or not block.text:
        return None
    return block if all(run.style is Style.QUIET for run in block.text) else None


def _is_sources(fact: Fact) -> bool:
    return bool(_NUMBERED.match(plain(fact.text)))


def _small_print(about: Sequence[Paragraph | Fact], footer: Text) -> str:
    """Return what is about a message, one under another, its footer last."""
    last = small(footer, _MOST_FOOTER).strip()
    left = MOST_SMALL - utf16_length(last) - 1
    found: list[str] = []
    for block in about:
        said = small(_about(block), left).strip()
        if said:
            found.append(said)
            left -= utf16_length(said) + 1
    return "\n".join([*found, last] if last else found)


def _about(block: Paragraph | Fact) -> Text:
    if isinstance(block, Fact) and not _is_sources(block):
        return (Run(f"{block.label} "), *block.text)
    return block.text


def _lines(message: Message, above: Sequence[Block]) -> tuple[Line, ...]:
    """Return the body's lines; a reply of one line needs no sign before it."""
    items = sum(len(block.items) for block in above if isinstance(block, Bullets))
    found = lines(above, bullets=bool(message.title) or items > 1)
    if found and found[0].kind is not Kind.CODE and not message.title:
        found = (replace(found[0], runs=(*text(_dotted(message, "")), *found[0].runs)), *found[1:])
    missing = left_out(message.files)
    return (*found, Line((Run(missing),))) if missing else found
