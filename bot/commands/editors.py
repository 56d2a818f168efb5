"""Editors: who may edit beside those whom the platform's own rights make editors.

The list is a workspace's own and its admins keep it, with `settings editor:` and `no_editor:`.
"""

import re
from dataclasses import replace

from bot.domain.calls import Call, Role
from bot.domain.errors import CallError
from bot.domain.messages import Fact, text
from bot.ports.store import Store, Transaction

MOST = 200
"""People of a workspace's list."""
_SHOWN = 20
_PERSON = re.compile(r"[\w.-]{1,80}")


async def with_role(call: Call, store: Store) -> Call:
    """Return a call with the role that its person has by the list."""
    if call.person.role is not Role.READER:
        return call
    async with store.reading() as tx:
        if call.person.id not in await tx.editors.list(call.person.scope):
            return call
    return replace(call, person=replace(call.person, role=Role.EDITOR))


async def change_editors(tx: Transaction, call: Call) -> None:
    """Put the person whom a call names on the list, or take them off it.

    Raises:
        CallError: It names nobody, or the list is full.
    """
    scope = call.person.scope
    if given := call.arg("editor"):
        person = person_of(given, "editor")
        if len(await tx.editors.list(scope)) >= MOST:
            raise CallError(
                f"editor: there are {MOST} already; take one off with no_editor: first."
            )
        await tx.editors.add(scope, person)
    if given := call.arg("no_editor"):
        person = person_of(given, "no_editor")
        if not await tx.editors.remove(scope, person):
            raise CallError(
                f"no_editor: @{person} is not on the list. Who is an editor by the platform's own"
                " rights is changed there."
            )


def person_of(given: str, param: str) -> str:
    """Return the platform's id of a person who is named as `<@U1>`, `@anna` or `anna`.

    Args:
        given: What a person typed.
        param: Where it stands, for the refusal.

    Raises:
        CallError: It is nobody.
    """
    name = given.strip().strip("<>").lstrip("@!").partition("|")[0]
    if not _PERSON.fullmatch(name):
        raise CallError(f"{param}: “{given[:40]}” is no person: write @ and choose the name.")
    return name


async def editors_fact(tx: Transaction, call: Call) -> Fact:
    """Return who is on the list, as a fact of the settings."""
    found = sorted(await tx.editors.list(call.person.scope))
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    names = ", ".join(f"@{person}" for person in found[:_SHOWN])
    return Fact("Editors", text(f"{names}{more}" if found else "nobody by name: editor:@person"))
