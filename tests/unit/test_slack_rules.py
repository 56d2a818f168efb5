"""The rules by which the tests of Slack's messages judge: each of them bites."""

from typing import Any

import pytest

from tests.unit.slack_rules import refusals


def section(words: str = "x", *, verbatim: bool = True) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": words, "verbatim": verbatim}}


def rich(*parts: dict[str, Any]) -> dict[str, Any]:
    section = {"type": "rich_text_section", "elements": list(parts)}
    return {"type": "rich_text", "elements": [section]}


def test_a_sound_message_is_taken() -> None:
    part = {"type": "text", "text": "x", "style": {"bold": True}}
    assert refusals({"text": "x", "blocks": [section(), rich(part)]}) == []


@pytest.mark.parametrize(
    "broken",
    [
        {"text": " "},
        {"text": "x" * 4_001},
        {"blocks": []},
        {"blocks": [section()] * 51},
        {"blocks": [section("x" * 3_001)]},
        {"blocks": [section("x" * 2_900)] * 4},
        {"blocks": [section(verbatim=False)]},
        {"blocks": [section(" ")]},
        {"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "x"}}]},
        {"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]},
        {"blocks": [{"type": "actions", "elements": []}]},
        {"blocks": [rich()]},
        {"blocks": [rich({"type": "text", "text": ""})]},
        {"blocks": [rich({"type": "text", "text": "x" * 3_001})]},
        {"blocks": [rich({"type": "text", "text": "x", "style": {"blink": True}})]},
        {"blocks": [rich({"type": "user", "user_id": "U1"})]},
        {"blocks": [rich({"type": "link", "url": "https://e.example"})]},
        {"reply_broadcast": True},
        {"unfurl_links": True},
        {"unfurl_media": True},
    ],
)
def test_a_message_that_breaks_a_rule_is_refused(broken: dict[str, Any]) -> None:
    assert refusals({"text": "x", "blocks": [section()]} | broken)
