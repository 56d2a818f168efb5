"""Function words of the six languages: what carries no news, and which language it is in.

Owns the lists, and the guess of a language that they allow. They are the closed classes of each
language (articles, pronouns, prepositions, conjunctions, auxiliaries), accents removed, and no
word of content.
"""

from collections.abc import Iterable


def _words(text: str) -> frozenset[str]:
    """Return the words of a list that is written as one text."""
    return frozenset(text.split())


STOP_WORDS: dict[str, frozenset[str]] = {
    "en": _words(
        "a an the and or but nor so yet if then than that this these those there here who whom "
        "whose which what when where why how all any both each few more most other some such "
        "no not only own same too very can could will would shall should may might must do "
        "does did doing done be am is are was were been being have has had having i me my we "
        "us our ours you your yours he him his she her hers it its they them their theirs to "
        "of in on at by for from with about into over after before between through during "
        "under above up down out off again once as while because until since against also just "
        "s t re ve ll don didn doesn isn wasn weren said says say amid among per via upon "
        "within without"
    ),
    "es": _words(
        "el la los las lo un una unos unas y e o u pero sino ni que quien quienes cual cuales "
        "cuyo cuando donde como cuanto si no mas muy tambien ya aun de del a al en con por "
        "para sin sobre entre desde hasta hacia segun tras durante contra ante bajo se su sus "
        "le les me mi mis te tu nos nuestro nuestra este esta estos estas ese esa esos esas "
        "esto eso aquel aquella es son era eran fue fueron ser sido estan estaba ha han habia "
        "haber hay he tiene tienen dijo cada todo toda todos todas otro otra otros otras mismo "
        "misma porque aunque mientras"
    ),
    "pt": _words(
        "o a os as um uma uns umas e ou mas nem que quem qual quais cujo quando onde como se "
        "nao mais muito tambem ja de do da dos das em no na nos nas por pelo pela pelos pelas "
        "para com sem sobre entre desde ate apos durante contra ante sob ao aos seu sua seus "
        "suas lhe lhes me meu minha nosso este esta estes estas esse essa isso isto aquele "
        "aquela sao era eram foi foram ser sido estao estava tem tinha ter ha disse cada todo "
        "toda todos todas outro outra mesmo porque enquanto ele ela eles elas segundo"
    ),
    "fr": _words(
        "le la les l un une des et ou mais ni que qui quoi dont quand comme si ne pas plus "
        "tres aussi deja de du d a au aux en dans par pour avec sans sur entre depuis jusque "
        "vers selon apres pendant contre devant sous se s son sa ses leur leurs me mon ma mes "
        "te nous notre vous votre ce cet cette ces cela c est sont etait etaient fut etre ete "
        "ont avait avoir il elle ils elles on y qu n j chaque tout toute tous toutes autre "
        "autres meme car"
    ),
    "de": _words(
        "der die das den dem des ein eine einen einem einer eines und oder aber noch dass wer "
        "was welche wenn wo wie ob nicht kein keine mehr sehr auch schon von vom zu zum zur in "
        "im an am auf aus bei mit nach seit uber unter vor fur gegen ohne um durch zwischen "
        "wahrend sich sein seine seinen seiner ihr ihre ihren ihrer mich mir wir uns unser "
        "dies diese dieser dieses jene ist sind war waren sei gewesen wird werden wurde wurden "
        "hat haben hatte hatten er sie es man als bis nur kann konnen soll jeder alle andere "
        "weil denn so damit"
    ),
    "it": _words(
        "il lo la i gli le l un uno una e o ma ne che chi cui quale quando dove come se non "
        "piu molto anche gia di del dello della dei degli delle a al allo alla ai agli alle da "
        "dal dalla dai in nel nella nei negli con per senza su sul sulla tra fra dopo durante "
        "contro sotto si suo sua suoi sue mi mio mia ci nostro questo questa questi queste "
        "quello quella sono era erano fu essere stato stata ha hanno aveva avere lui lei loro "
        "ogni tutto tutta tutti tutte altro altra stesso perche mentre secondo"
    ),
}


def language_of(words: Iterable[str]) -> str:
    """Return the language whose function words are most among `words`, "" where there are none.

    Args:
        words: In lower case and without accents.
    """
    seen = list(words)
    counts = {lang: sum(word in stop for word in seen) for lang, stop in STOP_WORDS.items()}
    best = max(counts, key=lambda lang: counts[lang])  # the first of equals, so always the same
    return best if counts[best] else ""
