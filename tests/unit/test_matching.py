"""Many watches at once give what a loop over them gives."""

from collections.abc import Sequence

import pytest

from bot.domain import matching
from bot.domain.matching import Matcher
from bot.domain.query import parse
from tests.unit.query_articles import PACKS, subject

QUERIES = (
    "cecot", "football", "deport*", "deport* -judge", '"cecot 2"', '"mega pris*" OR x',
    "judge NEAR/2 deportation", "pack:cecot", "site:example.org", "site:org -cecot", "lang:en",
    "feed:exam*", 'feed:"example news"', r"/cecot-\d/i", r"/cecot-\d/i judge", "/nothing/",
    "title:salvador", "url:2026", "(a OR cecot) (b OR bukele)", "=deportations", "deportación",
    "/^Bukele/", "(/nothing/ OR cecot) judge",
    "deportation football",
)  # fmt: skip


def matcher(queries: Sequence[str]) -> Matcher[int]:
    """Return an index of `queries`, by their number."""
    index: Matcher[int] = Matcher()
    for number, query in enumerate(queries):
        index.add(number, parse(query, PACKS))
    return index


def test_without_a_watch_nothing_is_found() -> None:
    """The article is not even read."""
    assert matcher(()).match(subject()) == {}


def test_the_index_finds_what_each_query_finds() -> None:
    """It only chooses which to ask."""
    article = subject()
    asked = {number: parse(query, PACKS).match(article) for number, query in enumerate(QUERIES)}
    matched = {number: hits for number, hits in asked.items() if hits is not None}
    found = matcher(QUERIES).match(article)
    assert found == matched
    assert list(found) == sorted(matched)
    assert 10 < len(found) < len(QUERIES)


def test_equal_queries_are_answered_for_each_of_their_watches() -> None:
    """A thousand channels ask `pack:cecot`; it is matched once."""
    index = matcher(["pack:cecot"] * 3)
    assert len(index) == 3
    assert list(index.match(subject())) == [0, 1, 2]


def test_what_was_removed_or_replaced_is_not_asked() -> None:
    """A watch that is edited keeps its key, and its old query leaves nothing behind."""
    index = matcher(["cecot", "cecot", "/cecot/i", "judge", "cecot -x"])
    index.remove(4)
    index.remove(0)
    index.remove(2)
    index.remove(2)
    index.add(3, parse("football", PACKS))
    assert list(index.match(subject())) == [1]
    index.remove(1)
    index.remove(3)
    assert len(index) == 0
    assert index.match(subject()) == {}


def test_patterns_are_spread_over_sets_and_come_and_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Adding one compiles few of many; two watches may hang on one pattern."""
    monkeypatch.setattr(matching, "_SET_SIZE", 2)
    index = matcher(
        [*(rf"/x{number}/" for number in range(5)), "/judge/i", "/judge/i x OR /judge/i"]
    )
    assert list(index.match(subject())) == [5, 6]
    index.remove(4)
    index.add(7, parse("/halts/", PACKS))
    assert list(index.match(subject())) == [5, 6, 7]


def test_a_set_that_runs_out_of_memory_loses_no_match(monkeypatch: pytest.MonkeyPatch) -> None:
    """RE2 says "none" without a word; the patterns are then asked one by one."""
    monkeypatch.setattr(matching, "_SET_MEMORY", 20_000)
    queries = [rf"/[a-z]{{1,9}}x{number}[a-z]{{0,9}}y|Judge/" for number in range(50)]
    assert len(matcher(queries).match(subject())) == 50
