"""Leaving out items that stand as they stood: what is read of the others is what it was."""

import random
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.feeds.trim import trimmed
from bot.adapters.feeds.worker import answer
from tests.data_dir import data_dir
from tests.integration.feed_documents import Maker

BASE = "https://news.example/feeds/all.xml"
FEEDS = data_dir()
ARCHIVES = sorted((FEEDS / "feeds").glob("**/*.tar.xz")) if FEEDS else []
FIELDS = (
    "id", "link", "title", "summary", "body", "author", "tags", "published", "lang", "outlet",
)  # fmt: skip


def ask(body: bytes, seen: Iterable[str] = ()) -> dict[str, Any]:
    """What the child would say, without the child."""
    return answer({"base": BASE, "charset": "", "headers": "", "seen": list(seen)}, body)


def assert_agrees(body: bytes, chance: random.Random) -> bool:
    """Assert that a document without some of its items says the same of the others.

    Returns:
        Whether anything was left out.
    """
    whole = ask(body)
    if whole["kind"] != "feed":
        return False
    items = [entry["item"] for entry in whole["entries"]]
    known = sorted({item for item in items if item})
    seen = set(chance.sample(known, chance.randint(0, len(known))))
    part = ask(body, seen)
    assert part["kind"] == "feed"
    if not seen:
        assert part == whole
        return False
    expected = [entry for entry in whole["entries"] if entry["item"] not in seen]
    assert part["entries"] == expected
    assert [name for name in part["standing"] if name in items] == [i for i in items if i in seen]
    for around in ("title", "site", "lang", "loose", "ttl", "skip_hours", "skip_days"):
        assert part[around] == whole[around], around
    return bool(part["standing"])


def documents(archive: Path, every: int) -> Iterator[bytes]:
    """Yield every so-manieth document of an archive."""
    with tarfile.open(archive) as tar:
        for number, member in enumerate(tar):
            if member.isfile() and number % every == 0:
                file = tar.extractfile(member)
                assert file is not None
                yield file.read()


def assert_all_agree(bodies: Iterable[bytes]) -> None:
    """Assert it of each, and that most are shortened at all."""
    chance = random.Random(7)  # noqa: S311 - test data
    for body in bodies:
        assert_agrees(body, chance)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 400, 100))
def test_a_shortened_document_says_the_same_of_what_is_left(start: int) -> None:
    """Of 400 made documents; `make soak` makes 10,000."""
    chance = random.Random(start)  # noqa: S311 - test data
    cut = [assert_agrees(Maker(start + n).document(), chance) for n in range(100)]
    assert sum(cut) > 60


@pytest.mark.soak
@pytest.mark.parametrize("start", range(0, 10_000, 1_000))
def test_ten_thousand_shortened_documents_say_the_same(start: int) -> None:
    """Whatever mixture of elements, texts and formats."""
    chance = random.Random(start)  # noqa: S311 - test data
    cut = [assert_agrees(Maker(start + n).document(), chance) for n in range(1_000)]
    assert sum(cut) > 600


@pytest.mark.slow
@pytest.mark.skipif(not ARCHIVES, reason="recorded feeds are not on this machine")
@pytest.mark.parametrize("archive", ARCHIVES, ids=lambda path: path.name.partition(".")[0])
def test_recorded_documents_are_shortened_truly(archive: Path) -> None:
    """Some of each archive; `make soak` takes all."""
    assert_all_agree(documents(archive, 100 if "series" in archive.parent.name else 20))


@pytest.mark.soak
@pytest.mark.skipif(not ARCHIVES, reason="recorded feeds are not on this machine")
@pytest.mark.parametrize("archive", ARCHIVES, ids=lambda path: path.name.partition(".")[0])
def test_every_recorded_document_is_shortened_truly(archive: Path) -> None:
    """Dialects, damage, and parsers' own test documents."""
    assert_all_agree(documents(archive, 1))


def rss(inside: str) -> str:
    """Return an RSS document."""
    return f"<rss version='2.0'><channel><title>T</title>{inside}</channel></rss>"


ONE = "<item><title>A</title></item>"
TWO = rss(ONE + "<item><title>B</title></item>")


def test_what_was_seen_is_left_out_and_named() -> None:
    """The rest is there, and what stands around it."""
    first = trimmed(TWO, frozenset())
    assert first is not None
    assert (len(first.read), first.standing, first.text) == (2, (), TWO)
    later = trimmed(TWO.replace("B", "C"), set(first.read))
    assert later is not None
    assert later.text == rss("<item><title>C</title></item>")
    assert later.standing == first.read[:1]


@pytest.mark.parametrize(
    "inside",
    [
        f"<!-- {ONE} -->{ONE}",
        f"<description><![CDATA[{ONE}]]></description>{ONE}",
        f"<?x {ONE}?>{ONE}",
        "<item a='>'><title>A</title></item>",
        "<item><title><![CDATA[</item>]]></title></item>",
        "<item><item><title>A</title></item></item>",
        "<item\n><title>A</title></item\n>",
        "<items/><textInput><title>x</title></textInput><item><title>A</title></item>",
    ],
)
def test_nothing_deceives_the_cut(inside: str) -> None:
    """Tags in comments, marked sections, instructions and attributes are none."""
    cut = trimmed(rss(inside), frozenset())
    assert cut is not None
    assert len(cut.read) == 1
    again = trimmed(rss(inside), set(cut.read))
    assert again is not None
    assert again.read == ()
    assert len(again.text) < len(rss(inside))


@pytest.mark.parametrize(
    "document",
    [
        rss(""),
        rss("<item/>"),
        rss(f"<group>{ONE}</group>"),
        f"<rss><channel><a><b>{ONE}</b></a></channel></rss>",
        rss(ONE * 501),
        rss("<x:item>no such prefix"),
    ],
)
def test_where_the_cut_is_not_sure_the_document_is_read_whole(document: str) -> None:
    """No items, items without an end, in odd places, too many; damage."""
    assert trimmed(document, frozenset()) is None


@pytest.mark.parametrize(
    "document",
    [
        TWO.replace("</channel></rss>", ""),
        rss(f"<media:item>x</media:item>{ONE}"),
        "<html><item/></html>",
        f"<channel>{ONE}</channel>",
    ],
)
def test_a_document_that_is_not_cut_has_no_names(document: str) -> None:
    """And so the next one is read whole."""
    said = ask(document.encode())
    assert [one["item"] for one in said.get("entries", ())] == [""] * len(said.get("entries", ()))


def test_a_mended_document_is_shortened_too() -> None:
    """A feed with a bare ampersand has it each time."""
    body = TWO.replace("A", "A & Co").encode()
    names = [one["item"] for one in ask(body)["entries"]]
    said = ask(body, names[:1])
    assert (said["loose"], [one["title"] for one in said["entries"]]) == (True, ["B"])


def test_a_document_of_which_all_was_seen_is_a_feed_all_the_same() -> None:
    """Only its date has changed, say."""
    names = [one["item"] for one in ask(TWO.encode())["entries"]]
    said = ask(TWO.encode(), names)
    assert (said["kind"], said["entries"], list(said["standing"])) == ("feed", [], names)
