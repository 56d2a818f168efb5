"""Files that a person gives a command in the sandbox, by its JSON."""

import base64
from collections.abc import AsyncIterator

import pytest

from bot.domain.calls import Kind, Param, Upload, Usage
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
