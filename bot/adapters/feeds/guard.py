"""The address guard: which addresses may be dialled, checked on the very address, every time.

`Guard.socket` is the last word: aiohttp asks it for the socket to every address that it is about
to dial, literals, fallbacks and rebound names included. `GuardedResolver` and `Guard.refusal` come
before it, for a better reason, and so that nothing of a name with a forbidden address is dialled.
"""

import errno
import socket
from collections.abc import Iterable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from aiohttp import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.domain.sites import host_address
from bot.domain.urls import host_of

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

# Source: IANA IPv4 Special-Purpose Address Registry, multicast (RFC 5771), reserved (RFC 1112).
_DENIED_V4_TEXT = (
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12"
    " 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15"
    " 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 168.63.129.16/32"
)
_DENIED_V4 = tuple(IPv4Network(text) for text in _DENIED_V4_TEXT.split())
# Everything but global unicast is refused, and in it what carries or documents other addresses:
# 6to4, Teredo, ORCHID, documentation. Source: IANA IPv6 Special-Purpose Address Registry.
_ALLOWED_V6 = IPv6Network("2000::/3")
_DENIED_V6_TEXT = "2001::/23 2001:db8::/32 2002::/16 3fff::/20 2620:4f:8000::/48"
_DENIED_V6 = tuple(IPv6Network(text) for text in _DENIED_V6_TEXT.split())
# Ports of services that an HTTP request must not reach. Source: Fetch Standard, "bad port".
_BAD_PORTS_TEXT = (
    "1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111"
    " 113 115 117 119 123 135 137 139 143 161 179 389 427 465 512 513 514 515 526 530 531 532"
    " 540 548 554 556 563 587 601 636 989 990 993 995 1719 1720 1723 2049 3659 4045 4190 5060"
    " 5061 6000 6379 6566 6665 6666 6667 6668 6669 6679 6697 10080 11211"
)
_BAD_PORTS = frozenset(int(port) for port in _BAD_PORTS_TEXT.split())


class AddressRefusedError(OSError):
    """An address that must not be dialled was about to be."""

    def __init__(self, reason: str) -> None:
        """Keep the `reason`, a plain sentence, as the error's text."""
        super().__init__(errno.EACCES, reason)
        self.reason = reason


class Guard:
    """Refuses every address that is not on the public internet, but for those allowed."""

    def __init__(self, allowed: Iterable[Network] = ()) -> None:
        """Let the networks in `allowed` through, whatever else says no."""
        self._allowed = tuple(allowed)

    def denies(self, address: Address) -> bool:
        """Tell whether `address` must not be dialled."""
        if any(address.version == net.version and address in net for net in self._allowed):
            return False
        if isinstance(address, IPv4Address):
            return any(address in net for net in _DENIED_V4)
        mapped = address.ipv4_mapped
        if mapped is not None and any(mapped in n for n in self._allowed if n.version == 4):
            return False
        return address not in _ALLOWED_V6 or any(address in net for net in _DENIED_V6)

    def refusal(self, url: str, port: int | None) -> str:
        """Return why a request to `url` must not be made, as far as its text tells; else ""."""
        if port in _BAD_PORTS:
            return f"Port {port} belongs to another service: feeds are not fetched from it."
        address = host_address(host_of(url))
        if address is not None and self.denies(address):
            return _sentence(str(address), "")
        return ""

    def check(self, text: str, name: str = "") -> None:
        """Raise for an address that must not be dialled.

        Args:
            text: The address as the resolver or the kernel spells it; a zone (`%eth0`) is ignored.
            name: The host name that led to it, for the reason.

        Raises:
            AddressRefusedError: It must not be dialled.
        """
        if self.denies(ip_address(text.partition("%")[0])):
            raise AddressRefusedError(_sentence(text, name))

    def socket(self, info: AddrInfoType) -> socket.socket:
        """Return the socket for an address that is about to be dialled (aiohttp's factory).

        Raises:
            AddressRefusedError: It must not be dialled.
        """
        family, kind, proto, _, address = info
        if family not in (socket.AF_INET, socket.AF_INET6):
            raise AddressRefusedError("Only internet addresses are dialled.")
        self.check(str(address[0]))
        return socket.socket(family=family, type=kind, proto=proto)


class GuardedResolver(AbstractResolver):
    """A resolver that refuses a name altogether if any of its addresses is forbidden."""

    def __init__(self, inner: AbstractResolver, guard: Guard) -> None:
        """Ask `inner`, then `guard`; closing this closes `inner`."""
        self._inner = inner
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of `host`.

        Raises:
            AddressRefusedError: One of them must not be dialled.
            OSError: There are none.
        """
        results = await self._inner.resolve(host, port, family)
        if not results:
            raise OSError("the name has no address")
        for result in results:
            self._guard.check(result["host"], host)
        return results

    async def close(self) -> None:
        """Release the inner resolver."""
        await self._inner.close()


def refusal_in(error: BaseException) -> str:
    """Return the guard's reason from anywhere in a chain of errors, or ""."""
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        if isinstance(at, AddressRefusedError):
            return at.reason
        seen.add(id(at))
        at = at.__cause__ or at.__context__
    return ""


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return the networks that `NEWSTHREAD_ALLOW_ADDRESSES` lists.

    Raises:
        ValueError: One of them is not a network.
    """
    return tuple(ip_network(text.strip(), strict=False) for text in texts if text.strip())


def _sentence(address: str, name: str) -> str:
    # A name's address is not said: whoever asks would learn how the network inside is laid out.
    of = f"{name} leads to" if name else f"{address} is"
    return (
        f"{of} a private or reserved address, and is never asked. "
        "If it is your own server, allow it with NEWSTHREAD_ALLOW_ADDRESSES."
    )
