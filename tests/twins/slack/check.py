"""The small rules that blocks are made of: keys, texts, lengths, URLs; in Slack's words."""

import re
from collections.abc import Collection, Sequence
from typing import Any

from tests.twins.slack.state import Json

PLAIN, MARKED = "plain_text", "mrkdwn"
_URL = re.compile(r"https?://[^\s/.][^\s/]*\.[^\s/]+(/\S*)?", re.IGNORECASE)


def units(text: str) -> int:
    """Return a text's length in UTF-16 units, as it was sent: `&amp;` counts 5."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


class Check:
    """Collects what is wrong, each with a JSON pointer, as in response_metadata.messages."""

    def __init__(self) -> None:
        """Start with nothing wrong."""
        self.faults: list[str] = []

    def say(self, where: str, what: str) -> None:
        """Note a fault."""
        self.faults.append(f"{what} [json-pointer:{where}]")

    def shape(
        self, given: Any, where: str, required: Collection[str], optional: Collection[str]
    ) -> bool:
        """Check that something is an object with these keys; return whether it is one at all."""
        if not isinstance(given, dict):
            self.say(where, "must be an object")
            return False
        missing = [name for name in required if given.get(name) is None]
        for name in missing:
            self.say(where, f"missing required field: {name}")
        for name in given:
            if name not in required and name not in optional:
                self.say(where, f"invalid additional property: {name}")
        return not missing

    def string(self, given: Any, where: str, most: int, least: int = 1) -> None:
        """Check a string's length, where there is one."""
        if given is None:
            return
        if not isinstance(given, str):
            self.say(where, "must be a string")
        elif units(given) > most:
            self.say(where, f"must be less than {most + 1} characters")
        elif units(given) < least:
            self.say(where, f"must be more than {least - 1} characters")

    def flag(self, given: Any, where: str) -> None:
        """Check a boolean, where there is one."""
        if given is not None and not isinstance(given, bool):
            self.say(where, "must be a boolean")

    def number(self, given: Any, where: str, least: int, most: int) -> None:
        """Check a whole number, where there is one."""
        if given is None:
            return
        if not isinstance(given, int) or isinstance(given, bool):
            self.say(where, "must be an integer")
        elif not least <= given <= most:
            self.say(where, f"must be between {least} and {most}")

    def choice(self, given: Any, where: str, allowed: Collection[str]) -> None:
        """Check a word out of a few, where there is one."""
        if given is not None and given not in list(allowed):
            self.say(where, f"failed to match any of: {', '.join(sorted(allowed))}")

    def url(self, given: Any, where: str) -> None:
        """Check a web address, where there is one."""
        self.string(given, where, 3000)
        if isinstance(given, str) and given and not _URL.fullmatch(given):
            self.say(where, "must be a valid URL")

    def text(
        self, given: Any, where: str, most: int, kinds: Sequence[str] = (PLAIN,), least: int = 1
    ) -> None:
        """Check a text object, where there is one."""
        if given is None:
            return
        if not self.shape(given, where, ("type", "text"), ("emoji", "verbatim")):
            return
        if given["type"] not in kinds:
            self.say(f"{where}/type", f"must be one of: {', '.join(kinds)}")
        self.string(given["text"], f"{where}/text", most, least)
        for name, kind in (("emoji", PLAIN), ("verbatim", MARKED)):
            self.flag(given.get(name), f"{where}/{name}")
            if name in given and given["type"] != kind:
                self.say(where, f"invalid additional property: {name}")

    def items(self, given: Any, where: str, most: int, least: int = 1) -> list[Any]:
        """Check a list's length and return it, empty where it is none."""
        if not isinstance(given, list):
            self.say(where, "must be an array")
            return []
        if len(given) > most:
            self.say(where, f"no more than {most} items allowed")
        elif len(given) < least:
            self.say(where, f"no fewer than {least} items allowed")
        return given

    def unique(self, ids: list[Any], where: str, name: str) -> None:
        """Check that ids that are given are different."""
        given = [i for i in ids if isinstance(i, str)]
        for twice in sorted({i for i in given if given.count(i) > 1}):
            self.say(where, f"{name} `{twice}` already exists for another element")


def typed(given: Any) -> str | None:
    """Return the type that an object names, or None."""
    kind = given.get("type") if isinstance(given, dict) else None
    return kind if isinstance(kind, str) else None


def dug(given: Any, *names: str) -> Any:
    """Return what is at the end of some keys, or None."""
    found: Any = given
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def listed(given: Any) -> list[Any]:
    """Return a list, empty where something is none."""
    return given if isinstance(given, list) else []


def offered(element: Json) -> list[Any]:
    """Return an element's options, those in groups included."""
    options = list(listed(element.get("options")))
    for group in listed(element.get("option_groups")):
        options += listed(dug(group, "options"))
    return options
