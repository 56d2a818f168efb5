"""Text from strangers in Discord's markdown: it shows as it is, wherever it stands."""

import pytest

from bot.adapters.chat.discord.escape import code, escaped, label, spoken, trimmed
from bot.adapters.chat.harmless import clean, line, safe_url
from bot.domain.text import utf16_length
from tests.unit.discord_markdown import read


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("@everyone and @here, not a@b", r"\@everyone and \@here, not a@b"),
        ("<@1> <@&2> <#3> </cmd:4>", r"\<@1> \<@&2> \<#3> \</cmd:4>"),
        ("<t:5:R> <:x:6>", r"\<t\:5:R> \<\:x:6>"),
        ("[x](https://e.example)", r"[x]\(https\://e.example)"),
        ("https://e.example[x](y)", r"https\://e.example[x]\(y)"),
        ("<https://e.example>", r"\<https\://e.example>"),
        ("discord.gg/abc discordapp.com/invite/a", r"discord\.gg/abc discordapp\.com/invite/a"),
        (":smile: at 10:30", r"\:smile: at 10:30"),
        ("# a\n-# b\n- c\n> d\n>>> e\n1. f", "\\# a\n\\-# b\n\\- c\n\\> d\n\\>>> e\n1\\. f"),
        ("  ## a", r"  \## a"),
        ("||a|| `b` **c** _d_ ~~e~~ \\", r"\|\|a\|\| \`b\` \*\*c\*\* \_d\_ \~\~e\~\~ \\"),
        ("#CECOT – 5 > 4, 1.5 km - x", "#CECOT – 5 > 4, 1.5 km - x"),
    ],
)
def test_what_markdown_would_act_on_is_escaped_and_nothing_else(given: str, shown: str) -> None:
    """Discord's push notifications may show the backslashes, so there are no needless ones."""
    assert spoken(given, 1_000) == shown
    assert escaped(given, 1_000) == shown.replace("[", "\\[")


def test_a_text_that_ends_inside_a_mention_wakes_nothing_in_the_text_after_it() -> None:
    for first, then in (("@", "everyone"), ("https:", "//e.example"), ("http", "://e.example")):
        joined = escaped(first, 100) + escaped(then, 100)
        assert "@everyone" not in joined.replace(r"\@", "")
        assert "://" not in joined.replace(r"\:", "")


def test_what_cannot_be_seen_is_removed() -> None:
    assert clean("a\u202eb\u2066c\u200bd\x00e\x1bf\ufeffg\ud800h\u00adi\U000e0041j") == "abcdefghij"
    assert clean("a\r\nb\rc\u2028d") == "a\nb\nc\nd"
    assert clean("e" + "\u0301" * 50) == "e" + "\u0301" * 4


def test_joiners_stay_where_they_join() -> None:
    family, persian = "👩\u200d👩\u200d👧", "می\u200cخواهم"
    assert clean(f"{family} {persian}") == f"{family} {persian}"
    assert clean("@\u200deveryone\u200c") == "@everyone"


@pytest.mark.parametrize("most", range(60))
def test_a_cut_splits_no_escape_and_no_surrogate_pair(most: int) -> None:
    for text in ("*" * 80, "\\" * 80, "😀" * 40, "a_b " * 30, "e\u0301*" * 30):
        cut = escaped(text, most)
        assert utf16_length(cut) <= most
        assert (len(cut) - len(cut.rstrip("\\"))) % 2 == 0
        cut.encode("utf-16")


def test_a_text_is_cut_between_words() -> None:
    assert escaped("one_two three four", 13) == r"one\_two…"
    assert line("one\ntwo   three", 9) == "one two…"


def test_the_words_of_a_link_hold_no_address_and_no_lone_bracket() -> None:
    """Discord shows `[words](url)` as it stands if it finds either."""
    assert label("Live: [updated", 100) == "Live: (updated"
    assert label("[1] Outlet", 100) == r"\[1] Outlet"
    assert label("see https://e.example/x", 100) == "see e.example/x"


def test_code_keeps_its_columns() -> None:
    assert code("a `b` ```\n  ^", 100) == "a ˋbˋ ˋˋˋ\n  ^"


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ("https://example.org/a_(b)*~?q=1#f", "https://example.org/a_%28b%29%2A%7E?q=1#f"),
        ("https://exämple.org/ü%20", "https://xn--exmple-cua.org/%C3%BC%20"),
        ("http://[::1]:8080/", "http://[::1]:8080/"),
        ("javascript:alert(1)", ""),
        ("https://user@example.org/", ""),
        ("https://example.org\\@evil.example/", ""),
        ("https://exa mple.org/", ""),
        ("https://example.org/\u202e", ""),
        ("https://example.org:x/", ""),
        ("https:///a", ""),
        ("https://a..b/", ""),
        ("https://example.org/" + "a" * 2_048, ""),
    ],
)
def test_a_link_is_safe_or_none(url: str, linked: str) -> None:
    assert safe_url(url) == linked


def test_code_behind_a_link_does_not_end_it() -> None:
    """Discord reads a link's words up to the last bracket that fits, code or not."""
    ours = "[Headline](https://outlet.example/a)"
    for inside in ("<]()", "a](https://evil.example)", "](x) [b](y)"):
        seen = read(f"{ours}`{code(inside, 100)}`")
        assert seen.links == [("Headline", "https://outlet.example/a")]
    assert code("/[A-Z](x)/", 100) == "/[A-Z](x)/"


def test_trimming_lets_no_mark_begin_a_line() -> None:
    assert read(trimmed(spoken("\u2003- one", 100))).formats == []
    assert trimmed(spoken("\u2003 \n", 100)) == ""
    assert trimmed(" a \n") == "a"
