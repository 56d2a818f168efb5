"""What HTTP servers do: statuses, redirects, codings, lengths, delays, cuts, names."""

import asyncio

from tests.fakes.feed_server import (
    Exchange,
    Script,
    chunked,
    deflated,
    gzipped,
    redirects,
    serves,
    slowly,
    validated,
)
from tests.integration.behaviours.world import (
    BASE,
    DEFERRED,
    ERROR,
    GONE,
    LOOSE,
    MOVED,
    OK,
    REFUSED,
    SAME,
    Behaviour,
    behaviour,
    item,
    one,
    rss,
    step,
)

OLD = rss(BASE).encode()
TWO = rss(item(1), BASE).encode()
THREE = rss(item(2), item(1), BASE).encode()
BOMB = gzipped(b"\0" * 60_000_000)
LARGE = rss(item(1, text="x" * 500_000), BASE).encode()
HUGE = rss(item(1, text="x" * 2_100_000), BASE).encode()


def raw(data: bytes, *, reset: bool = False) -> Script:
    """Script: bytes as they are, then the end, or an RST."""

    async def script(exchange: Exchange) -> None:
        await exchange.raw(data)
        if reset:
            await asyncio.sleep(0.05)
            exchange.reset()

    return script


def head(extra: str = "", status: str = "200 OK") -> bytes:
    """Return a response's head."""
    return f"HTTP/1.1 {status}\r\nContent-Type: text/xml\r\n{extra}\r\n".encode()


async def silent(exchange: Exchange) -> None:
    """Take the request and say nothing."""
    await asyncio.sleep(30)


async def hanging(exchange: Exchange) -> None:
    """Say the beginning and no more."""
    await exchange.head(200)
    await exchange.raw(TWO[:-80])
    await asyncio.sleep(30)


async def endless(exchange: Exchange) -> None:
    """Never stop sending items."""
    await exchange.head(200)
    while True:
        await exchange.raw(item(1).rss().encode() * 100)


async def endless_head(exchange: Exchange) -> None:
    """Never stop sending headers."""
    await exchange.raw(b"HTTP/1.1 200 OK\r\n")
    for n in range(10_000):
        await exchange.raw(f"X-{n}: {'y' * 1_000}\r\n".encode())


async def interim(exchange: Exchange) -> None:
    """Send two interim responses before the real one."""
    await exchange.raw(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 102 x\r\n\r\n")
    await exchange.send(TWO)


async def unchanged_with_a_body(exchange: Exchange) -> None:
    """Answer every question for changes with a 304 that breaks HTTP, any other with a document."""
    asked = "if-none-match" in exchange.headers
    await exchange.send(THREE, 304 if asked else 200)


def length(claimed: int) -> Script:
    """Script: a feed with a Content-Length of its own."""

    async def script(exchange: Exchange) -> None:
        await exchange.send(TWO, length=claimed)

    return script


def circle(names: str) -> tuple[tuple[str, Script], ...]:
    """Return paths, each of which leads to the next, the last to the first."""
    return tuple(
        (f"/{name}", redirects(f"/{then}", 302))
        for name, then in zip(names, names[1:] + names[:1], strict=True)
    )


def again(name: str, what: Script, outcome: object, says: str = "") -> Behaviour:
    """Return a behaviour of a failure that lasts two polls; the feed comes back with two items."""
    return behaviour(
        name,
        step(what, outcome, 0, says),  # type: ignore[arg-type] # the table names outcomes
        step(what, outcome, 0, says),  # type: ignore[arg-type] # the table names outcomes
        step(THREE, OK, 2),
    )


STATUSES = (
    *(
        again(f"{status}, twice", serves(b"", "text/plain", status), ERROR, str(status))
        for status in (204, 205, 206, 300, 305, 400, 401, 402, 403, 404, 405, 406, 407, 418, 451,
                       500, 501, 502, 504, 520, 599)
    ),
    again("410, twice", serves(b"", "text/plain", 410), GONE, "410"),
    again("429", serves(b"", "text/plain", 429), DEFERRED, "429"),
    again("429 with seconds", serves(b"", status=429, Retry_After="120"), DEFERRED, "120 s"),
    again("429 with a date", serves(b"", status=429, Retry_After="Mon, 02 Mar 2026 12:10:00 GMT"),
          DEFERRED, "600 s"),
    again("429 with nonsense", serves(b"", status=429, Retry_After="soon"), DEFERRED, "429"),
    again("429 for a century", serves(b"", status=429, Retry_After="9" * 30), DEFERRED, "86400 s"),
    again("429 for a negative time", serves(b"", status=429, Retry_After="-5"), DEFERRED, "429"),
    again("503", serves(b"", "text/plain", 503), ERROR, "503"),
    again("503 with seconds", serves(b"", status=503, Retry_After="60"), DEFERRED, "60 s"),
    again("a feed under 404", serves(TWO, status=404), ERROR, "404"),
    again("a feed under 500", serves(TWO, status=500), ERROR, "500"),
    again("a challenge under 403",
          serves(b"<title>Just a moment...</title>", "text/html", 403), ERROR, "Cloudflare"),
    again("999", raw(head("Content-Length: 0\r\n", "999 Denied")), ERROR, "999"),
    again("a status without words",
          raw(b"HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n"), ERROR, "404"),
    again("304 that was not asked for", serves(b"", status=304), ERROR, "304"),
    one("interim responses", interim, OK, 1),
    one("HTTP/1.0", raw(b"HTTP/1.0 200 OK\r\n\r\n" + TWO), OK, 1),
    one("a cookie", serves(TWO, Set_Cookie="a=b; Secure"), OK, 1),
    one("a large header", serves(TWO, X_Policy="p" * 20_000), OK, 1),
    one("a header in UTF-8", raw(head("X-Name: Añejo\r\n") + TWO), OK, 1),
)  # fmt: skip

VALIDATORS = (
    behaviour("an ETag", step(validated(TWO, '"v1"'), OK, 1), step(validated(TWO, '"v1"'), SAME, 1),
              step(validated(THREE, '"v2"'), OK, 2)),
    behaviour("a weak ETag", step(validated(TWO, 'W/"v 1"'), OK, 1),
              step(validated(TWO, 'W/"v 1"'), SAME, 1)),
    behaviour("an ETag without quotes", step(validated(TWO, "v1"), OK, 1),
              step(validated(TWO, "v1"), SAME, 1)),
    behaviour("a date that is none", step(validated(TWO, "", "yesterday"), OK, 1),
              step(validated(TWO, "", "yesterday"), SAME, 1)),
    behaviour("an ETag that never changes", step(serves(TWO, ETag='"x"'), OK, 1),
              step(serves(THREE, ETag='"x"'), OK, 2)),
    behaviour("an ETag that always changes", step(serves(TWO, ETag='"1"'), OK, 1),
              step(serves(TWO, ETag='"2"'), SAME, 1), step(serves(THREE, ETag='"3"'), OK, 2)),
    behaviour("no validators", step(TWO, OK, 1), step(TWO, SAME, 1), step(THREE, OK, 2)),
    behaviour("an ETag of a cut document is not kept",
              step(serves(TWO[:-90], ETag='"x"', Content_Length=str(len(TWO))), LOOSE, 1),
              step(validated(THREE, '"x"'), OK, 2)),
    behaviour("an ETag of a web page is not kept",
              step(serves(b"<html><title>x</title></html>", ETag='"x"'), ERROR, 0),
              step(validated(TWO, '"x"'), OK, 1)),
    behaviour("an ETag with a line break", step(serves(TWO, ETag='"a\tb"'), OK, 1),
              step(TWO, SAME, 1)),
    behaviour("an ETag of a megabyte", step(serves(TWO, ETag="x" * 20_000), OK, 1),
              step(TWO, SAME, 1)),
    behaviour("304 with a body, at each question for changes", step(validated(TWO, '"v1"'), OK, 1),
              *[step(unchanged_with_a_body, ERROR, 1, "HTTP")] * 2,
              step(unchanged_with_a_body, OK, 2)),
    behaviour("304 to what was damaged", step(TWO + b"<x>", LOOSE, 1),
              step(serves(b"", status=304), ERROR, 1), step(THREE, OK, 2)),
)  # fmt: skip

CODINGS = (
    one("gzip", serves(gzipped(TWO), Content_Encoding="gzip"), OK, 1),
    one("GZIP", serves(gzipped(TWO), Content_Encoding="GZIP"), OK, 1),
    one("x-gzip", serves(gzipped(TWO), Content_Encoding="x-gzip"), OK, 1),
    one("two members of gzip",
        serves(gzipped(TWO[:99]) + gzipped(TWO[99:]), Content_Encoding="gzip"), OK, 1),
    one("gzip and padding", serves(gzipped(TWO) + b"\0" * 64, Content_Encoding="gzip"), OK, 1),
    one("deflate", serves(deflated(TWO, raw=False), Content_Encoding="deflate"), OK, 1),
    one("raw deflate", serves(deflated(TWO, raw=True), Content_Encoding="deflate"), OK, 1),
    one("gzip over gzip", serves(gzipped(gzipped(TWO)), Content_Encoding="gzip, gzip"), OK, 1),
    one("gzip that is none", serves(TWO, Content_Encoding="gzip"), OK, 1),
    one("gzip that is not said", serves(gzipped(TWO)), OK, 1),
    one("identity", serves(TWO, Content_Encoding="identity"), OK, 1),
    one("brotli", serves(b"\x0b\x05", Content_Encoding="br"), ERROR, 0, "not asked for"),
    one("zstd", serves(b"\x28\xb5\x2f\xfd", Content_Encoding="zstd"), ERROR, 0, "not asked for"),
    one("an unknown coding", serves(TWO, Content_Encoding="rot13"), ERROR, 0, "not asked for"),
    one("three codings", serves(TWO, Content_Encoding="gzip, gzip, gzip"), ERROR, 0, "several"),
    one("gzip that is damaged",
        serves(gzipped(TWO)[:10] + b"\xff" * 99, Content_Encoding="gzip"), ERROR, 0, "damaged"),
    one("gzip that breaks off", serves(gzipped(TWO)[:-12], Content_Encoding="gzip"), LOOSE, 1),
    one("a bomb", serves(BOMB, Content_Encoding="gzip"), ERROR, 0, "larger"),
    one("a bomb in a bomb", serves(gzipped(BOMB), Content_Encoding="gzip, gzip"), ERROR, 0,
        "larger"),
    one("a bomb that is not said", serves(BOMB), ERROR, 0, "larger"),
    one("a bomb under 404", serves(BOMB, status=404, Content_Encoding="gzip"), ERROR, 0),
    one("too large as sent", LARGE, ERROR, 0, "larger"),
    one("too large unpacked", serves(gzipped(HUGE), Content_Encoding="gzip"), ERROR, 0, "larger"),
    one("large, but not too", serves(gzipped(LARGE), Content_Encoding="gzip"), OK, 1),
)  # fmt: skip

WIRE = (
    one("chunks", raw(head("Transfer-Encoding: chunked\r\n") + chunked(TWO[:40], TWO[40:])), OK, 1),
    one("chunks without the last",
        raw(head("Transfer-Encoding: chunked\r\n") + chunked(TWO, last=False)), LOOSE, 1),
    one("chunks of a wrong size",
        raw(head("Transfer-Encoding: chunked\r\n") + b"zz\r\n" + TWO), ERROR, 0),
    one("a body until the end", raw(head() + TWO), OK, 1),
    one("a length that is too long", length(len(TWO) + 10), LOOSE, 1),
    one("a length that is too short", length(len(TWO) - 60), ERROR, 0, "HTTP"),
    one("a length that is no number",
        raw(head("Content-Length: many\r\n") + TWO), ERROR, 0, "HTTP"),
    one("a length that is negative", raw(head("Content-Length: -1\r\n") + TWO), ERROR, 0, "HTTP"),
    one("a length and chunks",
        raw(head("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + chunked(TWO)), ERROR, 0),
    one("a cut in an item", raw(head() + TWO[:-90]), LOOSE, 1),
    one("a reset before the head", raw(b"", reset=True), ERROR, 0, "broke off"),
    one("a reset in the body",
        raw(head(f"Content-Length: {len(TWO)}\r\n") + TWO[:-90], reset=True), LOOSE, 1),
    one("no answer", raw(b""), ERROR, 0, "broke off"),
    one("no HTTP", raw(b"SSH-2.0-OpenSSH_9.6\r\n"), ERROR, 0, "HTTP"),
    one("HTTP/0.9", raw(TWO), ERROR, 0, "HTTP"),
    one("garbage in the head", raw(b"HTTP/1.1 200 OK\r\n\xff\0: \x01\r\n\r\n" + TWO), ERROR, 0),
    one("an endless head", endless_head, ERROR, 0),
    one("an endless body", endless, ERROR, 0, "larger"),
    one("silence", silent, ERROR, 0, "time"),
    one("silence in the body", hanging, ERROR, 0, "time"),
    one("a byte at a time", slowly([TWO[n : n + 1] for n in range(99)], 0.1), ERROR, 0, "longer"),
    one("slow, but not too", slowly([TWO[:100], TWO[100:]], 0.3), OK, 1),
)  # fmt: skip

REDIRECTS = (
    *(
        one(f"a redirect by {status}", redirects(f"/to-{status}", status),
            MOVED if status in (301, 308) else OK, 1, also=((f"/to-{status}", serves(TWO)),))
        for status in (301, 302, 303, 307, 308)
    ),
    one("a redirect to a page", redirects("/to-page", 302), ERROR, 0, "web page",
        also=(("/to-page", serves(b"<html><title>x</title></html>", "text/html")),)),
    one("a redirect without a target", serves(b"", status=302), ERROR, 0, "where"),
    one("a redirect to itself", redirects("", 302), ERROR, 0),
    one("a circle", redirects("/a", 302), ERROR, 0, "circle", also=circle("abc")),
    one("eleven redirects", redirects("/hop0", 302), ERROR, 0, "10 times",
        also=tuple((f"/hop{n}", redirects(f"/hop{n + 1}", 302)) for n in range(12))),
    one("nine redirects", redirects("/leap0", 302), OK, 1,
        also=(*((f"/leap{n}", redirects(f"/leap{n + 1}", 302)) for n in range(8)),
              ("/leap8", serves(TWO)))),
    one("a redirect to a file", redirects("file:///etc/passwd", 302), REFUSED, 0, "web address"),
    one("a redirect to ftp", redirects("ftp://ftp.example/x", 301), REFUSED, 0, "web address"),
    one("a redirect to a script", redirects("javascript:alert(1)", 302), REFUSED, 0),
    one("a redirect to data", redirects("data:text/xml,<rss/>", 302), REFUSED, 0),
    one("a redirect to a private address", redirects("http://10.0.0.1/", 302), REFUSED, 0,
        "private"),
    one("a redirect to the metadata", redirects("http://169.254.169.254/latest", 302), REFUSED, 0,
        "private"),
    one("a redirect to a mapped address", redirects("http://[::ffff:10.0.0.1]/", 302), REFUSED, 0,
        "private"),
    one("a redirect to a number", redirects("http://167772161/", 302), REFUSED, 0, "private"),
    one("a redirect to a bad port", redirects("http://127.0.0.1:25/", 302), REFUSED, 0, "Port 25"),
    one("a redirect to a name of a private address", redirects("http://inside.example/", 302),
        REFUSED, 0, "private"),
    one("a redirect to a name of two addresses", redirects("http://mixed.example/", 302), REFUSED,
        0, "private"),
    one("a redirect to a name that is not known", redirects("http://unknown.example/", 302), ERROR,
        0, "not known"),
    one("a redirect to no port", redirects("http://127.0.0.1:0/", 302), REFUSED, 0),
    one("a redirect to a large port", redirects("http://127.0.0.1:99999/", 302), REFUSED, 0),
    one("a redirect with spaces", redirects("/with a space", 302), OK, 1,
        also=(("/with%20a%20space", serves(TWO)),)),
    one("a redirect with a fragment", redirects("/to-fragment#top", 302), OK, 1,
        also=(("/to-fragment", serves(TWO)),)),
    behaviour("a permanent redirect is believed after three polls",
              step(redirects("/home", 301), MOVED, 1), step(redirects("/home", 301), SAME, 1),
              step(redirects("/home", 301), SAME, 1), step(serves(b"", status=404), SAME, 1),
              also=(("/home", serves(TWO)),)),
    behaviour("a permanent redirect that is taken back",
              step(redirects("/abroad", 301), MOVED, 1), step(THREE, OK, 2),
              step(redirects("/abroad", 301), MOVED, 2), also=(("/abroad", serves(TWO)),)),
    behaviour("a permanent redirect to a page is never believed",
              *[step(redirects("/nowhere", 301), ERROR, 0)] * 4, step(TWO, OK, 1),
              also=(("/nowhere", serves(b"<html><title>x</title></html>", "text/html")),)),
)  # fmt: skip

BEHAVIOURS = (*STATUSES, *VALIDATORS, *CODINGS, *WIRE, *REDIRECTS)
