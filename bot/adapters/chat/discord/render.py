"""A message as Discord's wire format: plain dicts, pure, within all limits by construction.

Owns where the parts of a message go: what is content, embed, field, footer, component. Lengths
count UTF-16 units, as Discord counts. Sending is the client's.

Source of the limits: https://discord.com/developers/docs/resources/message#embed-object-embed-limits
and #create-message. The push notification's own words are `content`; the rest is one embed.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC

from bot.adapters.chat.discord.escape import escaped, spoken, trimmed
from bot.adapters.chat.discord.parts import (
    MOST_DESCRIPTION,
    PICTURES,
    Line,
    body,
    fields,
    left_out,
    lines,
    rows,
    uploads,
)
from bot.adapters.chat.harmless import clean, line, safe_url
from bot.domain.messages import Block, Bullets, Fact, Message, Paragraph, Run, Style, Tone, plain
from bot.domain.text import utf16_length

Payload = dict[str, object]
"""A JSON object as Discord's API takes it."""

EPHEMERAL = 1 << 6
SUPPRESS_NOTIFICATIONS = 1 << 12
MOST_CONTENT = 2_000
MOST_EMBEDS = 6_000
"""UTF-16 units over all embeds of a message: titles, descriptions, fields, footers, authors."""
MOST_NAME = 100  # of a thread
MOST_TAGS = 5  # of a forum post
MOST_CHOICES = 25  # of autocomplete
MOST_CHOICE = 100
ARCHIVE_AFTER = 4_320
"""Minutes without a message after which a thread is archived: as a story closes, three days."""
_MOST_TITLE = 256
_MOST_AUTHOR = 256
_MOST_FOOTER = 500  # Discord takes 2,048; the body needs the room more
_MOST_FACTS = 2_000
_MOST_NONCE = 25
_COLORS = {
    Tone.DEVELOPING: 0xD9480F,
    Tone.CLOSED: 0x868E96,
    Tone.NOTICE: 0x1971C2,
    Tone.TROUBLE: 0xC92A2A,
    Tone.GOOD: 0x2B8A3E,
}
_ROLE = re.compile(r"(?:<@&)?(\d{15,20})>?")


def payload(
    message: Message, *, key: str | None = None, ping_role: str | None = None, private: bool = False
) -> Payload:
    """Return the body of Create Message.

    Args:
        message: What to post, in a channel or a thread.
        key: The alert's key: Discord takes the same one once within some minutes.
        ping_role: The id of the role that `message.ping` names; without it, none is pinged.
        private: For the person alone who asked: as `answer` gives it.

    Raises:
        ValueError: The key is longer than the 25 characters that a nonce holds.
    """
    if private:
        return answer(message)
    said = _alert(message, ping_role)
    if message.silent:
        said["flags"] = SUPPRESS_NOTIFICATIONS
    if key is not None:
        if len(key) > _MOST_NONCE:
            raise ValueError(f"a key of {len(key)} characters: a nonce holds {_MOST_NONCE}")
        said |= {"nonce": key, "enforce_nonce": True}
    return said


def edit(message: Message, *, ping_role: str | None = None) -> Payload:
    """Return the body of Edit Message: everything that is shown is replaced, nobody is pinged."""
    said = _alert(message, ping_role) | {"allowed_mentions": {"parse": []}}
    return {"embeds": [], "components": []} | said


def answer(message: Message, *, private: bool = True) -> Payload:
    """Return the data of an answer to an interaction, also for a follow-up.

    An answer wakes no phone, so its notification's words are not said twice.
    """
    said = _shown(message)
    if _is_plain(message) or not said.keys() & {"embeds", "attachments"}:
        said["content"] = _words(message, MOST_CONTENT)
    said["allowed_mentions"] = {"parse": []}
    if private:
        said["flags"] = EPHEMERAL
    return said


def changed_answer(message: Message) -> Payload:
    """Return the data that takes the place of an answer that was given before."""
    said = answer(message, private=False)
    return {"content": None, "embeds": [], "components": [], "attachments": []} | said


def choices(values: Iterable[str]) -> list[Payload]:
    """Return what autocomplete offers: 25 values at most, each shown as it is.

    A value of more than 100 units is left out: cut, it would mean something else.
    """
    fitting = [one for one in dict.fromkeys(values) if 0 < utf16_length(one) <= MOST_CHOICE]
    return [{"name": line(one, MOST_CHOICE) or "…", "value": one} for one in fitting[:MOST_CHOICES]]


def thread(message: Message) -> Payload:
    """Return the body of Start Thread from Message."""
    return {"name": thread_name(message), "auto_archive_duration": ARCHIVE_AFTER}


def forum_post(
    message: Message, *, tags: Sequence[str] = (), ping_role: str | None = None
) -> Payload:
    """Return the body of Start Thread in Forum Channel.

    Args:
        message: The opening card.
        tags: The ids of the forum's tags for `message.tags`; five at most are applied.
        ping_role: As for `payload`. A forum post has no nonce: look before sending it again.
    """
    applied = {"applied_tags": list(dict.fromkeys(tags))[:MOST_TAGS]} if tags else {}
    return thread(message) | applied | {"message": payload(message, ping_role=ping_role)}


def thread_name(message: Message) -> str:
    """Return what a message's thread is called, 1 to 100 UTF-16 units."""
    given = (message.topic, message.title, message.notice)
    return next((name for one in given if (name := line(one, MOST_NAME))), "Story")


def role_id(ping: str) -> str | None:
    """Return the id in `<@&123…>` or `123…`, or None where `ping` is the name of a role."""
    found = _ROLE.fullmatch(ping.strip())
    return found[1] if found else None


def _alert(message: Message, ping_role: str | None) -> Payload:
    """Return a message that notifies: the notification's words, and what is shown under them."""
    role = role_id(ping_role) if ping_role and message.ping and not message.silent else None
    mention = f"<@&{role}> " if role else ""
    words = _words(message, MOST_CONTENT - len(mention))
    if not message.title and not _is_plain(message):
        words = words.partition("\n")[0]  # a reply's first line; all of it stands below
    mentions: Payload = {"parse": [], "roles": [role]} if role else {"parse": []}
    return {"content": mention + words, "allowed_mentions": mentions} | _shown(message)


def _words(message: Message, most: int) -> str:
    """Return the notification's own words; never empty."""
    told = (message.notice, message.title, message.as_text(), "…")
    return next(words for one in told if (words := trimmed(spoken(one, most))))


def _shown(message: Message) -> Payload:
    """Return all but the content: embed, buttons, files."""
    said: Payload = {}
    if (embed := _embed(message)) is not None:
        said["embeds"] = [embed]
    if buttons := rows(message.buttons):
        said["components"] = buttons
    if files := uploads(message.files):
        said["attachments"] = [one.attachment() for one in files]
    return said


def _is_plain(message: Message) -> bool:
    """Say whether the notification's words are all that the message says."""
    if message.title or message.lead or message.footer or left_out(message.files):
        return False
    match message.blocks:
        case ():
            return True
        case (Paragraph(text=runs),):
            same = plain(runs).strip() == message.notice.strip()
            bare = not any(run.url or run.at or run.style is not Style.PLAIN for run in runs)
            return same and bare and utf16_length(spoken(message.notice, 9_999)) <= MOST_CONTENT
        case _:
            return False


def _embed(message: Message) -> Payload | None:
    """Return what is shown under the content, or None where that says it all."""
    if _is_plain(message) and not any(file.mime in PICTURES for file in message.files):
        return None
    embed: Payload = {}
    used = 0
    if author := line(plain(message.lead), _MOST_AUTHOR):
        embed["author"] = {"name": author}
        used += utf16_length(author)
    if title := escaped(" ".join(clean(message.title).split()), _MOST_TITLE):
        embed["title"] = title
        used += utf16_length(title)
        if url := safe_url(message.url):
            embed["url"] = url
    footer, moment = _footer(message.footer)
    if footer:
        embed["footer"] = {"text": footer}
        used += utf16_length(footer)
    if moment is not None and moment.at is not None:
        embed["timestamp"] = f"{moment.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    above, facts = _apart(message.blocks)
    if found := fields(facts, _MOST_FACTS):
        embed["fields"] = found
        used += sum(utf16_length(f"{one['name']}{one['value']}") for one in found)
    if not _is_plain(message):
        described = body(_lines(message, above), min(MOST_DESCRIPTION, MOST_EMBEDS - used))
        if described:
            embed["description"] = described
    picture = next((one for one in uploads(message.files) if one.mime in PICTURES), None)
    if picture is not None:
        embed["image"] = {"url": f"attachment://{picture.name}"}
    if not embed.keys() - {"timestamp"}:
        return None
    return embed | {"color": _COLORS[message.tone]}


def _lines(message: Message, blocks: Sequence[Block]) -> tuple[Line, ...]:
    """Return the body's lines; a reply of one line needs no sign before it."""
    items = sum(len(block.items) for block in blocks if isinstance(block, Bullets))
    found = lines(blocks, bullets=bool(message.title) or items > 1)
    missing = left_out(message.files)
    return (*found, Line((Run(missing),))) if missing else found


def _apart(blocks: Sequence[Block]) -> tuple[Sequence[Block], list[Fact]]:
    """Return blocks apart: the body, and the facts after it, which become fields."""
    facts: list[Fact] = []
    for block in reversed(blocks):
        if not isinstance(block, Fact):
            break
        facts.append(block)
    return blocks[: len(blocks) - len(facts)], facts[::-1]


def _footer(runs: Sequence[Run]) -> tuple[str, Run | None]:
    """Return a footer's words, and the time that stands last in it.

    Footers know no markdown: Discord shows the embed's `timestamp` after the words.
    """
    last = runs[-1] if runs and runs[-1].at is not None else None
    words = runs[:-1] if last else runs
    return line(plain(words), _MOST_FOOTER), last
