"""Files that people give to a form or to the bot: fetched from Slack, within bounds."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from bot.adapters.chat.slack.tokens import Tokens
from bot.domain.calls import MAX_UPLOAD, Upload
from bot.domain.errors import CallError, DeliveryError

HOSTS = frozenset({"files.slack.com", "slack-files.com"})
"""Where Slack keeps files, which it gives to who shows the bot's token. Source: Slack, File object
(`url_private_download`)."""
TIMEOUT = httpx.Timeout(20, connect=5)
_AGAIN = "Give it again."


class Attached:
    """Fetches what people gave."""

    def __init__(self, http: httpx.AsyncClient, tokens: Tokens, api_base: str) -> None:
        """Fetch with `http` from Slack's own hosts, and from where `api_base` is."""
        self._http = http
        self._tokens = tokens
        self._hosts = HOSTS | {urlsplit(api_base).hostname}

    async def fetch(self, team: str, file: Mapping[str, Any]) -> Upload:
        """Return a file of at most `MAX_UPLOAD` bytes.

        Args:
            team: The workspace, whose token is shown to Slack's own hosts and to nobody else.
            file: As Slack describes it.

        Raises:
            CallError: It is larger, is kept elsewhere, or Slack does not give it.
        """
        name = str(file.get("name") or "file")[:200]
        url = str(file.get("url_private_download") or file.get("url_private") or "")
        if urlsplit(url).hostname not in self._hosts or file.get("is_external"):
            raise CallError("That file is not kept by Slack: upload it from your own device.")
        try:
            token = await self._tokens.of(team)
            return Upload(name=name, data=await self._read(url, token or ""))
        except DeliveryError as error:
            raise CallError(f"Slack does not give that file: {error.reason}. {_AGAIN}") from error
        except httpx.HTTPError as error:
            raise CallError(f"Slack does not give that file: {error}. {_AGAIN}") from error

    async def _read(self, url: str, token: str) -> bytes:
        data = bytearray()
        headers = {"Authorization": f"Bearer {token}"}
        async with self._http.stream("GET", url, headers=headers, timeout=TIMEOUT) as response:
            response.raise_for_status()
            if response.headers.get("content-type", "").startswith("text/html"):
                raise CallError(
                    "Slack does not let me read that file: the app needs the scope files:read."
                )
            async for part in response.aiter_bytes():
                data += part
                if len(data) > MAX_UPLOAD:
                    raise CallError(f"That file is too large: at most {MAX_UPLOAD >> 10:,} KiB.")
        return bytes(data)
