"""The child process that reads article pages: bytes in, their text out, nothing else.

`python -m bot.adapters.feeds.page_worker MEMORY_BYTES`, see `frames`. Alone imports trafilatura,
which is heavy. It holds no secret, opens nothing, and may be killed at any time.
"""

import sys
from contextlib import suppress
from typing import Any

from bot.adapters.feeds.charset import to_text
from bot.adapters.feeds.discover import wall
from bot.adapters.feeds.frames import limit, serve
from bot.adapters.feeds.plain import paragraphs
from bot.domain.pages import LONGEST

_SHORTEST = 200  # characters: less is a teaser, or a notice about cookies


def read_page(body: bytes, charset: str, headers: str) -> dict[str, str]:
    """Return the `text` of the article on a page; "" with a `why` where there is none.

    Args:
        body: The whole page, decoded.
        charset: From the Content-Type header, or "".
        headers: The response's headers as one text, by which a wall may be known.
    """
    page = to_text(body, charset)
    blocked = wall(page, headers)
    text = paragraphs(_extracted(page), LONGEST, markup=False)
    if len(text) >= _SHORTEST:
        return {"text": text, "why": ""}
    why = f"The page is {blocked}." if blocked else "No article is found on the page."
    return {"text": "", "why": why}


def _extracted(page: str) -> str:
    import trafilatura

    found = trafilatura.extract(
        page, include_comments=False, include_tables=False, favor_precision=True
    )
    return found or ""


def answer(request: dict[str, Any], body: bytes) -> dict[str, Any]:
    """Return the answer to one request; whatever goes wrong is an answer, too."""
    try:
        return read_page(body, str(request["charset"]), str(request["headers"]))
    except MemoryError:
        return {"text": "", "why": "Reading the page takes more memory than is allowed."}
    except Exception as error:  # noqa: BLE001 - whatever a page makes of the library, the child lives
        return {"text": "", "why": f"The page cannot be read ({type(error).__name__})."}


if __name__ == "__main__":
    limit(int(sys.argv[1]))
    with suppress(KeyboardInterrupt, BrokenPipeError):
        serve(answer, sys.stdin.buffer, sys.stdout.buffer)
