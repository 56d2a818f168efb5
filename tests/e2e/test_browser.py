"""The whole journey of a reader: the real program, the sample wire, a real browser.

What the page shows is judged by itself and by the JSON beside it.
"""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browsing import WAIT, say
from tests.e2e.test_demo import demo, free_port, messages, wait_for

pytestmark = pytest.mark.slow
PRIVATE = "Only you can see this"


def opened(browser: Browser, url: str, **options: Any) -> Page:
    """Open the channel of the sample news in a browser of its own."""
    context = browser.new_context(reduced_motion="reduce", **options)
    page = context.new_page()
    page.goto(f"{url}/c/deportations", wait_until="domcontentloaded")
    return page


def on_page(page: Page) -> list[str]:
    """Return the ids of the channel's messages that stand on the page, in order."""
    ids: list[str] = page.locator("#log > .msg:not(.private)").evaluate_all(
        "all => all.map(one => one.dataset.id)"
    )
    return ids


def test_nothing_is_lost_and_nothing_twice_on_a_readers_way(
    browser: Browser, tmp_path: Path
) -> None:
    """A card comes, its thread is read, /summary and /why are asked, it is muted; a restart."""
    port, wire = free_port(), free_port()
    with demo(tmp_path, port, wire) as client:
        wait_for(lambda: client.get("/healthz").status_code == 200)
        page = opened(browser, str(client.base_url).rstrip("/"))
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        expect(page.locator("#log > .msg .card h2").first).to_be_visible(timeout=WAIT)
        page.locator("select[name=user]").select_option("editor")
        expect(page.locator(".note b")).to_have_text("editor")

        grown = page.locator("#log > .msg:has(a.replies)").first
        expect(grown).to_be_visible(timeout=WAIT)
        story = grown.get_attribute("data-id") or ""
        grown.locator("a.replies").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#thread [data-heading]")).to_be_focused()
        expect(page.locator("#replies > .msg").first).to_be_visible()

        box = page.locator("#thread textarea")
        expect(say(page, box, "/summary")).to_contain_text("[1]")
        expect(say(page, box, "/why")).to_contain_text(re.compile("matched|posted", re.IGNORECASE))
        page.keyboard.press("Escape")
        expect(page.locator("#thread")).to_be_hidden()

        page.locator(f"#m{story}").get_by_role("button", name="Mute").press("Enter")
        expect(page.locator(f"#m{story} > .body > .under")).to_contain_text(
            re.compile("muted", re.IGNORECASE)
        )
        before = {one["id"]: one for one in messages(client)}
        replies = {one["id"] for one in messages(client, story)}
    expect(page.locator("[data-line]")).to_have_text("reconnecting…")

    with demo(tmp_path, port, wire) as client:
        wait_for(lambda: client.get("/healthz").status_code == 200)
        expect(page.locator("[data-line]")).not_to_have_text("reconnecting…", timeout=WAIT)
        other = page.locator("#log > .msg:has(button)").last
        other.get_by_role("button", name="Why").press("Enter")
        expect(other.locator("> .body > .under")).to_contain_text(PRIVATE, timeout=WAIT)
        new = wait_for(lambda: [one for one in messages(client) if one["id"] not in before])
        expect(page.locator(f"#m{new[-1]['id']}")).to_be_visible(timeout=WAIT)
        assert_nothing_twice(client, before.keys(), page)
        assert replies <= {one["id"] for one in messages(client, story)}
        page.reload(wait_until="domcontentloaded")
        assert_nothing_twice(client, before.keys(), page)
    assert errors == []


def assert_nothing_twice(client: httpx.Client, before: Any, page: Page) -> None:
    """All that stood there stands there still, once, for the program as on the page."""
    there = messages(client)
    assert before <= {one["id"] for one in there}
    for what in ("id", "key", "title"):
        counts = Counter(one[what] for one in there if one[what])
        assert [value for value, times in counts.items() if times > 1] == []
    wait_for(lambda: {one["id"] for one in there} <= set(on_page(page)))
    assert len(set(on_page(page))) == len(on_page(page))
