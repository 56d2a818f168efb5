"""`mute` and `unmute`: a story, an outlet or words that nobody here wants alerts about."""

from bot.commands.answers import button
from bot.commands.command import Command
from bot.commands.desk import Desk
from bot.commands.found import named_story, seen_feeds, seen_story, story_of, threads_story
from bot.domain.calls import Call, Param, Reply, Role, Usage
from bot.domain.errors import CallError
from bot.domain.layout_parts import counted, moment
from bot.domain.lines import suggestion, unquoted
from bot.domain.messages import Bullets, Message, Paragraph, Tone, plain, say, text
from bot.domain.schedule import parse_span
from bot.domain.stories import Story, StoryId
from bot.domain.text import shorten, words
from bot.domain.watches import Mute, MuteId, MuteKind
from bot.ports.store import Transaction

SPANS = ("1h", "24h", "7d", "forever")
MOST_WORD = 100  # characters of words to mute
_OUTLETS_OF = 1_000  # the newest articles whose outlets are known by name
_ENDS = "; I say so here when it ends."
_KINDS = tuple(kind.value for kind in MuteKind)


async def mute(call: Call, desk: Desk) -> Reply:
    """Mute what the target means, for a time."""
    span = call.arg("for", "24h")
    until = None if span == "forever" else call.at + parse_span(span)
    channel = call.channel if call.channel.id else None
    async with desk.store.transaction() as tx:
        kind, value, name = await _meant(tx, call)
        for known in await tx.mutes.active(call.person.scope, call.at):
            if known.kind is kind and known.value == value and not known.here:
                await tx.mutes.remove(known.id)
        muted = await tx.mutes.add(
            Mute(
                id=MuteId(0),
                scope=call.person.scope,
                kind=kind,
                value=value,
                until=until,
                by=call.person.name,
                channel=channel,
                created_at=call.at,
            )
        )
    how_long = (moment(until), _ENDS if channel else ".") if until else ("you unmute it.",)
    said = text(f"Muted {name} until ", *how_long)
    return Reply(
        message=Message(
            title="",
            blocks=(Paragraph(said),),
            notice=plain(said),
            tone=Tone.GOOD,
            buttons=button("Undo", "unmute", id=str(muted.id)),
        )
    )


async def _meant(tx: Transaction, call: Call) -> tuple[MuteKind, str, str]:
    """Return what is to be muted: its kind, its value, and how it is called.

    Raises:
        CallError: The target means nothing that can be muted.
    """
    target, kind = unquoted(call.arg("target")), call.arg("kind")
    if kind == MuteKind.STORY or not target:
        story = await story_of(tx, call, "target")
        return MuteKind.STORY, story.id, _story_name(story)
    named = await named_story(tx, call.person.scope, target) if not kind else None
    if named is not None:
        return MuteKind.STORY, named.id, _story_name(named)
    if kind != MuteKind.WORD and (kind or await _is_outlet(tx, call, target)):
        outlet = shorten(target, MOST_WORD)
        return MuteKind.OUTLET, outlet, f"the outlet {outlet}"
    # The form that articles' words are compared in: see `Mute.covers`.
    folded = " ".join(word.text for word in words(target[: MOST_WORD + 1]))
    if not folded or len(target) > MOST_WORD:
        raise CallError(f"Mute which word? At most {MOST_WORD} characters, with a letter in them.")
    return MuteKind.WORD, folded, f"what contains “{folded}”"


def _story_name(story: Story) -> str:
    return f"story {story.id} “{shorten(story.headline, 120)}”"


async def _is_outlet(tx: Transaction, call: Call, target: str) -> bool:
    """Say whether a name is that of an outlet whose news came in lately, or of its site."""
    feeds = await seen_feeds(tx, call.person.scope)
    wanted = target.casefold()
    if any(feed.name.casefold() == wanted for feed in feeds.values()):
        return True
    if not feeds:
        return False
    start = call.at - parse_span("7d")
    recent = await tx.articles.search("", start, _OUTLETS_OF, 0, tuple(feeds))
    return any(wanted in (one.outlet.casefold(), one.site.casefold()) for one in recent)


async def unmute(call: Call, desk: Desk) -> Reply:
    """End a mute; with no target, list the mutes."""
    async with desk.store.transaction() as tx:
        active = await tx.mutes.active(call.person.scope, call.at)
        names = {one.id: await _name(tx, one) for one in active}
        if not call.arg("id") and not call.arg("target"):
            story = await threads_story(tx, call)
            ended = [one for one in active if story and one.value == story.id]
            if not ended:
                return Reply(message=_listed(active, names))
        else:
            ended = _chosen(call, active)
        for one in ended:
            await tx.mutes.remove(one.id)
    names_ended = ", ".join(names[one.id] for one in ended)
    said = f"Unmuted {names_ended}. What was muted meanwhile is not posted later."
    return Reply(message=say(said, tone=Tone.GOOD), replaces=bool(call.arg("id")))


def _chosen(call: Call, active: tuple[Mute, ...]) -> list[Mute]:
    """Return the mutes that an id or a target means.

    Raises:
        CallError: There is none.
    """
    target = unquoted(call.arg("target"))
    folded = " ".join(word.text for word in words(target))
    ended = [
        one
        for one in active
        if str(one.id) == call.arg("id")
        or (target and one.value.casefold() in (target.casefold(), folded))
    ]
    if ended:
        return ended
    if call.arg("id"):
        raise CallError("That mute has ended already.")
    hint = suggestion(target, [one.value for one in active])
    raise CallError(f"“{target[:60]}” is not muted here.{hint} /unmute alone lists what is.")


def _listed(active: tuple[Mute, ...], names: dict[MuteId, str]) -> Message:
    if not active:
        return say("Nothing is muted here.")
    lines = tuple(
        text(
            names[one.id],
            f" in #{one.channel.id}" if one.here and one.channel else "",
            " until ",
            moment(one.until) if one.until else "it is unmuted",
            f", by {one.by}",
        )
        for one in active[:25]
    )
    return Message(
        title=f"Muted: {len(active)}",
        blocks=(Bullets(lines),),
        buttons=tuple(
            found
            for one in active[:5]
            for found in button(f"Unmute {shorten(one.value, 40)}", "unmute", id=str(one.id))
        ),
        notice=counted(len(active), "mute"),
    )


async def _name(tx: Transaction, mute_: Mute) -> str:
    if mute_.kind is MuteKind.STORY:
        story = await seen_story(tx, mute_.scope, StoryId(mute_.value))
        headline = f" “{shorten(story.headline, 80)}”" if story else ""
        return f"story {mute_.value}{headline}"
    return f"{mute_.kind} “{mute_.value}”"


MUTE = Command(
    usage=Usage(
        verb="mute",
        summary="Mute a story, an outlet or a word for a time.",
        params=(
            Param(
                name="target",
                help="A story's code, an outlet or a word; in a thread: that story",
                complete="story",
                rest=True,
            ),
            Param(name="for", help="How long", choices=SPANS, default="24h"),
            Param(name="kind", help="What the target is, where that is not clear", choices=_KINDS),
        ),
        role=Role.EDITOR,
        example="/mute football for:7d",
    ),
    run=mute,
)
UNMUTE = Command(
    usage=Usage(
        verb="unmute",
        summary="End a mute; alone it lists what is muted.",
        params=(
            Param(name="target", help="A story's code, an outlet or a word", rest=True),
            Param(name="id", help="The mute's number, as the buttons give it"),
        ),
        role=Role.EDITOR,
        example="/unmute football",
    ),
    run=unmute,
)
