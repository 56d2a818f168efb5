"""The page for everybody: axe-core finds nothing on it, in both themes, wide and on a phone.

Set NEWSTHREAD_SHOTS to a folder to have pictures of what is looked at.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browsing import WAIT, say
from tests.e2e.test_demo import demo, free_port, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]  # one demo for all of these
Theme = Literal["light", "dark"]
WIDE, PHONE = 1300, 390  # CSS pixels


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a demo whose first thread has grown, with private answers in it."""
    with demo(tmp_path_factory.mktemp("demo"), free_port(), free_port()) as client:
        wait_for(lambda: client.get("/healthz").status_code == 200)
        channel = "/api/channels/deportations/messages"
        wait_for(lambda: [m for m in client.get(channel).json()["messages"] if m["replies"]])
        yield str(client.base_url).rstrip("/")


@pytest.fixture
def page(browser: Browser, address: str, theme: Theme, width: int) -> Iterator[Page]:
    """Return the channel in a window of a width, in a theme, as the reader's system has it."""
    context = browser.new_context(
        viewport={"width": width, "height": 844},
        reduced_motion="reduce",
        color_scheme=theme,
        device_scale_factor=1,
    )
    page = context.new_page()
    page.goto(f"{address}/c/deportations", wait_until="domcontentloaded")
    expect(page.locator("#log > .msg a.replies").first).to_be_visible(timeout=WAIT)
    yield page
    context.close()


def assert_accessible(page: Page, name: str) -> None:
    """Nothing that axe-core can find is wrong, nothing can be scrolled sideways."""
    assert page.viewport_size is not None
    width = page.viewport_size["width"]
    if folder := os.environ.get("NEWSTHREAD_SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}-{width}.png")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize(
    ("theme", "width"),
    [
        ("light", WIDE),
        ("dark", PHONE),
        pytest.param("light", PHONE, marks=pytest.mark.soak),
        pytest.param("dark", WIDE, marks=pytest.mark.soak),
    ],
)
def test_every_view_of_the_page_is_accessible(page: Page, theme: Theme) -> None:
    """One walk by keyboard: channel, channels, suggestions, thread, long answer, error."""
    assert_accessible(page, f"channel-{theme}")
    look_at_the_channels(page, theme)
    look_at_the_suggestions(page, theme)
    look_at_a_thread(page, theme)
    look_at_a_long_answer_and_an_error(page, theme)


def look_at_the_channels(page: Page, theme: Theme) -> None:
    """They stand beside the messages, or in a drawer that takes the focus and gives it back."""
    menu = page.get_by_role("button", name="Channels")
    drawer = menu.is_visible()
    if drawer:
        menu.press("Enter")
        expect(page.locator("#rail [data-room]").first).to_be_focused()
    expect(page.locator("#rail [data-room=deportations]")).to_be_visible()
    assert_accessible(page, f"channels-{theme}")
    if drawer:
        page.keyboard.press("Escape")
        expect(menu).to_be_focused()


def look_at_the_suggestions(page: Page, theme: Theme) -> None:
    """A list that Shift+Tab goes past."""
    box = page.locator("#main textarea")
    box.focus()
    page.keyboard.type("/s")
    expect(page.locator("#main .offers li").first).to_be_visible()
    assert_accessible(page, f"offers-{theme}")
    page.keyboard.press("Shift+Tab")
    expect(page.locator("#main .offers")).to_be_hidden()
    expect(box).not_to_be_focused()
    assert page.evaluate("document.activeElement !== document.body")
    box.fill("")


def look_at_a_thread(page: Page, theme: Theme) -> None:
    """With private answers in it."""
    page.locator("#log > .msg a.replies").first.press("Enter")
    expect(page.locator("#thread [data-heading]")).to_be_focused()
    for line in ("/summary", "/why"):
        say(page, page.locator("#thread textarea"), line)
    assert_accessible(page, f"thread-{theme}")
    page.keyboard.press("Escape")
    expect(page.locator("#thread")).to_be_hidden()


def look_at_a_long_answer_and_an_error(page: Page, theme: Theme) -> None:
    """The list of commands, and a toast."""
    box = page.locator("#main textarea")
    say(page, box, "/help")
    expect(box).to_have_value("")
    expect(page.locator(".htmx-request")).to_have_count(0)
    page.evaluate("document.querySelectorAll('[name=csrf]').forEach(f => f.value = 'old')")
    page.keyboard.type("hello")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Reload it")
    assert_accessible(page, f"help-{theme}")
