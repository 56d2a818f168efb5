"""Talks to a model's endpoint: one bounded request, one bounded answer, no second try.

Source: OpenAI's chat completions (`POST …/chat/completions`), as Ollama, vLLM, llama.cpp and most
services speak it.
"""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

import httpx
from pydantic import BaseModel, Field, ValidationError

from bot.domain.models import Model

MOST_BYTES = 256 * 1024
"""Of an answer's body; what is longer is no answer."""
_TOLD = 2_048  # bytes of a refusal that are read
_SOON = 1.0  # seconds in which they are to come
_MOST_TOKENS = 10_000_000  # that an answer can say it cost


class ModelError(Exception):
    """A model gave no answer.

    Attributes:
        kind: What went wrong, in a word, to count and to log.
        free: Whether it certainly cost nothing.
        told: How a refusal's body begins, unchecked; never shown or logged, for it may tell a key.
    """

    def __init__(self, kind: str, *, free: bool = False, told: str = "") -> None:
        """Say what went wrong."""
        super().__init__(kind)
        self.kind = kind
        self.free = free
        self.told = told


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a model said, unchecked."""

    text: str
    tokens: int | None  # what it cost, read and written; None: it did not say


class _Message(BaseModel):
    content: str


class _Choice(BaseModel):
    message: _Message


class _Usage(BaseModel):
    total_tokens: int = Field(ge=1, le=_MOST_TOKENS)


class _Completion(BaseModel):
    choices: list[_Choice] = Field(min_length=1, max_length=10)


class _Cost(BaseModel):
    usage: _Usage


class Endpoint:
    """A model's endpoint; use it as a context."""

    def __init__(self, model: Model, key: str) -> None:
        """Talk to `model`, with a key unless it is "".

        Nothing of the environment is used, and no redirect is followed: neither a proxy nor
        another host gets the key.
        """
        self._model = model
        base = model.url.rstrip("/")
        self._url = base if base.endswith("/chat/completions") else f"{base}/chat/completions"
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        headers["Accept-Encoding"] = "identity"  # what is sent is what is counted
        self._client = httpx.AsyncClient(
            trust_env=False,
            follow_redirects=False,
            timeout=model.timeout.total_seconds(),
            headers=headers,
        )

    async def __aenter__(self) -> Self:
        """Open nothing yet."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def ask(self, messages: Sequence[dict[str, str]]) -> Answer:
        """Return what the model says to `messages`.

        Raises:
            ModelError: It said nothing that can be used, or not in time.
        """
        asked = {
            "model": self._model.name,
            "messages": list(messages),
            "response_format": {"type": "json_object"},
            self._model.answer_key: self._model.answer_tokens,
        }
        try:
            async with asyncio.timeout(self._model.timeout.total_seconds()):
                return _read(await self._body(asked))
        except (TimeoutError, httpx.TimeoutException) as error:
            raise ModelError("late") from error
        except httpx.ConnectError as error:
            raise ModelError("unreachable", free=True) from error
        except httpx.HTTPError as error:
            raise ModelError("cut_off") from error

    async def _body(self, asked: dict[str, object]) -> bytes:
        body = bytearray()
        async with self._client.stream("POST", self._url, json=asked) as response:
            if response.status_code != httpx.codes.OK:
                free = 300 <= response.status_code < 500
                told = await _beginning(response)
                raise ModelError(f"status_{response.status_code}", free=free, told=told)
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise ModelError("too_long")
        return bytes(body)


async def _beginning(response: httpx.Response) -> str:
    """Return how a refusal's body begins, if it comes soon: the refusal itself is there already."""
    with suppress(TimeoutError, httpx.HTTPError):
        async with asyncio.timeout(_SOON):
            async for chunk in response.aiter_raw(_TOLD):
                return chunk.decode("utf-8", "replace")
    return ""


def _read(body: bytes) -> Answer:
    try:
        said = json.loads(body)
        text = _Completion.model_validate(said).choices[0].message.content
    except (ValueError, RecursionError) as error:
        raise ModelError("not_an_answer") from error
    try:
        tokens = _Cost.model_validate(said).usage.total_tokens
    except ValidationError:
        return Answer(text=text, tokens=None)
    return Answer(text=text, tokens=tokens)
