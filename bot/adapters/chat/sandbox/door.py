"""Who is let in to the page: on loopback whoever reaches it, elsewhere who shows the token.

A browser asks for the token by itself (HTTP Basic: any name, the token as the password), and shows
it only to the address that asked; scripts send it the same way, or as a bearer token.
"""

import base64
import binascii
import hmac
from dataclasses import dataclass
from ipaddress import ip_address

from bot.domain.errors import ConfigError

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
SHORTEST_TOKEN = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """By which names the page is reached, and what is to be shown."""

    hosts: frozenset[str] = frozenset(LOOPBACK)
    addresses: bool = False  # any IP address too: no attacker's name leads there (DNS rebinding)
    token: str = ""  # "" where none is asked for

    def serves(self, host: str) -> bool:
        """Say whether a request's `Host`, with or without a port, is one of the page's."""
        host = host.casefold()
        name = _name(host)
        return host in self.hosts or name in self.hosts or (self.addresses and _is_address(name))

    def admits(self, authorization: str) -> bool:
        """Say whether a request's `Authorization` shows the token."""
        if not self.token:
            return True
        scheme, _, shown = authorization.strip().partition(" ")
        if scheme.casefold() == "basic":
            shown = _password(shown)
        return hmac.compare_digest(shown.encode("utf-8", "replace"), self.token.encode())


def door(host: str, token: str, names: str) -> Door:
    """Return the door of a page that listens on `host`.

    Args:
        host: An address or a name, as in `HOST`.
        token: What has to be shown; at least `SHORTEST_TOKEN` characters where `host` is not
            loopback.
        names: More names by which people reach the page, comma-separated.

    Raises:
        ConfigError: The page would be open to the network.
    """
    local = host == "localhost" or (_is_address(host) and ip_address(host.strip("[]")).is_loopback)
    remedy = (
        "Set NEWSTHREAD_WEB_TOKEN to a random text (openssl rand -hex 16), or leave HOST at"
        " 127.0.0.1"
    )
    if not local and not token:
        raise ConfigError(f"HOST={host}", "the page would be open to the network", remedy)
    if token and len(token) < SHORTEST_TOKEN:
        problem = f"is shorter than {SHORTEST_TOKEN} characters, so it can be guessed"
        raise ConfigError("NEWSTHREAD_WEB_TOKEN", problem, remedy)
    own = {name.strip().casefold() for name in (*names.split(","), host)} - {""}
    return Door(hosts=frozenset({*LOOPBACK, *own}), addresses=not local, token=token)


def _name(host: str) -> str:
    head, colon, port = host.rpartition(":")
    return head if colon and port.isascii() and port.isdigit() else host


def _is_address(name: str) -> bool:
    try:
        ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


def _password(shown: str) -> str:
    try:
        plain = base64.b64decode(shown, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return plain.partition(":")[2]
