"""Answers by the address that Slack gives with each interaction (`response_url`).

Owns one request to it and what its outcome means. It takes five answers in 30 minutes, and needs no
token and no membership.

Source: https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from bot.domain.errors import DeliveryError, NotSentError, RefusedError

HOSTS = frozenset({"hooks.slack.com"})
TIMEOUT = httpx.Timeout(10, connect=5)
_WHERE = "slack"


class Responses:
    """Sends answers to Slack's own addresses, and to no others."""

    def __init__(self, http: httpx.AsyncClient, api_base: str) -> None:
        """Answer with `http`, at Slack and at where `api_base` is."""
        self._http = http
        self._hosts = HOSTS | {urlsplit(api_base).hostname}

    async def send(self, url: str, body: Mapping[str, Any]) -> None:
        """Answer once.

        Raises:
            RefusedError: The address is used up, too old, or none of Slack's; or the answer is bad.
            NotSentError: It certainly did not arrive.
            DeliveryError: It may have arrived.
        """
        if urlsplit(url).hostname not in self._hosts:
            raise RefusedError(_WHERE, "the address for answers is none of Slack's")
        try:
            response = await self._http.post(url, json=dict(body), timeout=TIMEOUT)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise NotSentError(_WHERE, f"not connected: {error}") from error
        except httpx.HTTPError as error:
            raise DeliveryError(_WHERE, f"{type(error).__name__} {error}") from error
        if response.status_code == 429:
            raise NotSentError(_WHERE, "rate limited")
        if response.status_code >= 500:
            raise DeliveryError(_WHERE, f"HTTP {response.status_code}")
        if response.status_code >= 400 or _refused(response):
            raise RefusedError(_WHERE, f"HTTP {response.status_code}: {response.text[:200]}")


def _refused(response: httpx.Response) -> bool:
    """Say whether Slack refused in an answer that looks like a success."""
    if not response.headers.get("content-type", "").startswith("application/json"):
        return False
    try:
        said = response.json()
    except ValueError:
        return False
    return isinstance(said, Mapping) and said.get("ok") is False
