"""Every kind of message, forms and the App Home as Slack would about show them: pages, pictures.

`python -m tests.eye.slack FOLDER` writes `slack-light.html` and `slack-dark.html`, and where there
is a Chromium a picture of each, wide and as on a phone (390 px). Fonts and measures are near those
of Slack's own client, no more: look for order, weight, wrapping and what is cut.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from bot.adapters.chat.slack import modals
from bot.adapters.chat.slack.asked import Where
from bot.adapters.chat.slack.home import home
from bot.adapters.chat.slack.render import blocks, payload
from bot.commands.dispatch import COMMANDS
from bot.domain.calls import Role
from bot.domain.messages import Message
from tests.unit.slack_messages import EVERY, GROUP

Json = dict[str, Any]

SIZES = {"wide": (900, 8_600), "phone": (390, 11_000)}
_STYLES = {"bold": "b", "italic": "i", "strike": "s", "code": "code"}
_TOKEN = re.compile(r"<([^<>\n]+)>|\*([^*\n]+)\*|~([^~\n]+)~|`([^`\n]+)`|(\n)")
_DOTS = {"🟠": "#f28c28", "⚪": "#c8ccd0", "🔴": "#dd2e44", "🟢": "#78b159"}  # needs no such font
_CSS = """
body { margin: 0; padding: 12px 0; background: #fff; color: #1d1c1d; --low: #616061; --line: #ddd;
  --link: #1264a3; --code: #c01343; --box: #f8f8f8; --ping: #fff3c4; --go: #007a5a; --no: #e01e5a;
  font: 15px/1.46668 Lato, "Noto Sans", "DejaVu Sans", "Noto Color Emoji", sans-serif; }
body.dark { background: #1a1d21; color: #d1d2d3; --low: #ababad; --line: #565856; --link: #1d9bd1;
  --code: #e8912d; --box: #222529; --ping: #4a3f1b; }
h3 { margin: 18px 20px 2px; font: 11px monospace; color: var(--low); }
article { display: grid; grid-template-columns: 36px minmax(0, 1fr); column-gap: 8px;
  padding: 8px 20px; overflow-wrap: anywhere; }
article > i { width: 36px; height: 36px; border-radius: 4px; background: #d9480f; }
.name b { font-weight: 900 } .name span { color: var(--low); font-size: 12px }
.push { margin: 0 20px 4px; padding: 6px 10px; border: 1px dashed var(--line); border-radius: 8px;
  font-size: 13px; color: var(--low); }
.header { margin: 6px 0 4px; font-size: 18px; line-height: 1.33; font-weight: 900; }
.block { max-width: 600px; margin-top: 4px; } ul { margin: 0; padding-left: 28px; }
.context { font-size: 13px; line-height: 1.38; color: var(--low); }
a { color: var(--link); text-decoration: none; } .ping { background: var(--ping); }
code { padding: 1px 3px; border: 1px solid var(--line); border-radius: 3px; color: var(--code);
  background: var(--box); font: 12px/1.5 "DejaVu Sans Mono", monospace; }
pre { margin: 4px 0; padding: 8px; border: 1px solid var(--line); border-radius: 4px;
  background: var(--box); font: 12px/1.5 "DejaVu Sans Mono", monospace; white-space: pre-wrap; }
.actions { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 8px; }
button { height: 28px; padding: 0 9px; border: 1px solid var(--line); border-radius: 4px;
  background: none; color: inherit; font: bold 13px Lato, "Noto Sans", "DejaVu Sans", sans-serif; }
.primary { background: var(--go); color: #fff; } .danger { background: var(--no); color: #fff; }
.dot { display: inline-block; width: .8em; height: .8em; border-radius: 50%; }
.menu { font-size: 12px; color: var(--low); align-self: center; }
.modal { max-width: 520px; margin: 0 20px; padding: 12px 24px; border: 1px solid var(--line);
  border-radius: 8px; } .input { margin: 14px 0; } .input b { display: block; }
.field { display: block; margin: 4px 0; padding: 7px 12px; border: 1px solid var(--line);
  border-radius: 4px; color: var(--low); } .hint { font-size: 13px; color: var(--low); }
hr { border: 0; border-top: 1px solid var(--line); margin: 12px 0; }
"""


def page(
    messages: Iterable[tuple[str, Message]],
    views: Iterable[tuple[str, Json]] = (),
    *,
    dark: bool = False,
) -> str:
    """Return a page: messages under their names and notifications, then modals and App Homes."""
    drawn = "".join(_message(name, message) for name, message in messages)
    drawn += "".join(_view(name, view) for name, view in views)
    for dot, colour in _DOTS.items():
        drawn = drawn.replace(dot, f'<span class="dot" style="background: {colour}"></span>')
    look = "dark" if dark else "light"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Slack, {look}</title>'
        f'<style>{_CSS}</style><body class="{look}">{drawn}</body></html>'
    )


def _message(name: str, message: Message) -> str:
    body = payload(message, key="k" * 24, ping_group=GROUP)
    drawn = "".join(_BLOCKS[block["type"]](block) for block in body["blocks"])
    return (
        f'<h3>{escape(name)}</h3><p class="push">{_mrkdwn(body["text"])}</p>'
        f'<article><i></i><div><div class="name"><b>Newsthread</b> <span>APP 9:30 AM</span></div>'
        f"{drawn}</div></article>"
    )


def views() -> dict[str, Json]:
    """Return the views that people see: the menu of commands, a form with its backtest, a home."""
    usages = tuple(command.usage for command in COMMANDS if not command.button)
    add = next(usage for usage in usages if usage.verb == "watch add")
    here = Where(channel="C0NEWS0001")
    args = {"query": 'cecot OR "terrorism confinement center"', "min_outlets": "2"}
    tried = blocks(replace(EVERY["draft"], buttons=()))
    sections = (EVERY["digest"], EVERY["notice"], EVERY["draft"])
    return {
        "commands": modals.everything(usages, here),
        "form": modals.form(add, args, here, among=usages, said=tried),
        "home": home(sections, Role.ADMIN),
    }


def _view(name: str, view: Json) -> str:
    drawn = "".join(_BLOCKS[block["type"]](block) for block in view["blocks"])
    title = f'<div class="header">{_plain(view["title"])}</div>' if "title" in view else ""
    ends = "".join(
        f'<button class="{"primary" * (end == "submit")}">{_plain(view[end])}</button> '
        for end in ("close", "submit")
        if end in view
    )
    return f'<h3>{escape(name)}</h3><div class="modal">{title}{drawn}<hr>{ends}</div>'


def _input(block: Json) -> str:
    optional = " (optional)" if block["optional"] else ""
    return (
        f'<div class="input"><b>{_plain(block["label"])}{optional}</b>'
        f'{_field(block["element"])}<span class="hint">{_plain(block["hint"])}</span></div>'
    )


def _field(element: Json) -> str:
    """Draw what is filled in or chosen, else the words that stand in its place."""
    chosen = element.get("initial_option") or {}
    words = chosen.get("text") or element.get("placeholder") or {"text": ""}
    shown = element.get("initial_value") or words["text"] or "\u00a0"
    return f'<span class="field">{escape(shown)}</span>'


def _header(block: Json) -> str:
    return f'<div class="header">{_plain(block["text"])}</div>'


def _section(block: Json) -> str:
    return f'<div class="block">{_mrkdwn(block["text"]["text"])}</div>'


def _context(block: Json) -> str:
    texts = "".join(
        _plain(one) if one["type"] == "plain_text" else _mrkdwn(one["text"])
        for one in block["elements"]
    )
    return f'<div class="block context">{texts}</div>'


def _actions(block: Json) -> str:
    return f'<div class="actions">{"".join(map(_element, block["elements"]))}</div>'


def _element(element: Json) -> str:
    if element["type"] == "button":
        return f'<button class="{element.get("style", "")}">{_plain(element["text"])}</button>'
    if element["type"] == "static_select":
        return _field(element)
    options = " · ".join(_plain(option["text"]) for option in element["options"])
    return f'<button>⋯</button><span class="menu">{options}</span>'


def _rich_text(block: Json) -> str:
    return f'<div class="block">{"".join(map(_group, block["elements"]))}</div>'


def _group(group: Json) -> str:
    if group["type"] == "rich_text_list":
        return f"<ul>{''.join(f'<li>{_parts(one)}</li>' for one in group['elements'])}</ul>"
    if group["type"] == "rich_text_preformatted":
        return f"<pre>{_parts(group)}</pre>"
    return f"<div>{_parts(group)}</div>"


def _parts(section: Json) -> str:
    return "".join(_part(one) for one in section["elements"])


def _part(part: Json) -> str:
    if part["type"] == "date":
        return _date(str(part["timestamp"]))
    if part["type"] == "channel":
        return f'<a href="#">#{escape(part["channel_id"])}</a>'
    drawn = escape(part["text"]).replace("\n", "<br>")
    if part["type"] == "link":
        drawn = f'<a href="{escape(part["url"])}">{drawn}</a>'
    for style in part.get("style", {}):
        drawn = f"<{_STYLES[style]}>{drawn}</{_STYLES[style]}>"
    return drawn


def _plain(text: Json) -> str:
    return escape(text["text"])


def _mrkdwn(text: str) -> str:
    """Draw mrkdwn, whose entities are those of HTML."""
    return _TOKEN.sub(_token, text)


def _token(found: re.Match[str]) -> str:
    inside, bold, gone, code, broken = found.groups()
    if inside is None:
        tag, words = ("b", bold) if bold else ("s", gone) if gone else ("code", code)
        return "<br>" if broken else f"<{tag}>{_mrkdwn(words)}</{tag}>"
    what, _, words = inside.partition("|")
    if what.startswith("!date^"):
        return _date(what.split("^")[1])
    if what.startswith("#"):
        return f'<a href="#">{what}</a>'
    if what.startswith(("!", "@")):
        return f'<span class="ping">@{what.partition("^")[2] or what[1:]}</span>'
    return f'<a href="{what}">{words or what}</a>'


def _date(timestamp: str) -> str:
    return f"{datetime.fromtimestamp(int(timestamp), UTC):today at %-I:%M %p}"


_BLOCKS: dict[str, Callable[[Json], str]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "actions": _actions,
    "rich_text": _rich_text,
    "input": _input,
    "divider": lambda _: "<hr>",
}


def main(folder: Path) -> None:
    """Write the pages, and their pictures where there is a Chromium."""
    folder.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    for look in ("light", "dark"):
        path = folder / f"slack-{look}.html"
        path.write_text(page(EVERY.items(), views().items(), dark=look == "dark"), encoding="utf-8")
        for size, (width, height) in SIZES.items() if chromium else ():
            picture = folder / f"slack-{look}-{size}.png"
            flags = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")
            shot = (f"--screenshot={picture}", f"--window-size={width},{height}", path.as_uri())
            subprocess.run([str(chromium), *flags, *shot], check=True, capture_output=True)  # noqa: S603 - our own page


if __name__ == "__main__":
    main(Path(sys.argv[1]))
