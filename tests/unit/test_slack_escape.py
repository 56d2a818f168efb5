"""Text from strangers on Slack: it shows as it is, wherever it stands, and wakes nothing."""

import json

import pytest

from bot.adapters.chat.slack.escape import JOINER, bare, columns, label, literal, mrkdwn, weight
from bot.domain.text import utf16_length
from tests.unit.slack_mrkdwn import read, seen


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("AT&T <b> 5 > 4", "AT&amp;T &lt;b&gt; 5 &gt; 4"),
        ("&amp; &lt;", "&amp;amp; &amp;lt;"),
        ("<!channel> <!here|x>", "&lt;!channel&gt; &lt;!here|x&gt;"),
        ("<@U1> <#C1|x>", "&lt;@\u2060U1&gt; &lt;#\u2060C1|x&gt;"),
        ("<!subteam^S1>", "&lt;!subteam^S1&gt;"),
        ("<https://e.example|x>", "&lt;https:\u2060//e.example|x&gt;"),
        ("@channel @here @everyone", "@\u2060channel @\u2060here @\u2060everyone"),
        ("@`x @-x a @ b", "@\u2060\u02cbx @\u2060-x a @ b"),
        ("\u3000> a", "\u3000\u2060&gt; a"),
        ("#general a@b.example", "#\u2060general a@\u2060b.example"),
        ("http://e.example www.e.example", "http:\u2060//e.example www.\u2060e.example"),
        (":smile: :+1: at 10:30", ":\u2060smile: :\u2060+1: at 10:\u206030"),
        ("*b* _i_ ~s~ `c`", "\u2217b\u2217 \u02cdi\u02cd \u223cs\u223c \u02cbc\u02cb"),
        ("a__b__ c", "a\u02cd\u02cdb\u02cd\u02cd c"),
        (":`a: ", ":\u2060\u02cba: "),
        ("> a\n >>> b", "\u2060&gt; a\n \u2060&gt;&gt;&gt; b"),
    ],
)
def test_what_mrkdwn_would_act_on_is_defused(given: str, written: str) -> None:
    assert mrkdwn(given, 1_000) == written
    assert read(written).alive() == []
    assert seen(read(written).shown) == given


def test_what_mrkdwn_does_not_act_on_stays_as_it_is() -> None:
    """Look-alikes are for what could act: a search for `my_watch` finds it."""
    for text in ("my_watch 2 * 3 _ ~ 4", "No. 5 – 1.5 km, $3 (+4 %)", "Outlet.example: says"):
        assert mrkdwn(text, 1_000) == text


def test_a_text_that_ends_inside_something_wakes_nothing_in_the_text_after_it() -> None:
    pairs = (
        ("@", "channel"),
        ("#", "general"),
        ("https:", "//e.example"),
        ("http", "://e.example"),
    )
    for first, then in (*pairs, (":smi", "le:"), (":", "smile:"), ("*a", "b*"), ("a\n", "> b")):
        assert read(mrkdwn(first, 100) + mrkdwn(then, 100)).alive() == []


def test_what_cannot_be_seen_is_removed() -> None:
    given = "a\u202eb\u2066c\u200bd\x00e\u2060f\ufeffg"
    assert mrkdwn(given, 100) == literal(given, 100) == bare(given, 100) == "abcdefg"
    assert label(given, 100) == columns(given, 100) == "abcdefg"


def test_texts_are_cut_on_a_word_and_never_inside_an_entity() -> None:
    assert mrkdwn("one & two & three", 16) == "one &amp; two…"
    for most in range(40):
        cut = mrkdwn("<<<<<<<< & >>>>>>>>", most)
        assert utf16_length(cut) <= most
        assert "&" not in seen(read(cut).shown).replace(" & ", "").replace(" &…", "")


def test_rich_text_holds_a_text_as_it_was_given() -> None:
    """Nothing is parsed in it, so there is nothing to escape."""
    given = "<!channel> *b* :smile: & https://e.example\n\n\n\nnext"
    assert literal(given, 1_000) == given.replace("\n\n\n\n", "\n\n")


def test_rich_text_is_cut_by_what_it_weighs_as_json() -> None:
    given = 'a "quoted" word\n' * 50
    for most in (0, 1, 10, 100, 500):
        cut = literal(given, most)
        assert weight(cut) - 2 <= most
    assert literal(given, 100).endswith("…")
    assert weight({"a": "é\n😀"}) == len('{"a":"é\\n😀"}') + 1


def test_code_keeps_its_columns() -> None:
    given = "cecot OR (\n\n\n         ^ `here`"
    assert columns(given, 1_000) == given


def test_the_words_of_a_link_are_one_line_without_a_bar() -> None:
    assert label("a | b\nc > d", 100) == "a \u2223 b c &gt; d"
    assert read(f"<https://e.example|{label('x|y> <!here>', 99)}>").mentions == []


def test_plain_text_places_show_no_emoji_no_entity_and_one_line() -> None:
    assert bare("a\n  b", 100) == "a b"
    assert bare("AT&T *b* <i>", 100) == "AT&T *b* <i>"
    assert bare("&lt; :smile: <!here>", 100) == f"&{JOINER}lt; :{JOINER}smile: <{JOINER}!here>"
    assert utf16_length(bare(":a:" * 100, 150)) <= 150


def test_weight_is_that_of_compact_json() -> None:
    value = [{"type": "text", "text": "a"}]
    assert weight(value) == len(json.dumps(value, separators=(",", ":")))
