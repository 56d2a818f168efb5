"""The App Home: what is set up in a workspace and how it does, with buttons to change it; pure."""

from collections.abc import Sequence
from typing import Any

from bot.adapters.chat.slack import modals, parts, render
from bot.adapters.chat.slack.asked import EVERYTHING, Where
from bot.domain.calls import Role
from bot.domain.messages import Message

SECTIONS = ("watch list", "settings list", "health")
"""The commands whose answers it shows: watches, quiet hours, health."""
OPEN = "open"
"""What the `action_id` of a button begins with that opens the form of its value."""
_FORMS = (
    (Role.EDITOR, "Add a watch", "watch add"),
    (Role.EDITOR, "Add a feed", "feed add"),
    (Role.READER, "All commands", EVERYTHING),
)


def home(sections: Sequence[Message], role: Role) -> dict[str, Any]:
    """Return the view.

    Args:
        sections: The answers that it shows, in the words of Slack.
        role: Whose view it is: who may not edit is not offered to.
    """
    row = [
        {
            "type": "button",
            "action_id": f"{OPEN}/{number}",
            "text": parts.plain_text(label, 75),
            "value": verb,
        }
        for number, (least, label, verb) in enumerate(_FORMS)
        if role >= least
    ]
    blocks: list[Any] = [{"type": "actions", "elements": row}]
    for section in sections:
        blocks += [{"type": "divider"}, *render.blocks(section)]
    return {
        "type": "home",
        "blocks": blocks[: modals.MOST_BLOCKS],
        "private_metadata": Where(home=True).written(),
    }
