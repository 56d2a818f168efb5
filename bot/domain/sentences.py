"""News text into sentences worth quoting: split, without datelines, without furniture.

Owns where a sentence of a news text begins and ends, what a dateline is, and what no reader wants
to see (by-lines, cookie notices, "read more"). Every sentence it returns is a substring of the
text but for white space. Which sentences are good is decided in `bot.domain.ranking`.
"""

import re
from collections.abc import Iterator

# Scripts written without spaces between words: Thai, Lao, Burmese, Khmer, kana, Han.
UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
MAX_SENTENCE = 600  # characters; what is longer is a list or a broken page, and never quoted


def _words(text: str) -> frozenset[str]:
    """Return the words of a list that is written as one text."""
    return frozenset(text.split())


# A mark that may end a sentence, with the quotes and brackets that close after it. Han and kana
# text needs no space after its mark; neither do paragraphs that were glued when markup was removed.
_MARK = re.compile(
    r"(?P<cjk>[。！？]+[」』”’）]*)"
    r"|(?P<mark>[.!?…؟۔।]{1,8})(?P<close>[\"'”’»›)\]]{0,4})\s"
    r"|(?<=[^\W\d_A-Z][^\W\d_A-Z][^\W\d_A-Z])[.!?][\"”»]?(?=[A-ZÀ-Þ][^\W\d_A-Z]+[ ,])"
)
_BEFORE = re.compile(r"[^\s(\[\"'“‘«]*\Z")  # the word that a full stop belongs to
_DOTTED = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]\Z")  # J, U.S, a.m, p.m

# Never the end of a sentence: a name or a number follows.
_TITLES = _words(
    "mr mrs ms dr pdte pdta prof sr sra srta sres dra drs don gen lt col sgt capt cmdr adm maj "
    "brig sen rep gov rev hon st ste mt ft vs messrs pres supt det lic ing arq mme mlle mm me mgr "
    "pr hr frau fr sig sigg dott on avv exmo exma des dep ee ph núm num nº n° pág págs pp fig cf "
    "vgl bzw ggf z.b d.h u.a p.ej p.ex i.e e.g ej ex av avda bd ca approx resp abs geb gest"
)
# The end of a sentence only if what follows usually begins one.
_SHORT = _words(
    "jan feb mar apr jun jul aug sep sept oct nov dec ene abr ago set dic fev out dez janv "
    "févr avr juil déc mon tue tues wed thu thur thurs fri sat sun inc corp co ltd llc jr bros "
    "cia univ assn dept est calif fla ariz ala ark colo conn ga ill ind kan ky la md mass mich "
    "minn miss mo mont neb nev okla ore pa tenn tex va vt wash wis wyo etc al uu s.a s.l s.p.a "
    "dpto depto mio mrd usw gmbh no art mill"
)
_STARTERS = _words(
    "the a an in on at it he she they we you this that these those but and for after as if "
    "when while there his her its their el la los las un una en lo su sus este esta pero y por "
    "según tras le les il elle ils elles l dans une mais der die das ein eine er sie es im am "
    "doch o os um uma no na ele ela mas gli i nel nella ma"
)
_SAID = re.compile(
    r"(?:[\w.'’-]+\s+){0,3}(?:said|asked|told|wrote|added|says|dijo|preguntó|disse|demande|fragte)\b"
)
_GERMAN_MONTH = re.compile(
    r"(?:Jan|Feb|März|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez|Jahrhundert|Weltkrieg)"
)


def split(text: str, lang: str = "") -> list[str]:
    """Return the sentences of a plain text, in order, with single spaces inside.

    Args:
        text: Plain text; a blank line, or a line that does not run on, ends a sentence too.
        lang: BCP 47 primary subtag, "" when unknown; only German ordinals ("am 3. März") need it.
    """
    return [
        sentence for paragraph in _paragraphs(text) for sentence in _in_paragraph(paragraph, lang)
    ]


def _paragraphs(text: str) -> Iterator[str]:
    """Yield paragraphs; a line is joined to the next only if that one goes on in lower case."""
    run = ""
    for raw in text.splitlines():
        line = " ".join(raw.split())
        if run and line[:1].islower() and run[-1] not in ".!?…:":
            run = f"{run} {line}"
            continue
        if run:
            yield run
        run = line
    if run:
        yield run


def _in_paragraph(paragraph: str, lang: str) -> Iterator[str]:
    """Cut one line of text at the marks that end a sentence."""
    start = 0
    for mark in _MARK.finditer(paragraph):
        if mark["mark"] is not None and not _ends(paragraph, start, mark, lang):
            continue
        yield paragraph[start : mark.end()].strip()
        start = mark.end()
    rest = paragraph[start:].strip()
    if rest:
        yield rest


def _ends(paragraph: str, start: int, mark: re.Match[str], lang: str) -> bool:
    """Whether a mark with white space after it ends the sentence that began at `start`."""
    follows = paragraph[mark.end() : mark.end() + 80]
    if follows[:1].islower():
        return False
    if mark["mark"] != ".":
        return not (mark["close"] and _SAID.match(follows))
    if mark["close"]:
        return True
    # A window keeps this linear: the word before the stop is short where it is an abbreviation.
    found = _BEFORE.search(paragraph, max(start, mark.start() - 24), mark.start())
    word = found[0] if found else ""
    low = word.lower()
    if low in _TITLES:
        return False
    if low in {"no", "art"} and follows[:1].isdigit():
        return False
    if low.isdigit() and len(low) <= 2:
        return not (lang == "de" or _GERMAN_MONTH.match(follows))
    if low == "no":
        return True
    if low in _SHORT or _DOTTED.match(word):
        return re.split(r"[\W_]", follows, maxsplit=1)[0].lower() in _STARTERS
    return True


# --- datelines ------------------------------------------------------------------------------------

_DATELINE_READ = 160  # characters
_CITY = r"[^\W\d_][\w.'’-]*(?:[ ,/]{1,2}[^\W\d_][\w.'’-]*){0,5}"
_UPPER = r"[A-ZÀ-Þ][A-ZÀ-Þ.'’-]+(?:[ ,/]{1,2}[A-ZÀ-Þ][A-ZÀ-Þa-zà-ÿ.'’-]*){0,5}"
_DAY = r"(?:,? ?\d{1,2}\.?(?: de)? [^\W\d_]{3,10}\.?(?: \d{4})?)"
_AGENCY = r"\([^()]{2,40}\)"
_DASH = r"\s*[.,:]?\s*(?:--?|[—–])\s*"
_DATELINE = re.compile(
    # CITY (AGENCY) — · CITY: · CITY, State —
    rf"(?:{_UPPER}{_DAY}?\s*(?:{_AGENCY})?(?:{_DASH}|\s*:\s+)"
    rf"|{_CITY}{_DAY}?\s*{_AGENCY}{_DASH}"  # City, 3 mar. (AGENCY) -
    rf"|(?:{_CITY} ?)?\((?:AP|AFP|CNN|EFE|Reuters|REUTERS|UPI|ANSA|dpa|DPA|Xinhua|TASS|KDWN|Lusa)\)"
    rf"(?:{_DASH})?\s*"  # (CNN) · Washington (CNN)
    rf"|[A-ZÀ-Þ][\w'’-]+(?: [A-ZÀ-Þ][\w'’-]+)?,? ?{_DAY}?\s+[—–]\s+)"  # Washington —
    r"(?=[\w\"'“‘«¿¡(])"
)
_FLASH = re.compile(
    r"(?:(?:UPDATE[D]?|BREAKING(?: NEWS)?|JUST IN|URGENTE?|ÚLTIMA HORA|ULTIMA HORA|ACTUALIZACIÓN"
    r"|ÚLTIMAS NOTICIAS|EILMELDUNG|ALERTE INFO|ULTIM'ORA)(?: ?\d+)?\s*[:—–|-]\s*"
    r"|\d{1,2}[:.h]\d{2}(?:\s*[ap]\.?m\.?)?(?:\s+(?:GMT|UTC|ET|EST|EDT|CET|CEST))?\s*[:—–|.-]?\s+)",
    re.IGNORECASE,
)


def strip_dateline(sentence: str) -> str:
    """Return a text's first sentence without its dateline, flash word and clock time."""
    for pattern in (_FLASH, _DATELINE, _DATELINE, _FLASH):
        found = pattern.match(sentence[:_DATELINE_READ])
        if found and found.end() < min(len(sentence) - 15, 90):
            sentence = sentence[found.end() :]
    return sentence


# --- furniture ------------------------------------------------------------------------------------

_OPENING = re.compile(
    r"(?:by|por|par|von|di) [A-ZÀ-Þ][\w.'’-]+(?: [A-ZÀ-Þ][\w.'’-]+){0,4}"
    r"\W*(?:$|\||•|,? (?:and|y|for) )"
    r"|(?i:photo(?:graph)?|image|picture|foto|fotografía|imagen|bild|video|vídeo|watch|see also|"
    r"related|published|updated|last updated|posted|publicado|actualizado|publié|aktualisiert|"
    r"source|fuente|quelle|credit|read|archivo|caption)(?: \w+)?\s?:"
    r"|(?i:published|updated|last updated|posted|publicado|actualizado|publié le)\b.{0,40}\d"
    r"|https?:|www\.|[@#]\w"
    r"|\d{1,2}[:.h]\d{2}(?:\s*[ap]\.?m\.?)?\W*$"
)
_PHRASE = re.compile(
    r"read more|read the full|read also|continue reading|click here|sign up|subscribe|newsletter|"
    r"log ?in to|cookies|copyright|all rights reserved|getty images|terms of (?:use|service)|"
    r"privacy policy|reporting by|editing by|contributed to this report|follow us|"
    r"follow .{1,30} on (?:twitter|facebook)|share this|enable javascript|"
    r"your browser|mailing list|contact details|"
    r"tweet with a location|this story (?:has been|was) (?:updated|corrected)|the post .{1,90} "
    r"appeared first|advertisement|story continues below|file photo|the associated press 20|"
    r"may not be published|"
    r"lea también|lee también|lea más|leer más|seguir leyendo|suscríb|síguenos|sigue leyendo|"
    r"derechos reservados|te puede interesar|haga clic|haz clic|la entrada .{1,90} se publicó|"
    r"leia mais|leia também|saiba mais|inscreva-se|assine|direitos reservados|"
    r"à lire aussi|lire aussi|lire la suite|abonnez|tous droits réservés|"
    r"lesen sie auch|mehr zum thema|abonnieren|alle rechte vorbehalten|weiterlesen|"
    r"leggi anche|leggi tutto|iscriviti|tutti i diritti riservati|continua a leggere"
)
# Tested first, being ten times as fast: most sentences have none, and the pattern is not run.
_TRIGGERS = (
    "read", "click", "sign", "subscri", "newsletter", "log in", "login", "cookie", "copyright",
    "reserv", "getty", "terms", "privacy", "porting", "editing", "contribut", "follow", "share th",
    "javascript", "browser", "mailing", "contact", "tweet", "story", "appeared", "advert", "photo",
    "press 20", "publi", "lea ", "lee ", "leer", "seguir", "suscr", "sígue", "sigue", "interesa",
    "haga", "haz", "leia", "saiba", "inscr", "assine", "lire", "abonn", "lesen", "mehr", "rechte",
    "leggi", "iscriv", "diritti", "continua",
)  # fmt: skip
_LINKS = ("://", "www.", "@", "{", "<")
_CODE = re.compile(r"\((?:[RDI]-[^)]{2,12}|[A-Z]{1,5}\.[A-Z]{1,3})\)\W*$")
_WORD_SIZE = 2  # characters of a word of unspaced script, near enough
_END = ".!?…。！？؟۔।"
_CLOSERS = "\"'”’»›)]」』）"


def ended(sentence: str) -> bool:
    """Whether the sentence closes with an end mark, quotes and brackets aside."""
    return sentence.rstrip(_CLOSERS)[-1:] in _END if sentence else False


def word_count(text: str) -> int:
    """Return how many words a text has; in script without spaces, half its characters."""
    unspaced = len(UNSPACED.findall(text)) if not text.isascii() else 0
    return text.count(" ") + 1 + unspaced // _WORD_SIZE


def cut_off(sentence: str) -> bool:
    """Whether the text stops in the middle, as a feed's excerpt does ("…", "[...]")."""
    tail = sentence.rstrip(" )]")
    return tail.endswith(("…", "...", "[&hellip;"))


def is_junk(sentence: str) -> bool:
    """Whether no reader would want this line: too short, not prose, or a page's furniture."""
    size = len(sentence)
    if size > MAX_SENTENCE:
        return True
    # Beyond ASCII everything counts as a letter: vowel signs are none to Python, yet half the text.
    letters = sum(char.isalpha() or char > "\x7f" for char in sentence)
    digits = sum(map(str.isdigit, sentence))
    if letters + digits < 0.6 * size or letters < 0.45 * size:
        return True
    words = word_count(sentence)
    if words < 5 or letters < 6:
        return True
    if sum(map(str.isupper, sentence)) > 0.5 * letters:
        return True
    bars = sentence.count("|") + sentence.count("•")
    if bars >= 2 or sentence.count("/") > 4 or sentence.count("…") > 2:
        return True
    if words < 9 and not ended(sentence) and sentence.count(" "):
        return True
    return _is_furniture(sentence, size)


def _is_furniture(sentence: str, size: int) -> bool:
    """Whether the words, rather than the shape, give the line away."""
    low = sentence.lower()
    if any(mark in low for mark in _LINKS) or _OPENING.match(sentence):
        return True
    if size < 160 and (_CODE.search(sentence) or sentence.count("(") > sentence.count(")")):
        return True
    return size < 220 and any(one in low for one in _TRIGGERS) and bool(_PHRASE.search(low))


_TAG = re.compile(r"<[^<>]{0,300}>|&[#\w]{2,8};")


def headline(title: str, outlet: str = "") -> str:
    """Return the part of a title that says something: no markup, no outlet's name at its end.

    Args:
        title: As the feed gives it, which may hold stray markup.
        outlet: The outlet's name, as in "Headline - Outlet".

    Returns:
        A substring of the title (white space aside), "" where there are no letters at all.
    """
    parts = [" ".join(part.split()) for part in _TAG.split(title[:2000])]
    best = max(parts, key=len)
    for dash in (" - ", " | ", " – ", " — "):
        head, found, tail = best.rpartition(dash)
        if found and outlet and tail.casefold() == outlet.casefold() and len(head) >= 15:
            best = head.rstrip()
            break
    if len(best) > MAX_SENTENCE:
        best = best[:MAX_SENTENCE].rpartition(" ")[0] or best[:MAX_SENTENCE]
    return best if any(map(str.isalpha, best)) else ""
