"""The sample newswire: what its script holds, how it plays, and how its documents read."""

import json
import re
import time
import tomllib
from calendar import timegm
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import feedparser
import pytest

from bot.adapters.demo.render import AUTHOR, RIGHTS, document, page
from bot.adapters.demo.server import minute_at, moment_of
from bot.adapters.demo.wire import FeedState, Format, Kind, ScriptedArticle, Wire, slugged
from bot.domain.errors import ConfigError

STARTED = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
SPEED = 5.0
CONFIG = Path(__file__).parents[2] / "config"
WATCHED = {  # coarsely; the packs themselves are tested elsewhere
    "cecot": re.compile(r"\bcecot\b", re.I),
    "bukele": re.compile(r"\bbukele\b", re.I),
    "deportation": re.compile(r"\bdeport(?:a|á|ed|ing|s\b)(?!tivo)", re.I),
}

OUTLETS = """
[[outlets]]
slug = "one"
name = "Sample One"
about = "Sample news."
lang = "en"
format = "rss"
"""


@pytest.fixture(scope="module")
def wire() -> Wire:
    return Wire.load()


def when(minute: float) -> datetime:
    return moment_of(minute, STARTED, SPEED)


def told(wire: Wire) -> dict[str, list[ScriptedArticle]]:
    """The script's articles by the story they report."""
    stories = defaultdict(list)
    for article in wire.articles:
        if article.story:
            stories[article.story].append(article)
    return stories


def _utc(parsed: time.struct_time) -> datetime:
    return datetime.fromtimestamp(timegm(parsed), UTC)


def read(state: FeedState) -> list[dict[str, Any]]:
    """A feed's items as an outsider's parser reads them."""
    body = document(state, when)
    if state.outlet.format is Format.JSON:
        feed = json.loads(body)
        assert feed["version"] == "https://jsonfeed.org/version/1.1"
        assert "sample" in feed["description"].lower()
        return [
            {
                "id": item["id"],
                "link": item["url"],
                "title": item["title"],
                "lead": item["summary"],
                "author": feed["authors"][0]["name"],
                "tags": item["tags"],
                "at": datetime.fromisoformat(item["date_published"]),
            }
            for item in feed["items"]
        ]
    parsed = feedparser.parse(BytesIO(body))
    assert not parsed.bozo, parsed.get("bozo_exception")
    assert parsed.feed.rights == RIGHTS
    return [
        {
            "id": entry.id,
            "link": entry.link,
            "title": entry.title,
            "lead": entry.summary,
            "author": entry.get("author") or parsed.feed.author,
            "tags": [tag.term for tag in entry.tags],
            "at": _utc(entry.get("published_parsed") or entry.updated_parsed),
        }
        for entry in parsed.entries
    ]


def test_there_are_eight_outlets_in_two_languages_and_four_formats(wire: Wire) -> None:
    """The demo shows that every kind of feed is read."""
    assert len(wire.outlets) == 8
    assert {outlet.lang for outlet in wire.outlets} == {"en", "es"}
    assert {outlet.format for outlet in wire.outlets} == set(Format)


@pytest.mark.parametrize("minute", [0.0, 6.9, 12.0, 20.0])
def test_every_document_reads_back_as_it_was_scripted(wire: Wire, minute: float) -> None:
    """An outsider's parser finds the same items, in the same order, with the same dates."""
    for outlet in wire.outlets:
        state = wire.at(outlet.slug, minute)
        items = read(state)
        assert [item["title"] for item in items] == [item.title for item in state.items]
        assert [item["link"] for item in items] == [item.link for item in state.items]
        dates = [when(item.minute).replace(microsecond=0) for item in state.items]
        assert [item["at"] for item in items] == dates
        assert all(
            item["lead"].startswith(i.paragraphs[0])
            for item, i in zip(items, state.items, strict=True)
        )


def test_every_item_is_marked_as_a_sample(wire: Wire) -> None:
    """Nobody who meets one item alone, in whatever format, can take it for news."""
    for outlet in wire.outlets:
        assert re.search("sample|example|specimen|ejemplo|muestra|prueba", outlet.name.lower())
        assert re.search("fictional|ficticio", outlet.about)
        for minute in (0.0, 20.0):
            for item in read(wire.at(outlet.slug, minute)):
                assert item["link"].startswith(f"https://{outlet.slug}.example/sample/")
                assert item["tags"][0] in {"sample news", "noticia de muestra"}
                assert item["author"] == AUTHOR


def test_each_story_says_whether_it_is_on_record_or_invented(wire: Wire) -> None:
    """What is said of real people can be checked; what is made up names none of them."""
    assert {story.slug for story in wire.stories} == set(told(wire))
    for story in wire.stories:
        opening = {Kind.RECORD: "On the record:", Kind.INVENTED: "Invented:"}[story.kind]
        assert story.about.startswith(opening)
    invented = {story.slug for story in wire.stories if story.kind is Kind.INVENTED}
    named = re.compile("Bukele|Trump|Rubio|brego|Xinis", re.I)
    for slug in invented:
        assert not [a.title for a in told(wire)[slug] if named.search(a.title + a.text)]


def test_each_feed_carries_eight_items_before_the_wire_plays(wire: Wire) -> None:
    """So that the first poll has something to seed in silence."""
    for outlet in wire.outlets:
        items = wire.at(outlet.slug, 0.0).items
        assert len(items) >= 8
        assert all(item.minute < 0 for item in items)


def test_the_first_news_comes_within_ten_seconds_at_the_speed_of_the_demo(wire: Wire) -> None:
    """A person who starts the demo sees the first card at once."""
    first = next(a for a in wire.articles if a.story and a.at > 0)
    assert when(first.at) - STARTED < timedelta(seconds=10)


def test_matching_news_never_pauses_for_long(wire: Wire) -> None:
    """Threads grow while one watches the demo: within 20 s each time, mostly within 6."""
    moments = sorted(a.at for a in wire.articles if a.story and a.at > 0)
    gaps = [when(b) - when(a) for a, b in pairwise(moments)]
    assert max(gaps) <= timedelta(seconds=20)
    assert sorted(gaps)[len(gaps) // 2] <= timedelta(seconds=6)


def test_the_wire_plays_twenty_minutes_and_then_holds_still(wire: Wire) -> None:
    """It never repeats itself: a demo left running shows nothing new."""
    assert 19 <= wire.length <= 20
    for outlet in wire.outlets:
        end = document(wire.at(outlet.slug, wire.length), when)
        assert end == document(wire.at(outlet.slug, wire.length + 1e6), when)
        assert end != document(wire.at(outlet.slug, 0.0), when)


def test_stories_are_told_by_several_outlets_in_two_languages(wire: Wire) -> None:
    """Without that there is nothing to file, to summarise or to compare."""
    stories = told(wire)
    langs = {outlet.slug: outlet.lang for outlet in wire.outlets}
    assert 8 <= len(stories) <= 12
    assert all(3 <= len({a.outlet for a in story}) <= 8 for story in stories.values())
    both = [s for s, story in stories.items() if {langs[a.outlet] for a in story} == {"en", "es"}]
    assert len(both) >= 8
    assert 50 <= sum(len(story) for story in stories.values()) <= 80
    assert sum(1 for a in wire.articles if not a.story and a.at > 0) >= 30


def test_four_outlets_print_one_text_word_for_word(wire: Wire) -> None:
    """That is what WIRE COPY ×4 folds."""
    printed = defaultdict(set)
    for article in wire.articles:
        printed[article.text].add(article.outlet)
    copies = [outlets for outlets in printed.values() if len(outlets) > 1]
    assert sorted(len(outlets) for outlets in copies) == [2, 4, 4]


def test_outlets_disagree_on_a_number(wire: Wire) -> None:
    """A summary can show that reports differ."""
    texts = {a.outlet: a.text for a in told(wire)["court-status"] if a.at < 1}
    assert "12 clients" in texts["sample-wire"]
    assert "14 clients" in texts["sample-courier"]


def test_a_story_gets_a_new_angle_long_after_it_began(wire: Wire) -> None:
    """Late coverage joins the thread, and says what it adds."""
    late = [a for a in told(wire)["court-status"] if a.at > 10]
    assert len(late) >= 2
    assert any("22 familias" in a.text for a in late)


def test_a_headline_is_edited_from_deported_to_transferred(wire: Wire) -> None:
    """The item keeps its id and its address, as a real one does."""
    before, after = wire.at("sample-courier", 9.4), wire.at("sample-courier", 9.6)
    old = next(item for item in before.items if "men deported to CECOT" in item.title)
    new = next(item for item in after.items if item.id == old.id)
    assert new.title == old.title.replace("deported", "transferred")
    assert (new.link, new.paragraphs, new.minute) == (old.link, old.paragraphs, old.minute)
    assert (old.updated, new.updated) == (old.minute, 9.5)


def test_an_item_gets_another_date_and_nothing_else(wire: Wire) -> None:
    """A bot that goes by dates would post it again."""
    before, after = wire.at("example-tribune", 11.9), wire.at("example-tribune", 12.0)
    old = {item.id: item for item in before.items}
    moved = [i for i in after.items if i.id in old and i.minute != old[i.id].minute]
    assert len(moved) == 1
    assert moved[0] == after.items[0]
    assert moved[0].title == old[moved[0].id].title
    assert moved[0].minute == 12.0


def test_a_feed_gives_all_its_items_other_ids(wire: Wire) -> None:
    """A bot that goes by ids would post them all again; the addresses stay as they were."""
    before, after = wire.at("specimen-post", 12.9), wire.at("specimen-post", 13.0)
    assert {item.link for item in before.items} == {item.link for item in after.items}
    assert not {item.id for item in before.items} & {item.id for item in after.items}
    assert after.changed == 13.0


def test_a_feed_fails_for_a_while_and_comes_back_with_what_it_missed(wire: Wire) -> None:
    """The bot tells its admins twice, and posts what came out meanwhile once."""
    before, during, after = (wire.at("sample-public-radio", m) for m in (6.9, 8.0, 11.0))
    assert (before.status, during.status, after.status) == (200, 503, 200)
    assert (during.retry_after, during.items) == (2, ())
    missed = {item.link for item in after.items} - {item.link for item in before.items}
    assert len(missed) >= 3


def test_a_feed_never_changes_unless_the_script_says_so(wire: Wire) -> None:
    """Between two moments of the script a document stays the same, so that 304 is honest."""
    for outlet in wire.outlets:
        seen: dict[float, FeedState] = {}
        for tick in range(81):
            state = wire.at(outlet.slug, tick / 4)
            assert seen.setdefault(state.changed, state) == state


def test_no_item_is_dated_in_the_future(wire: Wire) -> None:
    """However fast the wire plays, its dates keep to real time."""
    for seconds in range(0, 300, 20):
        now = STARTED + timedelta(seconds=seconds)
        for outlet in wire.outlets:
            state = wire.at(outlet.slug, minute_at(now, STARTED, SPEED))
            assert all(when(item.minute) <= now for item in state.items)
            assert when(state.changed) <= now


def test_two_loads_give_the_same_bytes(wire: Wire) -> None:
    """The demo, its tests and its screenshots can be repeated."""
    again = Wire.load()
    assert again == wire
    for outlet in wire.outlets:
        first = document(wire.at(outlet.slug, 20.0), when)
        assert first == document(again.at(outlet.slug, 20.0), when)


def test_every_article_of_a_story_has_a_word_of_one_of_its_watches(wire: Wire) -> None:
    """Or it would be missing from its thread."""
    watches = {story.slug: story.watches for story in wire.stories}
    for slug, articles in told(wire).items():
        patterns = [WATCHED[watch] for watch in watches[slug]]
        for article in articles:
            text = f"{article.title}\n{article.text}"
            assert any(pattern.search(text) for pattern in patterns), article.title


def test_unrelated_news_only_looks_like_the_watches_words(wire: Wire) -> None:
    """A brand, a city, the sports pages: none has a word that is looked for."""
    unrelated = [f"{a.title}\n{a.text}" for a in wire.articles if not a.story]
    for pattern in WATCHED.values():
        assert not [text for text in unrelated if pattern.search(text)]
    for trap in ("Cecotec", "Salvador, Brazil", "Salvador de Bahía", "Deportes", "Deportivo"):
        assert any(trap in text for text in unrelated), trap


def test_the_demo_polls_every_outlet_of_the_wire(wire: Wire) -> None:
    """A feed left out of config/demo.toml would never be seen."""
    feeds = tomllib.loads((CONFIG / "demo.toml").read_text("utf-8"))["feeds"]
    urls = {f"http://127.0.0.1:8099/feeds/{outlet.slug}": outlet for outlet in wire.outlets}
    assert {feed["url"]: (feed["name"], feed["lang"]) for feed in feeds} == {
        url: (outlet.name, outlet.lang) for url, outlet in urls.items()
    }


def test_a_page_shows_the_article_and_that_it_is_a_sample(wire: Wire) -> None:
    """Markup in the script would be shown, not obeyed."""
    state = wire.at("diario-ejemplo", 1.0)
    html = page(state, state.items[0])
    assert RIGHTS in html
    assert "<h1>Tribunal de Muestra ordena informe" in html
    assert html.count("<p>") == 5


def test_links_can_lead_to_the_wires_own_server() -> None:
    """Whoever clicks a headline in the demo reads the article instead of an error."""
    wire = Wire.load(home="http://{slug}.localhost:8099")
    items = read(wire.at("la-muestra", 1.0))
    assert items[0]["link"].startswith("http://la-muestra.localhost:8099/sample/el-deportivo")


def test_an_outlet_that_does_not_exist_is_an_error(wire: Wire) -> None:
    """A wrong address must not look like an empty feed."""
    with pytest.raises(KeyError):
        wire.at("daily-nothing", 1.0)


def test_an_address_part_is_plain_and_short() -> None:
    """Accents and signs do not belong in an address."""
    assert slugged("¿Qué significa “facilitar”? 30 %") == "que-significa-facilitar-30"
    assert len(slugged("long " * 40)) <= 60


@pytest.mark.parametrize(
    ("text", "where", "problem"),
    [
        ("[[outlets]\n", "script.toml", "is not TOML"),
        ("[[articles]]\nat = 1\n", "script.toml: articles", "required"),
        (
            "[[articles]]\nat = 1\noutlet = 'one'\ntitle = 'x'\ntext = 'y'\nteaser = 'z'\n",
            "teaser",
            "Unexpected",
        ),
        ("[[articles]]\nat = 1\noutlet = 'two'\ntitle = 'x'\ntext = 'y'\n", "", "“two”"),
        ("[[articles]]\nat = 1\noutlet = 'one'\ntitle = 'x'\ntext = ' '\n", "", "no text"),
        (
            "[[articles]]\nat = 1\noutlet = 'one'\ntitle = 'x'\ntext = 'y'\n"
            "reprints = [{ outlet = 'one', at = 2 }]\n",
            "",
            "two articles",
        ),
    ],
)
def test_a_wrong_script_is_refused_with_the_place(
    tmp_path: Path, text: str, where: str, problem: str
) -> None:
    """Whoever writes a script of their own learns where it is wrong."""
    (tmp_path / "outlets.toml").write_text(OUTLETS, "utf-8")
    (tmp_path / "script.toml").write_text(text, "utf-8")
    with pytest.raises(ConfigError) as refused:
        Wire.load(tmp_path)
    assert where in refused.value.where
    assert problem in refused.value.problem


def test_an_empty_script_plays_nothing(tmp_path: Path) -> None:
    """A folder without articles is a wire with empty feeds, not a crash."""
    (tmp_path / "outlets.toml").write_text(OUTLETS, "utf-8")
    wire = Wire.load(tmp_path)
    assert wire.length == 0
    assert wire.at("one", 5.0).items == ()
    assert feedparser.parse(BytesIO(document(wire.at("one", 5.0), when))).entries == []
