"""The real slack_sdk asks the twin: tokens, scopes, who there is and where, and the install."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.twins.slack import SlackTwin
from tests.twins.slack.limits import Limits
from tests.twins.slack.state import BOT_SCOPES, Grant, Token


@pytest.fixture
async def twin() -> AsyncIterator[SlackTwin]:
    async with SlackTwin.running(limits=Limits(enabled=False)) as running:
        yield running


@pytest.fixture
def client(twin: SlackTwin) -> AsyncWebClient:
    return asking(twin, twin.bot_token)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def asking(twin: SlackTwin, token: str | None) -> AsyncWebClient:
    """Return the real client, that repeats nothing."""
    return AsyncWebClient(token=token, base_url=twin.api_base, retry_handlers=[])


async def refused(asked: Any) -> str:
    """Return Slack's word for a refusal."""
    with pytest.raises(SlackApiError) as caught:
        await asked
    return str(caught.value.response["error"])


async def test_a_token_says_who_it_is_and_what_it_may_do(
    twin: SlackTwin, client: AsyncWebClient
) -> None:
    workspace = twin.workspace()
    told = await client.auth_test()
    assert told["team_id"] == workspace.id
    assert told["user_id"] == workspace.bot.id
    assert told["bot_id"] == workspace.bot.bot_id
    assert told["url"] == "https://newsroom.slack.com/"
    assert set(told.headers["X-OAuth-Scopes"].split(",")) == BOT_SCOPES


async def test_the_environment_points_the_program_here(twin: SlackTwin) -> None:
    given = twin.environment()
    client = AsyncWebClient(given["SLACK_BOT_TOKEN"], base_url=given["SLACK_API_BASE"])
    assert (await client.auth_test())["ok"]
    assert given["SLACK_SIGNING_SECRET"] == twin.signing_secret
    assert given["SLACK_APP_TOKEN"] == twin.app_token


async def test_a_token_that_is_no_good_is_refused_by_its_reason(
    twin: SlackTwin, http: aiohttp.ClientSession
) -> None:
    assert await refused(asking(twin, "xoxb-of-nobody").auth_test()) == "invalid_auth"
    assert await refused(asking(twin, None).auth_test()) == "not_authed"
    assert await refused(asking(twin, twin.app_token).users_list()) == "not_allowed_token_type"
    connecting = asking(twin, None).apps_connections_open(app_token=twin.bot_token)
    assert await refused(connecting) == "not_allowed_token_type"
    form = {"token": twin.bot_token}
    async with http.post(f"{twin.api_base}auth.test", data=form) as answer:
        assert (await answer.json())["ok"], "a form may carry the token"


async def test_a_revoked_token_stops_only_its_workspace(twin: SlackTwin) -> None:
    told: list[tuple[str, dict[str, Any]]] = []
    twin.core.emit = lambda team, event: told.append((team, event))
    one, other = twin.workspace(), twin.workspace("Other")
    client = asking(twin, twin.token_of(one).value)
    assert (await client.auth_revoke(test=True))["revoked"] is False
    assert (await client.auth_revoke())["revoked"] is True
    assert await refused(client.auth_test()) == "token_revoked"
    assert (await asking(twin, twin.token_of(other).value).auth_test())["team"] == "Other"
    assert [(team, event["type"]) for team, event in told] == [(one.id, "tokens_revoked")]


async def test_an_app_that_was_uninstalled_is_inactive(
    twin: SlackTwin, client: AsyncWebClient
) -> None:
    twin.workspace().installed = False
    assert await refused(client.auth_test()) == "account_inactive"


@pytest.mark.parametrize(
    ("scope", "method", "arguments"),
    [
        ("chat:write", "chat.postMessage", {"channel": "C", "text": "a"}),
        ("channels:read", "conversations.info", {"channel": "C"}),
        ("channels:read", "conversations.list", {}),
        ("channels:history", "conversations.history", {"channel": "C"}),
        ("channels:history", "conversations.replies", {"channel": "C", "ts": "1.000001"}),
        ("channels:join", "conversations.join", {"channel": "C"}),
        ("groups:read", "users.conversations", {"types": "public_channel,private_channel"}),
        ("im:write", "conversations.open", {"users": "U"}),
        ("users:read", "users.info", {"user": "U"}),
        ("usergroups:read", "usergroups.list", {}),
        ("team:read", "team.info", {}),
        ("files:write", "files.getUploadURLExternal", {"filename": "a", "length": 1}),
        ("files:read", "files.info", {"file": "F"}),
    ],
)
async def test_a_scope_that_is_missing_is_named_with_those_that_are_there(
    twin: SlackTwin, scope: str, method: str, arguments: dict[str, Any]
) -> None:
    workspace = twin.workspace()
    token = twin.install(workspace, BOT_SCOPES - {scope})
    given = arguments | ({"channel": twin.channel().id} if "channel" in arguments else {})
    with pytest.raises(SlackApiError) as caught:
        await asking(twin, token.value).api_call(method, params=given)
    answer = caught.value.response
    assert answer["error"] == "missing_scope"
    assert answer["needed"] == scope
    assert set(answer["provided"].split(",")) == BOT_SCOPES - {scope}


async def test_the_scope_to_read_follows_the_kind_of_channel(twin: SlackTwin) -> None:
    token = twin.install(twin.workspace(), BOT_SCOPES - {"groups:history"})
    client = asking(twin, token.value)
    private = twin.channel("desk", private=True)
    assert await refused(client.conversations_history(channel=private.id)) == "missing_scope"
    assert (await client.conversations_history(channel=twin.channel().id))["messages"] == []


async def test_channels_are_listed_a_page_at_a_time_and_private_ones_to_members_only(
    twin: SlackTwin, client: AsyncWebClient
) -> None:
    for n in range(5):
        twin.channel(f"c{n}")
    twin.channel("c3").archived = True
    twin.channel("closed", private=True, member=False)
    twin.channel("desk", private=True)
    types = "public_channel,private_channel"
    names: list[str] = []
    sizes: list[int] = []
    cursor = ""
    while True:
        told = await client.conversations_list(
            types=types, limit=2, cursor=cursor, exclude_archived=True
        )
        names += [c["name"] for c in told["channels"]]
        sizes.append(len(told["channels"]))
        cursor = told["response_metadata"]["next_cursor"]
        if not cursor:
            break
    assert names == ["c0", "c1", "c2", "c4", "desk"]
    assert sizes == [2, 1, 2], "a page is cut before archived channels are left out"
    assert await refused(client.conversations_list(cursor="x!")) == "invalid_cursor"
    assert await refused(client.conversations_list(cursor="bmV4dDpmb28=")) == "invalid_cursor"
    assert await refused(client.conversations_list(types="public")) == "invalid_types"
    assert await refused(client.conversations_list(limit=0)) == "invalid_limit"


async def test_a_channel_says_whether_the_app_is_in_it(
    twin: SlackTwin, client: AsyncWebClient
) -> None:
    away = twin.channel("away", member=False)
    told = (await client.conversations_info(channel=away.id, include_num_members=True))["channel"]
    assert (told["is_member"], told["num_members"], told["is_archived"]) == (False, 0, False)
    joined: list[dict[str, Any]] = []
    twin.core.emit = lambda team, event: joined.append(event)
    assert (await client.conversations_join(channel=away.id))["channel"]["is_member"] is True
    assert [e["type"] for e in joined] == ["member_joined_channel"]
    again = await client.conversations_join(channel=away.id)
    assert again["warning"] == "already_in_channel"
    assert (await client.conversations_members(channel=away.id))["members"] == [
        twin.workspace().bot.id
    ]
    assert [c["name"] for c in (await client.users_conversations())["channels"]] == ["away"]
    assert await refused(client.users_conversations(user="U")) == "user_not_found"


async def test_a_channel_that_cannot_be_entered_says_why(
    twin: SlackTwin, client: AsyncWebClient
) -> None:
    archived = twin.channel("old", member=False)
    archived.archived = True
    closed = twin.channel("closed", private=True, member=False)
    inside = twin.channel("desk", private=True)
    assert await refused(client.conversations_join(channel=archived.id)) == "is_archived"
    assert await refused(client.conversations_join(channel=closed.id)) == "channel_not_found"
    assert await refused(client.conversations_info(channel="C000")) == "channel_not_found"
    refusal = await refused(client.conversations_join(channel=inside.id))
    assert refusal == "method_not_supported_for_channel_type"


async def test_a_conversation_with_a_person_is_opened_once(
    twin: SlackTwin, client: AsyncWebClient
) -> None:
    editor = twin.member("editor")
    first = (await client.conversations_open(users=editor.id))["channel"]
    again = (await client.conversations_open(users=editor.id, return_im=True))["channel"]
    assert first == {"id": again["id"]}
    assert again["is_im"] is True
    assert again["user"] == editor.id
    same = await client.conversations_open(channel=again["id"])
    assert same["channel"]["id"] == again["id"]
    gone = twin.member("gone")
    gone.deleted = True
    bot = twin.workspace().bot
    assert await refused(client.conversations_open(users="U000")) == "user_not_found"
    assert await refused(client.conversations_open(users=gone.id)) == "user_disabled"
    assert await refused(client.conversations_open(users=bot.id)) == "cannot_dm_bot"
    both = await refused(client.conversations_open(users=[editor.id, gone.id]))
    assert both == "method_not_supported_for_channel_type"


async def test_people_are_told_with_their_rights_and_strangers_as_such(
    twin: SlackTwin, client: AsyncWebClient
) -> None:
    admin, reader = twin.member("admin"), twin.member("reader")
    other = twin.workspace("Other")
    stranger = twin.member("stranger", team=other.id)
    told = (await client.users_info(user=admin.id, include_locale=True))["user"]
    assert (told["is_admin"], told["is_owner"], told["locale"]) == (True, False, "en-US")
    assert (await client.users_info(user=reader.id))["user"]["is_admin"] is False
    owner = (await client.users_info(user=twin.member("owner").id))["user"]
    assert (owner["is_admin"], owner["is_owner"]) == (True, True)
    told = (await client.users_info(user=stranger.id))["user"]
    assert (told["team_id"], told["is_stranger"]) == (other.id, True)
    assert "is_admin" not in told
    assert await refused(client.users_info(user="U000")) == "user_not_found"
    listed = [u["name"] for u in (await client.users_list(limit=2))["members"]]
    assert listed == ["newsthread", "admin"]


async def test_groups_the_team_and_the_bot_are_told(
    twin: SlackTwin, client: AsyncWebClient
) -> None:
    editor = twin.member("editor")
    group = twin.usergroup("deport-desk", None, editor)
    twin.usergroup("old").enabled = False
    told = (await client.usergroups_list(include_users=True, include_count=True))["usergroups"]
    assert [(g["id"], g["handle"], g["users"], g["user_count"]) for g in told] == [
        (group.id, "deport-desk", [editor.id], 1)
    ]
    everyone = (await client.usergroups_list(include_disabled=True))["usergroups"]
    assert [g["handle"] for g in everyone] == ["deport-desk", "old"]
    assert (await client.team_info())["team"]["domain"] == "newsroom"
    bot = twin.workspace().bot
    assert (await client.bots_info(bot=bot.bot_id))["bot"]["user_id"] == bot.id
    assert await refused(client.bots_info(bot="B000")) == "bot_not_found"


async def test_a_socket_is_given_to_the_apps_own_token_only(twin: SlackTwin) -> None:
    addresses: list[Token] = []

    def address(token: Token) -> str:
        addresses.append(token)
        return "ws://127.0.0.1:1/link"

    twin.core.socket_url = address
    client = asking(twin, None)
    told = await client.apps_connections_open(app_token=twin.app_token)
    assert told["url"] == "ws://127.0.0.1:1/link"
    assert [token.value for token in addresses] == [twin.app_token]
    assert (await asking(twin, twin.app_token).auth_test())["app_id"] == twin.state.app_id


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated")  # slack_sdk still makes one
async def test_the_code_of_an_install_is_good_once_for_ten_minutes(twin: SlackTwin) -> None:
    workspace = twin.workspace("Second", installed=False)
    wanted = frozenset({"chat:write", "commands"})

    def agreed(code: str) -> dict[str, str]:
        twin.state.grants[code] = Grant(
            code=code,
            team=workspace.id,
            user=twin.member("admin", workspace).id,
            scopes=wanted,
            redirect_uri="https://example.org/back",
            at=twin.clock.now(),
        )
        return {
            "client_id": twin.state.client_id,
            "client_secret": twin.state.client_secret,
            "code": code,
            "redirect_uri": "https://example.org/back",
        }

    client = asking(twin, None)
    told = await client.oauth_v2_access(**agreed("one"))
    assert told["team"]["id"] == workspace.id
    assert told["scope"] == "chat:write,commands"
    assert (await asking(twin, told["access_token"]).auth_test())["team"] == "Second"
    assert await refused(client.oauth_v2_access(**agreed("two") | {"code": "one"})) == (
        "code_already_used"
    )
    for changed, error in (
        ({"client_id": "x"}, "invalid_client_id"),
        ({"client_secret": "x"}, "bad_client_secret"),
        ({"code": "x"}, "invalid_code"),
        ({"redirect_uri": "https://example.org/other"}, "bad_redirect_uri"),
    ):
        assert await refused(client.oauth_v2_access(**agreed("three") | changed)) == error
    late = agreed("four")
    twin.advance(601)
    assert await refused(client.oauth_v2_access(**late)) == "invalid_code"


async def test_what_is_no_call_is_refused_and_written_down(
    twin: SlackTwin, client: AsyncWebClient, http: aiohttp.ClientSession
) -> None:
    assert await refused(client.api_call("news.post")) == "unknown_method"
    url = f"{twin.api_base}chat.postMessage"
    for body, kind, error in (
        (b"{", "application/json", "invalid_json"),
        (b'{"text": "\\ud800"}', "application/json", "invalid_json"),
        (b"[]", "application/json", "json_not_object"),
        (b"a", "text/csv", "invalid_post_type"),
    ):
        async with http.post(url, data=body, headers={"Content-Type": kind}) as answer:
            assert (answer.status, (await answer.json())["error"]) == (200, error)
    headers = {"Authorization": f"Bearer {twin.bot_token}"}
    async with http.get(url, params={"text": "a"}, headers=headers) as answer:
        told = await answer.json()
    assert told["error"] == "invalid_arguments"
    assert "channel" in told["response_metadata"]["messages"][0]
    async with http.get(
        url, params={"channel": twin.channel().id, "blocks": "["}, headers=headers
    ) as answer:
        assert (await answer.json())["error"] == "invalid_arguments"
    assert [v["what"] for v in twin.journal.violations] == [
        "unknown_method",
        "invalid_json",
        "invalid_json",
        "invalid_post_type",
        "invalid_arguments",
        "invalid_arguments",
    ]


async def test_every_call_is_in_the_journal(twin: SlackTwin, client: AsyncWebClient) -> None:
    waiting = twin.journal.until("request", method="team.info", within=5)
    await client.team_info()
    assert (await waiting)["ok"] is True
    with pytest.raises(TimeoutError):
        await twin.journal.until("request", since=len(twin.journal.entries), within=0.05)
