"""How a request reaches Slack: once, by slack_sdk's client with its own retries off.

With them on, it posts again after a broken connection, though the first request arrived.
"""

import json
from collections.abc import Mapping
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.adapters.chat.slack.refusals import Answer
from bot.domain.errors import DeliveryError, NotSentError

log = structlog.get_logger()

DEADLINE = 20
"""Seconds for a request and its answer."""
_NEVER_LEFT = (  # errors that prove that no byte of the request arrived
    aiohttp.ClientConnectorError,  # DNS, refused, TLS
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
)


class Wire:
    """One HTTP client for all workspaces."""

    def __init__(
        self, api_base: str = "https://slack.com/api/", deadline: float = DEADLINE
    ) -> None:
        """Ask `api_base`; nothing is asked yet.

        Args:
            api_base: Where the Web API is.
            deadline: Seconds for a request and its answer.
        """
        self._client = AsyncWebClient(base_url=api_base, retry_handlers=[])
        self._client.proxy = None  # it reads HTTPS_PROXY; nothing else of ours does
        self._deadline = deadline
        self._session: aiohttp.ClientSession | None = None

    async def ask(
        self, token: str, method: str, arguments: Mapping[str, Any], where: str = "slack"
    ) -> Answer:
        """Make a request; return whatever was answered, also a refusal.

        Args:
            token: Whose request it is; "" for one that needs none.
            method: `chat.postMessage`.
            arguments: By name; None is left out.
            where: The channel, for an error's text.

        Raises:
            NotSentError: The request never left.
            DeliveryError: It may have arrived.
        """
        self._client.session = self._opened()
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            answer = await self._client.api_call(method, data=_form(arguments), headers=headers)
        except SlackApiError as error:
            return _read(error.response)
        except _NEVER_LEFT as error:
            raise NotSentError(where, f"not connected: {_words(error)}") from error
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise DeliveryError(where, _words(error)) from error
        except (AttributeError, ValueError) as error:  # slack_sdk expects an object of JSON
            raise DeliveryError(where, "an answer of no JSON") from error
        return _read(answer)

    async def upload(self, url: str, body: bytes, where: str = "slack") -> None:
        """Send a file's bytes to the address that Slack gave for them.

        Raises:
            DeliveryError: They did not arrive, or may not have.
        """
        try:
            async with self._opened().post(url, data=body) as response:
                await response.read()
                if response.status != 200:
                    raise DeliveryError(where, f"the upload ended with HTTP {response.status}")
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise DeliveryError(where, f"the upload broke: {_words(error)}") from error

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _opened(self) -> aiohttp.ClientSession:
        """Return the session, which has to be made in the loop that uses it."""
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=self._deadline)
            self._session = aiohttp.ClientSession(timeout=timeout)
        return self._session


def _form(arguments: Mapping[str, Any]) -> dict[str, str]:
    """Return arguments as every method takes them: a form, with JSON where there is structure."""
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in arguments.items()
        if value is not None
    }


def _read(response: Any) -> Answer:
    """Return an answer; slack_sdk hands out aiohttp's own where it could not read the body."""
    if isinstance(response, AsyncSlackResponse):
        return Answer(response.status_code, response.headers, response.data)
    return Answer(response.status, response.headers, None)


def _words(error: Exception) -> str:
    return f"{type(error).__name__} {error}".strip()[:300]
