"""People on the twin meet a real discord.py bot: commands, buttons, modals, who sees what."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import discord
import pytest
from discord import app_commands

from tests.twins.discord import DiscordTwin
from tests.twins.discord.asking import CannotAskError
from tests.twins.discord.interactions import Reply
from tests.twins.discord.limits import Limits
from tests.twins.discord.pointing import SwiftClient, pointed_at


class EditWatch(discord.ui.Modal, title="Edit watch"):
    """One long input."""

    query: discord.ui.TextInput[Any] = discord.ui.TextInput(
        label="Query", default="cecot", max_length=20
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"now {self.query.value}", ephemeral=True)


class Pick(discord.ui.Modal, title="Pick"):
    """A menu under a label."""

    length: discord.ui.Label[Any] = discord.ui.Label(
        text="Length",
        component=discord.ui.Select(
            options=[discord.SelectOption(label=n, value=n) for n in ("short", "long")]
        ),
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        menu = self.length.component
        assert isinstance(menu, discord.ui.Select)
        await interaction.response.send_message(menu.values[0], ephemeral=True)


class Bot(SwiftClient):
    """A small bot with one of each kind of answer."""

    def __init__(self) -> None:
        intents = discord.Intents(guilds=True)
        super().__init__(intents=intents, guild_ready_timeout=0.1)
        self.tree = app_commands.CommandTree(self)
        self.silenced: asyncio.Queue[discord.Interaction] = asyncio.Queue()
        add_commands(self)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        if interaction.type is not discord.InteractionType.component:
            return
        data: dict[str, Any] = dict(interaction.data or {})
        match data.get("custom_id"):
            case "edit":
                await interaction.response.send_modal(EditWatch())
            case "mute":
                await interaction.response.edit_message(content="muted", view=None)
            case "which":
                await interaction.response.send_message(f"chose {data['values'][0]}")
            case "later":
                await interaction.response.defer()
                await interaction.followup.send("and more")


def buttons() -> discord.ui.View:
    """Return the row that the answers carry."""
    view = discord.ui.View()
    for label, name in (("Edit", "edit"), ("Mute", "mute"), ("Later", "later")):
        view.add_item(discord.ui.Button(label=label, custom_id=name))
    options = [discord.SelectOption(label=n, value=n) for n in "ab"]
    view.add_item(discord.ui.Select(custom_id="which", placeholder="Which", options=options))
    view.add_item(discord.ui.Button(label="Off", custom_id="off", disabled=True))
    return view


def add_commands(bot: Bot) -> None:
    """Add the commands to the bot's tree."""

    @bot.tree.command(description="Sum up.")
    @app_commands.choices(length=[app_commands.Choice(name=n, value=n) for n in ("short", "long")])
    async def summary(interaction: discord.Interaction, target: str, length: str = "short") -> None:
        await interaction.response.defer(ephemeral=True)
        await interaction.edit_original_response(content=f"{target} {length}", view=buttons())

    @summary.autocomplete("target")
    async def targets(_: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=w, value=w) for w in ("cecot", "cell") if typed in w]

    @bot.tree.command(description="Post.")
    async def card(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("card", view=buttons())

    @bot.tree.command(description="Where is this?")
    async def where(interaction: discord.Interaction) -> None:
        thread = interaction.channel
        assert isinstance(thread, discord.Thread)
        told = f"thread {thread.name} under {thread.parent_id}, {interaction.locale}"
        await interaction.response.send_message(told, ephemeral=True)

    @bot.tree.command(description="Choose.")
    async def pick(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Pick())

    @bot.tree.command(description="Where to.")
    async def into(
        interaction: discord.Interaction,
        place: discord.TextChannel,
        role: discord.Role,
        who: discord.User,
        file: discord.Attachment,
    ) -> None:
        data = await file.read()
        told = f"{place.name} {role.name} {who.name} {data.decode()}"
        await interaction.response.send_message(told, ephemeral=True)

    @bot.tree.command(description="Say nothing.")
    async def silence(interaction: discord.Interaction) -> None:
        await bot.silenced.put(interaction)

    @bot.tree.context_menu(name="Why this alert?")
    async def why(interaction: discord.Interaction, message: discord.Message) -> None:
        text = f"because {message.content}"
        await interaction.response.send_message(text, ephemeral=True)

    group = app_commands.Group(
        name="watch",
        description="Watches.",
        default_permissions=discord.Permissions(manage_channels=True),
    )

    @group.command(name="add", description="Add one.")
    async def watch_add(interaction: discord.Interaction, query: str) -> None:
        mine = interaction.permissions.manage_channels
        await interaction.response.send_message(f"{query} {mine}", ephemeral=True)

    bot.tree.add_command(group)


@pytest.fixture
async def twin() -> AsyncIterator[DiscordTwin]:
    # 3 s last 15, for slow machines
    async with DiscordTwin.running(speed=0.2, limits=Limits(enabled=False)) as running:
        running.channel("deportations")
        with pointed_at(running):
            yield running


@pytest.fixture
async def bot(twin: DiscordTwin) -> AsyncIterator[Bot]:
    async with Bot() as made:
        await made.login(twin.token)
        await made.tree.sync()
        task = asyncio.create_task(made.connect())
        await asyncio.wait_for(made.wait_until_ready(), 10)
        yield made
        await made.close()
        await asyncio.wait_for(asyncio.gather(task, return_exceptions=True), 10)


async def test_a_deferred_answer_is_awaited_and_is_this_person_s_alone(
    twin: DiscordTwin, bot: Bot
) -> None:
    editor, reader = twin.user("editor"), twin.user("reader")
    answer = await editor.slash("/summary", target="cecot", length="long")
    assert (answer.content, answer.private) == ("cecot long", True)
    assert answer.message in editor.read()
    assert answer.message not in reader.read()
    with pytest.raises(CannotAskError):
        await reader.click(answer, "Mute")
    assert answer.message is not None
    with pytest.raises(discord.NotFound):
        await bot.get_partial_messageable(twin.channel().id).fetch_message(answer.message.id)


async def test_autocomplete_offers_choices(twin: DiscordTwin, bot: Bot) -> None:
    offered = await twin.user("reader").autocomplete("/summary", target="cec")
    assert [c["value"] for c in offered] == ["cecot"]


async def test_a_button_opens_a_modal_and_the_modal_is_answered(
    twin: DiscordTwin, bot: Bot
) -> None:
    editor = twin.user("editor")
    card = await editor.slash("/card")
    modal = await editor.click(card, "Edit")
    assert modal.reply is Reply.MODAL
    assert (await editor.submit(modal, {"Query": "bukele"})).content == "now bukele"
    modal = await editor.click(card, "Edit")
    with pytest.raises(CannotAskError, match="20 characters"):
        await editor.submit(modal, {"Query": "x" * 21})
    assert (await editor.submit(modal, {})).content == "now cecot"


async def test_a_labelled_menu_in_a_modal_can_be_filled_in(twin: DiscordTwin, bot: Bot) -> None:
    reader = twin.user("reader")
    modal = await reader.slash("/pick")
    assert (await reader.submit(modal, {"Length": ["long"]})).content == "long"
    with pytest.raises(CannotAskError, match="does not offer"):
        await reader.submit(modal, {"Length": ["huge"]})


async def test_a_menu_on_a_message_is_chosen_from(twin: DiscordTwin, bot: Bot) -> None:
    reader = twin.user("reader")
    done = await reader.select(await reader.slash("/card"), "Which", ["b"])
    assert done.content == "chose b"


async def test_a_button_can_change_its_message(twin: DiscordTwin, bot: Bot) -> None:
    reader = twin.user("reader")
    card = await reader.slash("/card")
    done = await reader.click(card, "Mute")
    assert (done.reply, card.content) == (Reply.UPDATE, "muted")
    with pytest.raises(CannotAskError, match="no button"):
        await reader.click(card, "Mute")


async def test_a_button_can_be_deferred_and_followed_up(twin: DiscordTwin, bot: Bot) -> None:
    reader = twin.user("reader")
    later = await reader.click(await reader.slash("/card"), "Later")
    await later.until(lambda a: bool(a.followups))
    assert later.followups[0].content == "and more"


async def test_a_disabled_button_cannot_be_pressed(twin: DiscordTwin, bot: Bot) -> None:
    reader = twin.user("reader")
    with pytest.raises(CannotAskError, match="cannot be pressed"):
        await reader.click(await reader.slash("/card"), "Off")


async def test_a_message_s_menu_brings_the_message_with_its_text(
    twin: DiscordTwin, bot: Bot
) -> None:
    said = twin.user("editor").say("the wire said so")
    answer = await twin.user("reader").context_menu("Why this alert?", said)
    assert answer.content == "because the wire said so"


async def test_channels_roles_people_and_files_are_resolved(twin: DiscordTwin, bot: Bot) -> None:
    reader = twin.user("reader")
    options = {
        "place": twin.channel(),
        "role": twin.role("desk"),
        "who": twin.user("editor").user,
        "file": ("feeds.opml", b"<opml/>"),
    }
    answer = await reader.slash("/into", options)
    assert answer.content == "deportations desk editor <opml/>"


@pytest.mark.parametrize(
    ("line", "options", "why"),
    [
        ("/nothing", {}, "no command"),
        ("/summary", {}, "required"),
        ("/summary", {"target": "a", "size": 1}, "no such option"),
        ("/summary", {"target": 7}, "does not take"),
        ("/summary", {"target": "a", "length": "huge"}, "does not offer"),
        ("/watch", {}, "sub-commands"),
        ("/watch drop", {}, "has no"),
    ],
)
async def test_what_a_client_would_not_send_is_not_sent(
    twin: DiscordTwin, bot: Bot, line: str, options: dict[str, Any], why: str
) -> None:
    with pytest.raises(CannotAskError, match=why):
        await twin.user("editor").slash(line, options)
    assert not twin.journal.of("asked")


async def test_a_command_is_hidden_from_who_lacks_its_permissions_unless_forced(
    twin: DiscordTwin, bot: Bot
) -> None:
    with pytest.raises(CannotAskError, match="not offered"):
        await twin.user("reader").slash("/watch add", query="cecot")
    forced = await twin.user("reader").slash("/watch add", query="cecot", force=True)
    assert forced.content == "cecot False"
    assert (await twin.user("editor").slash("/watch add", query="cecot")).content == "cecot True"


async def test_no_answer_in_3_seconds_is_a_failure(twin: DiscordTwin, bot: Bot) -> None:
    twin.clock.speed = 30  # so that 3 s pass in 0.1
    answer = await twin.user("reader").slash("/silence")
    assert answer.failed
    assert len(twin.journal.of("unanswered")) == 1
    assert await reply(twin, answer.interaction.id, answer.interaction.token) == (404, 10062)


async def test_a_second_answer_is_40060(twin: DiscordTwin, bot: Bot) -> None:
    answer = await twin.user("reader").slash("/card")
    assert await reply(twin, answer.interaction.id, answer.interaction.token) == (400, 40060)
    assert len(twin.journal.of("answer")) == 1


async def test_after_15_minutes_the_token_is_no_good(twin: DiscordTwin, bot: Bot) -> None:
    answer = await twin.user("reader").slash("/card")
    url = f"{twin.api_base}/webhooks/{twin.world.bot.id}/{answer.interaction.token}"
    assert await status(url, {"content": "in time"}) == (200, None)
    twin.advance(901)
    assert await status(url, {"content": "too late"}) == (401, 50027)
    assert [m.content for m in answer.followups] == ["in time"]


async def test_an_interaction_takes_only_answers_of_its_kind(twin: DiscordTwin, bot: Bot) -> None:
    asking = asyncio.create_task(twin.user("reader").slash("/silence"))
    asked = await bot.silenced.get()
    for kind, data in ((8, {"choices": []}), (7, {"content": "x"}), (99, {})):
        assert await reply(twin, asked.id, asked.token, kind, data) == (400, 50035)
    assert await reply(twin, asked.id, asked.token) == (204, None)
    assert (await asking).content == "hello"


async def test_a_command_in_a_thread_knows_the_thread(twin: DiscordTwin, bot: Bot) -> None:
    reader = twin.user("reader", locale="es-ES")
    card = await bot.get_partial_messageable(twin.channel().id).send("card")
    await bot.http.start_thread_with_message(
        card.channel.id, card.id, name="story", auto_archive_duration=60
    )
    thread = twin.thread_of(card.id)
    answer = await reader.slash("/where", channel=thread)
    assert answer.content == f"thread story under {twin.channel().id}, es-ES"


async def test_an_answer_can_be_read_edited_and_deleted(twin: DiscordTwin, bot: Bot) -> None:
    reader = twin.user("reader")
    asking = asyncio.create_task(reader.slash("/silence"))
    asked = await bot.silenced.get()
    await asked.response.send_message("one", ephemeral=True)
    answer = await asking
    assert (await asked.original_response()).content == "one"
    await asked.edit_original_response(content="two")
    assert answer.content == "two"
    assert len(reader.read()) == 1
    await asked.delete_original_response()
    assert reader.read() == []
    with pytest.raises(discord.NotFound):
        await asked.edit_original_response(content="three")


async def test_another_guild_is_another_place(twin: DiscordTwin, bot: Bot) -> None:
    other = twin.guild("Second desk")
    there = twin.channel("news", other)
    answer = await twin.user("reader", other).slash("/card")
    assert answer.message is not None
    assert answer.message.channel_id == there.id


async def reply(
    twin: DiscordTwin, number: int, token: str, kind: int = 4, data: dict[str, Any] | None = None
) -> tuple[int, int | None]:
    """Answer an interaction by hand."""
    url = f"{twin.api_base}/interactions/{number}/{token}/callback"
    return await status(url, {"type": kind, "data": data or {"content": "hello"}})


async def status(url: str, body: dict[str, Any]) -> tuple[int, int | None]:
    """Post, and return the status and Discord's code if it is a refusal."""
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as answer:
        told = await answer.json() if answer.status != 204 else {}
        return answer.status, told.get("code")


COMMAND = {"name": "summary", "description": "Sum up.", "type": 1}
OPTION = {"name": "a", "description": "d", "type": 3}


@pytest.mark.parametrize(
    "commands",
    [
        [COMMAND | {"name": "Summary"}],
        [COMMAND | {"name": "two words"}],
        [COMMAND | {"name": "x" * 33}],
        [COMMAND | {"description": ""}],
        [COMMAND | {"description": "x" * 101}],
        [COMMAND, COMMAND],
        [COMMAND | {"name_localizations": {"es-ES": "Resumen"}}],
        [COMMAND | {"name_localizations": {"es": "resumen"}}],
        [COMMAND | {"options": [OPTION, OPTION]}],
        [COMMAND | {"options": [OPTION, OPTION | {"name": "b", "required": True}]}],
        [COMMAND | {"options": [OPTION | {"choices": [{"name": "x" * 101, "value": "x"}]}]}],
        [COMMAND | {"options": [OPTION | {"name": f"o{n}"} for n in range(26)]}],
        [COMMAND | {"name": f"c{n}"} for n in range(101)],
        [COMMAND | {"type": 3, "name": "Why"}],
    ],
)
async def test_commands_keep_discord_s_rules(
    twin: DiscordTwin, commands: list[dict[str, Any]]
) -> None:
    async with SwiftClient(intents=discord.Intents.none()) as client:
        await client.login(twin.token)
        with pytest.raises(discord.HTTPException) as caught:
            await client.http.bulk_upsert_global_commands(twin.world.bot.id, commands)
        assert caught.value.status == 400
        assert not await client.http.get_global_commands(twin.world.bot.id)


async def test_a_command_keeps_its_id_and_its_version_while_it_is_the_same(
    twin: DiscordTwin,
) -> None:
    async with SwiftClient(intents=discord.Intents.none()) as client:
        await client.login(twin.token)
        put = client.http.bulk_upsert_global_commands
        [first] = await put(twin.world.bot.id, [COMMAND])
        [again] = await put(twin.world.bot.id, [COMMAND])
        [changed] = await put(twin.world.bot.id, [COMMAND | {"description": "Other."}])
    assert first["id"] == again["id"] == changed["id"]
    assert first["version"] == again["version"] != changed["version"]
