"""Entries that are left out while they stand as they stood: sifting comes to the same."""

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.articles import Entry
from bot.domain.sift import identities, mark, sift
from bot.domain.standing import ITEM_DIGITS, MAX_MARKS, Mark, packed, unpacked
from tests.unit.test_sift import TEN, entry, known, new_titles


def marks(entries: Sequence[Entry]) -> list[Mark]:
    """The marks of entries, their items named by number."""
    return [mark(one, f"{n:0{ITEM_DIGITS}}") for n, one in enumerate(entries)]


def test_marks_come_back_as_they_were_packed() -> None:
    """Also of an entry without id and address."""
    made = marks([*TEN, entry(11, id="", link="")])
    assert unpacked(packed(made)) == tuple(made)
    assert unpacked("") == ()


def test_too_many_marks_are_not_kept_and_others_are_not_believed() -> None:
    """Then the next document is read whole."""
    assert packed(marks(TEN) * (MAX_MARKS // 10)) != ""
    assert packed(marks(TEN) * (MAX_MARKS // 10 + 1)) == ""
    assert unpacked("x" * 57) == ()


def test_a_document_of_which_all_is_left_out_has_nothing_new() -> None:
    """Each counts as known."""
    assert sift([], known(TEN), marks(TEN)).same == 10


def test_a_guid_that_an_entry_shares_with_one_left_out_is_no_identity() -> None:
    """All items of some feeds have the same."""
    old = [entry(n, id="x") for n in range(3)]
    new = entry(3, id="x", title="Another thing")
    assert new_titles(sift([new], known(old), marks(old))) == ["Another thing"]


def test_an_address_that_an_entry_shares_with_one_left_out_is_no_identity() -> None:
    """A live page."""
    old = [entry(n, id="", link="https://news.example/live") for n in range(3)]
    new = replace(old[0], title="Another thing", summary="Else.")
    (fresh,) = sift([new], known(old), marks(old)).new
    assert [key for key in fresh.keys if key.startswith("url:")] == []


def test_three_of_thirty_with_new_ids_are_no_change_of_ids() -> None:
    """The share counts of the whole document, whatever is left out of it."""
    changed = [replace(one, id=f"new-{n}", title=f"Else {n}") for n, one in enumerate(TEN[:3])]
    assert len(sift(changed, known(TEN)).new) == 0
    assert len(sift(changed, known(TEN), marks(TEN[3:])).new) == 3


def test_an_article_that_also_stands_as_it_was_is_not_edited() -> None:
    """The outlet has it twice, and has edited one."""
    edited = replace(TEN[0], title="Something else")
    assert sift([edited], known(TEN), marks(TEN[1:])).edited != ()
    assert sift([edited], known(TEN), marks(TEN)).edited == ()


def test_the_same_text_beside_one_that_is_left_out_is_a_new_article() -> None:
    """It was not moved: it still stands where it was."""
    day = TEN[0]
    again = replace(day, id="other", link="https://news.example/other")
    assert len(sift([again], known(TEN), marks(TEN)).new) == 1


def test_the_marks_of_an_entry_agree_with_its_keys() -> None:
    """They are the beginnings of the same hashes."""
    one = TEN[0]
    (keys,) = identities([one])
    made = marks([one])[0]
    assert [key.partition(":")[2][:10] for key in keys] == [made.guid, made.link, made.text]
