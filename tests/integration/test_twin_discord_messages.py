"""The real discord.py posts, edits and reads on the twin; what Discord refuses is refused."""

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import discord
import pytest

from tests.twins.discord import DiscordTwin
from tests.twins.discord.journal import read_journal
from tests.twins.discord.limits import Limits
from tests.twins.discord.permissions import Can
from tests.twins.discord.pointing import SwiftClient, pointed_at
from tests.twins.discord.state import Channel


@pytest.fixture
async def twin() -> AsyncIterator[DiscordTwin]:
    async with DiscordTwin.running(limits=Limits(enabled=False)) as running:
        with pointed_at(running):
            yield running


@pytest.fixture
async def client(twin: DiscordTwin) -> AsyncIterator[discord.Client]:
    async with SwiftClient(intents=discord.Intents(guilds=True)) as made:
        await made.login(twin.token)
        yield made


@pytest.fixture
def channel(twin: DiscordTwin) -> Channel:
    return twin.channel("deportations")


def place(client: discord.Client, channel: Channel) -> discord.PartialMessageable:
    """Return where to send to, without a gateway."""
    return client.get_partial_messageable(channel.id, guild_id=channel.guild_id)


async def refused(sending: Any) -> tuple[int, int]:
    """Return the status and code of a refusal."""
    with pytest.raises(discord.HTTPException) as caught:
        await sending
    return caught.value.status, caught.value.code


async def test_a_nonce_sent_twice_is_one_message(
    twin: DiscordTwin, client: discord.Client, channel: Channel
) -> None:
    first = await place(client, channel).send("a", nonce="K7Q2")
    second = await place(client, channel).send("a", nonce="K7Q2")
    assert first.id == second.id
    assert len(twin.messages(nonce="K7Q2")) == 1
    assert len(twin.journal.of("repeat")) == 1


async def test_a_nonce_is_forgotten_after_two_minutes(
    twin: DiscordTwin, client: discord.Client, channel: Channel
) -> None:
    await place(client, channel).send("a", nonce="K7Q2")
    twin.advance(121)
    await place(client, channel).send("a", nonce="K7Q2")
    assert len(twin.messages(nonce="K7Q2")) == 2


async def test_history_reads_newest_first_and_before_after_and_around(
    client: discord.Client, channel: Channel
) -> None:
    there = place(client, channel)
    sent = [await there.send(str(n)) for n in range(5)]
    told = [m.content async for m in there.history(limit=3)]
    assert told == ["4", "3", "2"]
    assert [m.content async for m in there.history(before=sent[2])] == ["1", "0"]
    after = [m.content async for m in there.history(after=sent[2], oldest_first=True)]
    assert after == ["3", "4"]
    around = [m.content async for m in there.history(around=sent[2], limit=3)]
    assert sorted(around) == ["1", "2", "3"]


async def test_a_file_comes_with_its_alt_text_and_can_be_fetched(
    twin: DiscordTwin, client: discord.Client, channel: Channel
) -> None:
    chart = discord.File(io.BytesIO(b"png"), "trend.png", description="7 articles a day")
    sent = await place(client, channel).send("see", file=chart)
    assert sent.attachments[0].description == "7 articles a day"
    assert await sent.attachments[0].read() == b"png"
    assert twin.messages()[0]["files"] == ["trend.png"]


async def test_an_edit_changes_only_what_it_names(
    twin: DiscordTwin, client: discord.Client, channel: Channel
) -> None:
    sent = await place(client, channel).send("old", embed=discord.Embed(title="kept"))
    edited = await sent.edit(content="new")
    assert (edited.content, edited.embeds[0].title) == ("new", "kept")
    assert edited.edited_at is not None
    assert len(twin.journal.of("edit", message=str(sent.id))) == 1


async def test_what_is_deleted_is_unknown(client: discord.Client, channel: Channel) -> None:
    sent = await place(client, channel).send("a")
    await sent.delete()
    assert await refused(sent.edit(content="b")) == (404, 10008)


async def test_another_s_message_cannot_be_edited_and_its_text_is_not_shown(
    twin: DiscordTwin, client: discord.Client, channel: Channel
) -> None:
    said = twin.user("reader").say("secret", channel)
    seen = await place(client, channel).fetch_message(said.id)
    assert seen.content == ""  # without the privileged intent
    assert await refused(seen.edit(content="mine")) == (403, 50005)


BAD: list[tuple[dict[str, Any], int]] = [
    ({"content": "x" * 2001}, 50035),
    ({"content": "🙂" * 1001}, 50035),  # 2,002 UTF-16 units
    ({"content": " \n "}, 50006),
    ({"embed": discord.Embed(title="x" * 257)}, 50035),
    ({"embed": discord.Embed(description="x" * 4097)}, 50035),
    ({"embed": discord.Embed(title="t", url="javascript:alert(1)")}, 50035),
    ({"embed": discord.Embed(title="t", url="https://")}, 50035),
    ({"embed": discord.Embed(title="t", url="https://localhost/a")}, 50035),
    ({"embed": discord.Embed(title="t", url="https://a_b.example.org")}, 50035),
    ({"embed": discord.Embed(title="t", url="https://example.org:99999999")}, 50035),
    ({"embed": discord.Embed(title="t", url="https://example.org/a b")}, 50035),
    ({"embed": discord.Embed().add_field(name=" ", value="v")}, 50035),
    ({"embed": discord.Embed().add_field(name="n", value="v" * 1025)}, 50035),
    ({"embed": discord.Embed(title="t").set_footer(text="f" * 2049)}, 50035),
    ({"embed": discord.Embed(title="t").set_image(url="attachment://none.png")}, 50035),
    ({"embeds": [discord.Embed(description="x" * 3001)] * 2}, 50035),
    ({"content": "a", "nonce": "n" * 26}, 50035),
]


@pytest.mark.parametrize(("given", "code"), BAD)
async def test_what_discord_would_refuse_is_refused_and_written_down(
    twin: DiscordTwin, client: discord.Client, channel: Channel, given: dict[str, Any], code: int
) -> None:
    assert await refused(place(client, channel).send(**given)) == (400, code)
    assert len(twin.journal.violations) == 1
    assert not twin.messages()


async def raw(client: discord.Client, channel: Channel, body: object) -> Any:
    """Post a body as it is, past discord.py's own checks."""
    route = discord.http.Route("POST", "/channels/{channel_id}/messages", channel_id=channel.id)
    return await client.http.request(route, json=body)


def button(custom_id: str = "a", **about: Any) -> dict[str, Any]:
    return {"type": 2, "style": 2, "label": "Mute", "custom_id": custom_id} | about


BAD_ROWS: list[list[dict[str, Any]]] = [
    [{"type": 1, "components": [button(str(n)) for n in range(6)]}],
    [{"type": 1, "components": []}],
    [{"type": 1, "components": [button(str(n))]} for n in range(6)],
    [{"type": 1, "components": [button("same"), button("same")]}],
    [{"type": 1, "components": [button("x" * 101)]}],
    [{"type": 1, "components": [button(label="x" * 81)]}],
    [{"type": 1, "components": [button(label="")]}],
    [{"type": 1, "components": [button(url="https://example.org")]}],
    [{"type": 1, "components": [{"type": 2, "style": 5, "label": "x"}]}],
    [{"type": 1, "components": [{"type": 2, "style": 5, "label": "x", "url": "ftp://x.org"}]}],
    [button()],
]


@pytest.mark.parametrize("rows", BAD_ROWS)
async def test_rows_and_buttons_keep_discord_s_rules(
    twin: DiscordTwin, client: discord.Client, channel: Channel, rows: list[dict[str, Any]]
) -> None:
    sending = raw(client, channel, {"content": "a", "components": rows})
    assert await refused(sending) == (400, 50035)


async def test_a_message_full_to_the_brim_is_taken(
    twin: DiscordTwin, client: discord.Client, channel: Channel
) -> None:
    card = discord.Embed(title="t" * 256, description="d" * 4096, url="https://example.org/é")
    card.set_footer(text="f" * (6000 - 256 - 4096))
    rows = [
        {"type": 1, "components": [button(f"{r}{n}", label="x" * 80) for n in range(5)]}
        for r in range(5)
    ]
    await raw(
        client, channel, {"content": "🙂" * 1000, "embeds": [card.to_dict()], "components": rows}
    )
    assert not twin.journal.violations


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org",
        "http://127.0.0.1:8080/a",
        "https://xn--caf-dma.example/?a=b#c",
        "https://café.example/niño",
        "http://[::1]/",
        "https://sub-domain.co.uk/x_y",
    ],
)
async def test_a_well_formed_address_is_taken(
    client: discord.Client, channel: Channel, url: str
) -> None:
    await place(client, channel).send(embed=discord.Embed(title="t", url=url))


async def test_an_empty_address_is_refused_and_none_is_not(
    client: discord.Client, channel: Channel
) -> None:
    def card(url: str | None) -> dict[str, Any]:
        return {"embeds": [{"title": "t", "author": {"name": "n", "url": url}}]}

    await raw(client, channel, card(None))
    assert await refused(raw(client, channel, card(""))) == (400, 50035)


async def test_a_kind_of_mention_is_allowed_whole_or_by_name_not_both(
    client: discord.Client, channel: Channel
) -> None:
    allowed = {"parse": ["roles"], "roles": ["123"]}
    sending = raw(client, channel, {"content": "a", "allowed_mentions": allowed})
    assert await refused(sending) == (400, 50035)


async def test_discord_s_own_document_is_asked(
    twin: DiscordTwin, client: discord.Client, channel: Channel
) -> None:
    """A colour out of range is what only the document knows here."""
    if not twin.spec_checked:
        pytest.skip("Discord's OpenAPI document is not on this machine")
    body = {"embeds": [{"title": "t", "color": 1 << 24}]}
    assert await refused(raw(client, channel, body)) == (400, 50035)
    [entry] = twin.journal.violations
    assert "color" in entry["errors"]["embeds"]["0"]


async def test_without_the_document_the_twin_says_so() -> None:
    async with DiscordTwin.running(spec=False) as twin:
        assert not twin.spec_checked


DENIED = [
    (Can.VIEW_CHANNEL, {"content": "a"}, 50001),
    (Can.SEND_MESSAGES, {"content": "a"}, 50013),
    (Can.EMBED_LINKS, {"embed": discord.Embed(title="t")}, 50013),
]


@pytest.mark.parametrize(("deny", "given", "code"), DENIED)
async def test_a_permission_that_is_missing_is_a_403(
    twin: DiscordTwin,
    client: discord.Client,
    channel: Channel,
    deny: Can,
    given: dict[str, Any],
    code: int,
) -> None:
    twin.set_bot(channel, deny=deny)
    assert await refused(place(client, channel).send(**given)) == (403, code)
    twin.set_bot(channel)
    await place(client, channel).send(**given)


async def test_files_want_attach_files(
    twin: DiscordTwin, client: discord.Client, channel: Channel
) -> None:
    twin.set_bot(channel, deny=Can.ATTACH_FILES)
    sending = place(client, channel).send(file=discord.File(io.BytesIO(b"x"), "x.txt"))
    assert await refused(sending) == (403, 50013)


async def test_without_read_history_the_past_is_empty(
    twin: DiscordTwin, client: discord.Client, channel: Channel
) -> None:
    sent = await place(client, channel).send("a")
    twin.set_bot(channel, deny=Can.READ_MESSAGE_HISTORY)
    assert [m async for m in place(client, channel).history()] == []
    assert await refused(place(client, channel).fetch_message(sent.id)) == (403, 50013)


async def test_only_what_is_allowed_and_may_be_mentioned_pings(
    twin: DiscordTwin, client: discord.Client, channel: Channel
) -> None:
    desk, other = twin.role("desk"), twin.role("other")
    text = f"<@&{desk.id}> <@&{other.id}> @everyone"
    allowed = discord.AllowedMentions(
        everyone=False, users=False, roles=[discord.Object(desk.id)], replied_user=False
    )
    await place(client, channel).send(text, allowed_mentions=allowed)
    twin.set_bot(channel, deny=Can.MENTION_EVERYONE)
    await place(client, channel).send(text, allowed_mentions=allowed)
    one, two = twin.messages()
    assert one["pings"] == {"everyone": False, "users": [], "roles": [desk.id]}
    assert two["pings"]["roles"] == []


async def test_nothing_said_about_mentions_pings_all(
    twin: DiscordTwin, client: discord.Client, channel: Channel
) -> None:
    """That is Discord's default, and why a bot must never leave it out."""
    await raw(client, channel, {"content": "@everyone"})
    assert twin.messages()[0]["pings"]["everyone"]


async def test_an_unknown_channel_is_404_10003(client: discord.Client) -> None:
    assert await refused(client.get_partial_messageable(12345).send("a")) == (404, 10003)


async def test_the_journal_s_file_says_the_same(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    async with DiscordTwin.running(journal=path) as twin:
        twin.user("reader").say("hello", twin.channel())
        kept = twin.journal.entries
        assert read_journal(path) == kept
    assert [e["kind"] for e in kept] == ["message"]


async def test_a_webhook_posts_under_its_own_name(
    twin: DiscordTwin, client: discord.Client, channel: Channel
) -> None:
    make = client.http.create_webhook(channel.id, name="desk")
    assert await refused(make) == (403, 50013)
    twin.set_bot(channel, allow=Can.MANAGE_WEBHOOKS)
    made = await client.http.create_webhook(channel.id, name="desk")
    hook = discord.Webhook.from_state(made, client._connection)  # noqa: SLF001 (no public way)
    said = await hook.send("from the desk", wait=True)
    assert said.author.name == "desk"
    assert (await hook.edit_message(said.id, content="later")).content == "later"
