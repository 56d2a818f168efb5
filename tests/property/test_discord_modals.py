"""Any command's form on Discord fits, and what is sent back unchanged calls the same."""

import random

from bot.adapters.chat.discord.commands import called
from bot.adapters.chat.discord.modals import modal_for
from bot.domain.lines import parse_line, write_line
from tests.unit.discord_rules import SPEC, Document, units
from tests.unit.test_discord_modals import USAGES, sent


def test_any_form_fits_and_comes_back_whole() -> None:
    chance = random.Random(7)  # noqa: S311 - no secret is made of it
    document = Document() if SPEC.is_file() else None
    for usage in USAGES * 2:
        args = {
            param.name: chance.choice(("x", "two words", "é" * 30, "a&b=c:d", "😀"))
            for param in usage.params
            if chance.random() < 0.6
        }
        line = write_line(usage, args)
        form = modal_for(line, USAGES)
        if form is None:
            continue
        assert called(sent(form)) == parse_line(line, USAGES)
        assert units(form["title"]) <= 45
        assert len(form["custom_id"]) <= 100
        for label in form["components"]:
            assert units(label["label"]) <= 45
            assert units(label["description"]) <= 100
            assert units(label["component"].get("value", "")) <= label["component"]["max_length"]
        if document is not None:
            assert document.refusals("ModalInteractionCallbackRequestData", form) == []
