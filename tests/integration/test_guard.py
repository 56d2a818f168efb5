"""The address guard: no socket is opened to a private address, by whatever way it is reached."""

import socket
import sys
from collections.abc import AsyncIterator, Iterator
from ipaddress import ip_address

import pytest
import pytest_asyncio
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.adapters.feeds.guard import AddressRefusedError, Guard, networks, refusal_in
from bot.adapters.feeds.source import HttpFeedSource
from bot.domain.polls import Outcome, PollRequest
from tests.fakes.feed_server import FeedServer, redirects
from tests.integration.test_fetch import NOW, settings

pytestmark = pytest.mark.asyncio(loop_scope="module")

SPELLINGS = (  # of loopback; nothing here is bound to
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1.", "127.8.8.8",
    "localhost", "LOCALHOST", "ｌｏｃａｌｈｏｓｔ", "①②⑦.⓪.⓪.①", "[::1]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "0.0.0.0", "0",  # noqa: S104 - to be refused
    "[::]", "loopback.example",
)  # fmt: skip
PRIVATE = (
    "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "192.0.2.1",
    "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "168.63.129.16", "[fe80::1]",
    "[fc00::1]", "[ff02::1]", "[2001:db8::1]", "[2001::1]", "[fec0::1]",
)  # fmt: skip


class Names(AbstractResolver):
    """Names that resolve as a test says, each time anew."""

    def __init__(self, names: dict[str, list[list[str]]]) -> None:
        self.names = names

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        answers = self.names.get(host, [["127.0.0.1"]])
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing to release."""


@pytest.fixture(scope="module")
def dials() -> Iterator[list[str]]:
    """Every address that this process connects a socket to."""
    seen: list[str] = []
    on = [True]

    def hook(event: str, args: tuple[object, ...]) -> None:
        if on[0] and event == "socket.connect" and isinstance(args[1], tuple):
            seen.append(str(args[1][0]))

    sys.addaudithook(hook)
    yield seen
    on[0] = False  # a hook cannot be taken off


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def guarded() -> AsyncIterator[HttpFeedSource]:
    """A source that may dial nothing private; one outside address is allowed, to redirect from."""
    names = Names({"mixed.example": [["93.184.216.34", "::1"]]})
    async with HttpFeedSource(settings(allow_addresses=()), lambda: NOW, names) as source:
        yield source


@pytest.mark.parametrize("host", [*SPELLINGS, *PRIVATE, "mixed.example"])
async def test_a_private_address_is_never_dialled(
    guarded: HttpFeedSource, dials: list[str], host: str
) -> None:
    """Asked for directly, in any spelling, or by a name one of whose addresses is private."""
    dials.clear()
    result = await guarded.poll(PollRequest(url=f"http://{host}:8080/feed"))
    assert (result.outcome, dials) == (Outcome.REFUSED, []), result
    assert "private or reserved" in result.reason


@pytest.mark.parametrize("host", [name for name in SPELLINGS if name != "127.8.8.8"])
async def test_a_redirect_to_a_private_address_is_not_followed(dials: list[str], host: str) -> None:
    """From a server that may be asked; the only dial is to that one."""
    allowed = networks(["127.8.8.8/32"])
    async with (
        FeedServer(address="127.8.8.8") as server,
        HttpFeedSource(settings(allow_addresses=allowed), lambda: NOW, Names({})) as source,
    ):
        server.scripts["/"] = redirects(f"http://{host}:8080/feed", 302)
        dials.clear()
        result = await source.poll(PollRequest(url=server.url("/")))
    assert (result.outcome, set(dials)) == (Outcome.REFUSED, {"127.8.8.8"}), result


async def test_the_words_of_a_refusal_tell_no_address_of_a_name(guarded: HttpFeedSource) -> None:
    """Else anybody could ask how the network inside is laid out; what was typed may be said."""
    name = await guarded.poll(PollRequest(url="http://mixed.example/feed"))
    typed = await guarded.poll(PollRequest(url="http://0x7f.1/feed"))
    assert name.reason.startswith("mixed.example leads to a private or reserved address,")
    assert typed.reason.startswith("127.0.0.1 is a private or reserved address,")
    assert "::1" not in name.reason


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://example.org/", "gopher://example.org/", "//example.org/x", "x",
     "", "http://", "http:///x", "http://example.org:25/", "http://example.org:99999/",
     "http://[::1", "https://exa mple.org/", "http://example.org:6379/"],
)  # fmt: skip
async def test_other_schemes_ports_and_nonsense_are_refused(
    guarded: HttpFeedSource, dials: list[str], url: str
) -> None:
    """Only http and https, only to hosts, never to a port of another service."""
    dials.clear()
    result = await guarded.poll(PollRequest(url=url))
    assert (result.outcome, dials) == (Outcome.REFUSED, []), result


async def test_the_socket_itself_is_guarded() -> None:
    """The last word, whatever came before it: other families, and every literal."""
    guard = Guard()
    for family, address in (
        (socket.AF_INET, ("127.0.0.1", 80)),
        (socket.AF_INET6, ("::1", 80, 0, 0)),
        (socket.AF_INET6, ("fe80::1%eth0", 80, 0, 2)),
        (socket.AF_UNIX, ("/tmp/socket",)),  # noqa: S108 - is never opened
    ):
        with pytest.raises(AddressRefusedError):
            guard.socket((family, socket.SOCK_STREAM, 0, "", address))
    with guard.socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("8.8.8.8", 80))) as allowed:
        assert allowed.family == socket.AF_INET


async def test_what_is_allowed_is_allowed_and_nothing_else() -> None:
    """The operator's own network, in either version, mapped addresses included."""
    guard = Guard(networks(["10.0.0.0/8", "fc00::/7", ""]))
    denied = [text for text in ("10.9.9.9", "fc00::1", "::ffff:10.0.0.1", "8.8.8.8", "2606::1",
                                "11.0.0.1", "127.0.0.1", "::1", "::ffff:127.0.0.1")
              if guard.denies(ip_address(text))]  # fmt: skip
    assert denied == ["127.0.0.1", "::1", "::ffff:127.0.0.1"]


async def test_a_refusal_is_found_wherever_it_stands_in_a_chain() -> None:
    """Clients wrap errors; a circle of causes must not hang the search."""
    outer = ValueError("outer")
    outer.__cause__ = inner = OSError("inner")
    inner.__context__ = AddressRefusedError("because")
    assert refusal_in(outer) == "because"
    inner.__context__ = outer
    assert refusal_in(outer) == ""
