"""What Discord refuses: its OpenAPI document where this machine has it, and its written limits.

The document is looked for where `NEWSTHREAD_DISCORD_SPEC` says, else beside the checkout.
Sources of the limits: https://discord.com/developers/docs/resources/message,
https://discord.com/developers/docs/interactions/application-commands
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

Json = dict[str, Any]

_BESIDE = Path(__file__).parents[3] / "shared" / "spec" / "discord-openapi.json"
SPEC = Path(os.environ.get("NEWSTHREAD_DISCORD_SPEC", _BESIDE))


class Document:
    """Discord's own OpenAPI document."""

    def __init__(self, path: Path = SPEC) -> None:
        contents = json.loads(path.read_text(encoding="utf-8"))
        resource: Resource[Any] = Resource.from_contents(
            contents, default_specification=DRAFT202012
        )
        self._registry: Registry[Any] = Registry().with_resource("urn:discord", resource)
        self._made: dict[str, Draft202012Validator] = {}

    def refusals(self, schema: str, body: object) -> list[str]:
        """Return why a body is none of the document's schema of that name."""
        if schema not in self._made:
            ref = f"urn:discord#/components/schemas/{schema}"
            self._made[schema] = Draft202012Validator({"$ref": ref}, registry=self._registry)
        return [error.message[:300] for error in self._made[schema].iter_errors(_spelled(body))]


def _spelled(value: Any, key: str = "") -> Any:
    """Return permissions as the document has them: Discord's prose says a string, it a number."""
    if isinstance(value, dict):
        return {name: _spelled(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [_spelled(one) for one in value]
    return int(value) if key == "default_member_permissions" and value is not None else value


def units(text: str) -> int:
    """Return the UTF-16 code units of a text; a lone surrogate is an error."""
    return len(text.encode("utf-16-le")) // 2


def message_refusals(body: Json) -> list[str]:
    """Return which written limits a message breaks."""
    content, embeds = body.get("content") or "", body.get("embeds") or []
    rows, files = body.get("components") or [], body.get("attachments") or []
    found = []
    if units(content) > 2_000:
        found.append("content")
    if not (content.strip() or embeds or files):
        found.append("empty")
    if len(embeds) > 10 or len(rows) > 5 or len(files) > 10:
        found.append("too many")
    mentions = body.get("allowed_mentions", {"parse": ["everything"]})
    if mentions["parse"] or len(mentions.get("roles", [])) > 1:
        found.append("allowed_mentions")
    return [*found, *_embed_refusals(embeds), *_button_refusals(rows)]


def _embed_refusals(embeds: list[Json]) -> Iterator[str]:
    total = 0
    for embed in embeds:
        texts = [
            ("title", embed.get("title"), 256),
            ("description", embed.get("description"), 4_096),
            ("footer", embed.get("footer", {}).get("text"), 2_048),
            ("author", embed.get("author", {}).get("name"), 256),
        ]
        for field in embed.get("fields", []):
            texts += [("name", field["name"], 256), ("value", field["value"], 1_024)]
        said = [(what, text, most) for what, text, most in texts if text is not None]
        total += sum(units(text) for _, text, _ in said)
        for what, text, most in said:
            if units(text) > most or not text.strip():
                yield f"{what}: {text[:60]!r}"
        if len(embed.get("fields", [])) > 25:
            yield "fields"
        if not said and "image" not in embed:
            yield "an empty embed"
    if total > 6_000:
        yield f"{total} units over all embeds"


def _button_refusals(rows: list[Json]) -> Iterator[str]:
    actions = [button["custom_id"] for row in rows for button in row["components"]]
    if len(actions) != len(set(actions)) or any(not 0 < len(one) <= 100 for one in actions):
        yield "custom_id"
    for row in rows:
        if not 0 < len(row["components"]) <= 5:
            yield "row"
        for button in row["components"]:
            if not button["label"].strip() or units(button["label"]) > 80:
                yield "label"
