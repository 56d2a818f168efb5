"""What `check --discord` says of a Discord that is set up well, and of one that is not."""

from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.adapters.chat.discord.check import Row, check, invite
from bot.adapters.chat.discord.places import DiscordPlaces
from bot.adapters.chat.discord.rest import Rest
from bot.domain.watches import Channel, Scope
from tests.integration.discord_delivery import Desk, desk
from tests.twins.discord.permissions import BOT, Can
from tests.twins.discord.state import CATEGORY, Overwrite
from tests.twins.discord.twin import DiscordTwin


@pytest.fixture
async def world() -> AsyncIterator[Desk]:
    async with desk() as made:
        yield made


def of(rows: tuple[Row, ...], what: str) -> Row:
    return next(row for row in rows if row.what == what)


async def test_all_is_well_where_the_bot_may_what_it_needs(world: Desk) -> None:
    channels = [world.channel(), world.channel(world.forum)]
    rows = await check(world.rest, channels)
    assert all(row.ok and not row.remedy for row in rows)
    assert [row.what for row in rows][:3] == ["token", "application", "intents"]
    assert {str(one) for one in channels} < {row.what for row in rows}
    assert world.twin.messages() == []


async def test_a_bad_token_is_the_only_thing_said(world: Desk) -> None:
    rest = Rest("wrong", world.twin.api_base)
    (row,) = await check(rest, [world.channel()])
    await rest.close()
    assert not row.ok
    assert "DISCORD_TOKEN" in row.remedy


async def test_each_channel_says_what_the_bot_lacks(world: Desk) -> None:
    world.twin.set_bot(world.news, deny=Can.EMBED_LINKS | Can.CREATE_PUBLIC_THREADS)
    world.twin.set_bot(world.forum, deny=Can.VIEW_CHANNEL)
    rows = await check(world.rest, [world.channel(), world.channel(world.forum)])
    news, forum = of(rows, str(world.channel())), of(rows, str(world.channel(world.forum)))
    assert (news.ok, forum.ok) == (False, False)
    assert "Embed Links, Create Public Threads" in news.says
    assert news.remedy == "Edit the channel's permissions."
    assert forum.says == "the bot does not see it"
    assert "View Channel" in forum.remedy


async def test_a_channel_of_another_server_gets_the_invite(world: Desk) -> None:
    """There, no right can be given: the bot is not in it, or the channel's link is wrong."""
    elsewhere = Channel(Scope("discord", "1"), "2")
    row = of(await check(world.rest, [elsewhere]), str(elsewhere))
    assert not row.ok
    assert "oauth2/authorize" in row.remedy


async def test_the_invite_asks_for_exactly_what_is_needed() -> None:
    asked = parse_qs(urlsplit(invite("42")).query)
    assert asked["client_id"] == ["42"]
    assert asked["scope"] == ["bot applications.commands"]
    needed = (
        Can.VIEW_CHANNEL
        | Can.SEND_MESSAGES
        | Can.EMBED_LINKS
        | Can.ATTACH_FILES
        | Can.READ_MESSAGE_HISTORY
        | Can.CREATE_PUBLIC_THREADS
        | Can.SEND_MESSAGES_IN_THREADS
        | Can.MANAGE_THREADS
    )
    assert int(asked["permissions"][0]) == needed


async def test_with_only_the_invites_permissions_every_channel_is_well(world: Desk) -> None:
    """The invite is enough: nothing comes from @everyone."""
    guild = world.twin.guild()
    guild.roles[guild.id].permissions = 0
    world.twin.role("Newsthread").permissions = int(parse_permissions(invite("1")))
    rows = await check(world.rest, [world.channel(), world.channel(world.forum)])
    assert all(row.ok for row in rows)


def parse_permissions(url: str) -> str:
    return parse_qs(urlsplit(url).query)["permissions"][0]


async def test_privileged_intents_that_are_on_are_named_and_do_no_harm() -> None:
    async with DiscordTwin.running(privileged=1 << 15) as twin:
        rest = Rest(twin.token, twin.api_base)
        row = of(await check(rest, []), "intents")
        await rest.close()
    assert row.ok
    assert row.says.startswith("Message Content on, and not needed")


@pytest.mark.parametrize(
    ("key", "address", "state", "says"),
    [
        (
            "right",
            "https://news.example/discord/interactions",
            "ok",
            "come to https://news.example",
        ),
        ("right", "", "ok", "come by the gateway until"),
        ("other", "", "wrong", "is not this application's"),
        ("", "https://news.example/discord/interactions", "wrong", "is not set here"),
    ],
)
async def test_the_public_key_is_held_against_the_applications(
    world: Desk, key: str, address: str, state: str, says: str
) -> None:
    """With another's key every request would be refused, and Discord would say nothing of it."""
    world.twin.outgoing.url = address
    key = {"right": world.twin.outgoing.public_key.upper(), "other": "0" * 64}.get(key, "")
    row = of(await check(world.rest, [], key), "requests")
    well = state == "ok"
    assert (row.ok, "General Information" in row.remedy) == (well, not well)
    assert says in row.says


@pytest.mark.parametrize("kind", ["none", "number", "elsewhere", "category"])
async def test_a_channel_that_cannot_take_alerts_is_refused(world: Desk, kind: str) -> None:
    scope = world.channel().scope
    other = world.twin.guild("Elsewhere")
    channel = {
        "none": Channel(scope, "123456789012345678"),
        "number": Channel(scope, "general"),
        "elsewhere": Channel(scope, str(world.twin.channel("x", other).id)),
        "category": Channel(scope, str(world.twin.channel("cat", kind=CATEGORY).id)),
    }[kind]
    assert await DiscordPlaces(world.rest).check(channel)
    unknown = Channel(Scope("discord", "123456789012345678"), "1")
    assert await DiscordPlaces(world.rest).check(unknown)


async def test_only_channels_where_the_bot_can_post_are_offered(world: Desk) -> None:
    world.twin.set_bot(world.twin.channel("secret"), deny=Can.SEND_MESSAGES)
    names = await DiscordPlaces(world.rest).names(world.channel().scope)
    assert sorted(names.values()) == ["deportations", "stories"]
    assert await DiscordPlaces(world.rest).names(Scope("discord", "123456789012345678")) == {}


async def test_permissions_are_computed_as_discord_does(world: Desk) -> None:
    """Everyone's overwrite, then all roles' together, then the member's own."""
    places, channel = DiscordPlaces(world.rest), world.channel()
    guild = world.twin.guild()
    role = world.twin.role("Newsthread")
    everyone, own, me = guild.id, role.id, world.twin.world.bot.id
    send = int(Can.SEND_MESSAGES)
    steps = [
        ({everyone: (0, send)}, False),
        ({everyone: (0, send), own: (send, 0)}, True),
        ({everyone: (0, send), own: (send, 0), me: (0, send)}, False),
        ({own: (0, send), me: (send, 0)}, True),
    ]
    for overwrites, may in steps:
        world.news.overwrites.clear()
        for id_, (allow, deny) in overwrites.items():
            kind = 1 if id_ == me else 0
            world.news.overwrites[id_] = Overwrite(id=id_, kind=kind, allow=allow, deny=deny)
        assert (await places.check(channel) == "") is may
    role.permissions = int(BOT | Can.ADMINISTRATOR)
    world.news.overwrites[me] = Overwrite(id=me, kind=1, allow=0, deny=send)
    assert await places.check(channel) == ""
