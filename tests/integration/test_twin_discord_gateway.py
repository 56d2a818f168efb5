"""The real discord.py logs in, connects, and comes back after whatever the twin's gateway does."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import discord
import pytest

from tests.twins.discord import DiscordTwin
from tests.twins.discord.asking import CannotAskError
from tests.twins.discord.gateway_faults import Action, Moment
from tests.twins.discord.limits import Limits
from tests.twins.discord.pointing import SwiftClient, pointed_at


class Client(SwiftClient):
    """Counts what it is told."""

    def __init__(self) -> None:
        intents = discord.Intents(guilds=True, guild_messages=True)
        super().__init__(intents=intents, guild_ready_timeout=0.1)
        self.resumed = asyncio.Event()
        self.readied = asyncio.Event()
        self.heard: asyncio.Queue[str] = asyncio.Queue()
        self.joined: asyncio.Queue[str] = asyncio.Queue()
        self.left: asyncio.Queue[str] = asyncio.Queue()

    async def on_ready(self) -> None:
        self.readied.set()

    async def on_resumed(self) -> None:
        self.resumed.set()

    async def on_message(self, message: discord.Message) -> None:
        self.heard.put_nowait(message.content)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        self.joined.put_nowait(guild.name)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message("here", ephemeral=True)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        self.left.put_nowait(guild.name)

    def waiting(self, event: str) -> asyncio.Task[Any]:
        """Return what will hold an event's arguments."""
        return asyncio.ensure_future(asyncio.wait_for(self.wait_for(event), 10))


@pytest.fixture
async def twin() -> AsyncIterator[DiscordTwin]:
    # 3 s last 15, for slow machines
    async with DiscordTwin.running(
        heartbeat=5.0, speed=0.2, limits=Limits(enabled=False)
    ) as running:
        running.channel("deportations")
        with pointed_at(running):
            yield running


@pytest.fixture
async def client(twin: DiscordTwin) -> AsyncIterator[Client]:
    async with Client() as made:
        await made.login(twin.token)
        task = asyncio.create_task(made.connect())
        await asyncio.wait_for(made.readied.wait(), 10)
        yield made
        await made.close()
        await asyncio.wait_for(asyncio.gather(task, return_exceptions=True), 10)


async def test_the_real_client_knows_the_guild_its_channels_and_itself(
    twin: DiscordTwin, client: Client
) -> None:
    guild = client.guilds[0]
    assert guild.name == "Newsroom"
    assert [c.name for c in guild.text_channels] == ["deportations"]
    assert guild.me.id == twin.world.bot.id
    assert guild.text_channels[0].permissions_for(guild.me).send_messages
    assert not guild.text_channels[0].permissions_for(guild.me).manage_channels


async def test_a_cut_socket_is_resumed_and_what_was_missed_is_replayed(
    twin: DiscordTwin, client: Client
) -> None:
    twin.gateway.abort_all()
    twin.user("reader").say("said meanwhile")
    await asyncio.wait_for(client.resumed.wait(), 20)
    assert len(twin.journal.of("resumed")) == 1
    assert len(twin.journal.of("identify")) == 1
    assert await asyncio.wait_for(client.heard.get(), 10) == ""  # without the intent for content


async def test_op_7_makes_the_client_resume(twin: DiscordTwin, client: Client) -> None:
    twin.gateway.reconnect_all()
    await asyncio.wait_for(client.resumed.wait(), 20)
    assert len(twin.journal.of("resumed")) == 1


async def test_op_9_makes_the_client_identify_anew(twin: DiscordTwin, client: Client) -> None:
    client.readied.clear()
    twin.gateway.invalidate_all()
    await asyncio.wait_for(client.readied.wait(), 20)
    assert len(twin.journal.of("identify")) == 2


async def test_an_interaction_lost_with_its_socket_is_replayed_and_answered_once(
    twin: DiscordTwin, client: Client
) -> None:
    await register(twin, client, "ping")
    twin.gateway.faults.add(Moment.BEFORE_INTERACTION, Action.ABORT)
    answer = await twin.user("reader").slash("/ping")
    assert answer.content == "here"
    assert answer.private
    assert len(twin.journal.of("answer")) == 1


async def test_a_new_guild_is_joined_while_connected(twin: DiscordTwin, client: Client) -> None:
    twin.guild("Second desk")
    assert await asyncio.wait_for(client.joined.get(), 10) == "Second desk"


async def test_a_bot_that_is_kicked_is_told_and_shut_out(twin: DiscordTwin, client: Client) -> None:
    channel = client.get_partial_messageable(twin.channel().id)
    reader = twin.user("reader")
    await register(twin, client, "ping")
    twin.remove_bot(twin.guild())
    assert await asyncio.wait_for(client.left.get(), 10) == "Newsroom"
    with pytest.raises(discord.Forbidden) as caught:
        await channel.send("a")
    assert caught.value.code == 50001
    with pytest.raises(CannotAskError):
        await reader.slash("/ping")


async def test_what_moderators_do_is_told(twin: DiscordTwin, client: Client) -> None:
    guild = client.guilds[0]
    card = await guild.text_channels[0].send("card")
    thread = await card.create_thread(name="story")
    made = twin.thread_of(card.id)
    assert made is not None
    changed = client.waiting("thread_update")
    twin.change_thread(made, archived=True, locked=True)
    before, after = await changed
    assert (before.archived, after.archived, after.locked) == (False, True, True)
    gone = client.waiting("raw_thread_delete")
    twin.delete_channel(made)
    assert (await gone).thread_id == thread.id
    lost = client.waiting("guild_channel_delete")
    twin.delete_channel(twin.channel("deportations"))
    assert (await lost).name == "deportations"


async def test_a_wrong_token_is_refused_at_login(twin: DiscordTwin) -> None:
    async with Client() as stranger:
        with pytest.raises(discord.LoginFailure):
            await stranger.login("not the token")


async def test_a_revoked_token_closes_the_gateway_with_4004(twin: DiscordTwin) -> None:
    twin.gateway.refuse_identify = 4004
    async with Client() as made:
        await made.login(twin.token)
        with pytest.raises(discord.ConnectionClosed) as caught:
            await asyncio.wait_for(made.connect(), 10)
    assert caught.value.code == 4004


async def test_a_privileged_intent_that_is_not_granted_closes_with_4014(twin: DiscordTwin) -> None:
    async with SwiftClient(intents=discord.Intents.all()) as made:
        await made.login(twin.token)
        with pytest.raises(discord.PrivilegedIntentsRequired):
            await asyncio.wait_for(made.connect(), 10)


LOSSES = [
    (Moment.HEARTBEAT, Action.ABORT),
    (Moment.BEFORE_INTERACTION, Action.CLOSE),
    (Moment.BEFORE_INTERACTION, Action.RECONNECT),
    (Moment.AFTER_INTERACTION, Action.ABORT),
    (Moment.AFTER_INTERACTION, Action.CLOSE),
]


@pytest.mark.parametrize(("moment", "action"), LOSSES)
async def test_a_command_is_answered_once_whatever_befalls_the_socket_around_it(
    twin: DiscordTwin, client: Client, moment: Moment, action: Action
) -> None:
    await register(twin, client, "ping")
    twin.gateway.faults.add(moment, action)
    answer = await twin.user("reader").slash("/ping")
    assert not answer.failed
    assert len(twin.journal.of("answer")) == 1
    assert len(twin.journal.of("asked")) == 1


@pytest.mark.parametrize("moment", [Moment.RESUME, Moment.RESUMED, Moment.CONNECT, Moment.HELLO])
async def test_a_second_loss_while_coming_back_is_survived(
    twin: DiscordTwin, client: Client, moment: Moment
) -> None:
    twin.gateway.faults.add(moment, Action.ABORT)
    twin.gateway.abort_all()
    await asyncio.wait_for(client.resumed.wait(), 30)
    assert len(twin.journal.of("identify")) == 1


@pytest.mark.parametrize("moment", [Moment.IDENTIFY, Moment.READY, Moment.GUILDS])
async def test_a_loss_while_logging_in_is_survived(twin: DiscordTwin, moment: Moment) -> None:
    twin.gateway.faults.add(moment, Action.CLOSE)
    async with Client() as made:
        await made.login(twin.token)
        task = asyncio.create_task(made.connect())
        await asyncio.wait_for(made.readied.wait(), 30)
        await made.close()
        await asyncio.gather(task, return_exceptions=True)
    assert twin.journal.of("fault")


async def test_a_socket_that_falls_silent_is_left_and_its_session_resumed(
    twin: DiscordTwin,
) -> None:
    """A zombie: open, and not a heartbeat answered; the client's own timeout finds it."""
    twin.gateway.heartbeat = 0.5
    intents = discord.Intents(guilds=True)
    async with SwiftClient(
        intents=intents, guild_ready_timeout=0.1, heartbeat_timeout=1.5
    ) as zombie:
        await zombie.login(twin.token)
        task = asyncio.create_task(zombie.connect())
        await asyncio.wait_for(zombie.wait_until_ready(), 10)
        twin.gateway.fall_silent()
        await asyncio.wait_for(zombie.wait_for("resumed"), 20)
        await zombie.close()
        await asyncio.gather(task, return_exceptions=True)
    assert len(twin.journal.of("identify")) == 1


async def test_a_resume_can_be_made_to_hang(twin: DiscordTwin, client: Client) -> None:
    """The client has asked, and nothing ever comes: not even heartbeat answers."""
    twin.gateway.faults.add(Moment.RESUME, Action.SILENCE)
    twin.gateway.abort_all()
    while not twin.journal.of("resume"):  # noqa: ASYNC110 (the journal rings no bell)
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.2)
    assert not client.resumed.is_set()
    assert not twin.journal.of("resumed")


async def test_a_session_that_was_closed_for_good_cannot_be_resumed(
    twin: DiscordTwin, client: Client
) -> None:
    client.readied.clear()
    twin.gateway.close_all(4009)
    await asyncio.wait_for(client.readied.wait(), 30)
    assert len(twin.journal.of("resume")) == 1
    assert not twin.journal.of("resumed")
    assert len(twin.journal.of("identify")) == 2


async def test_two_connections_of_one_bot_both_hear_and_one_of_them_answers(
    twin: DiscordTwin, client: Client
) -> None:
    """As with the real one: the second answer is refused with 40060."""
    async with Client() as second:
        await second.login(twin.token)
        task = asyncio.create_task(second.connect())
        await asyncio.wait_for(second.readied.wait(), 10)
        await register(twin, client, "ping")
        await twin.user("reader").slash("/ping")
        assert len(twin.journal.of("answer")) == 1
        await second.close()
        await asyncio.gather(task, return_exceptions=True)


async def test_what_is_no_frame_of_the_gateway_s_closes_it(twin: DiscordTwin) -> None:
    said = {
        "not json": 4002,
        '{"op": 99}': 4001,
        '{"op": 2, "d": null}': 4002,
        '{"op": 3, "d": {}}': 4003,
        '{"op": 2, "d": {"token": "x", "intents": 1}}': 4004,
        f'{{"op": 2, "d": {{"token": "{twin.token}", "intents": -5}}}}': 4013,
    }
    async with aiohttp.ClientSession() as session:
        for frame, code in said.items():
            async with session.ws_connect(f"{twin.gateway_url}?v=10") as socket:
                await socket.send_str(frame)
                while not (await socket.receive()).type & 0xF00:
                    pass
                assert socket.close_code == code
        async with session.ws_connect(f"{twin.gateway_url}?v=9") as socket:
            while not (await socket.receive()).type & 0xF00:
                pass
            assert socket.close_code == 4012
        async with session.ws_connect(f"{twin.gateway_url}?v=10") as socket:
            for _ in range(121):
                await socket.send_str('{"op": 1, "d": null}')
            while not (await socket.receive()).type & 0xF00:
                pass
            assert socket.close_code == 4008


async def register(twin: DiscordTwin, client: discord.Client, *names: str) -> None:
    """Register plain slash commands."""
    bodies = [{"name": n, "description": "A test.", "type": 1} for n in names]
    await client.http.bulk_upsert_global_commands(twin.world.bot.id, bodies)
