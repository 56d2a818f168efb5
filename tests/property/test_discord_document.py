"""Every command and message, held against what Discord itself writes of its API."""

import pytest

from bot.adapters.chat.discord.render import thread
from tests.unit.chat_messages import EVERY
from tests.unit.discord_rules import SPEC, Document
from tests.unit.test_discord_commands import ALL
from tests.unit.test_discord_render import bodies


@pytest.mark.skipif(not SPEC.is_file(), reason="Discord's OpenAPI document is not on this machine")
def test_discords_own_document_takes_every_command() -> None:
    document = Document()
    for command in ALL:
        assert document.refusals("ApplicationCommandUpdateRequest", command) == []


@pytest.mark.skipif(not SPEC.is_file(), reason="Discord's OpenAPI document is not on this machine")
def test_discords_own_document_takes_every_message() -> None:
    document = Document()
    schemas = {
        "posted": "MessageCreateRequest",
        "edited": "MessageEditRequestPartial",
        "answered": "IncomingWebhookInteractionRequest",
        "answer changed": "IncomingWebhookUpdateRequestPartial",
        "forum post": "CreateForumThreadRequest",
    }
    for name in EVERY:
        for kind, body in bodies(name).items():
            assert document.refusals(schemas[kind], body) == [], (name, kind)
        assert document.refusals("CreateTextThreadWithMessageRequest", thread(EVERY[name])) == []
