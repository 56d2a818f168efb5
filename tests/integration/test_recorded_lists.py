"""Lists of feeds as they are found in the wild, most of them not well-formed: none loses a feed."""

import html
import re
import tarfile
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest

from bot.adapters.feeds.opml import read_opml, unusable
from bot.domain.urls import feed_address
from tests.data_dir import data_dir

FOLDER = data_dir()
_ADDRESS = re.compile(r"xmlUrl\s*=\s*[\"']([^\"']*)")


def _lists() -> Iterator[bytes]:
    assert FOLDER is not None
    with tarfile.open(FOLDER / "feed_lists" / "awesome-rss-feeds.tar.xz") as tar:
        for one in tar:
            file = tar.extractfile(one)
            if file is not None and one.name.endswith(".opml"):
                yield file.read()


def _well_formed(body: bytes) -> bool:
    try:
        ET.fromstring(body)  # noqa: S314 - recorded, and only asked whether it can be read
    except ET.ParseError:
        return False
    return True


@pytest.mark.skipif(FOLDER is None, reason="recorded lists are not on this machine")
def test_every_address_of_every_list_is_imported_well_formed_or_not() -> None:
    """With its title, once, and nothing beside; by eye, address by address, not by a parser."""
    lists = [*_lists()]
    damaged = [body for body in lists if not _well_formed(body)]
    feeds = [read_opml(body) for body in lists]
    for body, found in zip(lists, feeds, strict=True):
        written = map(html.unescape, _ADDRESS.findall(body.decode("utf-8", "replace")))
        assert [feed.url for feed in found] == [*dict.fromkeys(map(feed_address, written))]
        assert unusable(body) == ()
    titled = sum(bool(feed.title) for found in feeds for feed in found)
    assert (len(lists), len(damaged)) == (118, 80)
    assert (sum(map(len, feeds)), titled) == (1_572, 1_568)  # four have none there
