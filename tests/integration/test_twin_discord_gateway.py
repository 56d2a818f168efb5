"""The real discord.py logs in, connects, and comes back after whatever the twin's gateway does."""

import asyncio
from collections.abc import AsyncIterator

import discord
import pytest

from tests.twins.discord import DiscordTwin
from tests.twins.discord.gateway_faults import Action, Moment
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
        self.answered: list[str] = []

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
        self.answered.append(str(interaction.id))


@pytest.fixture
async def twin() -> AsyncIterator[DiscordTwin]:
    async with DiscordTwin.running(heartbeat=5.0) as running:
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


async def register(twin: DiscordTwin, client: discord.Client, *names: str) -> None:
    """Register plain slash commands."""
    bodies = [{"name": n, "description": "A test.", "type": 1} for n in names]
    await client.http.bulk_upsert_global_commands(twin.world.bot.id, bodies)
