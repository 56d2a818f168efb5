"""What the watch language promises: every operator, every refusal."""

import pytest

from bot.domain.errors import QueryError
from bot.domain.query import OPERATORS, Hit, Subject, parse, with_terms, without_terms
from bot.domain.query_nodes import MAX_HITS
from tests.unit.query_articles import ARTICLE, PACKS, subject


def found(query: str, of: Subject | None = None) -> list[str] | None:
    """Return the words that `query` hits in the article of these tests."""
    hits = parse(query, PACKS).match(of or subject())
    return None if hits is None else [hit.text for hit in hits]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("deportation", ["deportations"]),
        ("=deportations", ["deportations"]),
        ("deport*", ["deportations"]),
        ('"cecot 2"', ["CECOT-2"]),
        ('"mega pris*"', ["mega-prisons"]),
        ("CECOT-2", ["CECOT-2"]),
        ("12:30", ["12:30"]),
        ("lopez", ["López"]),
        ("cecot OR football", ["CECOT"]),
        ("cecot AND bukele", ["Bukele", "CECOT"]),
        ("cecot bukele", ["Bukele", "CECOT"]),
        ("+cecot +bukele", ["Bukele", "CECOT"]),
        ("cecot -football", ["CECOT"]),
        ("cecot –football", ["CECOT"]),
        ("cecot NOT football", ["CECOT"]),
        ("NOT NOT cecot", ["CECOT"]),
        ("(football OR cecot) bukele", ["Bukele", "CECOT"]),
        ("football OR cecot bukele", ["Bukele", "CECOT"]),
        ("judge NEAR/1 halts", ["Judge halts"]),
        ("halts NEAR/1 judge", ["Judge halts"]),
        ("judge NEAR cecot", ["CECOT-2: Judge"]),
        ("(football OR judge) NEAR/2 deport*", ["Judge halts deportations"]),
        ('"cecot 2" NEAR/2 halts NEAR/1 deportation', ["CECOT-2: Judge halts deportations"]),
        ("title:judge", ["Judge"]),
        ("TITLE:judge", ["Judge"]),
        ("title:(judge bukele)", ["Bukele", "Judge"]),
        ("body:judge", ["judge"]),
        ("body:venezuelan", ["Venezuelans"]),
        ("author:ana", ["Ana"]),
        ("url:el-salvador", ["el-salvador"]),
        ('tag:"us politics"', ["US politics"]),
        ("title:pack:cecot", ["CECOT"]),
        ("pack:cecot", ["CECOT", "mega-prisons"]),
        (r"/\bCECOT-?\d+\b/", ["CECOT-2"]),
        (r"/cecot-\d/i", ["CECOT-2"]),
        ("url:/2026\\/el/", ["2026/el"]),
        ("site:example.org", []),
        ("site:https://www.news.example.org/", []),
        ('feed:"example  NEWS"', []),
        ("feed:exam*", []),
        ("lang:en", []),
        ("lang:EN-gb", []),
        ("“cecot 2” ＢＵＫＥＬＥ", ["Bukele", "CECOT-2"]),
    ],
)
def test_an_operator_finds_what_it_is_for(query: str, words: list[str]) -> None:
    """Each operator of product.md, and the spellings that phones make of them."""
    assert found(query) == words


@pytest.mark.parametrize(
    "query",
    [
        "=deportation",
        "deportación",
        "cec",
        "cecote*",
        '"2 cecot"',
        '"bukele cecot"',
        "cecot -judge",
        "cecot NOT judge",
        "cecot -title:judge",
        "football bukele",
        "judge NEAR/3 cecot football",
        "bukele NEAR/2 judge",
        "bukele NEAR/5 bukele",
        "deportations NEAR/3 spoke",
        '"deportations the"',
        'tag:"migration us"',
        "title:salvador",
        "body:bukele",
        "url:bukele",
        "example",
        "author:judge",
        "/cecot/",
        "site:ample.org",
        "site:www.sport.example.org",
        "feed:example",
        "feed:news*",
        "lang:es",
    ],
)
def test_an_operator_finds_nothing_else(query: str) -> None:
    """Whole words, exact forms, one field at a time, no phrase across texts."""
    assert found(query) is None


@pytest.mark.parametrize(
    ("lang", "query", "title"),
    [
        ("es", "deportación", "Nuevas deportaciones"),
        ("es", "deportacion", "Nuevas deportaciones"),
        ("pt", "deportação", "Novas deportações"),
        ("fr", "expulsion", "Des expulsions massives"),
        ("de", "Abschiebung", "Neue Abschiebungen"),
        ("it", "deportazione", "Nuove deportazioni"),
        ("", "deportación", "Nuevas deportaciones"),
        ("es-SV", "deportación", "Nuevas deportaciones"),
        ("ja", "地震", "東京で大地震か"),
        ("ko", "부켈레", "부켈레는 말했다"),
        ("", "🚨", "🚨🇸🇻 Alerta"),
    ],
)
def test_inflections_follow_the_articles_language(lang: str, query: str, title: str) -> None:
    """And scripts without spaces are searched inside their runs."""
    assert found(query, subject(title, lang=lang)) is not None


@pytest.mark.parametrize(
    ("lang", "query", "title"),
    [
        ("ru", "deportation", "deportations"),
        ("es", "deportación", "Deportes: el partido"),
        ("", "deportación", "Deportes: el partido"),
        ("es", "pack:cecot", "Ofertas de Cecotec"),
        ("en", "pack:cecot", "Las cárceles"),
        ("en", "bukele", "The bukelistas"),
    ],
)
def test_other_words_are_not_inflections(lang: str, query: str, title: str) -> None:
    """Sport is no deportation, an appliance brand no prison; terms inflect in their language."""
    assert found(query, subject(title, lang=lang)) is None


def test_a_hit_says_where_it_is_and_why() -> None:
    """The card shows the original words, and the term that they matched."""
    hits = parse("tag:politics OR DEPORTATION", PACKS).match(subject())
    title = ARTICLE.title
    start = title.index("deportations")
    assert hits == (
        Hit("title", start, start + 12, "deportations", "DEPORTATION"),
        Hit("tag", 13, 21, "politics", "politics"),
    )
    assert "\n".join(ARTICLE.tags)[13:21] == "politics"


def test_hits_do_not_overlap() -> None:
    """Of `bukele OR "bukele s"` one thing is shown, and a card can mark them one by one."""
    assert found('bukele OR "bukele s" OR "s cecot" OR cecot') == ["Bukele's", "CECOT"]


def test_hits_are_bounded() -> None:
    """A page that repeats one word ten thousand times costs one card, not ten thousand rows."""
    hits = parse("spam", PACKS).match(subject("spam " * 10_000))
    assert hits is not None
    assert len(hits) == MAX_HITS


def test_nearness_costs_little_in_a_text_of_one_word() -> None:
    """Each match meets its nearest neighbour only; all pairs would be a hundred million."""
    assert parse("spam NEAR/100 spam", PACKS).match(subject("spam " * 10_000))


def test_a_lone_surrogate_in_a_text_does_no_harm() -> None:
    """RE2 reads UTF-8, which has none."""
    assert found("/cecot/", subject("\ud800 cecot")) == ["cecot"]


def test_an_address_that_is_none_belongs_to_its_outlets_site() -> None:
    """`urlsplit` raises on a bracket in the wrong place."""
    assert found("site:example.org", subject("x", url="http://[x")) == []


@pytest.mark.parametrize(
    ("query", "at", "suggestion"),
    [
        ("", 0, None),
        ("  ", 0, None),
        ("cecot OR", 6, "cecot"),
        ("OR cecot", 0, "cecot"),
        ("cecot AND OR bukele", 6, "cecot OR bukele"),
        ("(OR cecot)", 1, "( cecot)"),
        ("cecot NOT", 6, "cecot"),
        ("(cecot", 0, "(cecot)"),
        ("cecot)", 5, "cecot"),
        ("cecot ()", 6, "cecot"),
        ("*", 0, None),
        ("a*", 1, None),
        ("*cot", 0, "cot"),
        ("ce*ot", 2, "ceot"),
        ("=cec*", 4, "cec*"),
        ('"cecot * judge"', 7, '"cecot judge"'),
        ("-football", 0, None),
        ("cecot OR -judge", 9, None),
        ("cecot - judge", 6, "cecot -judge"),
        ("cecot -", 6, "cecot"),
        ("…", 0, None),
        ('""', 0, None),
        ('"cecot', 0, '"cecot"'),
        ('cecot"', 5, "cecot"),
        ("'mega prison' x", 0, '"mega prison" x'),
        ("cecot, bukele", 5, "cecot OR bukele"),
        ("cecot, bukele OR", 14, "cecot OR bukele"),
        ("cecot | bukele", 6, "cecot OR bukele"),
        ("cecot && bukele", 6, "cecot AND bukele"),
        ("!judge cecot", 0, "-judge cecot"),
        ('"cecot judge"~5', 13, '"cecot judge"'),
        ("cecot^2", 5, "cecot"),
        ("title: cecot", 6, "title:cecot"),
        ("title:", 6, "title"),
        ("titel:cecot", 0, "title:cecot"),
        ("intitle:cecot", 0, "title:cecot"),
        ("source:example.org", 0, "site:example.org"),
        ("when:cecot", 0, "cecot"),
        ("https://example.org/a", 0, 'url:"example.org/a"'),
        ("title:-judge cecot", 0, "-title:judge cecot"),
        ("title:NOT judge cecot", 0, "NOT title:judge cecot"),
        ("title:body:x", 0, "title:x"),
        ("title:site:example.org", 0, "site:example.org"),
        ("site:(a)", 0, None),
        ("site:a.com,b.com", 5, "(site:a.com OR site:b.com)"),
        ("site:example.org/news", 5, '(site:example.org url:"news")'),
        ("lang:spanish", 5, "lang:es"),
        ("lang:xx", 5, None),
        ('feed:"" cecot', 0, "cecot"),
        ("pack:cecott", 5, "pack:cecot"),
        ("pack:zzzzzz", 5, None),
        ("cecot NEAR/0 judge", 6, "cecot NEAR/1 judge"),
        ("cecot NEAR/ judge", 6, "cecot NEAR/1 judge"),
        ("cecot NEAR/999 judge", 6, "cecot NEAR/100 judge"),
        ("cecot NEAR -judge", 11, "cecot NEAR judge"),
        ("cecot NEAR lang:es", 11, None),
        ("/(/", 0, None),
        ("/x*/", 0, None),
        (r"/\b/", 0, None),
        ("/(?=x)/", 0, None),
        ("/cecot", 0, "/cecot/"),
        ("/cecot/g", 7, "/cecot/i"),
        (f"/{'x' * 201}/", 0, None),
        ("x" * 2001, 2000, None),
        ("x " * 201, 400, None),
        ("(" * 21 + "x" + ")" * 21, 20, None),
        ("\ud800", 0, None),
        ("a^1 " * 13, 1, None),
    ],
)
def test_what_does_not_parse_is_refused_with_place_and_remedy(
    query: str, at: int, suggestion: str | None
) -> None:
    """It is never half-applied, and what is suggested does parse."""
    with pytest.raises(QueryError) as caught:
        parse(query, PACKS)
    assert (caught.value.at, caught.value.suggestion) == (at, suggestion)
    if suggestion is not None:
        parse(suggestion, PACKS)


def test_an_unknown_pack_without_any_pack_is_said_so() -> None:
    """There is nothing to list."""
    with pytest.raises(QueryError, match="there is no pack “cecot” "):
        parse("pack:cecot", {})


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("cecot", "“cecot”"),
        ("=cecot", "exactly “cecot”"),
        ("deport*", "a word that begins with “deport”"),
        ('a OR "b c" OR d', "“a”, the phrase “b c” or “d”"),
        ("(a OR b) c -d", "(“a” or “b”) and “c”, but not “d”"),
        ("-(a b) c", "“c”, but not (“a” and “b”)"),
        ("a NEAR/3 b", "“a” within 3 words of “b”"),
        ("url:a", "“a” in the address"),
        ("NOT NOT a", "“a”"),
        ("a site:b.org", "“a” and from the site b.org"),
        ("a lang:es", "“a” and in the language es"),
        ("a feed:b", "“a” and from the feed “b”"),
        ("a feed:b*", "“a” and from a feed whose name begins with “b”"),
        ("/a/i", "text like /a/i"),
        ("pack:cecot", "any of the 4 terms of pack cecot (the prison)"),
        ("(a -b) OR c", "(“a”, but not “b”) or “c”"),
    ],
)
def test_a_query_is_explained_as_understood(query: str, said: str) -> None:
    """What is shown before a watch is saved; grouping is visible."""
    assert parse(query, PACKS).explained() == f"Matches: {said}."


def test_an_operator_in_small_letters_is_pointed_out() -> None:
    """It is a word to look for (`or` is gold in French), and hardly ever meant as one."""
    assert parse("cecot or bukele", PACKS).explained() == (
        "Matches: “cecot”, “or” and “bukele”. “or” in small letters is a word to look for; "
        "the operator is OR."
    )


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("cecot", ""),
        ("football", "“football” was not found"),
        ("cecot football", "“football” was not found"),
        ("cecot title:salvador", "“salvador” was not found in the title"),
        ("football OR tennis", "neither “football” nor “tennis” was found"),
        (
            " OR ".join(f"x{n}" for n in range(10)),
            "neither “x0”, “x1”, “x2”, “x3”, “x4”, “x5”, “x6” nor “x7” (and 2 more) was found",
        ),
        ("cecot -judge", "“judge” is excluded, and matched (“Judge” in the title)"),
        ("cecot -lang:en", "in the language en is excluded, and matched"),
        ("lang:es", "its language is en, not es"),
        ("site:b.org", "its site is example.org, not b.org"),
        ("feed:b", "it came from feed “example news”, not “b”"),
        ("/x/", "text like /x/ was not found"),
    ],
)
def test_a_near_miss_names_the_part_that_failed(query: str, said: str) -> None:
    """`/why` answers with it."""
    assert parse(query, PACKS).near_miss(subject()) == said


def test_terms_are_what_is_looked_for_as_written() -> None:
    """Exclusions and filters are not, and repetitions are one."""
    query = 'Cecot OR "a b" OR title:(x NEAR/2 yy*) OR pack:cecot OR /r/i OR Cecot'
    terms = ("Cecot", '"a b"', "title:x", "title:yy*", "pack:cecot", "/r/i")
    assert parse(query, PACKS).terms() == terms
    assert parse("a -b site:c.org", PACKS).terms() == ("a",)


def test_keywords_are_added_as_alternatives() -> None:
    """Each once; several words are a phrase; any term of the language will do."""
    more = ["Bukele", "mega prison", "CECOT", '"a b"', "deport*"]
    assert with_terms("cecot", more, PACKS) == (
        'cecot OR Bukele OR "mega prison" OR "a b" OR deport*'
    )


@pytest.mark.parametrize("word", ["-x", "", "(", "x " * 300])
def test_what_is_no_term_is_not_added(word: str) -> None:
    """The watch stays as it was."""
    with pytest.raises(QueryError):
        with_terms("cecot", [word], PACKS)


def test_keywords_are_removed_whatever_their_case() -> None:
    """Only whole alternatives are: what stands in parentheses is left alone."""
    query = 'cecot OR (a OR b) OR "Mega  Prison" OR bukele'
    assert without_terms(query, ["BUKELE", "mega prison"], PACKS) == "cecot OR (a OR b)"


@pytest.mark.parametrize("words", [["football"], ["cecot", "bukele"]])
def test_keywords_that_are_not_there_or_all_there_is_stay(words: list[str]) -> None:
    """A watch of nothing would be silent for ever."""
    with pytest.raises(QueryError):
        without_terms("cecot OR bukele", words, PACKS)


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.name)
def test_the_example_of_an_operator_parses(operator: tuple[str, str, str]) -> None:
    """It stands in the documentation."""
    assert parse(operator[1], PACKS).explained()


PAGE = "Relatives of the men in Tecoluca went to the supreme court, and to football."


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("tecoluca", None),
        ("tecoluca body:full", ["Tecoluca"]),
        ("body:full tecoluca AND bukele", ["Bukele", "Tecoluca"]),
        ("BODY:Full =relatives", ["Relatives"]),
        ("body:tecoluca body:full", ["Tecoluca"]),
        ("body:(tecoluca body:full)", ["Tecoluca"]),
        ("title:tecoluca body:full", None),
        ("judge body:full", ["Judge", "judge"]),
        ("judge -football", ["Judge", "judge"]),
        ("judge -football body:full", None),
        ("tecoluca OR cecot body:full", ["CECOT"]),
        ("(tecoluca OR cecot) body:full", ["CECOT", "Tecoluca"]),
        ("supreme NEAR/2 football body:full", None),
        ("/T.coluca/ body:full", ["Tecoluca"]),
        ('body:"full"', None),
    ],
)
def test_the_page_is_searched_only_where_it_is_asked_for(
    query: str, words: list[str] | None
) -> None:
    """`body:full` goes for all that stands beside it; whoever means the word puts it in quotes."""
    assert found(query, subject(page=PAGE)) == words
    assert parse(query, PACKS).reads_pages == ("full" in query.lower() and '"' not in query)


@pytest.mark.parametrize(
    ("query", "worth"),
    [
        ("tecoluca", False),
        ("tecoluca body:full", True),
        ("cecot body:full", False),
        ("cecot -football body:full", False),
        ("cecot tecoluca body:full", True),
        ("title:football tecoluca body:full", False),
        ("tecoluca -judge body:full", False),
        ("tecoluca -title:(football OR judge) body:full", False),
        ("tecoluca -(judge football) body:full", True),
        ("lang:es tecoluca body:full", False),
        ("lang:en site:example.org tecoluca body:full", True),
        ("(lang:es OR lang:fr) tecoluca body:full", False),
        ("(lang:es OR tecoluca) body:full", True),
        ("football OR (tecoluca body:full)", True),
        ("(lang:es tecoluca body:full) OR football", False),
        ("/T.coluca/ body:full", True),
    ],
)
def test_a_page_is_worth_reading_only_if_it_can_decide(query: str, worth: bool) -> None:  # noqa: FBT001 -- a case
    """Not where the rest of the query excludes the article, nor where it has matched already."""
    assert parse(query, PACKS).could_match(subject()) is worth


@pytest.mark.parametrize(
    ("query", "at"),
    [
        ("body:full", 0), ("cecot OR body:full", 9), ("cecot -body:full", 7),
        ("body:full body:full", 0), ("cecot NEAR/3 body:full", 13), ("title:(cecot body:full)", 0),
    ],
)  # fmt: skip
def test_body_full_alone_is_refused_with_the_word_in_quotes(query: str, at: int) -> None:
    """It looks for nothing itself."""
    with pytest.raises(QueryError) as error:
        parse(query, PACKS)
    assert error.value.at == at
    assert "body:full" in str(error.value)


@pytest.mark.parametrize(
    ("query", "page", "said"),
    [
        ("tecoluca body:full", "", "“tecoluca” was not found; its page was not read"),
        ("tecoluca body:full", "Quiet.", "“tecoluca” was not found, nor in its page"),
        (
            "body:(a OR b) body:full",
            "Quiet.",
            "neither “a” nor “b” was found in the text, nor in its page",
        ),
    ],
)
def test_a_miss_says_whether_the_page_was_read(query: str, page: str, said: str) -> None:
    """Else nobody could tell a page without the word from one that was never there."""
    assert parse(query, PACKS).near_miss(subject(page=page)) == said


def test_what_body_full_means_is_said_before_a_watch_is_saved() -> None:
    """It goes with what it stands beside, and the explanation shows with what."""
    said = parse("cecot OR bukele body:full", PACKS).explained()
    page = "also in the full text of the article's page"
    assert said == f"Matches: “cecot” or (“bukele”, {page})."
    assert parse("cecot body:full", PACKS).terms() == ("cecot",)
