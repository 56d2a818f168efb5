"""What a process does of all that Newsthread does: its roles."""

from enum import StrEnum

from bot.domain.errors import ConfigError


class Role(StrEnum):
    """A part of the work that processes can share out among them."""

    COLLECT = "collect"  # polls feeds, matches, files; takes the configuration over
    COMPOSE = "compose"  # says what is to be said; digests, ends of mutes, pruning
    DELIVER = "deliver"  # posts to Discord and Slack
    CHAT = "chat"  # answers what comes by Discord's gateway and Slack's Socket Mode
    WEB = "web"  # the sandbox with its page, and what Slack sends by HTTP


ALL = frozenset(Role)


def roles_of(given: str) -> frozenset[Role]:
    """Return the roles of a comma-separated list, such as `collect,compose`.

    Raises:
        ConfigError: One is unknown, or there is none.
    """
    names = [name.strip() for name in given.split(",") if name.strip()]
    known = ", ".join(Role)
    unknown = [name for name in names if name not in set(Role)]
    if unknown:
        raise ConfigError("--role", f"{unknown[0]!r} is no role", f"Choose from: {known}")
    if not names:
        raise ConfigError("--role", "names no role", f"Choose from: {known}")
    return frozenset(map(Role, names))
