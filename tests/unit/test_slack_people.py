"""Who asks on Slack, and how answers and files reach people: every refusal, without a network."""

import asyncio
from typing import Any

import httpx
import pytest

from bot.adapters.chat.slack.asked import Asked
from bot.adapters.chat.slack.attached import Attached
from bot.adapters.chat.slack.people import KEPT, STRANGER, People
from bot.adapters.chat.slack.respond import Responses
from bot.adapters.chat.slack.web import NOT_INSTALLED
from bot.domain.calls import MAX_UPLOAD, Role
from bot.domain.errors import (
    CallError,
    DeliveryError,
    ForbiddenError,
    NotSentError,
    RefusedError,
)
from tests.fakes.slack_api import FakeSlack

API = "https://slack.com/api/"
HOOK = "https://hooks.slack.com/actions/T1/1/x"


def asked(user: str = "U0ANNA0001", team: str = "") -> Asked:
    return Asked(id="1", team="T0TEAM0001", user=user, user_team=team, name="anna")


@pytest.mark.parametrize(
    ("about", "role"),
    [
        ({}, Role.READER),
        ({"is_admin": True}, Role.ADMIN),
        ({"is_owner": True}, Role.ADMIN),
        ({"is_primary_owner": True}, Role.ADMIN),
        ({"is_restricted": True}, Role.READER),  # a guest reads as everyone
        ({"is_restricted": True, "is_ultra_restricted": True}, Role.READER),
    ],
)
async def test_a_role_is_what_slack_says(about: dict[str, Any], role: Role) -> None:
    person = await People(FakeSlack(users={"U0ANNA0001": about})).person(asked())
    assert person.role is role


@pytest.mark.parametrize(
    ("about", "name"),
    [
        ({"profile": {"display_name": "Anna", "real_name": "Anna B"}}, "Anna"),
        ({"profile": {"display_name": "", "real_name": "Anna B"}}, "Anna B"),
        ({"name": "annab", "profile": None}, "annab"),
        ({"name": "", "profile": {"display_name": "x" * 200}}, "x" * 80),
        ({"name": ""}, "anna"),
    ],
)
async def test_a_person_is_called_as_they_call_themselves(about: dict[str, Any], name: str) -> None:
    person = await People(FakeSlack(users={"U0ANNA0001": about})).person(asked())
    assert person.name == name


@pytest.mark.parametrize(
    ("about", "team"),
    [({}, "T0OTHER001"), ({"team_id": "T0OTHER001"}, ""), ({"is_stranger": True}, "")],
)
async def test_who_is_of_another_workspace_is_refused(about: dict[str, Any], team: str) -> None:
    with pytest.raises(CallError, match="answers only people of the workspace"):
        await People(FakeSlack(users={"U0ANNA0001": about})).person(asked(team=team))


async def test_who_is_of_several_workspaces_of_a_grid_is_of_each() -> None:
    about = {"team_id": "E0GRID0001", "enterprise_user": {"teams": ["T0TEAM0001"]}}
    slack = FakeSlack(users={"U0ANNA0001": about})
    assert (await People(slack).person(asked(team="E0GRID0001"))).id == "U0ANNA0001"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ForbiddenError("slack", NOT_INSTALLED), STRANGER),
        (NotSentError("slack", "not connected"), "who you are (not connected)"),
    ],
)
async def test_who_is_unknown_is_refused_and_asked_for_again(
    error: DeliveryError, words: str
) -> None:
    """Nobody gets a right on a guess, and nobody stays locked out."""
    people = People(FakeSlack(refuses={"users.info": [error]}))
    with pytest.raises(CallError) as refused:
        await people.person(asked())
    assert words in str(refused.value)
    assert (await people.person(asked())).role is Role.READER


async def test_what_is_known_is_kept_for_a_while_and_forgotten_on_demand() -> None:
    slack = FakeSlack()
    people = People(slack)
    for _ in range(3):
        await people.person(asked())
    people.forget("T0OTHER001")
    await people.person(asked())
    assert len(slack.calls) == 1
    people.forget("T0TEAM0001")
    await people.person(asked())
    assert len(slack.calls) == 2
    stale = People(slack, fresh_for=0)
    await stale.person(asked())
    await asyncio.sleep(0)
    await stale.person(asked())
    assert len(slack.calls) == 4


async def test_not_everybody_is_kept() -> None:
    slack = FakeSlack()
    people = People(slack)
    for number in range(KEPT + 1):
        await people.person(asked(user=f"U{number:09}"))
    await people.person(asked(user=f"U{0:09}"))
    assert len(slack.calls) == KEPT + 2


async def test_names_are_told_as_far_as_slack_tells_them() -> None:
    slack = FakeSlack(
        users={"U1": {"name": "Anna"}, "U2": {"name": ""}},
        refuses={"users.info": []},
    )
    people = People(slack)
    assert await people.names("T0TEAM0001", ["U1", "U2"]) == {"U1": "Anna", "U2": "U2"}
    slack.refuses["users.info"].append(NotSentError("slack", "down"))
    assert await people.names("T0TEAM0001", ["U3"]) == {}


def responding(answer: httpx.Response | httpx.HTTPError) -> Responses:
    """Return what answers by an address that answers so."""

    def handle(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, httpx.HTTPError):
            raise answer
        return answer

    return Responses(httpx.AsyncClient(transport=httpx.MockTransport(handle)), API)


@pytest.mark.parametrize(
    "answer", [httpx.Response(200, text="ok"), httpx.Response(200, json={"ok": True}),
               httpx.Response(200, content=b"{", headers={"content-type": "application/json"})]
)  # fmt: skip
async def test_an_answer_that_is_taken_is_taken(answer: httpx.Response) -> None:
    await responding(answer).send(HOOK, {"text": "x"})


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(404, text="used_url"), RefusedError),
        (httpx.Response(200, json={"ok": False, "error": "invalid_blocks"}), RefusedError),
        (httpx.Response(429), NotSentError),
        (httpx.Response(503), DeliveryError),
        (httpx.ConnectError("no"), NotSentError),
        (httpx.ConnectTimeout("no"), NotSentError),
        (httpx.ReadTimeout("no"), DeliveryError),
    ],
)
async def test_what_an_address_answers_says_what_became_of_the_answer(
    answer: httpx.Response | httpx.HTTPError, error: type[DeliveryError]
) -> None:
    with pytest.raises(DeliveryError) as raised:
        await responding(answer).send(HOOK, {"text": "x"})
    assert type(raised.value) is error


async def test_answers_go_to_slack_alone() -> None:
    """An address in a forged request would send them anywhere."""
    with pytest.raises(RefusedError, match="none of Slack's"):
        await responding(httpx.Response(200)).send("https://evil.example/x", {"text": "x"})


class Tokens:
    """One token for all, or nobody who could say."""

    def __init__(self, error: DeliveryError | None = None) -> None:
        self.error = error

    async def of(self, team: str) -> str | None:
        if self.error is not None:
            raise self.error
        return f"token-of-{team}"

    async def teams(self) -> tuple[str, ...]:
        return ()


def fetching(
    answer: httpx.Response | httpx.HTTPError, error: DeliveryError | None = None
) -> Attached:
    """Return what fetches files that answer so, if the token is shown."""

    def handle(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer token-of-T1"
        if isinstance(answer, httpx.HTTPError):
            raise answer
        return answer

    http = httpx.AsyncClient(transport=httpx.MockTransport(handle))
    return Attached(http, Tokens(error), API)


FILE = {"name": "a.opml", "url_private_download": "https://files.slack.com/files-pri/T1-F1/a.opml"}


async def test_a_file_is_fetched_with_the_bot_s_token() -> None:
    upload = await fetching(httpx.Response(200, content=b"<opml/>")).fetch("T1", FILE)
    assert (upload.name, upload.data) == ("a.opml", b"<opml/>")


@pytest.mark.parametrize(
    ("file", "answer", "words"),
    [
        (FILE, httpx.Response(404), "Slack does not give that file"),
        (FILE, httpx.ReadError("cut"), "Slack does not give that file: cut"),
        (
            FILE,
            httpx.Response(200, content=b"x" * (MAX_UPLOAD + 1)),
            "too large: at most 1,024 KiB",
        ),
        (FILE, httpx.Response(200, html="<html>sign in</html>"), "needs the scope files:read"),
        (FILE | {"is_external": True}, httpx.Response(200), "not kept by Slack"),
        ({"url_private": "https://evil.example/a"}, httpx.Response(200), "not kept by Slack"),
        ({}, httpx.Response(200), "not kept by Slack"),
    ],
)
async def test_a_file_that_cannot_be_had_is_refused_in_words(
    file: dict[str, Any], answer: httpx.Response | httpx.HTTPError, words: str
) -> None:
    """The token is shown to Slack's own hosts, and to nobody else."""
    with pytest.raises(CallError, match=words):
        await fetching(answer).fetch("T1", file)


async def test_a_file_of_a_workspace_without_a_token_is_refused_in_words() -> None:
    files = fetching(httpx.Response(200), NotSentError("slack", "nobody says"))
    with pytest.raises(CallError, match="nobody says"):
        await files.fetch("T1", FILE)
