"""A dispatcher with a few commands, for tests of platforms: it answers what it is called with."""

from collections.abc import Sequence

from bot.domain.calls import Call, Param, Reply, Role, Usage
from bot.domain.messages import Button, File, Message, Paragraph, Tone, say, text
from bot.domain.watches import Scope

PERIOD = Param(name="period", help="How far back", default="24h", choices=("1h", "6h", "24h", "7d"))
TARGET = Param(
    name="target", help="A story, a watch or words", complete="story", default="", rest=True
)
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


class FakeDispatcher:
    """Remembers its calls; `echo` says them back."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.heard: set[tuple[str, str]] = set()
        self.named: dict[Scope, frozenset[str]] = {}
        self.usages: Sequence[Usage] = (
            Usage(verb="summary", summary="Sum up a story.", params=(TARGET, PERIOD)),
            Usage(verb="why", summary="Say why.", params=(TARGET,)),
            Usage(verb="mute", summary="Mute a story.", params=(TARGET,), role=Role.EDITOR),
            Usage(verb="watch add", summary="Add a watch.", params=(TARGET,), role=Role.EDITOR),
            Usage(verb="watch list", summary="List the watches."),
            Usage(verb="export", summary="Give a file."),
            Usage(verb="help", summary="Say what there is."),
        )

    async def answer(self, call: Call) -> Reply:
        self.calls.append(call)
        if call.arg("public") or call.verb == "help":
            return Reply(message=said(call), private=False, replaces=bool(call.arg("replaces")))
        if call.verb == "export":
            files = (
                File("export.csv", "text/csv", b"a,b\n"),
                File("t.png", "image/png", PIXEL, "A"),
            )
            message = Message(title="Two files", notice="Two files", files=files)
            return Reply(message=message)
        if call.verb == "mute" and call.person.role < Role.EDITOR:
            return Reply(message=say("Only editors may mute.", tone=Tone.TROUBLE))
        prefill = "/watch add " if call.verb == "watch add" else ""
        return Reply(message=said(call), replaces=bool(call.arg("replaces")), prefill=prefill)

    async def first(self, platform: str, call: str) -> bool:
        if (platform, call) in self.heard:
            return False
        self.heard.add((platform, call))
        return True

    async def editors(self, scope: Scope) -> frozenset[str]:
        return self.named.get(scope, frozenset())

    async def complete(self, call: Call, param: str) -> tuple[str, ...]:
        known = ("cecot", "bukele", "court order")
        return tuple(one for one in known if one.startswith(call.arg(param)))


def said(call: Call) -> Message:
    """Return an answer that says what was asked, with buttons that ask on."""
    words = f"{call.verb} {dict(call.args)} by {call.person.name} in {call.channel.id}"
    return Message(
        title="",
        blocks=(Paragraph(text(words)),),
        notice=words,
        buttons=(
            Button("Post publicly", f"{call.verb}:public=1&replaces=1"),
            Button("Longer", f"{call.verb}:length=long&replaces=1"),
        ),
    )
