"""From the bytes on the wire to the bytes of the document: bounded, streaming, never trusting.

Owns content codings (gzip, deflate; we ask for no other). What the bytes mean is decided in
`bot.adapters.feeds.worker` and its neighbours.
"""

import zlib
from typing import Protocol


class DecodeError(Exception):
    """The body cannot be decoded; the text says why, a plain phrase."""


class TooLargeError(DecodeError):
    """The body is larger than is ever read."""


class _Stage(Protocol):
    def feed(self, data: bytes, room: int) -> bytes: ...

    @property
    def complete(self) -> bool: ...


class _Zlib:
    """One layer of gzip (members may follow one another) or deflate (with or without header)."""

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._inflater = zlib.decompressobj(31 if coding == "gzip" else 15)
        self._began = False
        self.complete = False

    def feed(self, data: bytes, room: int) -> bytes:
        """Return what `data` gives, `room` bytes at most."""
        out = b""
        while data:
            if self.complete:
                if self._coding != "gzip" or not data.startswith(b"\x1f\x8b"):
                    break  # padding after the end, which browsers ignore too
                self._inflater, self.complete = zlib.decompressobj(31), False
            out += self._inflate(data, room - len(out))
            if self._inflater.unconsumed_tail or len(out) > room:
                raise TooLargeError
            data = self._inflater.unused_data
            self.complete = self._inflater.eof
            if not self.complete:
                break
        return out

    def _inflate(self, data: bytes, room: int) -> bytes:
        try:
            out = self._inflater.decompress(data, room + 1)
        except zlib.error as error:
            if self._began or self._coding != "deflate":
                raise DecodeError("its compressed data is damaged") from error
            self._inflater = zlib.decompressobj(-15)
            try:
                out = self._inflater.decompress(data, room + 1)
            except zlib.error as again:
                raise DecodeError("its compressed data is damaged") from again
        self._began = True
        return out


class BodyReader:
    """Collects a response's body, decoded, within bounds."""

    def __init__(self, encoding: str, *, max_wire: int, max_body: int) -> None:
        """Prepare to read a body.

        Args:
            encoding: The Content-Encoding header, "" if there is none; may list several.
            max_wire: Bytes that are accepted as sent.
            max_body: Bytes that are accepted after decoding.

        Raises:
            DecodeError: A coding that we did not ask for, or more than two layers.
        """
        names = [part.strip().lower() for part in encoding.split(",")]
        self._codings = [name for name in names if name not in ("", "identity", "none", "utf-8")]
        if len(self._codings) > 2:
            raise DecodeError("it is compressed several times over")
        for name in self._codings:
            if name not in ("gzip", "x-gzip", "deflate"):
                raise DecodeError(f"it is compressed with “{name[:20]}”, which was not asked for")
        self._stages: list[_Zlib] | None = None
        self._max_wire = max_wire
        self._max_body = max_body
        self._head = b""
        self._body = bytearray()
        self.wire = 0  # bytes taken so far, as sent

    def feed(self, chunk: bytes) -> None:
        """Take a piece of the body.

        Raises:
            TooLargeError: A bound is reached; what was read so far is discarded.
            DecodeError: The data is damaged.
        """
        self.wire += len(chunk)
        if self.wire > self._max_wire:
            raise TooLargeError
        if self._stages is None:
            self._head += chunk
            if len(self._head) < 2:
                return
            self._stages, chunk = self._layers(self._head), self._head
            self._head = b""
        for stage in self._stages:
            chunk = stage.feed(chunk, self._max_body - len(self._body))
        if len(self._body) + len(chunk) > self._max_body:
            raise TooLargeError
        self._body += chunk

    def _layers(self, head: bytes) -> list[_Zlib]:
        """Return the layers to take off, outermost first, by the first two bytes of the body.

        A body that says gzip and is not, is taken as it is; one that is gzip and does not say so
        (a file served as it lies on the disk) is opened.
        """
        zipped = head[:2] == b"\x1f\x8b"
        names = ["gzip" if name == "x-gzip" else name for name in reversed(self._codings)]
        plain = not zipped if names[:1] == ["gzip"] else head.lstrip()[:1] in (b"<", b"{", b"\xef")
        if names and plain:
            names = names[1:]
        if not names and zipped:
            names = ["gzip"]
        return [_Zlib(name) for name in names]

    def finish(self) -> tuple[bytes, bool]:
        """Return the body so far, and whether every compressed layer reached its end."""
        if self._stages is None:
            return self._head, True
        return bytes(self._body), all(stage.complete for stage in self._stages)
