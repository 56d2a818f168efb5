"""`privacy`: what is stored, and for how long."""

from bot.commands.command import Command
from bot.commands.desk import Desk
from bot.domain.calls import Call, Reply, Usage
from bot.domain.messages import Bullets, Message, Paragraph, text


async def run(call: Call, desk: Desk) -> Reply:
    """Say what is stored of news and of people."""
    del call
    lines = (
        f"News: articles of the feeds; those in no story go after {desk.keep_articles.days} days.",
        f"To recognise what comes again: fingerprints of entries, {desk.keep_keys.days} days.",
        "Of you: your platform's id and when you last used /catchup, to show you what is new; your"
        " name beside a mute, a mark, a merge or a split that you made.",
        "A watch you began and did not activate: one day.",
        "What people write in channels is not read and not stored; only what is addressed to the"
        " bot is answered.",
        "Nothing is sent to anyone: feeds are asked for, and messages go to this chat only. Where"
        " an admin has set up a language model, it is given articles' text, never people's.",
    )
    return Reply(
        message=Message(
            title="What Newsthread stores",
            blocks=(
                Bullets(tuple(text(line) for line in lines)),
                Paragraph(text("To have what is stored of you deleted, ask an admin here.")),
            ),
            notice="What Newsthread stores, and for how long",
        )
    )


PRIVACY = Command(
    usage=Usage(
        verb="privacy",
        summary="Say what is stored, and for how long.",
        example="/privacy",
    ),
    run=run,
)
