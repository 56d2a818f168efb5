"""What answers have in common: pages, public answers, and what to do where nothing was found."""

from collections.abc import Sequence
from typing import TypeVar

from bot.domain.calls import Call, Kind, Param
from bot.domain.lines import action
from bot.domain.messages import Button, Look, Message, Paragraph, Run, Style, Text, text

Item = TypeVar("Item")

PAGE = 5
"""Items of a list that are shown at a time."""
PAGES = 1_000

PAGE_PARAM = Param(
    name="page",
    help="Which page of the list, from 1",
    kind=Kind.NUMBER,
    default="1",
    least=1,
    most=PAGES,
)
YES_NO = ("true", "false")
PUBLIC_PARAM = Param(
    name="public", help="Show the answer to everybody here", kind=Kind.FLAG, choices=YES_NO
)


def page_of(call: Call) -> int:
    """Return the page that a call asks for, from 1.

    Raises:
        CallError: It is no page.
    """
    return call.number(PAGE_PARAM)


def on_page(items: Sequence[Item], page: int) -> Sequence[Item]:
    """Return the items of a page."""
    return items[(page - 1) * PAGE : page * PAGE]


def next_button(call: Call, total: int, **args: str) -> tuple[Button, ...]:
    """Return the button to the next page, if there is one and its arguments fit into a button."""
    page = page_of(call)
    if page * PAGE >= total:
        return ()
    return button("Next", call.verb, **args, page=str(page + 1))


def page_note(call: Call, total: int) -> Text:
    """Return `6–10 of 23` for a footer, with how to go on; empty where there is one page."""
    page = page_of(call)
    if total <= PAGE and page == 1:
        return ()
    first, last = (page - 1) * PAGE + 1, min(page * PAGE, total)
    if first > total:
        return text(f"Page {page} is empty: there are {total:,} in all.")
    return text(
        f"{first:,}–{last:,} of {total:,}", f"; page:{page + 1} goes on" if last < total else ""
    )


def button(label: str, verb: str, look: Look = Look.NORMAL, /, **args: str) -> tuple[Button, ...]:
    """Return a button, or none where its arguments are too long for one."""
    try:
        return (Button(label, action(verb, **args), look),)
    except ValueError:
        return ()


def share_button(call: Call, **args: str) -> tuple[Button, ...]:
    """Return the button that posts a private answer for everybody, if it is not public already."""
    if call.flag("public"):
        return ()
    return button("Post publicly", call.verb, **args, public="true")


def nothing(words: str, *buttons: Button) -> Message:
    """Return an answer that says that there is nothing, and what to do."""
    return Message(title="", blocks=(Paragraph(text(words)),), notice=words, buttons=buttons)


def quiet(words: str) -> Text:
    """Return words that are less important than their surroundings."""
    return text(Run(words, Style.QUIET))
