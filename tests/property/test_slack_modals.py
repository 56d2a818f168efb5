"""Slack takes any command's form, and what is sent back unchanged calls the same."""

import random

from bot.adapters.chat.slack import modals
from bot.domain.calls import Kind
from tests.twins.slack.rules import checked_view
from tests.unit.test_slack_modals import HERE, USAGES, state


def test_slack_takes_any_form_and_it_comes_back_whole() -> None:
    chance = random.Random(7)  # noqa: S311 - no secret is made of it
    checked_view(modals.everything(USAGES, HERE), "modal")
    checked_view(modals.answer([{"type": "divider"}] * 120, HERE), "modal")
    for usage in USAGES * 3:
        args = {
            param.name: chance.choice(("x", "two words", "é" * 30, "a&b=c:d", "😀", "<!here>"))
            for param in usage.params
            if chance.random() < 0.6 and param.kind is not Kind.FILE
        }
        for among in ((), USAGES):
            view = modals.form(usage, args, HERE, among=among)
            checked_view(view, "modal")
            sent = modals.sent(state(view))
            assert (sent.verb, sent.args) == (usage.verb, args)
