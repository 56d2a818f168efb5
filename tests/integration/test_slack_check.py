"""What `check --slack` says of a Slack that is set up well, and of one that is not; and places."""

from collections.abc import AsyncIterator

import pytest

from bot.adapters.chat.slack.check import SCOPES, Row, check
from bot.adapters.chat.slack.places import MOST_PAGES, PAGE
from bot.domain.errors import RateLimitError
from bot.domain.watches import Channel, Scope
from tests.integration.slack_delivery import Desk, Slack, desk, slack
from tests.twins.slack.state import BOT_SCOPES


@pytest.fixture
async def world() -> AsyncIterator[Desk]:
    async with desk() as made:
        yield made


async def rows(parts: Slack, *channels: Channel, app_token: str = "") -> tuple[Row, ...]:
    return await check(parts.web, parts.wire, parts.tokens, channels, app_token)


def of(found: tuple[Row, ...], what: str) -> Row:
    return next(row for row in found if row.what == what)


async def test_all_is_well_where_the_bot_may_what_it_needs(world: Desk) -> None:
    found = await rows(world.slack, world.channel(), app_token=world.twin.app_token)
    assert all(row.ok and not row.remedy for row in found)
    assert [row.what for row in found] == [
        "bot token",
        "scopes in Newsroom",
        "app-level token",
        str(world.channel()),
    ]
    assert world.twin.messages() == []
    assert list(SCOPES) == sorted(SCOPES)


async def test_a_bad_token_is_the_only_thing_said(world: Desk) -> None:
    async with slack("wrong", world.twin.api_base) as parts:
        (row,) = await rows(parts, world.channel())
    assert not row.ok
    assert "SLACK_BOT_TOKEN" in row.remedy


async def test_a_missing_scope_is_named(world: Desk) -> None:
    token = world.twin.token_of(world.twin.workspace())
    token.scopes = BOT_SCOPES - {"channels:history", "usergroups:read"}
    row = of(await rows(world.slack), "scopes in Newsroom")
    assert (row.ok, row.says) == (False, "lacks channels:history, usergroups:read")
    assert "OAuth & Permissions" in row.remedy


@pytest.mark.parametrize("wrong", ["token", "connection"])
async def test_a_socket_that_cannot_be_opened_says_what_to_do(world: Desk, wrong: str) -> None:
    token = "xapp-wrong" if wrong == "token" else world.twin.app_token
    if wrong == "connection":
        world.twin.faults.add("drop", "apps.connections.open")
    row = of(await rows(world.slack, app_token=token), "app-level token")
    assert not row.ok
    assert row.says == "invalid_auth" if wrong == "token" else "Disconnected" in row.says
    assert "SLACK_APP_TOKEN" in row.remedy


async def test_each_channel_says_what_is_wrong_with_it(world: Desk) -> None:
    twin = world.twin
    left, archived = twin.channel("left", member=False), twin.channel("archived")
    hidden = twin.channel("hidden", private=True, member=False)
    archived.archived = True
    nowhere = Channel(Scope("slack", world.news.team), "C0NOWHERE00")
    places = [world.channel(one) for one in (left, archived, hidden)]
    found = await rows(world.slack, *places, nowhere)
    says = [of(found, str(one)) for one in (*places, nowhere)]
    assert [row.ok for row in says] == [False] * 4
    assert says[0].says == "the bot is not in it"
    assert says[0].remedy == "Invite the bot there, with /invite."
    assert says[1].says == "it is archived"
    assert says[2].says == says[3].says
    assert "no channel with such an id" in says[3].says


async def test_a_channel_of_a_workspace_without_the_app_says_so(world: Desk) -> None:
    elsewhere = Channel(Scope("slack", "T0ELSEWHERE"), "C1")
    row = of(await rows(world.slack, elsewhere), str(elsewhere))
    assert not row.ok
    assert "not installed in the workspace T0ELSEWHERE" in row.says


async def test_a_conversation_with_a_person_is_no_channel(world: Desk) -> None:
    """Whoever configured it meant another one: nobody else would see the alerts."""
    person = world.twin.member("reader")
    opened = await world.slack.web.call(world.news.team, "conversations.open", users=person.id)
    im = Channel(world.channel().scope, opened["channel"]["id"])
    assert "conversation of people" in await world.slack.places.check(im)


async def test_where_nothing_can_be_asked_it_is_said_why(world: Desk) -> None:
    check_it = world.slack.places.check
    world.twin.faults.add("status", "conversations.info", status=503)
    assert "does not answer at present" in await check_it(world.channel())
    world.twin.token_of(world.twin.workspace()).scopes = frozenset({"chat:write"})
    assert "channels:read" in await check_it(world.channel())
    assert await world.slack.places.names(world.channel().scope) == {}


async def test_names_are_of_channels_with_the_bot_and_asked_for_once_a_minute(world: Desk) -> None:
    world.twin.channel("left", member=False)
    secret = world.twin.channel("secret", private=True)
    world.twin.channel("archived").archived = True
    expected = {world.news.id: "deportations", secret.id: "secret"}
    scope = world.channel().scope
    for _ in range(2):
        assert dict(await world.slack.places.names(scope)) == expected
    assert world.asked.count("users.conversations") == 1


async def test_all_pages_of_a_large_workspace_are_read_within_a_bound(world: Desk) -> None:
    for number in range(PAGE + 5):
        world.twin.channel(f"c{number}")
    names = await world.slack.places.names(world.channel().scope)
    assert len(names) == PAGE + 6


async def test_a_slack_that_always_has_another_page_is_not_read_for_ever(world: Desk) -> None:
    calls = []

    class Endless:
        async def call(self, team: str, method: str, /, **arguments: object) -> dict[str, object]:
            calls.append(method)
            one = {"id": f"C{len(calls)}", "name": "x", "is_archived": len(calls) == 1}
            return {"channels": [one], "response_metadata": {"next_cursor": "more"}}

    places = type(world.slack.places)(Endless())  # type: ignore[arg-type]  # as much as is used
    assert len(await places.names(world.channel().scope)) == MOST_PAGES - 1


async def test_a_rate_limit_is_no_reason_to_offer_nothing(world: Desk) -> None:
    """Whoever asks is told to try again; an empty list would say that there is no channel."""
    world.twin.faults.add("rate limit", "users.conversations", retry_after=5)
    with pytest.raises(RateLimitError):
        await world.slack.places.names(world.channel().scope)
