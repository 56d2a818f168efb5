"""The life of threads and forum posts: made, archived, locked, woken.

Source: https://discord.com/developers/docs/topics/threads
"""

from tests.twins.discord.core import Core
from tests.twins.discord.errors import ApiError, Json
from tests.twins.discord.permissions import Can, channel_permissions
from tests.twins.discord.rules import check_thread
from tests.twins.discord.state import PUBLIC_THREAD, Channel, User


def make_thread(core: Core, parent: Channel, body: Json, number: int) -> Channel:
    """Make an active thread of the bot's and tell of it.

    Raises:
        ApiError: 160006 where the guild has as many active threads as it may.
    """
    check_thread(body, new=True)
    if len(core.world.active_threads(parent.guild_id)) >= core.limiter.limits.active_threads:
        raise ApiError(400, 160006, "Maximum number of active threads reached")
    thread = core.world.add(
        Channel(
            id=number,
            guild_id=parent.guild_id,
            name=body["name"],
            kind=PUBLIC_THREAD,
            parent_id=parent.id,
            owner_id=core.world.bot.id,
            auto_archive=body.get("auto_archive_duration") or 4320,
            slowmode=body.get("rate_limit_per_user") or 0,
            applied=[int(t) for t in body.get("applied_tags") or []],
            archived_at=core.clock.now(),
            last_at=core.clock.now(),
        )
    )
    core.note(
        "thread",
        thread=str(thread.id),
        channel=str(parent.id),
        guild=str(parent.guild_id),
        name=thread.name,
        tags=[t.name for t in parent.tags if t.id in thread.applied],
    )
    core.emit(thread.guild_id, "THREAD_CREATE", core.channel_json(thread) | {"newly_created": True})
    return thread


def wake(core: Core, channel: Channel, author: User) -> None:
    """Un-archive a thread because somebody posts in it.

    Raises:
        ApiError: 50083 or 160005 where it is locked and the author does not manage threads.
    """
    if not channel.is_thread or not (channel.archived or channel.locked):
        return
    if channel.locked and not manages(core, channel, author):
        if channel.archived:
            raise ApiError(400, 50083, "Thread is archived")
        raise ApiError(403, 160005, "Thread is locked")
    if channel.archived:
        _check_room(core, channel)
        change(core, channel, archived=False)


def manages(core: Core, thread: Channel, author: User) -> bool:
    """Return whether somebody has MANAGE_THREADS here."""
    return bool(channel_permissions(core.world, thread, author.id) & Can.MANAGE_THREADS)


def _check_room(core: Core, thread: Channel) -> None:
    if len(core.world.active_threads(thread.guild_id)) >= core.limiter.limits.active_threads:
        raise ApiError(400, 160006, "Maximum number of active threads reached")


def change(
    core: Core, thread: Channel, *, archived: bool | None = None, locked: bool | None = None
) -> None:
    """Archive, un-archive, lock or unlock a thread and tell of it."""
    if archived is not None and archived is not thread.archived:
        thread.archived = archived
        thread.archived_at = core.clock.now()
    if locked is not None:
        thread.locked = locked
    core.note(
        "thread change",
        thread=str(thread.id),
        archived=thread.archived,
        locked=thread.locked,
        name=thread.name,
        tags=[str(t) for t in thread.applied],
    )
    core.tell_channel("THREAD_UPDATE", thread)


def archive_idle(core: Core) -> None:
    """Archive the threads in which nothing was said for as long as each allows."""
    now = core.clock.now()
    for channel in list(core.world.channels.values()):
        idle = now - channel.last_at > channel.auto_archive * 60
        if channel.is_thread and not channel.archived and idle:
            change(core, channel, archived=True)


def edit_thread(core: Core, thread: Channel, body: Json) -> None:
    """Change a thread as PATCH does, with its rules of who may.

    Raises:
        ApiError: 50013 without the right, 50083 for a change inside an archived thread, 40067
            for a tag that is not there or a post that needs one.
    """
    bot = core.world.bot
    bits = channel_permissions(core.world, thread, bot.id)
    managing = bool(bits & Can.MANAGE_THREADS)
    check_thread(body, new=False)
    waking = body.get("archived") is False
    if thread.archived and not waking and set(body) - {"archived"}:
        raise ApiError(400, 50083, "Thread is archived")
    speaking = bool(bits & Can.SEND_MESSAGES_IN_THREADS)
    only_waking = set(body) == {"archived"} and waking and not thread.locked and speaking
    own = thread.owner_id == bot.id and "locked" not in body and not thread.locked
    if not (managing or own or only_waking):
        raise ApiError(403, 50013, "Missing Permissions")
    if "applied_tags" in body:
        check_tags(core, core.world.channels[thread.parent_id], body["applied_tags"] or [], thread)
        thread.applied = [int(t) for t in body["applied_tags"] or []]
    if waking and thread.archived:
        _check_room(core, thread)
    thread.name = body.get("name") or thread.name
    thread.auto_archive = body.get("auto_archive_duration") or thread.auto_archive
    change(core, thread, archived=body.get("archived"), locked=body.get("locked"))


def check_tags(core: Core, forum: Channel, wanted: list[str], place: Channel) -> None:
    """Refuse tags that the forum has not, or that only moderators may give."""
    tags = {t.id: t for t in forum.tags}
    for tag_id in map(int, wanted):
        if tag_id not in tags:
            raise ApiError(400, 10087, "Unknown Tag")
        if tags[tag_id].moderated and not manages(core, place, core.world.bot):
            raise ApiError(403, 50013, "Missing Permissions")
