"""What a reader does on the sandbox's page."""

from playwright.sync_api import Locator, Page, expect

WAIT = 40_000  # ms; the wire and the batches take their time


def say(page: Page, box: Locator, line: str) -> Locator:
    """Type a line by keyboard and send it; return the newest private answer once it is there."""
    answers = page.locator(".msg.private.by-bot")
    before = answers.count()
    box.focus()
    page.keyboard.type(line)
    page.keyboard.press("Enter")
    expect(answers).to_have_count(before + 1, timeout=WAIT)
    return answers.last
