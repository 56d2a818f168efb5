"""Messages as JSON and back: what goes over the wire to the sandbox and into its database.

Owns the shape. What a message looks like is `render`'s. Reading is strict, since anything may come
over the wire: what is not exactly a message is a `ValueError`.
"""

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from bot.domain.messages import (
    Block,
    Bullets,
    Button,
    Code,
    Fact,
    File,
    Look,
    Message,
    Paragraph,
    Run,
    Style,
    Text,
    Tone,
)

Json = Mapping[str, object]


def encoded(message: Message) -> dict[str, object]:
    """Return a message as JSON values; what is empty is left out."""
    values: dict[str, object] = {
        "title": message.title,
        "url": message.url,
        "lead": _runs(message.lead),
        "blocks": [_block(block) for block in message.blocks],
        "footer": _runs(message.footer),
        "buttons": [
            {"label": button.label, "action": button.action, "look": button.look.value}
            for button in message.buttons
        ],
        "notice": message.notice,
        "tone": message.tone.value,
        "ping": message.ping,
        "silent": message.silent,
        "files": [
            {
                "name": file.name,
                "mime": file.mime,
                "data": base64.b64encode(file.data).decode(),
                "alt": file.alt,
            }
            for file in message.files
        ],
    }
    return {name: value for name, value in values.items() if value}


def decoded(values: object) -> Message:
    """Return the message that JSON values hold.

    Raises:
        ValueError: They hold none.
    """
    message = _mapping(values)
    return Message(
        title=_text(message, "title"),
        url=_text(message, "url"),
        lead=_read_runs(message, "lead"),
        blocks=tuple(_read_block(block) for block in _items(message, "blocks")),
        footer=_read_runs(message, "footer"),
        buttons=tuple(
            Button(
                _text(button, "label"),
                _text(button, "action"),
                Look(_text(button, "look") or Look.NORMAL),
            )
            for button in map(_mapping, _items(message, "buttons"))
        ),
        notice=_text(message, "notice"),
        tone=Tone(_text(message, "tone") or Tone.NOTICE),
        ping=_text(message, "ping"),
        silent=message.get("silent") is True,
        files=tuple(
            File(
                _text(file, "name"),
                _text(file, "mime"),
                base64.b64decode(_text(file, "data"), validate=True),
                _text(file, "alt"),
            )
            for file in map(_mapping, _items(message, "files"))
        ),
    )


def moment(text: str) -> datetime:
    """Read a time in ISO 8601, as UTC.

    Raises:
        ValueError: It is none, or has no time zone.
    """
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return at.astimezone(UTC)


def _runs(runs: Text) -> list[dict[str, str]]:
    return [
        {
            "text": run.text,
            **({} if run.style is Style.PLAIN else {"style": run.style.value}),
            **({"url": run.url} if run.url else {}),
            **({"at": run.at.isoformat()} if run.at else {}),
        }
        for run in runs
    ]


def _block(block: Block) -> dict[str, object]:
    match block:
        case Paragraph(text=runs):
            return {"paragraph": _runs(runs)}
        case Bullets(items=items):
            return {"bullets": [_runs(item) for item in items]}
        case Fact(label=label, text=runs):
            return {"fact": _runs(runs), "label": label}
        case Code(text=code):
            return {"code": code}


def _read_runs(values: Json, name: str) -> Text:
    return tuple(_read_run(run) for run in _items(values, name))


def _read_run(values: object) -> Run:
    run = _mapping(values)
    at = _text(run, "at")
    return Run(
        _text(run, "text"),
        Style(_text(run, "style") or Style.PLAIN),
        _text(run, "url"),
        moment(at) if at else None,
    )


def _read_block(values: object) -> Block:
    block = _mapping(values)
    match block:
        case {"paragraph": _}:
            return Paragraph(_read_runs(block, "paragraph"))
        case {"bullets": _}:
            items = _items(block, "bullets")
            return Bullets(tuple(_read_runs({"item": item}, "item") for item in items))
        case {"fact": _}:
            return Fact(_text(block, "label"), _read_runs(block, "fact"))
        case {"code": _}:
            return Code(_text(block, "code"))
    raise ValueError("a block is a paragraph, bullets, a fact or code")


def _mapping(values: object) -> Json:
    if not isinstance(values, Mapping):
        raise ValueError("an object was expected")  # noqa: TRY004 -- one error for all bad JSON
    return values


def _items(values: Json, name: str) -> Sequence[object]:
    items = values.get(name) or []
    if not isinstance(items, list):
        raise ValueError(f"{name} is no list")  # noqa: TRY004 -- as above
    return items


def _text(values: Json, name: str) -> str:
    text = values.get(name) or ""
    if not isinstance(text, str):
        raise ValueError(f"{name} is no text")  # noqa: TRY004 -- as above
    return text
