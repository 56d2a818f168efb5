"""views.*: modals and App Homes by call."""

from tests.twins.slack.calls import Call
from tests.twins.slack.core import Core
from tests.twins.slack.errors import ApiError
from tests.twins.slack.rest import Method
from tests.twins.slack.shapes import view_json
from tests.twins.slack.state import Json, View, Workspace
from tests.twins.slack.viewing import publish, replace, show


def _open(core: Core, call: Call) -> Json:
    workspace = core.workspace(call.team)
    user = workspace.users[core.triggers.take(call.team, call.need("trigger_id"))]
    return {"view": view_json(show(core, workspace, user, call.parsed("view")))}


def _push(core: Core, call: Call) -> Json:
    workspace = core.workspace(call.team)
    user = workspace.users[core.triggers.take(call.team, call.need("trigger_id"))]
    if not user.stack:
        raise ApiError("not_found")
    top = workspace.views[user.stack[-1]]
    return {"view": view_json(show(core, workspace, user, call.parsed("view"), top))}


def _update(core: Core, call: Call) -> Json:
    workspace = core.workspace(call.team)
    view = _shown(workspace, call)
    _fresh(call, view)
    return {"view": view_json(replace(core, workspace, view, call.parsed("view")))}


def _publish(core: Core, call: Call) -> Json:
    workspace = core.workspace(call.team)
    user = workspace.users.get(call.need("user_id"))
    if user is None or user.bot:
        raise ApiError("invalid_arguments", ["[ERROR] user_id: no such person"])
    if user.home is not None:
        _fresh(call, workspace.views[user.home])
    return {"view": view_json(publish(core, workspace, user, call.parsed("view")))}


def _shown(workspace: Workspace, call: Call) -> View:
    """Return the view that is meant, if it is still before the person."""
    external = call.word("external_id")
    if external is None:
        view = workspace.views.get(call.need("view_id"))
    else:
        views = workspace.views.values()
        view = next((v for v in views if v.body.get("external_id") == external), None)
    if view is None:
        raise ApiError("not_found")
    user = workspace.users[view.user]
    if view.id not in (*user.stack, user.home):
        raise ApiError("not_found")
    return view


def _fresh(call: Call, view: View) -> None:
    if call.word("hash") not in (None, view.hash):
        raise ApiError("hash_conflict")


METHODS = (
    Method(name="views.open", handle=_open, tier=4),
    Method(name="views.push", handle=_push, tier=4),
    Method(name="views.update", handle=_update, tier=4),
    Method(name="views.publish", handle=_publish, tier=4),
)
