"""The real slack_sdk posts, edits and reads on the twin; what Slack refuses is refused."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.twins.slack import SlackTwin
from tests.twins.slack.journal import read_journal
from tests.twins.slack.limits import Limits
from tests.twins.slack.state import Channel


@pytest.fixture
async def twin() -> AsyncIterator[SlackTwin]:
    async with SlackTwin.running(limits=Limits(enabled=False)) as running:
        yield running


@pytest.fixture
def client(twin: SlackTwin) -> AsyncWebClient:
    return AsyncWebClient(twin.bot_token, base_url=twin.api_base, retry_handlers=[])


@pytest.fixture
def channel(twin: SlackTwin) -> Channel:
    return twin.channel("deportations")


def keyed(key: str) -> dict[str, Any]:
    """Return the metadata of a message with a key."""
    payload = {"key": key, "story": "K7Q2", "version": 1}
    return {"event_type": "newsthread_alert", "event_payload": payload}


def section(text: str) -> list[dict[str, Any]]:
    """Return blocks with one text."""
    return [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]


async def refused(asked: Any) -> str:
    """Return Slack's word for a refusal."""
    with pytest.raises(SlackApiError) as caught:
        await asked
    return str(caught.value.response["error"])


async def test_a_message_comes_back_as_it_was_sent_with_its_metadata(
    twin: SlackTwin, client: AsyncWebClient, channel: Channel
) -> None:
    sent = await client.chat_postMessage(
        channel=channel.id,
        text="Judge orders update",
        blocks=section("*Judge* orders update"),
        metadata=keyed("k1"),
        unfurl_links=False,
    )
    bot = twin.workspace().bot
    assert sent["channel"] == channel.id
    assert sent["message"]["bot_id"] == bot.bot_id
    read = await client.conversations_history(channel=channel.id, include_all_metadata=True)
    [message] = read["messages"]
    assert message["ts"] == sent["ts"]
    assert message["text"] == "Judge orders update"
    assert message["blocks"][0]["text"]["text"] == "*Judge* orders update"
    assert message["blocks"][0]["block_id"]
    assert message["metadata"] == keyed("k1")
    plain = await client.conversations_history(channel=channel.id)
    assert "metadata" not in plain["messages"][0], "metadata comes only when it is asked for"
    [entry] = twin.messages()
    assert (entry["key"], entry["unfurl_links"], entry["via"]) == ("k1", False, "web")


async def test_the_journal_tells_once_from_twice(
    twin: SlackTwin, client: AsyncWebClient, channel: Channel
) -> None:
    for key in ("a", "b", "b"):
        await client.chat_postMessage(channel=channel.id, text="x", metadata=keyed(key))
    await client.chat_postMessage(channel=channel.id, text="x")
    assert (twin.journal.times("a"), twin.journal.times("b"), twin.journal.times("c")) == (1, 2, 0)
    assert twin.journal.keys() == ["a", "b", "b"]
    [first] = twin.journal.of("request", method="chat.postMessage", key="a")
    assert (first["ok"], first["channel"]) == (True, channel.id)


async def test_a_ts_is_unique_in_its_channel_but_not_elsewhere(
    twin: SlackTwin, client: AsyncWebClient, channel: Channel
) -> None:
    twin.clock.speed = 0.001  # so that all are sent in one second
    stamps = [
        (await client.chat_postMessage(channel=channel.id, text=str(n)))["ts"] for n in range(20)
    ]
    assert stamps == sorted(set(stamps))
    other = twin.channel("other")
    assert (await client.chat_postMessage(channel=other.id, text="a"))["ts"] in stamps


async def test_a_form_with_json_in_it_is_read_as_json_is(
    twin: SlackTwin, client: AsyncWebClient, channel: Channel
) -> None:
    blocks = '[{"type":"section","text":{"type":"mrkdwn","text":"a"}}]'
    metadata = '{"event_type":"x","event_payload":{"key":"k"}}'
    form = {"channel": channel.id, "text": "a", "blocks": blocks, "metadata": metadata}
    await client.api_call("chat.postMessage", data=form)
    await client.api_call("chat.postMessage", params=form)
    assert [m["key"] for m in twin.messages()] == ["k", "k"]


@pytest.mark.parametrize(
    ("where", "error"),
    [
        ("nowhere", "channel_not_found"),
        ("closed", "channel_not_found"),
        ("away", "not_in_channel"),
        ("old", "is_archived"),
    ],
)
async def test_where_the_app_may_not_post_nothing_is_taken(
    twin: SlackTwin, client: AsyncWebClient, where: str, error: str
) -> None:
    twin.channel("closed", private=True, member=False)
    twin.channel("away", member=False)
    twin.channel("old").archived = True
    found = twin.workspace().named(where)
    name = "C000" if found is None else found.id
    assert await refused(client.chat_postMessage(channel=name, text="a")) == error
    assert not twin.messages()


async def test_another_workspaces_channel_is_not_found(
    twin: SlackTwin, client: AsyncWebClient
) -> None:
    other = twin.channel("alerts", twin.workspace("Other"))
    posting = client.chat_postMessage(channel=other.id, text="a")
    assert await refused(posting) == "channel_not_found"


async def test_a_public_channel_is_open_to_who_may_write_to_all(twin: SlackTwin) -> None:
    token = twin.install(twin.workspace(), frozenset({"chat:write", "chat:write.public"}))
    client = AsyncWebClient(token.value, base_url=twin.api_base, retry_handlers=[])
    away = twin.channel("away", member=False)
    assert (await client.chat_postMessage(channel=away.id, text="a"))["ok"]


async def test_a_channel_may_be_named_and_a_person_written_to(
    twin: SlackTwin, client: AsyncWebClient, channel: Channel
) -> None:
    assert (await client.chat_postMessage(channel="#deportations", text="a"))["channel"] == (
        channel.id
    )
    editor = twin.member("editor")
    told = await client.chat_postMessage(channel=editor.id, text="a")
    assert told["channel"].startswith("D")
    read = await client.conversations_history(channel=told["channel"])
    assert [m["text"] for m in read["messages"]] == ["a"]


async def test_a_message_needs_words_and_not_too_many(
    twin: SlackTwin, client: AsyncWebClient, channel: Channel
) -> None:
    empty = client.api_call("chat.postMessage", json={"channel": channel.id, "text": ""})
    assert await refused(empty) == "no_text"
    long = await refused(client.chat_postMessage(channel=channel.id, text="x" * 40_001))
    assert long == "msg_too_long"
    sent = await client.chat_postMessage(channel=channel.id, text="x" * 40_000)
    updating = client.chat_update(channel=channel.id, ts=sent["ts"], text="x" * 4_001)
    assert await refused(updating) == "msg_too_long"
    assert len(twin.journal.violations) == 3


async def test_metadata_has_a_form_and_a_size(client: AsyncWebClient, channel: Channel) -> None:
    for metadata, error in (
        ({"event_type": "x"}, "invalid_metadata_format"),
        ({"event_type": 1, "event_payload": {}}, "invalid_metadata_format"),
        ({"event_type": "x", "event_payload": {"key": "x" * 16_000}}, "metadata_too_large"),
    ):
        posting = client.api_call(
            "chat.postMessage", json={"channel": channel.id, "text": "a", "metadata": metadata}
        )
        assert await refused(posting) == error


async def test_attachments_have_a_form_and_a_number(
    client: AsyncWebClient, channel: Channel
) -> None:
    for attachments, error in (
        (["x"], "invalid_attachments"),
        ([{"text": "a"}] * 101, "too_many_attachments"),
    ):
        posting = client.api_call(
            "chat.postMessage", json={"channel": channel.id, "attachments": attachments}
        )
        assert await refused(posting) == error
    sent = await client.chat_postMessage(channel=channel.id, text="a", attachments=[{"text": "b"}])
    assert sent["message"]["attachments"] == [{"text": "b"}]


async def test_replies_hang_on_their_parent_and_are_not_in_the_channel(
    twin: SlackTwin, client: AsyncWebClient, channel: Channel
) -> None:
    card = (await client.chat_postMessage(channel=channel.id, text="card"))["ts"]
    for n in range(3):
        await client.chat_postMessage(channel=channel.id, text=str(n), thread_ts=card)
    reply = twin.messages()[1]["ts"]
    nested = await client.chat_postMessage(channel=channel.id, text="3", thread_ts=reply)
    assert nested["message"]["thread_ts"] == card, "a reply to a reply hangs on the parent"
    [parent] = (await client.conversations_history(channel=channel.id))["messages"]
    assert (parent["reply_count"], parent["latest_reply"]) == (4, nested["ts"])
    first = await client.conversations_replies(channel=channel.id, ts=card, limit=2)
    assert [m["text"] for m in first["messages"]] == ["card", "0"]
    assert first["has_more"] is True
    cursor = first["response_metadata"]["next_cursor"]
    rest = await client.conversations_replies(channel=channel.id, ts=card, cursor=cursor)
    assert [m["text"] for m in rest["messages"]] == ["1", "2", "3"]
    assert rest["has_more"] is False
    alone = await client.conversations_replies(channel=channel.id, ts=reply)
    assert [m["text"] for m in alone["messages"]] == ["0"]
    missing = client.conversations_replies(channel=channel.id, ts="1.000001")
    assert await refused(missing) == "thread_not_found"


async def test_a_reply_that_is_broadcast_is_seen_to_be(
    twin: SlackTwin, client: AsyncWebClient, channel: Channel
) -> None:
    card = (await client.chat_postMessage(channel=channel.id, text="card"))["ts"]
    await client.chat_postMessage(
        channel=channel.id, text="loud", thread_ts=card, reply_broadcast=True
    )
    quiet = await client.chat_postMessage(channel=channel.id, text="quiet", thread_ts=card)
    assert [m["text"] for m in twin.messages(broadcast=True)] == ["loud"]
    read = await client.conversations_history(channel=channel.id)
    assert [m["text"] for m in read["messages"]] == ["loud", "card"]
    await client.chat_update(channel=channel.id, ts=quiet["ts"], text="quiet", reply_broadcast=True)
    assert len(twin.journal.of("broadcast")) == 1


async def test_a_reply_to_what_never_was_is_refused(
    client: AsyncWebClient, channel: Channel
) -> None:
    posting = client.chat_postMessage(channel=channel.id, text="a", thread_ts="1.000001")
    assert await refused(posting) == "thread_not_found"


async def test_a_reply_to_a_deleted_card_lands_in_the_channel_and_its_answer_shows_it(
    twin: SlackTwin, client: AsyncWebClient, channel: Channel
) -> None:
    card = (await client.chat_postMessage(channel=channel.id, text="card"))["ts"]
    await client.chat_delete(channel=channel.id, ts=card)
    told = await client.chat_postMessage(channel=channel.id, text="reply", thread_ts=card)
    assert "thread_ts" not in told["message"]
    assert twin.messages(text="reply")[0]["thread_ts"] is None
    twin.core.unthreads = False
    again = client.chat_postMessage(channel=channel.id, text="reply", thread_ts=card)
    assert await refused(again) == "thread_not_found"


async def test_a_deleted_card_with_replies_leaves_a_tombstone(
    client: AsyncWebClient, channel: Channel
) -> None:
    card = (await client.chat_postMessage(channel=channel.id, text="card"))["ts"]
    reply = await client.chat_postMessage(channel=channel.id, text="reply", thread_ts=card)
    await client.chat_delete(channel=channel.id, ts=card)
    [left] = (await client.conversations_history(channel=channel.id))["messages"]
    assert (left["subtype"], left["reply_count"]) == ("tombstone", 1)
    updating = client.chat_update(channel=channel.id, ts=card, text="a")
    assert await refused(updating) == "message_not_found"
    await client.chat_delete(channel=channel.id, ts=reply["ts"])
    thread = await client.conversations_replies(channel=channel.id, ts=card)
    assert [m["text"] for m in thread["messages"]] == ["This message was deleted."]


async def test_an_edit_changes_what_it_names(
    twin: SlackTwin, client: AsyncWebClient, channel: Channel
) -> None:
    sent = await client.chat_postMessage(
        channel=channel.id,
        text="a",
        blocks=section("a"),
        metadata=keyed("k"),
        attachments=[{"text": "x"}],
    )
    where = {"channel": channel.id, "ts": sent["ts"]}
    told = await client.chat_update(**where, text="b")
    assert told["message"]["blocks"][0]["text"]["text"] == "a", "blocks not named stay"
    assert told["message"]["edited"]["user"] == twin.workspace().bot.id
    told = await client.chat_update(**where, text="b", blocks=section("c"), metadata=keyed("l"))
    assert told["message"]["blocks"][0]["text"]["text"] == "c"
    told = await client.chat_update(**where, text="d", blocks=[], attachments=[])
    assert "blocks" not in told["message"]
    assert "attachments" not in told["message"]
    assert told["message"]["metadata"] == keyed("l")
    told = await client.api_call("chat.update", json={**where, "text": "d", "metadata": {}})
    assert "metadata" not in told["message"]
    assert await refused(client.api_call("chat.update", json=where)) == "no_text"
    assert [e["text"] for e in twin.journal.of("edit", ts=sent["ts"])] == ["b", "b", "d", "d"]
    assert len(twin.messages()) == 1


async def test_only_its_own_messages_where_it_still_is_may_the_app_change(
    twin: SlackTwin, client: AsyncWebClient, channel: Channel
) -> None:
    sent = await client.chat_postMessage(channel=channel.id, text="a")
    where = {"channel": channel.id, "ts": sent["ts"]}
    missing = client.chat_update(channel=channel.id, ts="1.000001", text="b")
    assert await refused(missing) == "message_not_found"
    channel.archived = True
    assert await refused(client.chat_update(**where, text="b")) == "is_inactive"
    channel.archived = False
    channel.members.clear()
    assert await refused(client.chat_update(**where, text="b")) == "not_in_channel"
    assert await refused(client.conversations_history(channel=channel.id)) == "not_in_channel"
    channel.members.add(twin.workspace().bot.id)
    channel.messages[sent["ts"]].user = twin.member("editor").id
    assert await refused(client.chat_update(**where, text="b")) == "cant_update_message"
    assert await refused(client.chat_delete(**where)) == "cant_delete_message"


async def test_history_is_read_newest_first_and_between_two_moments(
    client: AsyncWebClient, channel: Channel
) -> None:
    stamps = [
        (await client.chat_postMessage(channel=channel.id, text=str(n)))["ts"] for n in range(5)
    ]

    async def texts(**about: Any) -> list[str]:
        told = await client.conversations_history(channel=channel.id, **about)
        return [m["text"] for m in told["messages"]]

    assert await texts(limit=2) == ["4", "3"]
    assert await texts(oldest=stamps[2]) == ["4", "3"]
    assert await texts(oldest=stamps[2], inclusive=True) == ["4", "3", "2"]
    assert await texts(latest=stamps[2]) == ["1", "0"]
    assert await texts(latest=stamps[2], inclusive=True) == ["2", "1", "0"]
    first = await client.conversations_history(channel=channel.id, limit=3)
    assert first["has_more"] is True
    cursor = first["response_metadata"]["next_cursor"]
    assert await texts(limit=3, cursor=cursor) == ["1", "0"]
    for name in ("oldest", "latest"):
        asked = client.api_call(
            "conversations.history", params={"channel": channel.id, name: "yesterday"}
        )
        assert await refused(asked) == f"invalid_ts_{name}"


async def test_a_link_leads_to_a_message_or_a_reply(
    client: AsyncWebClient, channel: Channel
) -> None:
    card = (await client.chat_postMessage(channel=channel.id, text="card"))["ts"]
    reply = await client.chat_postMessage(channel=channel.id, text="a", thread_ts=card)
    told = await client.chat_getPermalink(channel=channel.id, message_ts=card)
    bare = card.replace(".", "")
    assert told["permalink"] == f"https://newsroom.slack.com/archives/{channel.id}/p{bare}"
    told = await client.chat_getPermalink(channel=channel.id, message_ts=reply["ts"])
    assert told["permalink"].endswith(f"?thread_ts={card}&cid={channel.id}")
    missing = client.chat_getPermalink(channel=channel.id, message_ts="1.000001")
    assert await refused(missing) == "message_not_found"


async def test_an_ephemeral_message_is_for_one_member_and_nowhere_to_be_read(
    twin: SlackTwin, client: AsyncWebClient, channel: Channel
) -> None:
    editor = twin.member("editor")
    whom: dict[str, Any] = {"channel": channel.id, "user": editor.id}
    assert await refused(client.chat_postEphemeral(**whom, text="a")) == "user_not_in_channel"
    channel.members.add(editor.id)
    told = await client.chat_postEphemeral(**whom, text="a", blocks=section("a"))
    [entry] = twin.journal.of("ephemeral", only_for=editor.id)
    assert entry["ts"] == told["message_ts"]
    assert told["message_ts"] in channel.ephemerals
    assert not twin.messages()
    assert (await client.conversations_history(channel=channel.id))["messages"] == []
    gone = client.chat_delete(channel=channel.id, ts=told["message_ts"])
    assert await refused(gone) == "message_not_found"


async def test_what_is_said_changed_and_deleted_is_told_as_events(
    twin: SlackTwin, client: AsyncWebClient, channel: Channel
) -> None:
    told: list[dict[str, Any]] = []
    twin.core.emit = lambda team, event: told.append(event)
    sent = await client.chat_postMessage(channel=channel.id, text="a")
    await client.chat_update(channel=channel.id, ts=sent["ts"], text="b")
    await client.chat_delete(channel=channel.id, ts=sent["ts"])
    kinds = [(e["type"], e.get("subtype"), e["channel"]) for e in told]
    assert kinds == [
        ("message", None, channel.id),
        ("message", "message_changed", channel.id),
        ("message", "message_deleted", channel.id),
    ]
    assert told[0]["channel_type"] == "channel"


async def test_the_journal_is_in_a_file_before_the_answer(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    async with SlackTwin.running(journal=path) as twin:
        client = AsyncWebClient(twin.bot_token, base_url=twin.api_base, retry_handlers=[])
        channel = twin.channel()
        await client.chat_postMessage(channel=channel.id, text="a", metadata=keyed("k"))
        kept = [e for e in read_journal(path) if e["kind"] == "message"]
        assert [(e["key"], e["text"]) for e in kept] == [("k", "a")]
