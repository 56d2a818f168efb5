"""The sandbox's page as a server gives it: where things stand, and what a script is given of it."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from bot.adapters.chat.sandbox.rooms import Rooms
from bot.adapters.chat.sandbox.server import SandboxServer
from bot.domain.messages import say
from tests.fakes.clock import FakeClock
from tests.fakes.dispatcher import FakeDispatcher
from tests.fakes.sandbox import CARD, HERE, Sandbox, sandbox

HTMX = {"hx-request": "true"}


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with sandbox() as made:
        yield made


async def form(box: Sandbox, **fields: str) -> dict[str, str]:
    """Return a form's fields with the token of the client's session."""
    page = (await box.people.get("/c/deportations")).text
    return {**fields, "csrf": page.split('data-csrf="')[1].split('"')[0]}


async def where(box: Sandbox, path: str) -> str:
    return (await box.people.get(path)).headers["location"]


async def test_the_first_channel_is_home(box: Sandbox) -> None:
    assert await where(box, "/") == "/c/deportations"


async def test_a_sandbox_without_channels_says_how_to_get_one() -> None:
    async with Rooms.at(None) as rooms:
        server = SandboxServer(rooms, FakeDispatcher(), FakeClock(), token="t")  # noqa: S106 -- a test's
        transport = server.transport()
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as people:
            assert "config/newsthread.toml" in (await people.get("/")).text


async def test_a_message_is_found_where_it_stands(box: Sandbox) -> None:
    """In the channel, in a thread, and far back."""
    card = await box.chat.post(CARD, HERE, None, "k")
    reply = await box.chat.post(say("more"), HERE, card, "r")
    assert await where(box, f"/m/{card.id}") == f"/c/deportations#m{card.id}"
    assert await where(box, f"/m/{reply.id}") == f"/c/deportations/t/{card.id}#m{reply.id}"
    for number in range(55):
        await box.rooms.add(say(str(number)), "deportations", box.clock())
    past = await where(box, f"/m/{card.id}")
    assert past == f"/c/deportations?before=2#m{card.id}"
    page = (await box.people.get(past)).text
    assert CARD.title in page
    assert "Go to the newest messages" in page
    assert "Earlier messages" in (await box.people.get("/c/deportations")).text


async def test_a_thread_page_shows_card_and_replies(box: Sandbox) -> None:
    card = await box.chat.post(CARD, HERE, None, "k")
    await box.chat.post(say("more coverage"), HERE, card, "r")
    page = (await box.people.get(f"/c/deportations/t/{card.id}")).text
    assert "more coverage" in page
    assert 'class="root developing"' in page


async def test_a_script_is_given_only_what_is_new(box: Sandbox) -> None:
    await box.chat.post(CARD, HERE, None, "k")
    said = await box.people.post(
        "/c/deportations/say", data=await form(box, text="/why x"), headers=HTMX
    )
    pressed = await box.people.post(
        "/messages/1/press", data=await form(box, action="mute:target=K7Q2"), headers=HTMX
    )
    dismissed = await box.people.post("/messages/3/dismiss", data=await form(box), headers=HTMX)
    seen = await box.people.post("/c/deportations/seen", data=await form(box, message="1"))
    assert said.text.count("<article") == 2
    assert pressed.text.count("<article") == 1
    assert dismissed.text == '<i data-gone="3"></i><i data-gone="2"></i>'
    assert seen.status_code == 204


async def test_an_error_is_a_page_for_people_and_json_for_scripts(box: Sandbox) -> None:
    page = await box.people.get("/c/nowhere", headers={"accept": "text/html"})
    for_script = await box.people.get("/c/nowhere", headers=HTMX)
    empty = await box.people.post(
        "/c/deportations/say", data=await form(box, text=" "), headers=HTMX
    )
    many = await box.people.post("/user", data={str(n): "x" for n in range(30)}, headers=HTMX)
    assert (page.status_code, "Back to the channels" in page.text) == (404, True)
    assert set(for_script.json()["error"]) == {"what", "remedy"}
    assert (empty.status_code, many.status_code) == (400, 400)


async def test_an_odd_cookie_is_a_reader(box: Sandbox) -> None:
    page = await box.people.get(
        "/c/deportations", headers={"cookie": "newsthread_user=%00; newsthread_theme=x"}
    )
    assert 'data-user="reader"' in page.text
    assert "data-theme=" not in page.text.split("<head>")[0]


async def test_a_file_that_is_not_there_is_404(box: Sandbox) -> None:
    await box.chat.post(CARD, HERE, None, "k")
    assert (await box.people.get("/files/1/0")).status_code == 404


async def test_a_cancelled_change_leaves_nothing_behind(box: Sandbox) -> None:
    """A client that goes away at any moment must not leave a transaction open."""
    for steps in range(12):
        task = asyncio.create_task(box.rooms.add(say(str(steps)), "deportations", box.clock()))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    message, new = await box.rooms.add(say("after"), "deportations", box.clock())
    assert new
    assert (await box.rooms.read("deportations"))[-1].id == message
