"""Modals and App Homes on the twin, by the real slack_sdk."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.twins.slack import SlackTwin
from tests.twins.slack.errors import ApiError
from tests.twins.slack.limits import Limits
from tests.twins.slack.state import User
from tests.twins.slack.viewing import close


class Given:
    """Trigger ids that were given out, each good once."""

    def __init__(self, user: User) -> None:
        self._user = user
        self._used: set[str] = set()

    def take(self, team: str, trigger_id: str) -> str:
        if trigger_id in self._used:
            raise ApiError("exchanged_trigger_id")
        self._used.add(trigger_id)
        return self._user.id


@pytest.fixture
async def twin() -> AsyncIterator[SlackTwin]:
    async with SlackTwin.running(limits=Limits(enabled=False)) as running:
        running.core.triggers = Given(running.member("editor"))
        yield running


@pytest.fixture
def client(twin: SlackTwin) -> AsyncWebClient:
    return AsyncWebClient(twin.bot_token, base_url=twin.api_base, retry_handlers=[])


@pytest.fixture
def editor(twin: SlackTwin) -> User:
    return twin.member("editor")


def text(words: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": words}


def modal(title: str = "Watch", **more: Any) -> dict[str, Any]:
    """Return a modal with one input."""
    field = {"type": "plain_text_input", "action_id": "value"}
    block = {"type": "input", "block_id": "name", "label": text("Name"), "element": field}
    return {
        "type": "modal",
        "title": text(title),
        "submit": text("Save"),
        "blocks": [block],
        **more,
    }


def home(words: str = "Watches") -> dict[str, Any]:
    return {"type": "home", "blocks": [{"type": "header", "text": text(words)}]}


async def refused(asked: Any) -> str:
    """Return Slack's word for a refusal, and what it says besides."""
    with pytest.raises(SlackApiError) as caught:
        await asked
    answer = caught.value.response
    about = answer.get("response_metadata") or {}
    return " ".join([answer["error"], *about.get("messages", [])])


async def test_modals_lie_on_one_another_three_deep(
    twin: SlackTwin, client: AsyncWebClient, editor: User
) -> None:
    first = (await client.views_open(trigger_id="1", view=modal("One")))["view"]
    assert (first["root_view_id"], first["previous_view_id"]) == (first["id"], None)
    assert first["state"] == {"values": {}}
    second = (await client.views_push(trigger_id="2", view=modal("Two")))["view"]
    assert (second["root_view_id"], second["previous_view_id"]) == (first["id"], first["id"])
    third = (await client.views_push(trigger_id="3", view=modal("Three")))["view"]
    assert editor.stack == [first["id"], second["id"], third["id"]]
    assert await refused(client.views_push(trigger_id="4", view=modal())) == "push_limit_reached"
    anew = (await client.views_open(trigger_id="5", view=modal("Anew")))["view"]
    assert editor.stack == [anew["id"]]
    assert [e["act"] for e in twin.journal.of("view")] == ["open", "push", "push", "open"]


async def test_a_trigger_is_good_once_and_a_push_wants_a_modal(
    client: AsyncWebClient, editor: User
) -> None:
    assert await refused(client.views_push(trigger_id="0", view=modal())) == "not_found"
    await client.views_open(trigger_id="1", view=modal())
    again = client.views_open(trigger_id="1", view=modal())
    assert await refused(again) == "exchanged_trigger_id"


async def test_without_an_interaction_there_is_no_trigger(client: AsyncWebClient) -> None:
    async with SlackTwin.running() as fresh:
        asked = AsyncWebClient(fresh.bot_token, base_url=fresh.api_base, retry_handlers=[])
        assert await refused(asked.views_open(trigger_id="1.2.a", view=modal())) == (
            "invalid_trigger_id"
        )


async def test_a_view_is_changed_by_id_or_name_unless_it_has_changed_since(
    twin: SlackTwin, client: AsyncWebClient, editor: User
) -> None:
    view = (await client.views_open(trigger_id="1", view=modal(external_id="mine")))["view"]
    changed = await client.views_update(
        view_id=view["id"], hash=view["hash"], view=modal("Two", external_id="mine")
    )
    assert changed["view"]["title"]["text"] == "Two"
    assert changed["view"]["hash"] != view["hash"]
    stale = client.views_update(view_id=view["id"], hash=view["hash"], view=modal())
    assert await refused(stale) == "hash_conflict"
    named = await client.views_update(external_id="mine", view=modal("Three", external_id="mine"))
    assert named["view"]["id"] == view["id"]
    twice = client.views_open(trigger_id="2", view=modal(external_id="mine"))
    assert await refused(twice) == "duplicate_external_id"
    home_instead = client.views_update(view_id=view["id"], view=home())
    assert (await refused(home_instead)).startswith("invalid_arguments")


async def test_a_view_that_was_closed_is_not_found(
    twin: SlackTwin, client: AsyncWebClient, editor: User
) -> None:
    first = (await client.views_open(trigger_id="1", view=modal()))["view"]
    second = (await client.views_push(trigger_id="2", view=modal()))["view"]
    close(twin.core, editor)
    gone = client.views_update(view_id=second["id"], view=modal())
    assert await refused(gone) == "not_found"
    await client.views_update(view_id=first["id"], view=modal())
    close(twin.core, editor, everything=True)
    close(twin.core, editor)
    assert await refused(client.views_update(view_id=first["id"], view=modal())) == "not_found"
    assert await refused(client.views_update(view_id="V000", view=modal())) == "not_found"


async def test_a_home_is_published_for_one_person_and_replaced(
    twin: SlackTwin, client: AsyncWebClient, editor: User
) -> None:
    first = (await client.views_publish(user_id=editor.id, view=home()))["view"]
    second = (await client.views_publish(user_id=editor.id, view=home("B"), hash=first["hash"]))[
        "view"
    ]
    assert first["id"] == second["id"] == editor.home
    stale = client.views_publish(user_id=editor.id, view=home(), hash=first["hash"])
    assert await refused(stale) == "hash_conflict"
    await client.views_update(view_id=first["id"], view=home("C"))
    nobody = client.views_publish(user_id="U000", view=home())
    assert (await refused(nobody)).startswith("invalid_arguments")
    bot = client.views_publish(user_id=twin.workspace().bot.id, view=home())
    assert (await refused(bot)).startswith("invalid_arguments")
    shown = [e["body"]["blocks"][0]["text"]["text"] for e in twin.journal.of("view")]
    assert shown == ["Watches", "B", "C"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"title": text("x" * 25)}, "must be less than 25 characters [json-pointer:/view/title"),
        ({"title": None}, "missing required field: title"),
        ({"submit": None}, "missing required field: submit"),
        ({"submit": text("x" * 25)}, "/view/submit"),
        ({"close": text("")}, "/view/close"),
        ({"blocks": [{"type": "divider"}] * 101}, "no more than 100 items"),
        ({"blocks": [{"type": "header", "text": text("x" * 151)}]}, "/view/blocks/0/text/text"),
        ({"private_metadata": "x" * 3001}, "/view/private_metadata"),
        ({"callback_id": "x" * 256}, "/view/callback_id"),
        ({"colour": "red"}, "invalid additional property: colour"),
        ({"type": "home"}, "/view/type"),
        ({"blocks": None}, "missing required field: blocks"),
        ({"blocks": [{"type": "markdown", "text": "a"}]}, "unsupported type: markdown"),
    ],
)
async def test_a_modal_that_slack_would_refuse_is_refused(
    twin: SlackTwin, client: AsyncWebClient, change: dict[str, Any], said: str
) -> None:
    asked = client.api_call("views.open", json={"trigger_id": "1", "view": modal() | change})
    refusal = await refused(asked)
    assert refusal.startswith("invalid_arguments [ERROR]")
    assert said in refusal
    assert len(twin.journal.violations) == 1
    assert not twin.journal.of("view")


async def test_a_home_has_no_submit_and_a_view_no_more_than_250_kb(
    client: AsyncWebClient, editor: User
) -> None:
    whole = home() | {"submit": text("Save")}
    asked = client.api_call("views.publish", json={"user_id": editor.id, "view": whole})
    assert "invalid additional property: submit" in await refused(asked)
    long = [{"type": "section", "text": text("x" * 2999)}] * 90
    asked = client.views_publish(user_id=editor.id, view={"type": "home", "blocks": long})
    assert await refused(asked) == "view_too_large"
    asked = client.api_call("views.publish", json={"user_id": editor.id, "view": "no view"})
    assert (await refused(asked)).startswith("invalid_arguments")
