"""Files that a person gives a command in the sandbox, by its JSON and by its page."""

import base64
from collections.abc import AsyncIterator

import httpx
import pytest

from bot.domain.calls import MAX_UPLOAD, Kind, Param, Upload, Usage
from tests.fakes.sandbox import Sandbox, sandbox

SAY = "/api/channels/deportations/messages"
TAKES = Usage(
    verb="take", summary="Take a file.", params=(Param(name="list", help="x", kind=Kind.FILE),)
)


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    """A sandbox whose bot has one command that takes a file."""
    async with sandbox() as made:
        made.dispatcher.usages = (*made.dispatcher.usages, TAKES)
        yield made


def file(data: bytes = b"<opml/>") -> dict[str, str]:
    """Return a file as a request carries it."""
    return {"name": "a.opml", "data": base64.b64encode(data).decode()}


async def test_a_command_is_given_the_file_by_the_name_of_its_option(box: Sandbox) -> None:
    """As on a platform where a file is one of the options."""
    answer = await box.people.post(SAY, json={"text": "/take", "files": [file()]})
    assert answer.status_code == 200
    assert box.dispatcher.calls[-1].files == {"list": Upload(name="a.opml", data=b"<opml/>")}


async def said_on_the_page(box: Sandbox, line: str, name: str, data: str) -> httpx.Response:
    """Send the page's form."""
    page = (await box.people.get("/c/deportations")).text
    csrf = page.split('data-csrf="')[1].split('"')[0]
    form = {"csrf": csrf, "text": line, "file_name": name, "file": data}
    return await box.people.post("/c/deportations/say", data=form)


async def test_a_file_of_the_pages_form_comes_whole_however_large_it_may_be(box: Sandbox) -> None:
    """A mebibyte, as on the other platforms; its form is larger by half."""
    data = bytes(range(256)) * (MAX_UPLOAD // 256)
    answer = await said_on_the_page(box, "/take", "ä.opml", base64.b64encode(data).decode())
    assert answer.status_code == 303
    assert box.dispatcher.calls[-1].files == {"list": Upload(name="ä.opml", data=data)}


async def test_a_form_without_a_file_gives_none(box: Sandbox) -> None:
    await said_on_the_page(box, "/take", "", "")
    assert box.dispatcher.calls[-1].files == {}


async def test_a_file_that_no_command_takes_is_refused_and_nothing_is_said(box: Sandbox) -> None:
    """It would be dropped in silence."""
    answer = await said_on_the_page(box, "see this", "a.opml", file()["data"])
    told = await box.people.post(SAY, json={"text": "see this", "files": [file()]})
    assert (answer.status_code, told.status_code) == (400, 400)
    assert told.json()["error"]["what"] == "Only a command takes a file."
    assert await box.rooms.read("deportations") == ()


@pytest.mark.parametrize(
    ("line", "count", "words"),
    [("/take", 2, "/take takes 1 file."), ("/help", 1, "/help takes no files.")],
)
async def test_a_file_too_many_is_refused_in_words(
    box: Sandbox, line: str, count: int, words: str
) -> None:
    """Nothing that a person gives is dropped in silence."""
    answer = await box.people.post(SAY, json={"text": line, "files": [file()] * count})
    assert answer.json()["answers"][0]["text"] == words
    assert box.dispatcher.calls == []


@pytest.mark.parametrize(
    ("files", "what"),
    [
        ("x", '"files" is no list.'),
        (["x"], "A file is no object."),
        ([{"name": "a", "data": "???"}], "A file's data is no base64."),
        ([{"name": 1, "data": ""}], '"name" is no text.'),
    ],
)
async def test_a_file_of_another_form_is_a_bad_request(
    box: Sandbox, files: object, what: str
) -> None:
    """With what is wrong and what is right."""
    answer = await box.people.post(SAY, json={"text": "/take", "files": files})
    assert answer.status_code == 400
    assert answer.json()["error"]["what"] == what
