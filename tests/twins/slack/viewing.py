"""Views come up before a person, change, lie on one another, and go."""

import hashlib
from typing import Any

from tests.twins.slack.core import Core
from tests.twins.slack.errors import ApiError
from tests.twins.slack.rules import checked_view
from tests.twins.slack.state import Json, User, View, Workspace

DEEPEST = 3
"""Most modals on one another."""


def show(
    core: Core, workspace: Workspace, user: User, body: Any, previous: View | None = None
) -> View:
    """Show a modal to a person: as the only one, or upon another.

    Raises:
        ApiError: invalid_arguments, push_limit_reached, duplicate_external_id and the like.
    """
    checked = checked_view(body, "modal")
    if previous is not None and len(user.stack) >= DEEPEST:
        raise ApiError("push_limit_reached")
    view = _made(core, workspace, user, checked)
    if previous is None:
        user.stack.clear()
    else:
        view.root, view.previous = previous.root, previous.id
    user.stack.append(view.id)
    _note(core, view, "open" if previous is None else "push")
    return view


def replace(core: Core, workspace: Workspace, view: View, body: Any) -> View:
    """Change a view that a person sees.

    Raises:
        ApiError: invalid_arguments and the like.
    """
    view.body = _own(workspace, checked_view(body, view.body["type"]), view)
    view.hash = _hash(core, view)
    _note(core, view, "update")
    return view


def publish(core: Core, workspace: Workspace, user: User, body: Any) -> View:
    """Put a view on a person's App Home, in place of the one that is there.

    Raises:
        ApiError: invalid_arguments and the like.
    """
    checked = checked_view(body, "home")
    held = None if user.home is None else workspace.views[user.home]
    if held is None:
        held = _made(core, workspace, user, checked)
        user.home = held.id
    else:
        held.body = _own(workspace, checked, held)
        held.hash = _hash(core, held)
    _note(core, held, "publish")
    return held


def close(core: Core, user: User, *, everything: bool = False) -> None:
    """Take away the modal on top, or all of them."""
    if everything:
        user.stack.clear()
    elif user.stack:
        user.stack.pop()
    core.note("view closed", team=user.team, user=user.id, left=len(user.stack))


def _made(core: Core, workspace: Workspace, user: User, checked: Json) -> View:
    number = core.world.id("V")
    view = View(
        id=number,
        team=workspace.id,
        user=user.id,
        body={},
        hash="",
        root=number,
        app_id=core.world.app_id,
        bot_id=workspace.bot.bot_id or "",
    )
    view.body = _own(workspace, checked, view)
    view.hash = _hash(core, view)
    workspace.views[number] = view
    return view


def _own(workspace: Workspace, checked: Json, view: View) -> Json:
    """Return a view's body, once its external_id is known to be no other's."""
    own = checked.get("external_id")
    others = (v for v in workspace.views.values() if v.id != view.id)
    if own and any(v.body.get("external_id") == own for v in others):
        raise ApiError("duplicate_external_id")
    return checked


def _hash(core: Core, view: View) -> str:
    now = core.clock.now()
    return f"{int(now)}.{hashlib.sha256(f'{view.id}{view.hash}{now}'.encode()).hexdigest()[:8]}"


def _note(core: Core, view: View, act: str) -> None:
    about = {"team": view.team, "user": view.user, "view": view.id}
    core.note("view", act=act, **about, type=view.body["type"], body=view.body)
