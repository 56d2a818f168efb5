"""Who may call what, from where, and what becomes of errors."""

from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.commands.command import Command
from bot.commands.desk import Desk
from bot.commands.dispatch import COMMANDS, DeskDispatcher
from bot.domain.articles import Feed, FeedId
from bot.domain.calls import MAX_UPLOAD, Call, Kind, Param, Reply, Role, Upload, Usage
from bot.domain.errors import StoreError
from bot.domain.messages import Alert, AlertState, Part, Tone, say
from bot.domain.schedule import MIN_EVERY
from bot.domain.watches import Watch, WatchId
from tests.integration.desk_world import COURT, ELSEWHERE, JUDGE, Office, office
from tests.integration.pipeline_world import CHANNEL

GUARDED = [command for command in COMMANDS if command.usage.role > Role.READER]
SECRETS = ("Judge orders", "hush", "our-own", "252 men", "tocoleza")


def failing(error: Exception) -> Command:
    """Return a command that fails."""

    async def run(call: Call, desk: Desk) -> Reply:
        raise error

    return Command(usage=Usage(verb="fail", summary="Fail."), run=run)


@pytest.mark.parametrize("command", GUARDED, ids=lambda command: command.usage.verb)
async def test_a_command_is_refused_to_those_whose_role_is_too_small(command: Command) -> None:
    """The platform's own permissions may be set wrong: each command checks again."""
    async with office() as place:
        place.role = Role(command.usage.role - 1)
        words = await place.call(command.usage.verb)
    assert f"may use /{command.usage.verb} here" in words


@pytest.mark.parametrize("verb", [command.usage.verb for command in COMMANDS])
async def test_nothing_of_another_workspace_is_seen_or_changed(verb: str) -> None:
    """An admin there knows all codes, names and ids of here: all of it is "not found"."""
    async with office() as place:
        codes = await with_secrets(place)
        before = await everything(place, codes)
        place.channel, place.role = ELSEWHERE, Role.ADMIN
        said = [(args, await place.call(verb, **args)) for args in guesses(verb, codes)]
        after = await everything(place, codes)
    assert after == before
    told = [
        word
        for args, words in said
        for word in SECRETS
        if word in words and word not in " ".join(args.values())  # what was typed may be echoed
    ]
    assert told == []


def guesses(verb: str, codes: dict[str, str]) -> list[dict[str, str]]:
    """Return arguments that name things of another workspace."""
    command = next(one for one in COMMANDS if one.usage.verb == verb)
    known = {
        "target": codes["story"], "id": codes["story"], "story": codes["story"],
        "into": codes["story"], "articles": "1", "name": "our-own", "watch": "our-own",
        "words": "prison", "query": "cecot", "url": "https://new.example/feed", "feed": "hush",
        "draft": codes["draft"], "key": codes["alert"], "n": "3", "time": "08:00",
        "topic": "watch", "admin": "#deportations", "days": "7",
    }  # fmt: skip
    if verb == "digest set":
        known["days"] = "daily"
    names = {param.name for param in command.usage.params}
    first = {name: value for name, value in known.items() if name in names}
    others = []
    if "id" in names:
        others.append(first | {"id": codes["feed"]})
        others.append(first | {"id": codes["mute"], "target": codes["mute"]})
    if verb == "feed backfill":
        others.append({"feed": codes["feed"], "n": "3"})
    if verb == "why":
        others += [{"target": "https://hush.example/judge"}, {}]
    if verb == "summary":
        others += [{"target": "our-own"}, {"target": "prison"}, {}]
    if verb in ("watch add", "watch edit"):
        others.append({"query": "our-own x", "channel": str(CHANNEL)})
        others.append({"query": "x", "feeds": "hush"})
    if verb == "mute":
        others.append({"target": "hush", "kind": "story"})
    taken = [{k: v for k, v in one.items() if k in names} for one in (first, *others)]
    return [{**one, **({"name": ""} if verb == "watch add" else {})} for one in taken]


async def with_secrets(place: Office) -> dict[str, str]:
    """Set up one of everything that only this workspace may see."""
    async with place.world.store.transaction() as tx:
        feed = Feed(
            id=FeedId(0),
            url="https://hush.example/feed",
            name="hush",
            every=MIN_EVERY,
            workspace="sandbox/local",
            lang="en",
        )
        hush = await tx.feeds.add(feed, place.world.clock())
        await tx.watches.add(
            Watch(
                id=WatchId(0),
                scope=CHANNEL.scope,
                name="our-own",
                query="prison OR tocoleza",
                channels=(CHANNEL,),
                created_at=place.world.clock(),
            )
        )
    await place.world.pass_("1m")
    await place.publish(("hush", "judge", JUDGE, COURT))
    alert = Alert(
        key="a" * 24,
        channel=CHANNEL,
        part=Part.NOTICE,
        message=say("hush"),
        state=AlertState.FAILED,
        due_at=place.world.clock(),
        created_at=place.world.clock(),
    )
    await place.type_("/mute tocoleza")
    async with place.world.store.transaction() as tx:
        await tx.outbox.add([alert])
        draft = await tx.drafts.keep(CHANNEL.scope, {"query": "hush"}, place.world.clock())
        mutes = await tx.mutes.active(CHANNEL.scope, place.world.clock())
    return {
        "story": await place.code(outlet="hush"),
        "draft": draft,
        "alert": alert.key,
        "feed": str(hush.id),
        "mute": str(mutes[0].id),
    }


async def everything(place: Office, codes: dict[str, str]) -> list[object]:
    """Return all that a stranger might change."""
    async with place.world.store.reading() as tx:
        story = await tx.stories.get(codes["story"])  # type: ignore[arg-type] # a code
        assert story is not None
        return [
            await tx.watches.list(CHANNEL.scope),
            [line.feed for line in await tx.feeds.list(CHANNEL.scope)],
            [line.state.due_at for line in await tx.feeds.list(CHANNEL.scope)],
            await tx.mutes.active(CHANNEL.scope, place.world.clock()),
            story,
            [await tx.decisions.of(one.id) for one in story.articles],
            await tx.threads.of_story(story.id),
            await tx.channels.list(CHANNEL.scope),
            await tx.outbox.get(codes["alert"]),
            await tx.people.seen(CHANNEL.scope, "u1"),
        ]


async def test_the_draft_of_another_workspace_is_not_taken() -> None:
    """Taking it would activate a watch there, or make it vanish here."""
    async with office() as place:
        await place.type_("/watch add prison name:mine")
        action = place.button("Activate")
        place.channel = ELSEWHERE
        refused = await place.act(action)
        place.channel = CHANNEL
        words = await place.act(action)
    assert "nothing to do any more" in refused
    assert "is on" in words


async def test_a_call_from_a_channel_of_another_workspace_is_refused() -> None:
    """A platform that mixes up two workspaces must not leak one into the other."""
    async with office() as place:
        call = place.made("watch list")
        moved = Call(verb=call.verb, person=call.person, channel=ELSEWHERE, at=call.at)
        reply = await place.dispatcher.answer(moved)
    assert reply.message.notice == "That channel is of another workspace."


async def test_a_thread_of_another_workspace_means_nothing_here() -> None:
    """A forged thread would tell its story."""
    async with office() as place:
        codes = await with_secrets(place)
        place.thread = await place.card(codes["story"])
        place.channel = ELSEWHERE
        words = await place.type_("/why")
    assert words.startswith("Why what?")


async def test_what_nobody_foresaw_is_answered_with_an_id_and_logged() -> None:
    """The person can quote it, and who runs the bot finds the traceback."""
    async with office() as place:
        place.dispatcher = DeskDispatcher(place.desk, (failing(ValueError("secret")),))
        with capture_logs() as logs:
            words = await place.call("fail")
    assert "Something went wrong here (id e1)" in words
    assert "secret" not in words
    assert [line["id"] for line in logs if line["event"] == "command_failed"] == ["e1"]


async def test_an_error_of_ours_is_answered_in_its_own_words() -> None:
    """They name the remedy."""
    async with office() as place:
        error = StoreError("The disk is full: make room.")
        place.dispatcher = DeskDispatcher(place.desk, (failing(error),))
        words = await place.call("fail")
    assert words == "The disk is full: make room."
    assert place.last.message.tone is Tone.TROUBLE


@pytest.mark.parametrize(
    ("verb", "args", "words"),
    [
        ("sumary", {}, "Did you mean “summary”?"),
        ("summary", {"targt": "x"}, "takes no “targt”. Did you mean “target”?"),
        ("summary", {"period": "2h"}, "none of 1h, 6h, 24h, 7d"),
        ("search", {}, "needs words"),
        ("search", {"words": "x" * 2_001}, "too long"),
        ("feed drop", {}, "needs id: The feed's number."),
        ("watch list", {"page": "0"}, "out of bounds"),
        ("latest", {"days": "31"}, "days: 31 is out of bounds; use 1 to 30"),
        ("latest", {"public": "maybe"}, "none of true, false"),
    ],
)
async def test_arguments_that_make_no_sense_are_refused_in_words(
    verb: str, args: dict[str, str], words: str
) -> None:
    """Buttons of an older version and other platforms send what they like."""
    async with office() as place:
        said = await place.call(verb, **args)
    assert words in said


FILED = Command(
    usage=Usage(
        verb="take",
        summary="Take a file.",
        params=(
            Param(name="file", help="A file", kind=Kind.FILE, required=True),
            Param(name="words", help="Some words"),
        ),
    ),
    run=lambda call, _desk: taken(call),
)


async def taken(call: Call) -> Reply:
    """Say what is in the file of a call."""
    return Reply(message=say(call.files["file"].data.decode()))


@pytest.mark.parametrize(
    ("args", "files", "words"),
    [
        ({}, {"file": b"hello"}, "hello"),
        ({}, {}, "needs file: A file."),
        ({"file": "hello"}, {}, "file: a file is given here, not words."),
        ({}, {"other": b"hello"}, "takes no file “other”"),
        ({}, {"words": b"hello"}, "takes no file “words”"),
        ({}, {"file": b"x" * (MAX_UPLOAD + 1)}, "file: the file is too large, at most 1 MiB."),
    ],
)
async def test_a_file_is_taken_where_one_is_asked_for_and_is_bounded(
    args: dict[str, str], files: dict[str, bytes], words: str
) -> None:
    """What a stranger attaches is checked as what they type."""
    async with office() as place:
        uploads = {name: Upload(name="list.opml", data=data) for name, data in files.items()}
        call = replace(place.made("take", **args), files=uploads)
        reply = await DeskDispatcher(place.desk, (FILED,)).answer(call)
    assert words in reply.message.as_text()


async def test_an_answer_is_private_unless_public_is_asked_for() -> None:
    """A channel is not to be flooded with what one person asked, nor they with what all see."""
    async with office() as place:
        await place.type_("/latest")
        private = place.last
        await place.type_("/latest public:true")
        public = place.last
    assert (private.private, public.private) == (True, False)
    assert (private.replaces, public.replaces) == (False, True)


async def test_what_is_about_a_channel_is_refused_where_it_is_asked_from_none() -> None:
    """The bot's own page on Slack is none: settings of no channel would be of no use to anybody."""
    async with office() as place:
        here, place.role = place.channel, Role.ADMIN
        place.channel = replace(here, id="")
        asked: list[tuple[str, dict[str, str]]] = [
            ("digest now", {}), ("digest set", {"time": "08:00"}), ("catchup", {}),
            ("summary", {}), ("trend", {}), ("settings", {"quiet": "22:00-07:00"}),
        ]  # fmt: skip
        said = [await place.call(verb, **args) for verb, args in asked]
        muted = await place.call("mute", target="football")
        place.channel = replace(here, id="elsewhere")
        not_there = await place.call("digest set", time="08:00")
        off = await place.call("digest set", time="off")
    assert all("asked from none: ask it there." in words for words in said)
    assert "Muted" in muted
    assert "I say so here" not in muted
    assert "I cannot post in #elsewhere" in not_there
    assert "gets no digest any more" in off


@pytest.mark.parametrize(
    ("verb", "param", "typed", "found"),
    [
        ("watch pause", "name", "ce", ("cecot",)),
        ("watch add", "mode", "dig", ("digest",)),
        ("watch add", "pack", "bukele", ("bukele",)),
        ("watch add", "channel", "dep", ("deportations",)),
        ("help", "topic", "quer", ("queries",)),
        ("settings", "tz", "europe/madri", ("Europe/Madrid",)),
        ("feed remove", "feed", "tw", ("two",)),
        ("watch add", "name", "x", ()),
        ("watch add", "nothing", "x", ()),
        ("nothing", "x", "", ()),
    ],
)
async def test_what_is_typed_is_completed(
    verb: str, param: str, typed: str, found: tuple[str, ...]
) -> None:
    """Names need not be known by heart."""
    async with office() as place:
        place.role = Role.ADMIN
        call = place.made(verb, **{param: typed})
        offered = await place.dispatcher.complete(call, param)
    assert offered == found


async def test_a_story_is_completed_with_its_headline_and_read_back() -> None:
    """A code alone says nothing to a person; the code is what counts."""
    async with office() as place:
        await place.publish(("one", "judge", JUDGE, COURT))
        call = place.made("story show", id="judge")
        offered = await place.dispatcher.complete(call, "id")
        words = await place.call("story show", id=offered[0])
        target = await place.dispatcher.complete(place.made("summary"), "target")
    code = offered[0].split()[0]
    assert offered == (f"{code} {JUDGE}",)
    assert f"story {code}" in words
    assert target == ("cecot", f"{code} {JUDGE}")


async def test_nothing_is_completed_for_those_who_may_not_call() -> None:
    """Names of feeds are for editors."""
    async with office() as place:
        place.role = Role.READER
        offered = await place.dispatcher.complete(place.made("feed remove"), "feed")
    assert offered == ()


class Broken:
    """A database that is locked."""

    def reading(self) -> object:
        raise StoreError("The database is locked.")

    transaction = reading


def broken(place: Office) -> DeskDispatcher:
    """Return the dispatcher of a desk whose database fails."""
    store: Any = Broken()
    return DeskDispatcher(replace(place.desk, store=store))


async def test_completion_is_empty_when_the_database_fails() -> None:
    """Typing goes on; the answer will say what is wrong."""
    async with office() as place:
        offered = await broken(place).complete(place.made("watch pause"), "name")
    assert offered == ()


async def test_a_call_that_comes_twice_is_the_first_once_whoever_hears_it() -> None:
    """Two processes may listen to one platform; another's ids are its own."""
    async with office() as place:
        other = DeskDispatcher(place.desk)
        heard = [
            await place.dispatcher.first("discord", "1"),
            await other.first("discord", "1"),
            await other.first("slack", "1"),
        ]
    assert heard == [True, False, True]


async def test_editors_are_those_who_are_named_in_their_own_workspace() -> None:
    async with office() as place:
        async with place.world.store.transaction() as tx:
            await tx.editors.add(CHANNEL.scope, "U1")
        here = await place.dispatcher.editors(CHANNEL.scope)
        there = await place.dispatcher.editors(ELSEWHERE.scope)
    assert (sorted(here), sorted(there)) == (["U1"], [])


async def test_when_the_database_fails_a_call_is_answered_and_nobody_is_an_editor() -> None:
    """The answer says what is wrong; a right is not given on a guess."""
    async with office() as place:
        dispatcher = broken(place)
        assert await dispatcher.first("discord", "1")
        assert await dispatcher.editors(CHANNEL.scope) == frozenset()
