"""auth.*, apps.connections.open, and the install of the app in a workspace (OAuth v2).

Source: https://docs.slack.dev/authentication/installing-with-oauth
"""

from tests.twins.slack.calls import Call
from tests.twins.slack.core import Core
from tests.twins.slack.errors import ApiError
from tests.twins.slack.rest import Method, same, scopes
from tests.twins.slack.state import Json, Token, Workspace

CODE_LIFE = 600.0
"""Seconds for which the code of an install is good."""


def install(core: Core, workspace: Workspace, wanted: frozenset[str]) -> Token:
    """Install the app in a workspace and return the bot's new token there."""
    workspace.installed = True
    value = f"xoxb-{workspace.id}-{core.world.id('')}"
    token = Token(value=value, kind="bot", team=workspace.id, user=workspace.bot.id, scopes=wanted)
    core.world.tokens[value] = token
    core.note("installed", team=workspace.id, scopes=sorted(wanted))
    return token


def _test(core: Core, call: Call) -> Json:
    if not call.team:
        return {"app_name": "Newsthread", "app_id": core.world.app_id}
    workspace = core.workspace(call.team)
    return {
        "url": workspace.url,
        "team": workspace.name,
        "user": workspace.bot.name,
        "team_id": workspace.id,
        "user_id": workspace.bot.id,
        "bot_id": workspace.bot.bot_id,
        "is_enterprise_install": False,
    }


def _revoke(core: Core, call: Call) -> Json:
    if call.flag("test"):
        return {"revoked": False}
    revoke(core, core.world.tokens[call.secret])
    return {"revoked": True}


def revoke(core: Core, token: Token) -> None:
    """Revoke a token, and tell of it."""
    token.revoked = True
    core.note("revoked", team=token.team)
    core.emit(token.team, {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [token.user]}})


def _connect(core: Core, call: Call) -> Json:
    if core.socket_url is None or call.token is None:
        raise ApiError("socket_mode_not_enabled")
    return {"url": core.socket_url(call.token)}


def _access(core: Core, call: Call) -> Json:
    name, secret = call.basic or (call.word("client_id"), call.word("client_secret"))
    if name != core.world.client_id:
        raise ApiError("invalid_client_id")
    if not same(secret, core.world.client_secret):
        raise ApiError("bad_client_secret")
    agreed = core.world.grants.get(call.word("code") or "")
    if agreed is None or core.clock.now() - agreed.at > CODE_LIFE:
        raise ApiError("invalid_code")
    if agreed.used:
        raise ApiError("code_already_used")
    if call.word("redirect_uri") != agreed.redirect_uri:
        raise ApiError("bad_redirect_uri")
    agreed.used = True
    workspace = core.workspace(agreed.team)
    token = install(core, workspace, agreed.scopes)
    return {
        "access_token": token.value,
        "token_type": "bot",
        "scope": ",".join(sorted(token.scopes)),
        "bot_user_id": workspace.bot.id,
        "app_id": core.world.app_id,
        "team": {"id": workspace.id, "name": workspace.name},
        "enterprise": None,
        "authed_user": {"id": agreed.user},
        "is_enterprise_install": False,
    }


METHODS = (
    Method(name="auth.test", handle=_test, tier=None, kinds=("bot", "app")),
    Method(name="auth.revoke", handle=_revoke, tier=3),
    Method(
        name="apps.connections.open",
        handle=_connect,
        tier=1,
        kinds=("app",),
        scopes=scopes("connections:write"),
    ),
    Method(name="oauth.v2.access", handle=_access, tier=4, anyone=True),
)
