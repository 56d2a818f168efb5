"""What a model wrote, and what of it the articles support."""

import pytest

from bot.domain.articles import ArticleId
from bot.domain.claims import MOST_CITES, MOST_WRITTEN, Written, check
from tests.unit.summary_articles import FERRY, article

TOLD = article(
    3,
    "A court in San Salvador ordered the ministry on Tuesday to report on 12 clients held at the "
    "CECOT prison. Lawyer Maria Lopez said “we have not heard from them since March 2026”, and "
    "asked for $1.4 million in damages. Prison staff rose 14% to 1,200 guards, judge Ernesto Paz "
    "wrote. The guard Luis Vega allegedly struck two prisoners, families told the court. The "
    "minister did not resign over the prison report. Relatives of the guards waited outside the "
    "gate in their hundreds. The court meets again on April 9 to hear the ministry. The court "
    "posts its orders at court.example each Tuesday.",
    title="Court orders report on CECOT clients",
)
TRUE = (
    "A court ordered the ministry to report on 12 clients held at the CECOT prison.",
    "The court in San Salvador on Tuesday ordered a report on 12 clients at CECOT.",
    "Lawyer Maria Lopez said “we have not heard from them since March 2026.”",
    "Lawyer Maria Lopez asked for $1,400,000 in damages and said “we have not heard”.",
    "Prison staff rose 14 per cent to 1,200 guards, judge Ernesto Paz wrote.",
    "The guard Luis Vega allegedly struck 2 prisoners, families told the court.",
    "The minister did not resign over the prison report.",
    "On April 9 the court meets again to hear the ministry.",
)
FALSE = {
    "a number": "A court ordered the ministry to report on 13 clients held at the CECOT prison.",
    "what a number counts": "Prison guards rose 14% to 1,200 staff, judge Ernesto Paz wrote.",
    "a scale": "Maria Lopez asked for $1.4 billion in damages and said “we have not heard”.",
    "a currency": "Maria Lopez asked for €1.4 million in damages and said “we have not heard”.",
    "a share": "Prison staff rose 14 to 1,200 guards, judge Ernesto Paz wrote in the report.",
    "a year": "Lawyer Maria Lopez said “we have not heard from them” since March 2025.",
    "a count in words": "The guard Luis Vega allegedly struck thirty prisoners, families told.",
    "a name": "A court in Bogota ordered the ministry to report on 12 clients held at CECOT.",
    "a first name": "Bukele ordered the ministry to report on 12 clients held at the CECOT prison.",
    "two names mixed": "Lawyer Maria Paz said “we have not heard from them since March 2026”.",
    "a quotation": "Lawyer Maria Lopez said “we have never heard from them since March 2026”.",
    "a quotation in other marks": "Lawyer Maria Lopez said 'we have not heard them' since March.",
    "a quotation left open": "Lawyer Maria Lopez said “we have not heard from them since March.",
    "a denial lost": "The minister did resign over the prison report.",
    "a denial added": "A court did not order the ministry to report on 12 clients held at CECOT.",
    "a doubt lost": "The guard Luis Vega struck two prisoners, families told the court.",
    "words of its own": "The court wept while furious crowds stormed the CECOT prison gates.",
    "two places far apart": "A court ordered guards to wait outside, the minister wrote.",
    "a question": "The minister did not resign over the prison report?",
    "too little": "Prison staff rose by then again.",
    "an address": "The court posts its orders at court.example each Tuesday.",
    "too much": f"A court ordered the ministry {'to report ' * 45}on 12 clients held at CECOT.",
    "a vague count": "Relatives of the guards waited outside the gate in their thousands.",
    "a mere headline": "Court orders report on CECOT clients",
    "nothing": "",
}  # fmt: skip


def written(text: str, *cites: int) -> Written:
    """Return a sentence of a model that cites these articles."""
    return Written(text=text, cites=tuple(ArticleId(one) for one in cites))


@pytest.mark.parametrize("text", TRUE)
def test_what_the_article_says_in_nearly_its_words_holds(text: str) -> None:
    """Shortened and joined, with a number spelled otherwise."""
    done = check([written(text, TOLD.id)], [TOLD], "long")
    assert [(one.text, one.cites) for one in done.sentences] == [(text, (TOLD.id,))]
    assert done.dropped == 0


@pytest.mark.parametrize("text", FALSE.values(), ids=FALSE)
def test_what_the_article_does_not_say_is_dropped_and_counted(text: str) -> None:
    """One word is enough; silence is better than an error."""
    done = check([written(text, TOLD.id)], [TOLD], "long")
    assert (done.sentences, done.dropped) == ((), 1)


def test_a_citation_that_fails_is_removed_and_the_others_stay() -> None:
    """The second outlet names the ferry, the first and the third do not."""
    text = "The ferry Lantern ran aground near Porto Venn on Monday with 212 people on board."
    cites = [one.id for one in FERRY]
    done = check([written(text, *cites, 999)], FERRY, "card")
    assert [one.cites for one in done.sentences] == [(FERRY[1].id,)]
    assert done.dropped == 0


@pytest.mark.parametrize("cites", [(), (1, 999), (*range(MOST_CITES), 103)])
def test_a_sentence_must_cite_an_article_that_there_is(cites: tuple[int, ...]) -> None:
    """Whether it is true is not asked; among a heap of citations nobody looks for the right one."""
    done = check([written(TRUE[0], *cites)], [TOLD], "card")
    assert (done.sentences, done.dropped) == ((), 1)


def test_each_sentence_of_a_text_must_hold() -> None:
    """A true one carries no false one along, and marks written into the text go."""
    text = f"{TRUE[0]} [1] The clients were deported by Guatemala [1, 2]."
    done = check([written(text, TOLD.id)], [TOLD], "card")
    assert ([one.text for one in done.sentences], done.dropped) == ([TRUE[0]], 1)


def test_no_more_is_taken_than_was_asked_for_and_nothing_twice() -> None:
    """What there is no room for, or is said already, is not called dropped."""
    same = "A court ordered the ministry to report on 12 clients held at CECOT prison."
    done = check([written(one, TOLD.id) for one in (TRUE[0], same, *TRUE[2:])], [TOLD], "card")
    assert [one.text for one in done.sentences] == [TRUE[0], TRUE[2], TRUE[3]]
    assert done.dropped == 0


def test_what_comes_after_a_bounded_number_of_sentences_is_dropped() -> None:
    """A model that never ends costs a bounded time."""
    done = check([written(TRUE[0], TOLD.id)] * (MOST_WRITTEN + 5), [TOLD], "long")
    assert (len(done.sentences), done.dropped) == (1, 5)


def test_signs_that_are_not_printed_are_taken_out() -> None:
    """What turns text around would show something else than what was checked."""
    done = check([written(f"\u202e{TRUE[0]}\x07", TOLD.id)], [TOLD], "card")
    assert [one.text for one in done.sentences] == [TRUE[0]]


def test_markup_is_left_as_the_plain_text_that_it_is() -> None:
    """To escape it is for those who render."""
    text = "A court ordered the **ministry** to report on 12 clients held at the `CECOT` prison."
    done = check([written(text, TOLD.id)], [TOLD], "card")
    assert [one.text for one in done.sentences] == [text]


def test_an_article_in_spanish_is_checked_as_well() -> None:
    """Names, numbers and denials of other languages."""
    told = article(
        1,
        "El tribunal ordenó al ministerio informar sobre 14 clientes recluidos en el CECOT. El "
        "ministro no renunció tras el informe del tribunal.",
        title="Ordenan informe",
        lang="es",
    )
    good = "El tribunal ordenó informar sobre 14 clientes recluidos en el CECOT."
    bad = "El ministro renunció tras el informe del tribunal sobre los clientes."
    done = check([written(good, told.id), written(bad, told.id)], [told], "card")
    assert ([one.text for one in done.sentences], done.dropped) == ([good], 1)


def test_scripts_without_spaces_are_checked_by_their_signs() -> None:
    """And digits that are no number of ours must stand there as they are."""
    told = article(
        1,
        "法院周二命令该部报告关押在监狱的十二名客户的情况。版本1.2.3已经发布给所有的人。",
        lang="zh",
    )
    good = "法院命令该部报告关押在监狱的十二名客户的情况。"
    bad = "版本1.2.4已经发布给所有的人。"
    done = check([written(good, told.id), written(bad, told.id)], [told], "card")
    assert ([one.text for one in done.sentences], done.dropped) == ([good], 1)
