"""The sandbox's JSON, as docs/sandbox.md describes it: what people do, and what they see of it."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.adapters.chat.sandbox.records import Post
from bot.adapters.chat.sandbox.rooms import Rooms
from bot.domain.calls import Role
from bot.domain.errors import StoreError
from bot.domain.messages import say
from tests.fakes.sandbox import CARD, HERE, Sandbox, sandbox
from tests.fakes.serving import serving

SAY = "/api/channels/deportations/messages"


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with sandbox() as made:
        yield made


async def ask(box: Sandbox, text: str, **more: object) -> Any:
    response = await box.people.post(SAY, json={"text": text, **more})
    assert response.status_code == 200, response.text
    return response.json()


async def listed(box: Sandbox, **asked: str) -> Any:
    response = await box.people.get(SAY, params=asked)
    assert response.status_code == 200, response.text
    return response.json()["messages"]


async def test_channels_are_listed_with_what_is_unread(box: Sandbox) -> None:
    await box.chat.post(CARD, HERE, None, "k")
    channels = (await box.people.get("/api/channels", params={"user": "reader"})).json()
    assert channels["channels"][0] == {
        "id": "deportations",
        "name": "deportations",
        "messages": 1,
        "unread": 1,
        "about": "",
    }


async def test_a_thread_is_read_apart_from_its_channel(box: Sandbox) -> None:
    card = await box.chat.post(CARD, HERE, None, "k")
    await box.chat.post(say("more"), HERE, card, "k2")
    top, below = await listed(box), await listed(box, thread=card.id)
    assert [(m["title"], m["replies"], m["key"]) for m in top] == [(CARD.title, 1, "k")]
    assert [(m["text"], m["thread"]) for m in below] == [("more", card.id)]


async def test_messages_are_paged_from_the_newest_back(box: Sandbox) -> None:
    for number in range(5):
        await box.chat.post(say(str(number)), HERE, None, f"k{number}")
    newest = await listed(box, limit="2")
    older = await listed(box, limit="2", before=newest[0]["id"])
    assert [m["text"] for m in older + newest] == ["1", "2", "3", "4"]


async def test_a_command_is_answered_to_its_caller_alone(box: Sandbox) -> None:
    said = await ask(box, "/summary cecot period:6h", user="editor")
    call = box.dispatcher.calls[-1]
    assert (call.verb, dict(call.args)) == ("summary", {"target": "cecot", "period": "6h"})
    assert (call.person.name, call.person.role, call.channel) == ("editor", Role.EDITOR, HERE)
    assert [answer["private"] for answer in said["answers"]] == [True]
    assert said["message"]["text"] == "/summary cecot period:6h"
    assert await listed(box) == []
    assert len(await listed(box, user="reader")) == 0
    assert len(await listed(box, user="editor")) == 2


async def test_a_public_answer_is_seen_by_all(box: Sandbox) -> None:
    await ask(box, "/help")
    assert [m["author"] for m in await listed(box)] == ["Newsthread"]


async def test_a_command_in_a_thread_knows_its_card(box: Sandbox) -> None:
    card = await box.chat.post(CARD, HERE, None, "k")
    said = await ask(box, "@Newsthread why", thread=card.id)
    thread = box.dispatcher.calls[-1].thread
    assert thread is not None
    assert (thread.id, said["answers"][0]["thread"]) == (card.id, card.id)


async def test_what_is_no_command_is_chat(box: Sandbox) -> None:
    said = await ask(box, "Does anybody know more?", user="ana")
    assert (said["answers"], box.dispatcher.calls) == ([], [])
    assert [(m["author"], m["text"]) for m in await listed(box)] == [
        ("ana", "Does anybody know more?")
    ]


async def test_an_unknown_command_is_answered_with_what_to_do(box: Sandbox) -> None:
    said = await ask(box, "/sumary cecot")
    assert (said["answers"][0]["tone"], box.dispatcher.calls) == ("trouble", [])
    assert "summary" in said["answers"][0]["text"]


async def test_an_answer_may_begin_a_line(box: Sandbox) -> None:
    said = await ask(box, "/watch add cecot", user="editor")
    assert said["answers"][0]["prefill"] == "/watch add "


@pytest.mark.parametrize(
    ("action", "args"),
    [
        ("summary:target=K7Q2", {"target": "K7Q2"}),
        ("summary%3Atarget%3DK7Q2", {"target": "K7Q2"}),
        ("summary", {"target": "K7Q2"}),
        ("whats-new", {"target": "K7Q2", "new": "1"}),
        ("sources-7", {"target": "K7Q2"}),
        ("sources", {"target": "K7Q2"}),
        ("why", {"target": "K7Q2"}),
    ],
)
async def test_a_button_is_pressed_by_action_verb_or_label(
    box: Sandbox, action: str, args: dict[str, str]
) -> None:
    card = await box.chat.post(CARD, HERE, None, "k")
    answer = await box.people.post(f"/api/messages/{card.id}/actions/{action}")
    assert answer.status_code == 200
    assert dict(box.dispatcher.calls[-1].args) == args
    assert answer.json()["answers"][0]["under"] == card.id


async def test_a_button_that_is_not_there_is_404_with_those_that_are(box: Sandbox) -> None:
    card = await box.chat.post(CARD, HERE, None, "k")
    answer = await box.people.post(f"/api/messages/{card.id}/actions/explode")
    assert answer.status_code == 404
    assert "summary, sources-7, whats-new, mute" in answer.json()["error"]["remedy"]


async def test_a_private_answers_button_works_for_its_viewer_only(box: Sandbox) -> None:
    private = (await ask(box, "/summary cecot"))["answers"][0]["id"]
    path = f"/api/messages/{private}/actions/longer"
    foreign = await box.people.post(path, json={"user": "editor"})
    own = await box.people.post(path, json={"user": "reader"})
    assert (foreign.status_code, own.status_code) == (404, 200)
    assert own.json()["answers"][0]["id"] == private  # it took the old one's place
    assert "long" in own.json()["answers"][0]["text"]


async def test_post_publicly_takes_the_private_answer_away(box: Sandbox) -> None:
    private = (await ask(box, "/summary cecot"))["answers"][0]["id"]
    answer = await box.people.post(f"/api/messages/{private}/actions/post-publicly")
    assert answer.json()["answers"][0]["private"] is False
    assert [m["author"] for m in await listed(box)] == ["Newsthread"]
    assert private not in [m["id"] for m in await listed(box, user="reader")]


async def test_all_is_there_after_a_restart(tmp_path: Path) -> None:
    """Cards, private answers, and the buttons of both."""
    path = tmp_path / "sandbox.db"
    async with sandbox(path) as before:
        card = await before.chat.post(CARD, HERE, None, "k")
        private = (await ask(before, "/summary cecot"))["answers"][0]["id"]
        secret = await before.rooms.secret()
    async with sandbox(path) as after:
        for message, action in ((card.id, "mute"), (private, "post-publicly")):
            answer = await after.people.post(f"/api/messages/{message}/actions/{action}")
            assert answer.status_code == 200
        assert await after.rooms.secret() == secret


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (SAY, b"{", 400),
        (SAY, b"[]", 400),
        (SAY, b'{"text": 3}', 400),
        (SAY, b'{"text": " "}', 400),
        (SAY, json.dumps({"text": "a" * 4_001}).encode(), 400),
        (SAY, b'{"text": "a", "user": "newsthread"}', 400),
        (SAY, b'{"text": "a", "thread": "x"}', 404),
        (SAY, b'{"text": "a", "thread": 99}', 404),
        (SAY, b'{"text": "' + b"a" * 1_600_000 + b'"}', 413),
        ("/api/channels/nowhere/messages", b'{"text": "a"}', 404),
        ("/api/messages/9/actions/mute", b"{}", 404),
        ("/api/channels", b'{"name": "../x"}', 400),
        ("/api/channels", b'{"name": "# New Room"}', 201),
        ("/api/nothing", b"{}", 404),
        ("/healthz", b"{}", 405),
    ],
)
async def test_a_bad_request_is_told_what_and_how_to_mend_it(
    box: Sandbox, path: str, body: bytes, status: int
) -> None:
    answer = await box.people.post(path, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status
    if status != 201:
        assert set(answer.json()["error"]) == {"what", "remedy"}


async def test_commands_and_completions_are_offered(box: Sandbox) -> None:
    commands = (await box.people.get("/api/commands")).json()["commands"]
    offered = (
        await box.people.get(
            "/api/complete", params={"text": "/why ce", "channel": "deportations", "user": "ana"}
        )
    ).json()
    assert commands[0]["usage"] == "/summary [target] [period:1h|6h|24h|7d]"
    assert offered["offers"] == [{"label": "cecot", "hint": "", "line": "/why cecot "}]
    assert offered["usage"] == "/why [target]"


async def test_health_is_ok(box: Sandbox) -> None:
    assert (await box.people.get("/healthz")).json() == {"status": "ok"}


async def test_files_are_given_to_those_who_see_the_message(box: Sandbox) -> None:
    files = (await ask(box, "/export"))["answers"][0]["files"]
    table = await box.people.get(files[0]["url"])
    picture = await box.people.get(files[1]["url"])
    foreign = await box.people.get(files[0]["url"], headers={"cookie": "newsthread_user=ana"})
    assert table.headers["content-type"] == "application/octet-stream"
    assert "attachment" in table.headers["content-disposition"]
    assert (picture.headers["content-type"], foreign.status_code) == ("image/png", 404)


async def test_an_edit_bumps_what_live_pages_have_seen(box: Sandbox) -> None:
    card = await box.chat.post(CARD, HERE, None, "k")
    before = await box.rooms.rev()
    await box.chat.edit(card, say("new"))
    changed: tuple[Post, ...] = await box.rooms.changes(before, "reader")
    assert [str(post.id) for post in changed] == [card.id]


async def test_no_change_is_lost_however_many_there_are(box: Sandbox) -> None:
    """A page that was away for long catches up in steps, across changes of one number."""
    card = await box.chat.post(CARD, HERE, None, "k")
    for number in range(30):
        await box.chat.post(say(str(number)), HERE, card, f"k{number}")
    seen, after = set(), 0
    while posts := await box.rooms.changes(after, "reader", limit=4):
        seen |= {post.id for post in posts}
        after = posts[-1].rev
    assert len(seen) == 31


async def events(response: httpx.Response) -> AsyncIterator[tuple[str, str, Any]]:
    name = number = ""
    async for line in response.aiter_lines():
        kind, _, value = line.partition(": ")
        if kind == "event":
            name = value
        elif kind == "id":
            number = value
        elif kind == "data":
            yield name, number, json.loads(value)
            name = number = ""


async def test_live_events_go_on_where_the_page_was(box: Sandbox) -> None:
    """What came between two connections comes with the second; edits and foreign answers too."""
    card = await box.chat.post(CARD, HERE, None, "k")
    got: list[Any] = []
    last = ""
    async with (
        serving(box.server.app, box.server.close) as url,
        httpx.AsyncClient(base_url=url) as browser,
        asyncio.timeout(10),
    ):
        async with browser.stream("GET", "/events", params={"after": "0"}) as response:
            async for name, number, news in events(response):
                if name == "message":
                    got.append((news["id"], news["edited"]))
                    last = number
                    break
        await box.chat.edit(card, say("new"))
        await ask(box, "/why x", user="editor")
        headers = {"last-event-id": last}
        async with browser.stream("GET", "/events?after=0", headers=headers) as response:
            names = []
            async for name, _, news in events(response):
                names.append(name)
                if name == "message":
                    got.append((news["id"], news["edited"]))
                if name == "status" and names.count("status") == 2:
                    break
    assert got == [(1, False), (1, True)]
    assert names[1:3] == ["rooms", "status"]


async def test_live_events_end_when_the_sandbox_closes(box: Sandbox) -> None:
    """Or the web server would wait for open pages for ever."""
    async with (
        serving(box.server.app, box.server.close) as url,
        asyncio.timeout(10),
        httpx.AsyncClient(base_url=url) as browser,
        browser.stream("GET", "/events?after=0") as response,
    ):
        box.server.close()
        lines = [line async for line in response.aiter_lines()]
    assert lines[0].startswith(": welcome")


@pytest.mark.parametrize("damage", [b"no database at all" * 100, None])
async def test_a_database_that_cannot_be_used_is_said_with_a_remedy(
    tmp_path: Path, damage: bytes | None
) -> None:
    path = tmp_path / "sandbox.db"
    if damage is not None:
        path.write_bytes(damage)
    with pytest.raises(StoreError, match="move it away"):
        async with Rooms.at(path if damage is not None else tmp_path / "no" / "folder.db"):
            raise AssertionError("it opened")


async def test_a_database_that_fails_meanwhile_is_said_and_asked_again(tmp_path: Path) -> None:
    """Nothing broke in the sandbox: it works again as soon as the database does."""
    file = tmp_path / "sandbox.db"
    async with sandbox(file) as box:
        with closing(sqlite3.connect(file)) as other:
            other.execute("ALTER TABLE message RENAME TO away")
            answer = await box.people.post(SAY, json={"text": "good evening"})
            assert answer.status_code == 503
            assert "Has its disk room left" in answer.json()["error"]["remedy"]
            other.execute("ALTER TABLE away RENAME TO message")
        await ask(box, "good evening")
