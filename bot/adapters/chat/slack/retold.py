"""What stands in an answer on Slack beside what the command says: how to go on; pure."""

from dataclasses import replace

from bot.adapters.chat.slack.asked import Asked
from bot.adapters.chat.slack.wording import COMMAND
from bot.domain.calls import Reply, Usage
from bot.domain.lines import spelled
from bot.domain.messages import Code, Message, Paragraph, Run, Style, text

_WORTH_KEEPING = 4  # words of a line, its verb with them


def told(asked: Asked, reply: Reply, *, public: bool) -> Message:
    """Return a reply's message with what a person has to know to go on.

    A line that no form can hold stands in it, to be copied; and where its files are.
    """
    message, more = reply.message, list(reply.message.blocks)
    if reply.prefill:
        more.append(Code(f"{COMMAND} {reply.prefill.removeprefix('/')}"))
    if message.files and not public and not asked.direct:
        words = "Files come in our direct messages, where only you see them."
        more.append(Paragraph(text(Run(words, Style.QUIET))))
    return replace(message, blocks=tuple(more))


def with_line(reply: Reply, line: str) -> Reply:
    """Return a refusal with the line that was typed, to be copied and mended.

    Not where it is soon typed anew, nor where it has an address, which may hold a password.
    """
    if len(line.split()) < _WORTH_KEEPING or "://" in line:
        return reply
    more = (Paragraph(text("You typed:")), Code(f"{COMMAND} {line}"))
    return replace(reply, message=replace(reply.message, blocks=(*reply.message.blocks, *more)))


def with_usage(message: Message, usage: Usage) -> Message:
    """Return a refusal of what was typed with how the command is written."""
    line = f"{COMMAND} {spelled(usage).removeprefix('/')}"
    return replace(message, blocks=(*message.blocks, Code(line)))
