"""What a message, a modal and a thread must obey beyond Discord's OpenAPI document.

Lengths are UTF-16 units. Source: https://discord.com/developers/docs/resources/message,
https://discord.com/developers/docs/components/reference
"""

import re
from datetime import datetime
from urllib.parse import urlsplit

from tests.twins.discord.errors import ApiError, Json, Wrong
from tests.twins.discord.state import COMPONENTS_V2

ROW, BUTTON, SELECT, INPUT, LABEL = 1, 2, 3, 4, 18
SELECTS = (3, 5, 6, 7, 8)
LINK, PREMIUM = 5, 6
MOST_BYTES = 10 * 1024 * 1024
_HOST = re.compile(
    r"(([^\W_]([^\W_]|-)*\.)+[^\W\d_]([^\W_]|-)+|\d+\.\d+\.\d+\.\d+|[\da-f:]+:[\da-f:.]*)\.?$", re.I
)
_PRINTABLE = re.compile(r"[^\s\x00-\x1f\x7f]+$")
_EMBED_LIMITS = (("title", 256), ("description", 4096))


def units(text: str) -> int:
    """Return a text's length as Discord counts it: UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def check_message(body: Json, files: dict[str, bytes], *, whole: bool) -> None:
    """Refuse a message's body: 400 with 50035, or 50006 where nothing would be shown.

    Args:
        body: What was sent; for an edit, what is changed.
        files: The attached files by name.
        whole: Whether this is all of the message, so that emptiness can be told.
    """
    wrong = Wrong()
    content = body.get("content") or ""
    text(wrong, "content", content, 2000)
    embeds = body.get("embeds") or []
    check_embeds(wrong, embeds, files)
    components = body.get("components") or []
    modern = bool((body.get("flags") or 0) & COMPONENTS_V2)
    if modern and (content or embeds):
        wrong.add("flags", "COMPONENTS_V2_CONFLICT", "Not with content or embeds")
    check_components(wrong, components, modern=modern)
    text(wrong, "nonce", str(body.get("nonce") or ""), 25)
    _check_mentions(wrong, body.get("allowed_mentions") or {})
    _check_files(wrong, body, files)
    wrong.refuse()
    shown = content.strip() or any(embeds) or components or files or body.get("sticker_ids")
    if whole and not (shown or body.get("poll") or body.get("attachments")):
        raise ApiError(400, 50006, "Cannot send an empty message")


def text(wrong: Wrong, where: str, value: str, most: int, least: int = 0) -> None:
    """Note a text that is too long, or too short once blanks at its ends are gone."""
    if units(value) > most:
        wrong.add(where, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
    if least and units(value.strip()) < least:
        wrong.add(where, "BASE_TYPE_REQUIRED", "This field is required")


def check_embeds(wrong: Wrong, embeds: list[Json], files: dict[str, bytes]) -> None:
    """Note what is wrong with a message's embeds, each and together."""
    total = 0
    if len(embeds) > 10:
        wrong.add("embeds", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
    for n, embed in enumerate(embeds):
        at = f"embeds.{n}"
        parts = [(f"{at}.{name}", embed.get(name) or "", most, 0) for name, most in _EMBED_LIMITS]
        if (footer := embed.get("footer")) is not None:
            parts.append((f"{at}.footer.text", footer.get("text") or "", 2048, 1))
        if (author := embed.get("author")) is not None:
            parts.append((f"{at}.author.name", author.get("name") or "", 256, 1))
        fields = embed.get("fields") or []
        if len(fields) > 25:
            wrong.add(f"{at}.fields", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
        for k, field in enumerate(fields):
            parts.append((f"{at}.fields.{k}.name", field.get("name") or "", 256, 1))
            parts.append((f"{at}.fields.{k}.value", field.get("value") or "", 1024, 1))
        for where, value, most, least in parts:
            text(wrong, where, value, most, least)
            total += units(value)
        _check_embed_urls(wrong, at, embed, files)
        _check_time(wrong, f"{at}.timestamp", embed.get("timestamp"))
    if total > 6000:
        told = "Embed size exceeds maximum size of 6000"
        wrong.add("embeds", "MAX_EMBED_SIZE_EXCEEDED", told)


def _check_embed_urls(wrong: Wrong, at: str, embed: Json, files: dict[str, bytes]) -> None:
    url(wrong, f"{at}.url", embed.get("url"))
    url(wrong, f"{at}.author.url", (embed.get("author") or {}).get("url"))
    pictures = {
        f"{at}.{part}.{key}": (embed.get(part) or {}).get(key)
        for part, key in (
            ("image", "url"),
            ("thumbnail", "url"),
            ("footer", "icon_url"),
            ("author", "icon_url"),
        )
    }
    for where, value in pictures.items():
        if value and value.startswith("attachment://"):
            if value.removeprefix("attachment://") not in files:
                wrong.add(where, "ATTACHMENT_NOT_FOUND", "No such file is attached")
        else:
            url(wrong, where, value)


def url(
    wrong: Wrong,
    where: str,
    value: str | None,
    most: int = 2048,
    schemes: tuple[str, ...] = ("http", "https"),
) -> None:
    """Note an address with another scheme, without a host that Discord knows one by, or too long.

    A host without a dot or with an underscore is "not well formed", and an empty address has the
    scheme "". Source: https://github.com/bugsink/bugsink/issues/280,
    https://github.com/discordjs/discord.js/issues/7438,
    https://github.com/discord/discord-api-docs/issues/5837
    """
    if value is None:
        return
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        wrong.add(where, "URL_TYPE_INVALID_URL", "Not a well formed URL.")
        return
    if parts.scheme not in schemes:
        told = f'Scheme "{parts.scheme}" is not supported. Scheme must be one of {schemes}.'
        wrong.add(where, "URL_TYPE_INVALID_SCHEME", told)
    elif parts.scheme != "discord" and not (_HOST.match(host) and _PRINTABLE.match(value)):
        wrong.add(where, "URL_TYPE_INVALID_URL", "Not a well formed URL.")
    if units(value) > most:
        wrong.add(where, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")


def check_components(wrong: Wrong, components: list[Json], *, modern: bool) -> None:
    """Note what is wrong with a message's rows, buttons and selects."""
    names: list[str] = []
    if modern:
        flat = list(_walk(components))
        if len(flat) > 40:
            wrong.add("components", "BASE_TYPE_MAX_LENGTH", "Must be 40 or fewer in length.")
        if sum(units(c.get("content") or "") for c in flat if c.get("type") == 10) > 4000:
            wrong.add("components", "BASE_TYPE_MAX_LENGTH", "Text must be 4000 or fewer.")
        rows = [(n, c) for n, c in enumerate(flat) if c.get("type") == ROW]
    else:
        if len(components) > 5:
            wrong.add("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
        rows = list(enumerate(components))
    for n, row in rows:
        if row.get("type") != ROW:
            wrong.add(f"components.{n}.type", "UNION_TYPE_CHOICES", "Value must be one of {1}.")
            continue
        _check_row(wrong, f"components.{n}.components", row.get("components") or [], names)
    for name in sorted({n for n in names if names.count(n) > 1}):
        told = f"Component custom id cannot be duplicated: {name}"
        wrong.add("components", "COMPONENT_CUSTOM_ID_DUPLICATED", told)


def _walk(components: list[Json]) -> list[Json]:
    found: list[Json] = []
    for one in components:
        found.append(one)
        found.extend(_walk(one.get("components") or []))
        if isinstance(one.get("accessory"), dict):
            found.extend(_walk([one["accessory"]]))
    return found


def _check_row(wrong: Wrong, at: str, inside: list[Json], names: list[str]) -> None:
    selects = [c for c in inside if c.get("type") in SELECTS]
    if not 1 <= len(inside) <= 5 or (selects and len(inside) > 1):
        wrong.add(at, "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "A row holds 1 to 5 buttons or a select")
    for k, one in enumerate(inside):
        where = f"{at}.{k}"
        if one.get("type") == BUTTON:
            _check_button(wrong, where, one)
        elif one in selects:
            text(wrong, f"{where}.placeholder", one.get("placeholder") or "", 150)
            options = one.get("options") or []
            if one["type"] == SELECT and not 1 <= len(options) <= 25:
                wrong.add(f"{where}.options", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 25.")
            for o, option in enumerate(options):
                text(wrong, f"{where}.options.{o}.label", option.get("label") or "", 100, 1)
                text(wrong, f"{where}.options.{o}.value", option.get("value") or "", 100, 1)
                text(
                    wrong, f"{where}.options.{o}.description", option.get("description") or "", 100
                )
        else:
            wrong.add(f"{where}.type", "UNION_TYPE_CHOICES", "Not allowed in a message's row")
        if one.get("style") not in (LINK, PREMIUM) or one.get("type") != BUTTON:
            text(wrong, f"{where}.custom_id", one.get("custom_id") or "", 100, 1)
            names.append(one.get("custom_id") or "")


def _check_button(wrong: Wrong, where: str, button: Json) -> None:
    text(wrong, f"{where}.label", button.get("label") or "", 80)
    style = button.get("style")
    if style not in range(1, 7):
        wrong.add(f"{where}.style", "BASE_TYPE_CHOICES", "Must be between 1 and 6.")
    if style == LINK:
        if button.get("custom_id"):
            wrong.add(where, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", "Not both")
        if not button.get("url"):
            wrong.add(f"{where}.url", "BASE_TYPE_REQUIRED", "This field is required")
        url(wrong, f"{where}.url", button.get("url"), 512, ("http", "https", "discord"))
    elif button.get("url"):
        wrong.add(where, "BUTTON_COMPONENT_INVALID_URL", "Only a link button has a URL")
    if style != PREMIUM and not (button.get("label") or "").strip() and not button.get("emoji"):
        wrong.add(where, "BUTTON_COMPONENT_INVALID_EMOJI", "A button needs a label or an emoji")


def _check_mentions(wrong: Wrong, allowed: Json) -> None:
    for kind in ("users", "roles"):
        if kind in (allowed.get("parse") or []) and allowed.get(kind):
            told = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            wrong.add("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", told)


def _check_files(wrong: Wrong, body: Json, files: dict[str, bytes]) -> None:
    if len(files) > 10:
        wrong.add("attachments", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
    if sum(map(len, files.values())) > MOST_BYTES:
        raise ApiError(413, 40005, "Request entity too large")
    for n, attachment in enumerate(body.get("attachments") or []):
        text(wrong, f"attachments.{n}.description", attachment.get("description") or "", 1024)


def _check_time(wrong: Wrong, where: str, value: str | None) -> None:
    if value is None:
        return
    try:
        datetime.fromisoformat(value)
    except ValueError:
        wrong.add(where, "DATE_TIME_TYPE_PARSE", f"Could not parse {value}.")


def check_thread(body: Json, *, new: bool) -> None:
    """Refuse a thread's name or tags; a new one needs a name."""
    wrong = Wrong()
    if new or "name" in body:
        text(wrong, "name", body.get("name") or "", 100, 1)
    if len(body.get("applied_tags") or []) > 5:
        wrong.add("applied_tags", "BASE_TYPE_MAX_LENGTH", "Must be 5 or fewer in length.")
    if body.get("auto_archive_duration") not in (None, 60, 1440, 4320, 10080):
        wrong.add("auto_archive_duration", "BASE_TYPE_CHOICES", "60, 1440, 4320 or 10080")
    wrong.refuse()


def check_modal(modal: Json) -> None:
    """Refuse a modal."""
    wrong = Wrong()
    text(wrong, "data.title", modal.get("title") or "", 45, 1)
    text(wrong, "data.custom_id", modal.get("custom_id") or "", 100, 1)
    parts = modal.get("components") or []
    if not 1 <= len(parts) <= 5:
        wrong.add("data.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    inputs = [(label, one) for label, one in modal_inputs(modal)]
    for n, (label, one) in enumerate(inputs):
        at = f"data.components.{n}"
        text(wrong, f"{at}.custom_id", one.get("custom_id") or "", 100, 1)
        text(wrong, f"{at}.label", label, 45, 1)
        if one.get("type") == INPUT:
            text(wrong, f"{at}.placeholder", one.get("placeholder") or "", 100)
            text(wrong, f"{at}.value", one.get("value") or "", one.get("max_length") or 4000)
            if (one.get("min_length") or 0) > (one.get("max_length") or 4000):
                wrong.add(f"{at}.min_length", "BASE_TYPE_MIN_LENGTH", "More than max_length")
    names = [one.get("custom_id") for _, one in inputs]
    if len(set(names)) < len(names):
        told = "Component custom id cannot be duplicated"
        wrong.add("data.components", "COMPONENT_CUSTOM_ID_DUPLICATED", told)
    wrong.refuse()


def modal_inputs(modal: Json) -> list[tuple[str, Json]]:
    """Return a modal's inputs with the label a person reads over each."""
    found: list[tuple[str, Json]] = []
    for part in modal.get("components") or []:
        if part.get("type") == LABEL:
            found.append((part.get("label") or "", part.get("component") or {}))
        elif part.get("type") == ROW:
            found += [(one.get("label") or "", one) for one in part.get("components") or []]
    return found
