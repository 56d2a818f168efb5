"""users.*, usergroups.list, team.info and bots.info: who there is."""

from tests.twins.slack.calls import Call
from tests.twins.slack.core import Core
from tests.twins.slack.errors import ApiError
from tests.twins.slack.pages import page
from tests.twins.slack.rest import Method, scopes
from tests.twins.slack.shapes import user_json
from tests.twins.slack.state import Json


def _info(core: Core, call: Call) -> Json:
    workspace = core.workspace(call.team)
    user = workspace.users.get(call.need("user"))
    if user is None:
        raise ApiError("user_not_found")
    return {"user": user_json(workspace, user, locale=call.flag("include_locale"))}


def _list(core: Core, call: Call) -> Json:
    workspace = core.workspace(call.team)
    own = [u for u in workspace.users.values() if u.team == workspace.id]
    limit = call.number("limit", 1000, 1000)
    cut, more = page(own, call.word("cursor"), limit)
    locale = call.flag("include_locale")
    members = [user_json(workspace, user, locale=locale) for user in cut]
    return {"members": members, "cache_ts": int(core.clock.now())} | more


def _usergroups(core: Core, call: Call) -> Json:
    workspace = core.workspace(call.team)
    told = []
    for group in workspace.usergroups.values():
        if not group.enabled and not call.flag("include_disabled"):
            continue
        about: Json = {
            "id": group.id,
            "team_id": workspace.id,
            "is_usergroup": True,
            "name": group.name,
            "handle": group.handle,
            "description": "",
            "is_external": False,
            "date_delete": 0 if group.enabled else 1,
        }
        if call.flag("include_users"):
            about["users"] = group.users
        if call.flag("include_count"):
            about["user_count"] = len(group.users)
        told.append(about)
    return {"usergroups": told}


def _team(core: Core, call: Call) -> Json:
    workspace = core.workspace(call.team)
    about = {"id": workspace.id, "name": workspace.name, "domain": workspace.domain}
    return {"team": about | {"url": workspace.url, "email_domain": "", "icon": {}}}


def _bot(core: Core, call: Call) -> Json:
    bot = core.workspace(call.team).bot
    if call.word("bot") not in (None, bot.bot_id):
        raise ApiError("bot_not_found")
    about = {"id": bot.bot_id, "app_id": core.world.app_id, "user_id": bot.id}
    return {"bot": about | {"name": bot.name, "deleted": False, "updated": 0, "icons": {}}}


METHODS = (
    Method(name="users.info", handle=_info, tier=4, scopes=scopes("users:read")),
    Method(name="users.list", handle=_list, tier=2, scopes=scopes("users:read")),
    Method(name="usergroups.list", handle=_usergroups, tier=2, scopes=scopes("usergroups:read")),
    Method(name="team.info", handle=_team, tier=3, scopes=scopes("team:read")),
    Method(name="bots.info", handle=_bot, tier=3, scopes=scopes("users:read")),
)
