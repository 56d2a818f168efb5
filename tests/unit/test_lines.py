"""Typed lines and buttons' actions: read as they were meant, refused in words."""

import pytest

from bot.domain.calls import Param, Usage
from bot.domain.errors import CallError
from bot.domain.lines import (
    MAX_ACTION,
    MAX_LINE,
    action,
    parse_line,
    read_action,
    suggestion,
    unquoted,
    write_line,
)

SUMMARY = Usage(
    verb="summary",
    summary="Sum up.",
    params=(Param(name="target", help="What", rest=True), Param(name="period", help="How far")),
)
WATCH_ADD = Usage(
    verb="watch add",
    summary="Watch.",
    params=(
        Param(name="query", help="What", rest=True),
        Param(name="name", help="Name"),
        Param(name="lang", help="Language"),
    ),
)
WATCH_LIST = Usage(verb="watch list", summary="List.", params=(Param(name="page", help="Page"),))
HELP = Usage(verb="help", summary="Help.")
USAGES = (SUMMARY, WATCH_ADD, WATCH_LIST, HELP)


@pytest.mark.parametrize(
    ("line", "verb", "args"),
    [
        ("/help", "help", {}),
        ("help", "help", {}),
        ("  /HELP  ", "help", {}),
        ("@newsthread help", "help", {}),
        ("@Newsthread, /help", "help", {}),
        ("/news help", "help", {}),
        ("/summary", "summary", {}),
        ("/summary cecot period:24h", "summary", {"target": "cecot", "period": "24h"}),
        ("/summary period:24h cecot", "summary", {"target": "cecot", "period": "24h"}),
        ("/summary PERIOD:24h", "summary", {"period": "24h"}),
        ("/summary target:cecot", "summary", {"target": "cecot"}),
        ("/summary judge   orders\nupdate", "summary", {"target": "judge orders update"}),
        ("/Watch  Add cecot", "watch add", {"query": "cecot"}),
        (
            '/watch add cecot OR "terrorism confinement center" name:cecot',
            "watch add",
            {"query": 'cecot OR "terrorism confinement center"', "name": "cecot"},
        ),
        (
            "/watch add title:cecot site:example.org -url:sport",
            "watch add",
            {"query": "title:cecot site:example.org -url:sport"},
        ),
        (
            "/watch add query:cecot OR bukele name:both",
            "watch add",
            {"query": "cecot OR bukele", "name": "both"},
        ),
        (
            '/watch add "a name:b" name:c',
            "watch add",
            {"query": '"a name:b"', "name": "c"},
        ),
        ('/watch add x name:"my own watch"', "watch add", {"query": "x", "name": "my own watch"}),
        ("/watch add x name:“my own”", "watch add", {"query": "x", "name": "my own"}),
        ('/watch add x name:"a"b c"', "watch add", {"query": "x", "name": 'a"b c'}),
        ('/watch add x name:"open', "watch add", {"query": "x", "name": '"open'}),
        ('/watch add 5" pipe name:x', "watch add", {"query": '5" pipe', "name": "x"}),
        ("/watch add x name:", "watch add", {"query": "x", "name": ""}),
        ("/watch add query: name:x", "watch add", {"name": "x"}),
        ("/watch add prename:x", "watch add", {"query": "prename:x"}),
        ("/watch list page:2", "watch list", {"page": "2"}),
    ],
)
def test_a_line_is_read_as_it_was_meant(line: str, verb: str, args: dict[str, str]) -> None:
    """Names begin params, quotation marks hold words together, and queries keep their operators."""
    assert parse_line(line, USAGES) == (verb, args)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "/help shows them all"),
        ("/", "/help shows them all"),
        ("/sumary cecot", "“summary”"),
        ("/watch", "add, list"),
        ("/watch ad cecot", "Did you mean “add”?"),
        ("/watchadd cecot", "“watch add”"),
        ("/h", "“help”"),
        ("/xyzzy", "There is no command “xyzzy”. /help"),
        ("/help me", "does not take “me”. It takes nothing."),
        ("/watch list all", "It takes page:…"),
        ("x" * (MAX_LINE + 1), "too long"),
    ],
)
def test_a_line_that_cannot_be_read_is_answered_with_what_to_do(line: str, words: str) -> None:
    """A person who mistypes learns what was meant, not that something failed."""
    with pytest.raises(CallError, match=r".") as refused:
        parse_line(line, USAGES)
    assert words in str(refused.value)


def test_a_written_line_is_read_back_as_it_was() -> None:
    """Edit puts a line back into the input: what is sent again must mean the same."""
    args = {"query": 'cecot OR "a b"', "name": "my own", "lang": "es"}
    line = write_line(WATCH_ADD, {**args, "unknown": "x"})
    assert line == '/watch add cecot OR "a b" name:"my own" lang:es'
    assert parse_line(line, USAGES) == ("watch add", args)


@pytest.mark.parametrize(
    ("verb", "args", "written"),
    [
        ("health", {}, "health"),
        ("mute", {"target": "K7Q2", "for": ""}, "mute:target=K7Q2"),
        ("latest", {"query": "a&b=c: é", "page": 2}, "latest:query=a%26b%3Dc%3A%20%C3%A9&page=2"),
    ],
)
def test_an_action_is_read_back_as_it_was(
    verb: str, args: dict[str, str | int], written: str
) -> None:
    """A platform stores only these characters, and a press must mean the same after a restart."""
    assert action(verb, **args) == written
    kept = {name: str(value) for name, value in args.items() if value}
    assert read_action(written) == (verb, kept)


def test_an_action_longer_than_a_platform_stores_is_refused() -> None:
    """Cut short it would mean something else."""
    with pytest.raises(ValueError, match="characters"):
        action("latest", query="x" * MAX_ACTION)


@pytest.mark.parametrize(
    ("text", "bare"),
    [('"a b"', "a b"), ("“a”", "a"), (' "a ', '"a'), ('"', '"'), ("a", "a"), ('"a" b', '"a" b')],
)
def test_quotation_marks_around_the_whole_are_taken_off(text: str, bare: str) -> None:
    """People quote names; the name does not have them."""
    assert unquoted(text) == bare


def test_nothing_is_suggested_where_nothing_is_near() -> None:
    """A wild guess is worse than none."""
    assert suggestion("zzz", ["cecot", "bukele"]) == ""
    assert suggestion("CECOD", ["cecot", "bukele"]) == " Did you mean “cecot”?"
