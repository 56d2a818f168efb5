"""The real slack_sdk uploads files to the twin and reads them back."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.web.async_client import AsyncWebClient

from tests.twins.slack import SlackTwin
from tests.twins.slack.limits import Limits
from tests.twins.slack.state import BOT_SCOPES, Channel

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.fixture
async def twin() -> AsyncIterator[SlackTwin]:
    async with SlackTwin.running(limits=Limits(enabled=False)) as running:
        yield running


@pytest.fixture
def client(twin: SlackTwin) -> AsyncWebClient:
    return AsyncWebClient(twin.bot_token, base_url=twin.api_base, retry_handlers=[])


@pytest.fixture
def channel(twin: SlackTwin) -> Channel:
    return twin.channel("deportations")


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def refused(asked: Any) -> str:
    """Return Slack's word for a refusal."""
    with pytest.raises(SlackApiError) as caught:
        await asked
    return str(caught.value.response["error"])


async def test_a_file_is_sent_completed_in_a_thread_and_read_back(
    twin: SlackTwin,
    client: AsyncWebClient,
    channel: Channel,
    http: aiohttp.ClientSession,
) -> None:
    card = (await client.chat_postMessage(channel=channel.id, text="card"))["ts"]
    told = await client.files_upload_v2(
        content=PNG,
        filename="trend.png",
        title="Outlets a day",
        alt_txt="A chart",
        channel=channel.id,
        thread_ts=card,
        initial_comment="The trend",
    )
    file = told["files"][0]
    assert (file["title"], file["size"], file["alt_txt"]) == ("Outlets a day", len(PNG), "A chart")
    assert file["shares"] == {}, "where it was shared is not known at once"
    [entry] = twin.messages(via="upload")
    assert (entry["files"], entry["thread_ts"], entry["text"]) == ([file["id"]], card, "The trend")
    read = await client.conversations_replies(channel=channel.id, ts=card)
    assert read["messages"][1]["files"][0]["id"] == file["id"]
    info = (await client.files_info(file=file["id"]))["file"]
    [share] = info["shares"]["public"][channel.id]
    assert (share["ts"], share["thread_ts"]) == (entry["ts"], card)
    for address in (info["url_private"], info["url_private_download"]):
        headers = {"Authorization": f"Bearer {twin.bot_token}"}
        async with http.get(address, headers=headers) as answer:
            assert await answer.read() == PNG


async def test_who_may_not_read_a_file_gets_the_login_page(
    twin: SlackTwin, client: AsyncWebClient, channel: Channel, http: aiohttp.ClientSession
) -> None:
    await client.files_upload_v2(content=b"a", filename="a.csv", channel=channel.id)
    [file] = twin.workspace().files.values()
    address = (await client.files_info(file=file.id))["file"]["url_private"]
    whole = twin.bot_token
    less = twin.install(twin.workspace(), BOT_SCOPES - {"files:read"}).value
    other = twin.token_of(twin.workspace("Other")).value
    for token in ("", less, other):
        async with http.get(address, headers={"Authorization": f"Bearer {token}"}) as answer:
            assert (answer.status, answer.content_type) == (200, "text/html")
    headers = {"Authorization": f"Bearer {whole}"}
    wrong = address.replace(file.id, "F000")
    async with http.get(wrong, headers=headers) as answer:
        assert answer.status == 404


async def test_the_bytes_may_come_as_a_form(
    client: AsyncWebClient, channel: Channel, http: aiohttp.ClientSession
) -> None:
    begun = await client.files_getUploadURLExternal(filename="a.csv", length=3)
    form = aiohttp.FormData()
    form.add_field("filename", b"abc", filename="a.csv")
    async with http.post(begun["upload_url"], data=form) as answer:
        assert (answer.status, await answer.text()) == (200, "OK - 3")
    files: list[dict[str, str | None]] = [{"id": begun["file_id"], "title": "A"}]
    told = await client.files_completeUploadExternal(files=files, channel_id=channel.id)
    assert told["files"][0]["id"] == begun["file_id"]


async def test_a_length_that_is_not_so_and_a_file_that_is_not_there_are_refused(
    client: AsyncWebClient, channel: Channel, http: aiohttp.ClientSession
) -> None:
    begun = await client.files_getUploadURLExternal(filename="a.csv", length=3)
    async with http.post(begun["upload_url"], data=b"abcd") as answer:
        assert answer.status == 400
    form = aiohttp.FormData()
    form.add_field("nothing", "abc")
    async with http.post(begun["upload_url"], data=form) as answer:
        assert answer.status == 400, "a form without a file has no bytes"
    async with http.post(f"{begun['upload_url']}x", data=b"abc") as answer:
        assert answer.status == 404
    files: list[dict[str, str | None]] = [{"id": begun["file_id"]}]
    early = client.files_completeUploadExternal(files=files, channel_id=channel.id)
    assert await refused(early) == "file_not_found"
    assert await refused(client.files_info(file=begun["file_id"])) == "file_not_found"
    empty = client.files_getUploadURLExternal(filename="a.csv", length=0)
    assert await refused(empty) == "invalid_arguments"
    nothing = client.files_completeUploadExternal(files=[], channel_id=channel.id)
    assert await refused(nothing) == "invalid_arguments"


@pytest.mark.parametrize(
    ("where", "thread", "error"),
    [
        ("away", None, "not_in_channel"),
        ("old", None, "is_archived"),
        ("deportations", "1.000001", "thread_not_found"),
    ],
)
async def test_a_file_that_cannot_be_shared_is_not_completed(
    twin: SlackTwin, client: AsyncWebClient, where: str, thread: str | None, error: str
) -> None:
    twin.channel("away", member=False)
    twin.channel("old").archived = True
    place = twin.channel(where)
    sending = client.files_upload_v2(
        content=b"a", filename="a.csv", channel=place.id, thread_ts=thread
    )
    assert await refused(sending) == error
    assert not twin.messages()
    [file] = twin.workspace().files.values()
    assert not file.complete


async def test_a_file_without_a_channel_is_shared_nowhere(
    twin: SlackTwin, client: AsyncWebClient
) -> None:
    told = await client.files_upload_v2(content=b"a", filename="a.csv")
    info = await client.files_info(file=told["files"][0]["id"])
    assert info["file"]["shares"] == {}
    assert not twin.messages()


async def test_an_upload_can_go_wrong_at_each_step(
    twin: SlackTwin, client: AsyncWebClient, channel: Channel
) -> None:
    def sending() -> Any:
        return client.files_upload_v2(content=b"a", filename="a.csv", channel=channel.id)

    twin.faults.add("error", "files.getUploadURLExternal")
    assert await refused(sending()) == "internal_error"
    twin.faults.add("status", "upload", status=503)
    with pytest.raises(SlackRequestError):
        await sending()
    twin.faults.add("reset", "files.completeUploadExternal", taken=True)
    with pytest.raises((aiohttp.ClientError, OSError)):
        await sending()
    assert len(twin.messages(via="upload")) == 1
