"""The sandbox's page in a real browser: what a person sees and does."""

import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from bot.commands.feed_lists import FEED_IMPORT
from bot.domain.calls import Upload
from bot.domain.messages import Message, Paragraph, say, text
from tests.fakes.sandbox import CARD, HERE, Sandbox, sandbox
from tests.fakes.serving import serving

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine"),
]


@dataclass
class Visit:
    """A browser at a sandbox with one card."""

    box: Sandbox
    url: str
    browser: Browser

    async def page(self, path: str = "/c/deportations", width: int = 1300, **more: bool) -> Page:
        context = await self.browser.new_context(
            viewport={"width": width, "height": 844},
            reduced_motion="reduce",
            java_script_enabled=more.get("script", True),
        )
        page = await context.new_page()
        await page.goto(self.url + path, wait_until="domcontentloaded")
        return page


@pytest.fixture
async def visit() -> AsyncIterator[Visit]:
    async with sandbox() as box, async_playwright() as playwright:
        await box.chat.post(CARD, HERE, None, "card")
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        async with serving(box.server.app, box.server.close) as url:
            yield Visit(box, url, browser)
            await browser.close()


async def test_a_card_arrives_and_changes_while_one_watches(visit: Visit) -> None:
    page = await visit.page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    posted = await visit.box.chat.post(replace(CARD, title="Second"), HERE, None, "k2")
    await expect(page.locator("#log > .msg h2")).to_have_text([CARD.title, "Second"])
    await visit.box.chat.edit(posted, replace(CARD, title="Second, edited"))
    await expect(page.locator("#log > .msg h2")).to_have_text([CARD.title, "Second, edited"])
    await expect(page.locator("[data-announcer]")).to_contain_text("Judge orders update")
    assert errors == []


async def test_a_command_is_completed_sent_and_answered_privately(visit: Visit) -> None:
    """By keyboard alone: slash, arrows, Tab, Enter."""
    page, other = await visit.page(), await visit.page()
    await page.keyboard.press("/")
    await page.keyboard.type("summ")
    await expect(page.locator("#offers li")).to_have_count(1)
    await page.keyboard.press("Tab")
    await page.keyboard.type("cecot per")
    await expect(page.locator("#offers li").first).to_contain_text("period:")
    await page.keyboard.press("Tab")
    await expect(page.locator("#offers li")).to_have_count(4)
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.locator("#main textarea")).to_have_value("/summary cecot period:6h ")
    await expect(page.locator("#offers li")).to_have_count(0)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Only you can see this")).to_be_visible()
    await expect(page.locator("#main textarea")).to_have_value("")
    call = visit.box.dispatcher.calls[-1]
    assert (call.verb, dict(call.args)) == ("summary", {"target": "cecot", "period": "6h"})
    await other.reload()
    await other.locator("select[name=user]").select_option("editor")
    await expect(other.locator(".note b")).to_have_text("editor")
    await expect(other.get_by_text("Only you can see this")).to_have_count(0)


@pytest.mark.parametrize("width", [1300, 390])
async def test_a_list_of_feeds_is_attached_by_keyboard_and_goes_with_its_command(
    visit: Visit, tmp_path: Path, width: int
) -> None:
    """The button says what it is for; what is attached is shown, and can be taken back."""
    visit.box.dispatcher.usages = (*visit.box.dispatcher.usages, FEED_IMPORT.usage)
    opml, empty = tmp_path / "feeds.opml", tmp_path / "empty.opml"
    opml.write_bytes(b"<opml/>")
    empty.touch()
    page = await visit.page(width=width)
    box, button = page.locator("#main textarea"), page.get_by_label("Attach a file").first
    # The browser is told of this late; what is done first gives it the time.
    async with page.expect_file_chooser() as chooser:
        await box.focus()
        await page.keyboard.press("Shift+Tab")
        await expect(button).to_be_focused()
        await page.keyboard.press("Enter")
    await (await chooser.value).set_files(empty)
    await expect(page.get_by_text("empty.opml is empty: not attached")).to_be_visible()
    await button.set_input_files(opml)
    await expect(page.get_by_text("Attached: feeds.opml")).to_be_visible()
    for theme in ("light", "dark"):
        await page.emulate_media(color_scheme=theme)
        await picture(page, f"attached-{width}-{theme}")
    await page.get_by_role("button", name="Remove the attached file").click()
    await expect(page.get_by_text("Attached")).to_be_hidden()
    await button.set_input_files(opml)
    await expect(box).to_have_value("/feed import")
    await expect(box).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Only you can see this")).to_be_visible()
    await expect(page.get_by_text("Attached")).to_be_hidden()
    given = Upload(name="feeds.opml", data=b"<opml/>")
    assert visit.box.dispatcher.calls[-1].files == {"file": given}
    await box.fill("/feed import https://a.example/")
    await box.press("Enter")
    await expect(page.get_by_text("Only you can see this")).to_have_count(2)
    assert visit.box.dispatcher.calls[-1].files == {}


async def picture(page: Page, name: str) -> None:
    """Keep a picture, if NEWSTHREAD_SHOTS names a folder."""
    if folder := os.environ.get("NEWSTHREAD_SHOTS"):
        await page.screenshot(path=Path(folder) / f"{name}.png")


async def test_a_private_answer_is_posted_publicly_or_dismissed(visit: Visit) -> None:
    page = await visit.page()
    for number in (1, 2):
        await page.get_by_role("button", name="Summary").click()
        await expect(page.get_by_text("Only you can see this")).to_have_count(1)
        name = "Post publicly" if number == 1 else "Dismiss"
        await page.get_by_role("button", name=name).first.click()
        await expect(page.get_by_text("Only you can see this")).to_have_count(0)
    await expect(page.locator("#log > .msg")).to_have_count(2)


async def test_a_thread_opens_takes_a_reply_and_closes_with_escape(visit: Visit) -> None:
    page = await visit.page()
    card = (await visit.box.rooms.read("deportations"))[0]
    posted = await visit.box.chat.find(say("card"), HERE, None, "card", card.at)
    assert posted is not None
    await visit.box.chat.post(say("more coverage"), HERE, posted, "r1")
    await page.get_by_text("1 reply").click()
    await expect(page.locator("#thread [data-heading]")).to_be_focused()
    await visit.box.chat.post(say("even more"), HERE, posted, "r2")
    await expect(page.locator("#replies .msg")).to_have_count(2)
    await expect(page.get_by_text("2 replies")).to_be_visible()
    await page.locator("#thread textarea").fill("/why")
    await page.locator("#thread textarea").press("Enter")
    await expect(page.locator("#thread").get_by_text("Only you can see this")).to_be_visible()
    thread = visit.box.dispatcher.calls[-1].thread
    assert thread is not None
    assert thread.id == posted.id
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await expect(page.locator("#thread")).to_be_hidden()
    await expect(page.get_by_text("2 replies")).to_be_focused()


async def test_unread_channels_are_counted_and_cleared(visit: Visit) -> None:
    page = await visit.page("/c/el-salvador")
    badge = page.locator("[data-room=deportations] [data-count]")
    await expect(badge).to_have_text("1")
    await visit.box.chat.post(say("x"), HERE, None, "k2")
    await expect(badge).to_have_text("2")
    await page.locator("[data-room=deportations]").click()
    await expect(page.locator("h1")).to_contain_text("deportations")
    await expect(badge).to_be_hidden()
    await expect(page.locator("#main textarea")).to_be_focused()


async def test_nothing_is_lost_while_the_page_is_cut_off(visit: Visit) -> None:
    """The stream ends, things happen, the browser comes back for them."""
    page = await visit.page()
    hub = visit.box.server.hub
    hub.close()
    await expect(page.locator("[data-line]")).to_have_text("reconnecting…")
    await visit.box.chat.post(say("while away"), HERE, None, "k2")
    hub.closed = False
    await expect(page.locator("#log").get_by_text("while away")).to_have_count(1, timeout=15_000)
    await expect(page.locator("[data-line]")).to_have_text("ready")


async def test_a_phone_gets_a_drawer_and_no_sideways_scroll(visit: Visit) -> None:
    page = await visit.page(width=390)
    await page.get_by_role("button", name="Channels").click()
    await page.locator("[data-room=el-salvador]").click()
    await expect(page.get_by_role("heading", name="No alerts yet")).to_be_visible()
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width == 390


async def test_the_page_works_without_a_script(visit: Visit) -> None:
    page = await visit.page(script=False)
    await page.locator("#main textarea").fill("/summary cecot")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_text("Only you can see this")).to_be_visible()
    await page.get_by_role("button", name="Mute").click()
    await expect(page.get_by_text("Only editors may mute.")).to_be_visible()


async def test_an_error_is_a_toast_with_a_remedy(visit: Visit) -> None:
    page = await visit.page()
    await page.evaluate("document.querySelectorAll('[name=csrf]').forEach(f => f.value = 'old')")
    await page.locator("#main textarea").fill("hello")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("alert")).to_contain_text("Reload it")
    await expect(page.locator("#main textarea")).to_have_value("hello")


async def test_a_hostile_message_runs_nothing(visit: Visit) -> None:
    page = await visit.page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    evil = "<img src=//evil.example onerror=window.hit=1><script>window.hit=1</script>"
    message = Message(title=evil, notice=evil, blocks=(Paragraph(text(evil)),))
    await visit.box.chat.post(message, HERE, None, "k2")
    await expect(page.locator("#log > .msg")).to_have_count(2)
    assert await page.evaluate("window.hit") is None
    assert not [url for url in asked if "evil" in url]


async def test_the_theme_is_switched_and_kept(visit: Visit) -> None:
    page = await visit.page()
    await page.get_by_role("button", name="Light or dark").click()
    await page.reload(wait_until="domcontentloaded")
    assert await page.evaluate("document.documentElement.dataset.theme") == "dark"
