"""Splitting news text into sentences, datelines and furniture."""

import pytest

from bot.domain.sentences import (
    MAX_SENTENCE,
    cut_off,
    ended,
    headline,
    is_junk,
    split,
    strip_dateline,
    word_count,
)


@pytest.mark.parametrize(
    ("lang", "sentences"),
    [
        (
            "en",
            [
                "Gov. J. D. Hale of the U.S. Army Reserve spoke on Jan. 3 at 5 p.m. in Orr.",
                "It rained.",
            ],
        ),
        ("en", ["It is based in the U.S.", "The firm has 40 staff."]),
        ("en", ["Rule No. 10 was kept.", "He said no.", "Nobody left."]),
        ("en", ['"Why now?" Hale asked.', "Nobody answered!", "It cost $1.5 million."]),
        ("en", ["“It is over.”", "They went home…", "Then it rained."]),
        ("en", ["A storm hit in 2019.", "It was strong."]),
        ("es", ["El Sr. Paz viajó a EE. UU. con la Sra. Gil.", "¿Qué pasará?", "«Nada», dijo."]),
        ("es", ["El art. 12 y el núm. 3 no aplican.", "Hay dudas, p.ej. Paz las tiene."]),
        ("pt", ["A Dra. Costa, da av. Central, contou 1.200 casos.", "Não há risco."]),
        ("fr", ["M. Roux a vu Mme. Blanc mardi.", "« C'est tout », a dit J. Roux.", "Il a plu."]),
        ("de", ["Am 3. März kam Dr. Adler, z. B. in Ulm.", "Das kostet 2,5 Mio. Euro."]),
        ("", ["Er kam am 3. März nach Ulm.", "Es regnete."]),
        ("it", ["Il dott. Neri ha visto l'on. Verdi.", "Sono 14 i feriti."]),
        ("zh", ["法院下令更新。", "律师说无法联系！", "下一步？"]),
        ("ar", ["قالت المحكمة نعم.", "هل سيحدث ذلك؟", "لا نعرف."]),
    ],
)
def test_text_is_split_where_its_language_ends_a_sentence(lang: str, sentences: list[str]) -> None:
    """Abbreviations, initials, ordinals and decimals do not end one; other marks do."""
    space = "" if lang == "zh" else " "
    assert split(space.join(sentences), lang) == sentences


def test_glued_paragraphs_are_taken_apart() -> None:
    """Feeds that strip markup leave no space where a paragraph ended."""
    assert split("They paid the loan.State banks agreed to it.") == [
        "They paid the loan.",
        "State banks agreed to it.",
    ]


def test_a_line_that_runs_on_is_joined_and_any_other_ends_the_sentence() -> None:
    """Some feeds wrap lines; most put one paragraph on one."""
    assert split("The court\nruled today\n\nA headline\nThe end.\nof it") == [
        "The court ruled today",
        "A headline",
        "The end.",
        "of it",
    ]


def test_white_space_alone_is_no_sentence() -> None:
    """Else a summary could hold an empty bullet."""
    assert split(" \n\t\u00a0 \n") == []


@pytest.mark.parametrize(
    ("line", "rest"),
    [
        ("PORTO VENN (AW) — A ferry ran aground", "A ferry ran aground"),
        ("PORTO VENN, Orland — A ferry ran aground", "A ferry ran aground"),
        ("SINGAPORE: A ferry ran aground today", "A ferry ran aground today"),
        ("San Venn, 3 mar (EFE).- Un barco encalló hoy", "Un barco encalló hoy"),
        ("CIUDAD VENN, 3 mar. (EFE) - Un barco encalló hoy", "Un barco encalló hoy"),
        ("(ANSA) - ROMA, 03 MAR - Un traghetto è incagliato", "Un traghetto è incagliato"),
        ("Washington (CNN) A ferry ran aground today", "A ferry ran aground today"),
        ("(CNN)A ferry ran aground near the port", "A ferry ran aground near the port"),
        ("ÚLTIMA HORA: Un barco encalló esta mañana", "Un barco encalló esta mañana"),
        ("14:05 GMT - A ferry ran aground near here", "A ferry ran aground near here"),
        ("A ferry — the Lantern — ran aground today", "A ferry — the Lantern — ran aground today"),
        (
            "The court of Porto Venn (Orland) ruled on it",
            "The court of Porto Venn (Orland) ruled on it",
        ),
        ("PORTO VENN — It sank.", "PORTO VENN — It sank."),
    ],
)
def test_only_a_dateline_is_stripped(line: str, rest: str) -> None:
    """The reader knows the time and the outlet; what is left must still be a sentence."""
    assert strip_dateline(line) == rest


@pytest.mark.parametrize(
    "line",
    [
        "By Jane Ferrow | Staff",
        "Photo: the Lantern lies on its side in the harbour today.",
        "Published on Monday the 3rd of March 2026 at noon.",
        "Sign up for our newsletter and never miss a story again.",
        "Lea también el reportaje completo sobre el barco encallado.",
        "Read more about the Lantern and other ferries at https://outlet.example.",
        "Too short a line.",
        "A headline without its mark here",
        "FERRY RUNS AGROUND NEAR PORTO VENN AND NOBODY IS HURT TODAY.",
        "News | Sport | Weather | All of the latest from Porto Venn.",
        "02/03 09:00 12:15 14:30 17/18 19 20 21 22 and 23.",
        "one/two/three/four/five/six and some more words here.",
        "And then… it went… further… and further on.",
        "The owner of the ferry said that it (the Lantern was sound.",
        "The shares of the ferry's owner fell by a tenth (LNT.N).",
        "Loss per share {{value}} was as the firm expected it.",
        "x" * (MAX_SENTENCE + 1),
        "法院下令。",
    ],
)
def test_furniture_of_a_page_is_junk(line: str) -> None:
    """None of these belongs in a summary."""
    assert is_junk(line)


@pytest.mark.parametrize(
    "line",
    [
        "A ferry with 212 people on board ran aground on Monday.",
        "The ferry's owner, which also read the signs, will share the cost.",
        "Un barco con 212 personas encalló cerca del puerto el lunes.",
        "Officials said that the ferry had been inspected last year in the harbour of Venn",
        "律师说有十二名客户无法联系。",
        "वकीलों ने कहा कि बारह लोग नहीं मिल रहे।",
    ],
)
def test_news_is_not_junk(line: str) -> None:
    """In any script."""
    assert not is_junk(line)


def test_an_end_mark_is_seen_through_quotes_and_an_excerpt_is_known_for_one() -> None:
    """A feed's excerpt stops in the middle of a sentence, and says so by dots."""
    assert ended("“It is over.”")
    assert not ended("It is ov")
    assert not ended("")
    assert cut_off("The court ruled that [...]")
    assert not cut_off("The court ruled.")


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Ferry runs aground - Outlet 1", "Ferry runs aground"),
        ("Ferry runs aground - off Venn", "Ferry runs aground - off Venn"),
        ("Venn - Outlet 1", "Venn - Outlet 1"),
        ("<b>Ferry</b> runs aground near Venn<br/>", "runs aground near Venn"),
        ("&nbsp;", ""),
        ("12:30 - 14", ""),
        ("word " * 200, ("word " * 120).strip()),
        ("x" * 700, "x" * MAX_SENTENCE),
    ],
)
def test_a_headline_is_the_part_of_a_title_that_says_something(title: str, shown: str) -> None:
    """Whatever stands there must occur in the title as it is."""
    assert headline(title, "Outlet 1") == shown


def test_words_of_unspaced_script_are_counted_by_characters() -> None:
    """Else a page of Chinese is one word long."""
    assert word_count("律师说有十二名客户") == 1 + 9 // 2
    assert word_count("two words") == 2
