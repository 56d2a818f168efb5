"""What each answer of the platform means for delivery."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from bot.adapters.chat.sandbox.client import SandboxChat
from bot.domain.errors import (
    CardGoneError,
    ChannelGoneError,
    DeliveryError,
    ForbiddenError,
    NotSentError,
    RateLimitError,
    RefusedError,
)
from bot.domain.messages import Posted, say
from bot.domain.watches import Channel

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HERE = Channel.parse("sandbox:deportations")


def chat(answer: httpx.Response | Exception) -> SandboxChat:
    def handle(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    http = httpx.AsyncClient(transport=httpx.MockTransport(handle), base_url="http://s")
    return SandboxChat(http, "t", lambda: NOON, page="http://127.0.0.1:8080/")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx.ConnectError("refused"), NotSentError),
        (httpx.ConnectTimeout("slow"), NotSentError),
        (httpx.PoolTimeout("busy"), NotSentError),
        (httpx.ReadTimeout("silent"), DeliveryError),
        (httpx.WriteError("broke"), DeliveryError),
        (httpx.ReadError("reset"), DeliveryError),
        (httpx.RemoteProtocolError("closed"), DeliveryError),
        (httpx.Response(500), DeliveryError),
        (httpx.Response(503, text="<html>"), DeliveryError),
        (httpx.Response(302, headers={"location": "/x"}), DeliveryError),
        (httpx.Response(200, text="<html>hotel"), DeliveryError),
        (httpx.Response(200, json=[]), DeliveryError),
        (httpx.Response(200, json={"id": 7}), DeliveryError),
        (httpx.Response(401, json={"error": {"what": "token"}}), NotSentError),
        (httpx.Response(408), NotSentError),
        (httpx.Response(409), NotSentError),
        (httpx.Response(400, json={"error": "odd"}), RefusedError),
        (httpx.Response(413), RefusedError),
        (httpx.Response(403), ForbiddenError),
        (httpx.Response(404, json={"error": {"missing": "channel"}}), ChannelGoneError),
        (httpx.Response(404, json={"error": {"missing": "message"}}), CardGoneError),
        (httpx.Response(404, text="a proxy's"), NotSentError),
        (httpx.Response(410), NotSentError),
        (httpx.Response(429), RateLimitError),
    ],
)
async def test_every_answer_is_the_error_that_follows_from_it(
    answer: httpx.Response | Exception, kind: type[DeliveryError]
) -> None:
    """Exactly that one: a doubtful outcome taken for a sure one posts twice, or loses."""
    with pytest.raises(DeliveryError) as caught:
        await chat(answer).post(say("x"), HERE, None, "k")
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        ("0", 1),
        ("2.5", 2.5),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 1),
        ("99999999", 3600),
        ("1e400", 5),
        ("soon", 5),
        ("nan", 5),
    ],
)
async def test_the_wait_of_a_429_is_read_and_bounded(header: str, seconds: float) -> None:
    answer = httpx.Response(429, headers={"retry-after": header})
    with pytest.raises(RateLimitError) as caught:
        await chat(answer).edit(Posted(HERE, "1"), say("x"))
    assert caught.value.wait == timedelta(seconds=seconds)


async def test_a_post_links_to_its_place_on_the_page() -> None:
    posted = await chat(httpx.Response(201, json={"id": "12"})).post(say("x"), HERE, None, "k")
    assert posted == Posted(HERE, "12", "http://127.0.0.1:8080/m/12")
