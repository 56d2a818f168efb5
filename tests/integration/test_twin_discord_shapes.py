"""What the twin answers has the shape that Discord's own document gives it."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from tests.twins.discord import DiscordTwin
from tests.twins.discord.limits import Limits
from tests.twins.discord.permissions import Can
from tests.twins.discord.spec import spec_path

PATH = spec_path()
pytestmark = pytest.mark.skipif(
    PATH is None, reason="Discord's OpenAPI document is not on this machine"
)


@pytest.fixture(scope="module")
def registry() -> Registry[Any]:
    assert PATH is not None
    document = json.loads(PATH.read_text(encoding="utf-8"))
    resource = Resource.from_contents(document, default_specification=DRAFT202012)
    known: Registry[Any] = Registry().with_resource("urn:discord", resource)
    return known


@pytest.fixture
async def twin() -> AsyncIterator[DiscordTwin]:
    async with DiscordTwin.running(limits=Limits(enabled=False)) as running:
        running.channel("deportations")
        yield running


class Asker:
    """Asks the twin, and holds each answer against the document."""

    def __init__(
        self, twin: DiscordTwin, session: aiohttp.ClientSession, registry: Registry[Any]
    ) -> None:
        self._twin = twin
        self._session = session
        self._registry = registry

    async def __call__(
        self,
        method: str,
        template: str,
        body: object = None,
        **ids: Any,
    ) -> Any:
        """Return the answer to a request whose path the document spells like that."""
        url = self._twin.api_base + template.format(**ids)
        url += "?with_response=true" if url.endswith("/callback") else ""
        async with self._session.request(method, url, json=body) as answer:
            told = await answer.json() if answer.status != 204 else None
            assert answer.status < 300, told
        if told is not None:
            self.check(method, template, told)
        return told

    def check(self, method: str, template: str, told: Any) -> None:
        """Fail, with the places, for what the document does not allow."""
        place = template.replace("/", "~1")
        base = f"urn:discord#/paths/{place}/{method.lower()}/responses"
        for status in ("200", "201"):
            ref = f"{base}/{status}/content/application~1json/schema"
            try:
                self._registry.resolver().lookup(ref)
            except Unresolvable:
                continue
            validator = Draft202012Validator({"$ref": ref}, registry=self._registry)
            deep = [best_match([e]) or e for e in validator.iter_errors(told)]
            wrong = [f"{e.json_path}: {e.message[:200]}" for e in deep]
            assert not wrong, "\n".join(wrong)
            return
        raise AssertionError(f"the document has no answer of {method} {template}")


@pytest.fixture
async def ask(twin: DiscordTwin, registry: Registry[Any]) -> AsyncIterator[Asker]:
    headers = {"Authorization": f"Bot {twin.token}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        yield Asker(twin, session, registry)


CARD = {
    "content": "headline",
    "embeds": [{"title": "t", "url": "https://example.org", "footer": {"text": "f"}}],
    "components": [
        {"type": 1, "components": [{"type": 2, "style": 2, "label": "Mute", "custom_id": "m"}]}
    ],
    "nonce": "K7Q2",
    "enforce_nonce": True,
}


async def test_messages(twin: DiscordTwin, ask: Asker) -> None:
    at = {"channel_id": twin.channel().id}
    sent = await ask("POST", "/channels/{channel_id}/messages", CARD, **at)
    one = at | {"message_id": sent["id"]}
    await ask("GET", "/channels/{channel_id}/messages", **at)
    await ask("GET", "/channels/{channel_id}/messages/{message_id}", **one)
    path = "/channels/{channel_id}/messages/{message_id}"
    await ask("PATCH", path, {"content": "other"}, **one)
    await ask("POST", path + "/threads", {"name": "story"}, **one)
    await ask("GET", "/channels/{channel_id}/messages", **at)
    await ask("GET", "/channels/{channel_id}/messages", channel_id=sent["id"])
    await ask("GET", "/channels/{channel_id}", channel_id=sent["id"])
    await ask("PATCH", "/channels/{channel_id}", {"archived": True}, channel_id=sent["id"])
    await ask("GET", "/channels/{channel_id}/threads/archived/public", **at)
    await ask("DELETE", path, **one)


async def test_channels_and_forums(twin: DiscordTwin, ask: Asker) -> None:
    forum = twin.forum(tags=("es",))
    twin.set_bot(forum, allow=Can.MANAGE_CHANNELS)
    at = {"channel_id": forum.id}
    await ask("GET", "/channels/{channel_id}", channel_id=twin.channel("deportations").id)
    await ask("GET", "/channels/{channel_id}", **at)
    tags = {"available_tags": [{"name": "es"}, {"name": "closed"}]}
    await ask("PATCH", "/channels/{channel_id}", tags, **at)
    body = {"name": "story", "message": CARD, "applied_tags": [str(forum.tags[0].id)]}
    await ask("POST", "/channels/{channel_id}/threads", body, **at)
    await ask("GET", "/guilds/{guild_id}/threads/active", guild_id=forum.guild_id)


async def test_the_application_and_its_guilds(twin: DiscordTwin, ask: Asker) -> None:
    guild = {"guild_id": twin.guild().id}
    await ask("GET", "/users/@me")
    await ask("GET", "/users/{user_id}", user_id=twin.world.bot.id)
    await ask("GET", "/oauth2/applications/@me")
    await ask("GET", "/gateway")
    await ask("GET", "/gateway/bot")
    await ask("GET", "/guilds/{guild_id}", **guild)
    await ask("GET", "/guilds/{guild_id}/channels", **guild)
    await ask("GET", "/guilds/{guild_id}/roles", **guild)
    await ask("GET", "/guilds/{guild_id}/members/{user_id}", user_id=twin.world.bot.id, **guild)


async def test_commands(twin: DiscordTwin, ask: Asker) -> None:
    application = {"application_id": twin.world.bot.id}
    option = {"type": 3, "name": "target", "description": "What.", "autocomplete": True}
    body = [{"name": "summary", "description": "Sum up.", "options": [option]}]
    path = "/applications/{application_id}/commands"
    await ask("PUT", path, body, **application)
    await ask("GET", path, **application)


async def test_answers_to_interactions(twin: DiscordTwin, ask: Asker) -> None:
    application = {"application_id": twin.world.bot.id}
    body = [{"name": "ping", "description": "Ping."}]
    await ask("PUT", "/applications/{application_id}/commands", body, **application)
    reader = twin.user("reader")
    asking = asyncio.create_task(reader.slash("/ping"))
    await asyncio.sleep(0)  # the interaction is made before the person waits
    [asked] = twin.core.interactions.by_token.values()
    ids = {"interaction_id": asked.id, "interaction_token": asked.token}
    path = "/interactions/{interaction_id}/{interaction_token}/callback"
    told = await ask("POST", path, {"type": 4, "data": {"content": "pong"}}, **ids)
    assert told["resource"]["message"]["content"] == "pong"
    await asking
    hook = {"webhook_id": twin.world.bot.id, "webhook_token": asked.token}
    said = await ask("POST", "/webhooks/{webhook_id}/{webhook_token}", {"content": "a"}, **hook)
    path = "/webhooks/{webhook_id}/{webhook_token}/messages/"
    await ask("GET", path + "@original", **hook)
    await ask("PATCH", path + "@original", {"content": "b"}, **hook)
    await ask("GET", path + "{message_id}", message_id=said["id"], **hook)


async def test_webhooks(twin: DiscordTwin, ask: Asker) -> None:
    twin.set_bot(twin.channel(), allow=Can.MANAGE_WEBHOOKS)
    at = {"channel_id": twin.channel().id}
    await ask("POST", "/channels/{channel_id}/webhooks", {"name": "desk"}, **at)
    await ask("GET", "/channels/{channel_id}/webhooks", **at)
