"""The pages that show a person Slack's messages: they draw every one, and nothing acts in them."""

import pytest

from bot.domain.messages import Message, Paragraph, Run, Style, Tone, text
from tests.eye.slack import page, views
from tests.unit.slack_messages import EVERY


@pytest.mark.parametrize("name", EVERY)
def test_every_message_is_drawn(name: str) -> None:
    drawn = page([(name, EVERY[name])])
    assert f"<h3>{name}</h3>" in drawn
    assert "{date" not in drawn
    assert drawn.count("<div") == drawn.count("</div>")


def test_forms_and_the_app_home_are_drawn() -> None:
    drawn = page([], views().items())
    assert "<h3>home</h3>" in drawn
    assert "cecot OR &quot;terrorism confinement center&quot;" in drawn
    assert drawn.count("<div") == drawn.count("</div>")


def test_a_page_is_light_or_dark() -> None:
    assert '<body class="dark">' in page([], dark=True)
    assert '<body class="light">' in page([])


def test_what_a_stranger_wrote_is_no_html() -> None:
    runs = text("<script>", Run("<b>", Style.TAG), Run("x", url="https://e.example/?a&b"))
    wrote = Message(
        title="<i>",
        blocks=(Paragraph(runs),),
        footer=text("<u> ", Run("*s*", Style.BOLD), " ", Run("gone", Style.DELETED)),
        notice="<p> `x`",
        tone=Tone.GOOD,
    )
    drawn = page([("<h1>", wrote)])
    for tag in ("<script>", "<i>i", "<u>", "<h1>", "<p> "):
        assert tag not in drawn
    assert "<s>gone</s>" in drawn
