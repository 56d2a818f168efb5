"""Which entries are new, edited, known: the rules that keep a channel free of repeats and gaps."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.articles import Article, ArticleId, Entry, FeedId
from bot.domain.sift import Known, Seen, Sifted, identities, lead_mark, lookup_keys, sift

DAY = datetime(2026, 3, 1, tzinfo=UTC)


def entry(n: int, **changed: object) -> Entry:
    """The n-th entry of a well-kept feed, with changes."""
    plain = Entry(
        id=f"guid-{n}",
        link=f"https://news.example/{n}",
        title=f"Headline number {n}",
        summary=f"What happened in case {n}.",
    )
    return replace(plain, **changed)  # type: ignore[arg-type] # a test's own fields


def known(entries: Sequence[Entry]) -> Known:
    """What is known of a feed after these entries were stored."""
    by_key: dict[str, Seen] = {}
    for number, (one, keys) in enumerate(zip(entries, identities(entries), strict=True), 1):
        seen = Seen(
            article=ArticleId(number),
            title=one.title,
            lead=lead_mark(one.summary, one.body),
            published=one.published,
        )
        by_key |= dict.fromkeys(keys, seen)
    return Known(by_key)


def new_titles(sifted: Sifted) -> list[str]:
    return [fresh.entry.title for fresh in sifted.new]


KEYS_OF_KOELN = (
    "id:642cb7a6be8c02321140a991a09f9b",
    "url:e8ac36fdc0013fa03b8f584186a2e7",
    "text:fee0863766d302f3c9d792fd27aeb6",
)
TEN = [entry(n) for n in range(10)]


def test_keys_are_what_they_were_when_they_were_stored() -> None:
    """Another spelling of them would make all that is known new."""
    one = entry(1, id="tag:1", link="https://www.news.example/a/?utm_source=rss", title="“Köln” –")
    assert identities([replace(one, summary="It rained.", body="All day…")]) == (KEYS_OF_KOELN,)


def test_everything_is_new_to_a_new_feed() -> None:
    """Oldest first: a feed's document begins with the newest."""
    sifted = sift(TEN, Known())
    assert new_titles(sifted) == [one.title for one in reversed(TEN)]
    assert (sifted.edited, sifted.same, sifted.reided) == ((), 0, False)


def test_nothing_is_new_in_the_same_document() -> None:
    """A restart or a lost validator posts nothing."""
    assert sift(TEN, known(TEN)) == Sifted(same=10)


def test_re_ordered_and_re_dated_entries_are_known() -> None:
    """The date and the place are only for order and display."""
    changed = [replace(one, published=DAY) for one in reversed(TEN)]
    assert sift(changed, known(TEN)) == Sifted(same=10)


def test_one_new_entry_is_found() -> None:
    """The everyday case."""
    assert new_titles(sift([entry(10), *TEN], known(TEN))) == ["Headline number 10"]


def test_dated_entries_come_by_date_wherever_they_stand() -> None:
    """Some feeds put the newest last."""
    later = [entry(n, published=DAY + timedelta(hours=n)) for n in (2, 0, 1)]
    assert new_titles(sift(later, Known())) == [f"Headline number {n}" for n in (0, 1, 2)]


def test_of_too_many_the_newest_are_kept() -> None:
    """A feed that dumps its archive posts no archive."""
    assert len(sift([entry(n) for n in range(520)], Known()).new) == 500


def test_an_entry_twice_in_a_document_is_one() -> None:
    """With the same id, and with another id under the same address and headline."""
    doubled = [entry(1), entry(1), entry(1, id="other")]
    sifted = sift(doubled, Known())
    assert (len(sifted.new), sifted.same) == (1, 2)


def test_a_changed_headline_is_an_edit() -> None:
    """It is shown in the story's thread."""
    sifted = sift([entry(1, title="Another headline")], known([entry(1)]))
    assert [edit.entry.title for edit in sifted.edited] == ["Another headline"]


def test_a_changed_lead_is_an_edit() -> None:
    """The first paragraph counts, also of the body where there is no summary."""
    before = entry(1, summary="", body="First.\nSecond.")
    assert sift([replace(before, body="First!\nThird.")], known([before])).same == 1
    assert len(sift([replace(before, body="Other.\nSecond.")], known([before])).edited) == 1


def test_punctuation_and_case_are_no_edit() -> None:
    """Typography changes all day long, and nobody wants to hear of it."""
    before = entry(1, title="“Judge” orders  update")
    assert sift([entry(1, title='"judge" Orders update…')], known([before])).same == 1


def test_a_text_that_goes_missing_is_no_edit() -> None:
    """A server that leaves out the summaries for once has edited nothing."""
    assert sift([entry(1, summary="", title="")], known([entry(1)])).edited == ()


def test_two_versions_in_one_document_are_no_edit_for_ever() -> None:
    """Else each poll would find an edit in the other one."""
    sifted = sift([entry(1), entry(1, title="Older headline")], known([entry(1)]))
    assert (sifted.edited, sifted.same) == ((), 2)


def test_one_new_id_under_the_same_address_and_headline_is_known() -> None:
    """Publishers touch one article, and it gets a new id."""
    sifted = sift([entry(1, id="new"), *TEN[2:]], known(TEN))
    assert (sifted.new, sifted.reided) == ((), False)
    assert list(sifted.rekeyed.values()) == [ArticleId(2)]


def test_a_new_id_with_a_new_headline_is_new_though_the_address_is_known() -> None:
    """A live page at one address carries one item after another."""
    assert len(sift([entry(1, id="new", title="Next"), *TEN[2:]], known(TEN)).new) == 1


def test_new_ids_for_all_are_recognised_by_their_addresses() -> None:
    """A new publishing system: nothing is posted again, and the new ids are remembered."""
    moved = [entry(n, id=f"new-{n}", title=f"Retitled {n}") for n in range(10)]
    sifted = sift(moved, known(TEN))
    assert (sifted.new, sifted.reided, len(sifted.edited)) == ((), True, 10)
    assert len([key for key in sifted.rekeyed if key.startswith("id:")]) == 10


def test_new_ids_and_addresses_for_all_are_recognised_by_their_text() -> None:
    """A new domain and a new system at once."""
    moved = [entry(n, id=f"new-{n}", link=f"https://new.example/{n}") for n in range(10)]
    sifted = sift(moved, known(TEN))
    assert (sifted.new, sifted.reided) == ((), True)


def test_a_new_entry_among_new_ids_is_new() -> None:
    """The change of ids must not swallow the news of that hour."""
    moved = [entry(n, id=f"new-{n}") for n in range(10)]
    assert new_titles(sift([entry(99), *moved], known(TEN))) == ["Headline number 99"]


def test_repeated_headlines_without_text_are_no_change_of_ids() -> None:
    """“Forecast for Monday” comes every week, with a new address: it is new."""
    week = [entry(n, title=f"Day {n}", summary="") for n in range(7)]
    again = [replace(one, id=f"b{one.id}", link=f"{one.link}b") for one in week]
    assert len(sift(again, known(week)).new) == 7


def test_many_entries_with_one_known_text_are_no_change_of_ids() -> None:
    """An alarm feed says the same of every alarm."""
    alarm = [entry(0, title="Alarm", summary="There was an alarm.")]
    more = [entry(n, title="Alarm", summary="There was an alarm.") for n in range(1, 5)]
    assert len(sift(more, known(alarm)).new) == 4


def test_without_ids_the_address_is_the_identity() -> None:
    """A headline may then change, and it is an edit."""
    before, after = entry(1, id=""), entry(1, id="", title="Changed")
    assert len(sift([after], known([before])).edited) == 1


def test_without_id_and_address_the_text_is_the_identity() -> None:
    """There is nothing else to go by; an edit is then a new article."""
    bare = entry(1, id="", link="")
    assert sift([bare], known([bare])).same == 1
    assert len(sift([replace(bare, title="Changed")], known([bare])).new) == 1


def test_without_address_a_new_id_for_the_same_text_is_known() -> None:
    """The id alone makes no article."""
    bare = entry(1, link="")
    assert sift([replace(bare, id="new")], known([bare])).same == 1


def test_an_address_that_all_entries_share_is_no_identity() -> None:
    """Feeds without articles of their own link each item to one page."""
    one_page = [entry(n, id="", link="https://news.example/live") for n in range(3)]
    assert len(sift(one_page, Known()).new) == 3
    assert sift(one_page, known(one_page)).same == 3


def test_a_front_page_is_no_identity() -> None:
    """Also when only one entry links it at a time."""
    monday = entry(1, id="", link="https://news.example/")
    tuesday = entry(2, id="", link="https://news.example/")
    assert len(sift([tuesday], known([monday])).new) == 1


def test_an_id_that_all_entries_share_is_no_identity() -> None:
    """A faulty generator gives every entry the feed's own id; nothing may be lost by it."""
    faulty = [entry(n, id="same") for n in range(3)]
    assert len(sift(faulty, Known()).new) == 3
    assert sift(faulty, known(faulty)).same == 3
    assert len(sift([entry(3, id="same")], known(faulty)).new) == 1


def test_an_id_that_all_entries_without_address_share_is_no_identity() -> None:
    """A system that writes no links either; but two versions of one entry are one."""
    same = [replace(one, id="x", link="") for one in TEN]
    assert len(sift(same, Known()).new) == 10
    assert len(sift(same[:2], Known()).new) == 1


def test_an_id_that_was_given_to_another_story_is_no_identity() -> None:
    """Ids that are places: the newest item is always number 0."""
    moved = [replace(one, id=f"guid-{n + 1}") for n, one in enumerate(TEN)]
    other = entry(0, link="https://news.example/x", title="Volcano erupts", summary="Ash falls.")
    sifted = sift([other, *moved], known(TEN))
    assert new_titles(sifted) == ["Volcano erupts"]
    assert (sifted.edited, sifted.same) == ((), 10)


@pytest.mark.parametrize(
    "changed",
    [
        {"title": "Volcano erupts"},  # its text is the same
        {"summary": "Ash falls.", "title": "Number 1: a headline"},
        {"title": "Volcano erupts", "summary": "Ash falls.", "link": "https://news.example/0"},
        {"title": "Volcano erupts", "summary": "Ash falls.", "link": ""},
    ],
)
def test_an_id_is_believed_while_anything_else_speaks_for_it(changed: dict[str, Any]) -> None:
    """An article may be edited and moved at once."""
    edited = replace(entry(0, link="https://news.example/x"), **changed)
    assert new_titles(sift([edited, *TEN[1:]], known(TEN))) == []


def test_the_same_words_in_another_normal_form_are_no_edit() -> None:
    """Some systems take accents apart."""
    composed, apart = entry(0, title="Adiós"), entry(0, title="Adio\u0301s")
    assert sift([apart], known([composed])) == Sifted(same=1)


def test_an_empty_entry_has_an_identity_all_the_same() -> None:
    """Whatever comes, it can be remembered, and does not come again."""
    empty = Entry(id="", link="", title="")
    assert len(lookup_keys(identities([empty, empty]))) == 1
    assert len(sift([empty, empty], Known()).new) == 1


def test_tracking_in_the_address_does_not_make_it_another() -> None:
    """The key is of the canonical address."""
    before, after = entry(1, id=""), entry(1, id="", link="http://www.news.example/1/?utm_source=x")
    assert sift([after], known([before])).same == 1


def test_what_is_kept_of_an_article_recognises_it() -> None:
    """The store makes it from the article, the sift compares it with the entry."""
    article = Article(
        id=ArticleId(7),
        feed=FeedId(1),
        url="",
        outlet="",
        site="",
        title="T",
        summary="Lead.\nMore.",
        first_seen=DAY,
    )
    assert Seen.of(article) == Seen(article=ArticleId(7), title="T", lead=lead_mark("lead", ""))
    assert lead_mark("", " \n ") == ""


AT_NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def run(id_: str, published: datetime | None, title: str = "Morning briefing") -> Entry:
    """An item of an outlet that gives each an address of its own."""
    return Entry(
        id=id_,
        link=f"https://a.example/{id_}",
        title=title,
        summary="What to know today.",
        published=published,
    )


def test_an_article_put_into_another_section_is_no_new_article() -> None:
    """Its id and its address are new; headline, text and time are not, and the old one is gone."""
    before = run("world/1", AT_NOON)
    sifted = sift([run("politics/1", AT_NOON)], known([before]))
    assert sifted.new == ()
    assert set(sifted.rekeyed.values()) == {ArticleId(1)}


@pytest.mark.parametrize(
    "again",
    [
        run("world/2", AT_NOON.replace(day=2)),  # the next day's
        run("world/2", None),
        run("world/2", AT_NOON, title="Evening briefing"),
    ],
)
def test_a_text_that_is_run_again_is_a_new_article(again: Entry) -> None:
    """Else a series under one headline would be lost after its first part."""
    assert len(sift([again], known([run("world/1", AT_NOON)])).new) == 1


def test_the_same_text_beside_the_old_one_is_a_new_article() -> None:
    """The outlet runs both: nothing was moved."""
    before = run("world/1", AT_NOON)
    assert len(sift([before, run("politics/1", AT_NOON)], known([before])).new) == 1


def test_two_entries_cannot_both_be_the_article_that_was_moved() -> None:
    """In doubt, both are news."""
    both = [run("politics/1", AT_NOON), run("sport/1", AT_NOON)]
    assert len(sift(both, known([run("world/1", AT_NOON)])).new) == 2


def test_an_article_that_was_moved_may_be_said_twice() -> None:
    """Some documents repeat an item; that makes no two of it."""
    moved = run("politics/1", AT_NOON)
    assert sift([moved, moved], known([run("world/1", AT_NOON)])).new == ()


def test_what_was_deleted_so_long_ago_that_no_word_of_it_is_kept_is_still_known() -> None:
    """Under a new id, edited, or both: nobody could tell what changed, and it is not new."""
    blank = Known(
        {key: replace(seen, title="", lead="") for key, seen in known(TEN).by_key.items()}
    )
    edited = replace(TEN[3], title="Quite another headline", summary="And another text.")
    again = replace(TEN[5], id="another-id", title="A third headline")
    sifted = sift([TEN[0], edited, again, entry(77)], blank)
    assert new_titles(sifted) == ["Headline number 77"]
    assert sifted.edited == ()
    assert sifted.same == 3
