"""A child process for `Children`: says who it is, or holds what it was given until it is killed."""

import os
import signal
import sys
from typing import Any

from bot.adapters.feeds.frames import serve


def answer(request: dict[str, Any], body: bytes) -> dict[str, Any]:
    """Return the number of this process; never where that is asked for."""
    while request["held"]:
        signal.pause()
    return {"process": os.getpid()}


if __name__ == "__main__":
    serve(answer, sys.stdin.buffer, sys.stdout.buffer)
