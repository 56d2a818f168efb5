"""A child process's side of its pipes: requests in, answers out, nothing else.

Frames on stdin and stdout: four bytes of length, big-endian, then that many bytes. A request is two
frames (JSON, the document), an answer is one (JSON). The parent's side is in `children`.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any, BinaryIO

MAX_FRAME = 64 << 20


def serve(
    answer: Callable[[dict[str, Any], bytes], dict[str, Any]], stdin: BinaryIO, stdout: BinaryIO
) -> None:
    """Answer requests until the parent hangs up."""
    while (head := _frame(stdin)) is not None and (body := _frame(stdin)) is not None:
        reply = json.dumps(answer(json.loads(head), body)).encode("ascii", "replace")
        stdout.write(len(reply).to_bytes(4, "big") + reply)
        stdout.flush()


def limit(memory: int) -> None:
    """Bound this process's address space, in bytes, where the system can, and leave no core."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _frame(stream: BinaryIO) -> bytes | None:
    head = stream.read(4)
    if len(head) < 4:
        return None
    size = int.from_bytes(head, "big")
    body = stream.read(size) if size <= MAX_FRAME else b""
    return body if len(body) == size else None
