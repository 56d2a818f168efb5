"""Request bodies against Discord's own OpenAPI document, where this machine has it.

The document is looked for where `NEWSTHREAD_DISCORD_SPEC` says, else beside the checkout. Without
it nothing is checked here, `Spec.checked` is False, and tests that need it are skipped by name.
"""

import json
import os
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.twins.discord.errors import Wrong

_LISTS_OF_IDS = {"applied_tags", "users", "roles", "sticker_ids"}
_CODES = {
    "required": "BASE_TYPE_REQUIRED",
    "maxLength": "BASE_TYPE_MAX_LENGTH",
    "minLength": "BASE_TYPE_MIN_LENGTH",
    "maxItems": "BASE_TYPE_BAD_LENGTH",
    "minItems": "BASE_TYPE_BAD_LENGTH",
    "maximum": "NUMBER_TYPE_MAX",
    "minimum": "NUMBER_TYPE_MIN",
    "enum": "BASE_TYPE_CHOICES",
}


def spec_path() -> Path | None:
    """Return where Discord's document is, or None on a machine without it."""
    beside = Path(__file__).parents[4] / "shared" / "spec" / "discord-openapi.json"
    path = Path(os.environ.get("NEWSTHREAD_DISCORD_SPEC", beside))
    return path if path.is_file() else None


class Spec:
    """Validates bodies by the document's schemas; checks nothing where there is no document."""

    def __init__(self, path: Path | None) -> None:
        """Load the document once."""
        self.checked = path is not None
        self._made: dict[str, Draft202012Validator] = {}
        if path is not None:
            document = json.loads(path.read_text(encoding="utf-8"))
            self._paths: dict[str, Any] = document["paths"]
            resource = Resource.from_contents(document, default_specification=DRAFT202012)
            self._registry: Registry[Any] = Registry().with_resource("urn:discord", resource)

    def check(self, method: str, template: str, schema: str | None, body: object) -> None:
        """Refuse with 50035 a body that the document does not allow.

        Args:
            method: The request's method.
            template: Its path as the document spells it, such as `/channels/{channel_id}`.
            schema: One schema by name, where the document allows any of several kinds and the
                kind is known; None takes what the document says of the path.
            body: The JSON, or what `payload_json` held.

        Raises:
            ApiError: 400 with code 50035 and the places.
        """
        if not self.checked:
            return
        ref = self._ref(method, template, schema)
        if ref is None:
            return
        if ref not in self._made:
            self._made[ref] = Draft202012Validator({"$ref": ref}, registry=self._registry)
        wrong = Wrong()
        for error in self._made[ref].iter_errors(_spelled(body)):
            deep = _deepest(error)
            where = ".".join(str(step) for step in deep.absolute_path) or "body"
            if deep.validator == "required":
                there: Any = deep.instance
                wanted: Any = deep.validator_value
                missing = [n for n in wanted if n not in there]
                where = f"{where}.{missing[0]}" if where != "body" else missing[0]
            code = _CODES.get(str(deep.validator), "BASE_TYPE_BAD_TYPE")
            wrong.add(where, code, deep.message[:300])
        wrong.refuse()

    def _ref(self, method: str, template: str, schema: str | None) -> str | None:
        if schema is not None:
            return f"urn:discord#/components/schemas/{schema}"
        operation = self._paths.get(template, {}).get(method.lower(), {})
        if "requestBody" not in operation:
            return None
        place = template.replace("~", "~0").replace("/", "~1")
        media = "application~1json"
        return f"urn:discord#/paths/{place}/{method.lower()}/requestBody/content/{media}/schema"


def _deepest(error: ValidationError) -> ValidationError:
    return best_match([error]) or error


def _spelled(value: Any, key: str = "", parent: Any = None) -> Any:
    """Return the body with ids as strings: Discord takes numbers too, the document does not."""
    if isinstance(value, dict):
        return {k: _spelled(v, k, value) for k, v in value.items()}
    if isinstance(value, list):
        return [_spelled(v, key if key in _LISTS_OF_IDS else "") for v in value]
    if isinstance(value, int) and not isinstance(value, bool):
        component = isinstance(parent, dict) and "type" in parent
        if key.endswith("_id") or key in _LISTS_OF_IDS or (key == "id" and not component):
            return str(value)
    if key == "default_member_permissions" and isinstance(value, str) and value.isdecimal():
        return int(value)
    return value
