"""Files that people attach to a command: fetched from Discord, within bounds."""

from urllib.parse import urlsplit

import httpx

from bot.domain.errors import CallError

HOSTS = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
"""Where Discord keeps attachments. Source: Discord, Reference, CDN."""
TIMEOUT = httpx.Timeout(20, connect=5)


class Attached:
    """Fetches what people attached."""

    def __init__(self, http: httpx.AsyncClient, api_base: str) -> None:
        """Fetch with `http` from Discord's own hosts, and from where `api_base` is."""
        self._http = http
        self._hosts = HOSTS | {urlsplit(api_base).hostname}

    async def fetch(self, url: str, most: int) -> bytes:
        """Return a file of at most `most` bytes.

        Raises:
            CallError: It is larger, or Discord does not give it.
        """
        if urlsplit(url).hostname not in self._hosts:
            raise CallError("That file is not kept by Discord: attach it to the command.")
        data = bytearray()
        try:
            async with self._http.stream("GET", url, timeout=TIMEOUT) as response:
                response.raise_for_status()
                async for part in response.aiter_bytes():
                    data += part
                    if len(data) > most:
                        raise CallError(f"That file is too large: at most {most >> 10:,} KiB.")
        except httpx.HTTPError as error:
            raise CallError(
                f"Discord does not give that file: {error}. Attach it again."
            ) from error
        return bytes(data)
