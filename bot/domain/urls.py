"""Addresses: one canonical form, what makes two of them the same article, and what may be shown.

Owns how an article's link is cleaned (tracking, AMP, mobile hosts, redirectors) and how a feed's
address is read from what a person typed. Fetches nothing: a link that only its server can resolve
stays as it is. Hosts and sites are in `bot.domain.sites`.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urljoin, urlsplit

from bot.domain.sites import MOBILE, ascii_host, plain_host, shown_host, site_of_host, words

MAX_URL = 4_096
_LONGEST_LABEL = 63  # of a host
_PORTS = {"http": 80, "https": 443}
_JUNK = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202f\u2060-\u2064\ufeff]+")
_UNSAFE = "%/:=&?~#+!$,;'@()*[]|"

# Query parameters that say how a reader came, never which article it is.
_TRACKING = words(
    "_ga _gl _hsenc _hsmi __hsfp __hssc __hstc __s __twitter_impression __source action_object_map"
    " action_ref_map action_type_map asc_campaign asc_refurl asc_source bxid ceid cmp cmpid"
    " cndid cvid dclid dicbo echobox ef_id efg emc esrc fb_action_ids fb_action_types fb_ref"
    " fb_source fbclid feature feedname feedtype feedly_feed ftag ftcamp gaa_at gaa_n gaa_sig"
    " gaa_ts gad_source gbraid gclid gclsrc guccounter guce_referrer guce_referrer_sig"
    " hsctatracking icid igsh igshid intcmp itm_campaign itm_content itm_medium itm_source ito"
    " li_fat_id lipi"
    " mbid mc_cid mc_eid mkt_tok ml_subscriber ml_subscriber_hash mod msclkid mtm_campaign"
    " mtm_keyword mtm_medium mtm_source ncid ns_campaign ns_fee ns_linkname ns_mchannel ns_source"
    " ocid oly_anon_id oly_enc_id partner pk_campaign pk_keyword pk_kwd pk_medium pk_source"
    " rb_clickid recruiter_id referringsource ref_src ref_url rss_id rssfeed s_cid s_kwcid"
    " share_id shared smid smtyp soc_src soc_trk spm sr_share sref srnd taid tblci tgclid"
    " traffic_source trk trkcampaign ttclid twclid uniqlink uta usqp vero_conv vero_id"
    " wickedid wprov wt_mc wt.mc_id wt_zmc xtor yclid ysclid zanpid"
)
_TRACKING_FAMILY = re.compile(r"(?:utm|hsa|at|stm|matomo|piwik|pk|mtm|itm|int|asc|sc|vero)_[a-z_]+")
_NOT_FAMILY = frozenset({"at_id", "int_id", "sc_id", "pk_id", "at_date"})
# Parameters that are tracking only when their value says so: `?source=rss`, `?ref=twitter`.
_MAYBE = words(
    "from via ref referrer referer source src origin medium campaign cid channel share output type"
    " rss feed amp outputtype output_type platform service sf"
)
_TELLS = re.compile(
    r"(?:rss|atom|feed|twitter|facebook|fb|social|newsletter|email|share|whatsapp|telegram|amp|push"
    r"|google|homepage|tw|mobile)(?:[\d._:-].*)?|.*[_-]rss|rss.*|1|true|",
    re.IGNORECASE,
)
_FLAGS = frozenset({"amp", "rss", "feed", "share"})  # for these alone "", "1", "true" are a tell

# Redirectors that carry the address in a parameter: host (or its end), path, parameters.
_CARRIERS = (
    (re.compile(r"(?:www\.)?google\.[a-z.]{2,6}"), "/url", ("url", "q")),
    (re.compile(r"news\.url\.google\.com"), "/news/url", ("url",)),
    (re.compile(r"(?:www\.)?google\.[a-z.]{2,6}"), "/imgres", ("imgrefurl",)),
    (re.compile(r"translate\.google\.[a-z.]{2,6}"), "/translate", ("u",)),
    (re.compile(r"(?:www\.)?bing\.com"), "/news/apiclick.aspx", ("url",)),
    (re.compile(r"lm?\.facebook\.com"), "/l.php", ("u",)),
    (re.compile(r"l\.(?:instagram|messenger)\.com|lm\.facebook\.com"), "/", ("u",)),
    (re.compile(r"(?:www\.)?facebook\.com"), "/flx/warn", ("u",)),
    (re.compile(r"out\.reddit\.com"), "", ("url",)),
    (re.compile(r"(?:www\.)?youtube\.com"), "/redirect", ("q",)),
    (re.compile(r"slack-redir\.net"), "/link", ("url",)),
    (re.compile(r"(?:.+\.)?safelinks\.protection\.outlook\.com"), "", ("url",)),
    (re.compile(r"(?:www\.)?linkedin\.com"), "/redir", ("url",)),
    (re.compile(r"(?:go|s)\.skimresources\.com|redirect\.viglink\.com"), "/", ("url", "u")),
    (re.compile(r"duckduckgo\.com"), "/l/", ("uddg",)),
    (re.compile(r"vk\.com"), "/away.php", ("to",)),
    (re.compile(r"(?:www\.)?inoreader\.com|(?:www\.)?feedly\.com"), "/redirect", ("url",)),
)
_AMP_CACHES = ("cdn.ampproject.org", "bing-amp.com")
_AMP_CACHE = re.compile(rf"(?:[a-z0-9-]+\.)?(?:{'|'.join(map(re.escape, _AMP_CACHES))})")
_AMP_PATH = re.compile(r"/(?:(?:amp|[acvir])/)?(?:[acvir]/)?(s/)?([^/]+\.[^/]+)(/.*)?")
_GOOGLE_NEWS = re.compile(r"/(?:rss/|__i/rss/rd/)?(?:articles|read)/([A-Za-z0-9_=-]{16,})")
_ARCHIVE = re.compile(r"/web/\d{4,14}(?:[a-z]{2}_)?/(https?:/{1,2}.+)")
_IN_BYTES = re.compile(rb"https?://[\x21-\x7e]{4,}")
_PLAIN = re.compile(
    r"https?://(?P<host>(?:[a-z0-9]+(?:-+[a-z0-9]+)*\.)+[a-z]{2,})(?P<path>(?:/[\w.~,+/-]*)?)",
    re.ASCII,
)
_NOT_PLAIN = re.compile(r"/[./]|[./]amp")
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?|jsp)$")
_SECRET = re.compile(
    r"(?:access[_-]?|auth[_-]?|x[_-]?|api[_-]?|private[_-]?|feed[_-]?|user[_-]?|rss[_-]?)*"
    r"(?:token|key|apikey|secret|password|passwd|pwd|pass|sig|signature|auth|hash|credential|jwt"
    r"|session|sid|code)",
    re.IGNORECASE,
)
_LONG_SECRET = re.compile(
    r"(?:(?=[^/]*\d)(?=[^/]*[A-Za-z])[A-Za-z0-9_-]{28,}={0,2}|eyJ[\w-]+\.[\w-]+\.[\w-]+)"
    r"(?:\.(?:rss|xml|atom|json|ics|php))?"
)
_PUBLIC_IDS = words("news.google.com www.youtube.com youtube.com")  # theirs are long, not secret


@dataclass(frozen=True, slots=True)
class _Parts:
    scheme: str
    host: str  # ASCII
    port: int | None  # None for the scheme's own
    path: str  # begins with "/"
    query: str

    def joined(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port is None else f":{self.port}"
        query = f"?{self.query}" if self.query else ""
        return f"{self.scheme}://{host}{port}{self.path}{query}"


def absolute_url(link: str, base: str = "") -> str:
    """Return a link as an absolute http(s) address, else "".

    Args:
        link: As it stands in a document: may be relative, padded, broken over lines.
        base: The address that a relative link is relative to; "" if there is none.
    """
    if len(link) <= MAX_URL and _canonical(link):
        return link
    text = _JUNK.sub(" ", link[: 4 * MAX_URL]).strip()
    text = text.replace(" ", "%20") if "://" in text else text
    if not text:
        return ""
    try:
        joined = urljoin(base, text) if base else text
    except ValueError:
        return ""
    if joined.startswith("//"):
        joined = f"https:{joined}"
    parts = _split(joined)
    return joined if parts is not None and len(joined) <= MAX_URL else ""


@lru_cache(maxsize=1 << 10)  # a memo of a pure function: each link is asked for three times a poll
def canonical_url(url: str) -> str:
    """Return the one form of an article's address, still good to open; "" if it is not http(s).

    Redirectors that carry the address are unwrapped; tracking parameters, fragment, user, default
    port, AMP and mobile forms are dropped; host in lower-case ASCII. What only its server knows
    (does `www.` matter, is `http` as good as `https`) stays: for sameness use `url_key`.
    """
    if plain := _canonical(url):
        return url if plain["path"] else f"{url}/"
    parts = _split(_unwrapped(url.strip()))
    if parts is None:
        return ""
    host = parts.host
    labels = host.split(".")
    if not MOBILE.isdisjoint(labels[:2]):
        host = plain_host(host)
    path = _clean_path(parts.path)
    return _Parts(parts.scheme, host, parts.port, path, _clean_query(parts.query)).joined()


def url_key(url: str) -> str:
    """Return what two addresses of the same article have in common; "" if it is not http(s).

    `canonical_url` without scheme, `www.`, trailing slash, index page and the order of parameters.
    """
    if plain := _canonical(url):
        return plain_host(plain["host"]) + _key_path(plain["path"])
    parts = _split(canonical_url(url))
    if parts is None:
        return ""
    query = urlencode(sorted(parse_qsl(parts.query, keep_blank_values=True)))
    port = "" if parts.port is None else f":{parts.port}"
    return plain_host(parts.host) + port + _key_path(parts.path) + (f"?{query}" if query else "")


def article_key(url: str) -> str:
    """Return the `url_key` of an article's address; "" for a front page, which is no article's."""
    key = url_key(url)
    if "/" not in key:
        parts = _split(url)
        return key if parts is not None and parts.query else ""
    return key


def _key_path(path: str) -> str:
    return _INDEX.sub("/", path).rstrip("/")


def feed_address(text: str) -> str:
    """Return the feed's or site's address that a person typed, or "" if it is none.

    Takes `example.org/rss`, `feed://example.org/rss`, `feed:https://example.org/rss` and
    `<https://example.org/rss>`. User, query and path stay as they are; the fragment goes.
    """
    typed = _JUNK.sub("", text.strip()).strip("<>\"'“”")
    typed = re.sub(r"^(?:feed|rss|itpc|pcast|podcast)s?:(?://)?(?=https?:)", "", typed, flags=re.I)
    typed = re.sub(r"^(?:feed|rss|itpc|pcast|podcast)s?://", "http://", typed, flags=re.I)
    if "://" not in typed:
        if re.match(r"[a-z][a-z0-9+.-]*:(?!\d+(?:/|$))", typed, re.I):
            return ""
        typed = f"https://{typed.lstrip('/')}"
    typed = typed.partition("#")[0]
    split = _split_result(typed)
    if split is None or len(typed) > MAX_URL:
        return ""
    parts = _split(typed)
    if parts is None or not ("." in parts.host or ":" in parts.host or parts.host == "localhost"):
        return ""
    user = split.netloc.rpartition("@")[0]
    clean = parts.joined()
    return clean.replace("://", f"://{user}@", 1) if user else clean


def host_of(url: str) -> str:
    """Return an address's host in its one ASCII form, "" if it is not http(s)."""
    if plain := _canonical(url):
        return plain["host"]
    parts = _split(url)
    return parts.host if parts else ""


def host_key(url: str) -> str:
    """Return what one server is told apart by, for politeness: the host, whatever the port."""
    return host_of(url)


def site_of(url: str) -> str:
    """Return the registrable site of an address: `https://news.bbc.co.uk/x` → `bbc.co.uk`."""
    return site_of_host(host_of(url))


def site_name(url: str) -> str:
    """Return an address's host for people: without `www.`, IDN only where it cannot deceive."""
    return shown_host(plain_host(host_of(url)))


def masked(url: str, *, guess: bool = True) -> str:
    """Return an address that may be logged and shown: user, password and tokens are `***`.

    Args:
        url: The address.
        guess: Mask also what only looks like a secret, such as a long random part of the path.
    """
    head, mark, rest = url.partition("://")
    if not mark:
        return url
    authority, slash, tail = rest.partition("/")
    if "?" in authority or "#" in authority:
        cut = min(i for i in (authority.find("?"), authority.find("#")) if i >= 0)
        authority, slash, tail = rest[:cut], "", rest[cut:]
    if "@" in authority:
        authority = f"***@{authority.rpartition('@')[2]}"
    guess = guess and authority.lower() not in _PUBLIC_IDS
    path, question, query = tail.partition("?")
    if guess:
        path = "/".join("***" if _LONG_SECRET.fullmatch(part) else part for part in path.split("/"))
    shown = [
        f"{name}=***" if value and _is_secret(name, value, guess=guess) else name + equals + value
        for name, equals, value in (pair.partition("=") for pair in query.split("&"))
    ]
    return f"{head}://{authority}{slash}{path}{question}{'&'.join(shown)}"


def _is_secret(name: str, value: str, *, guess: bool) -> bool:
    if _SECRET.fullmatch(unquote(name[:200])):
        return True
    return guess and _LONG_SECRET.fullmatch(value) is not None


def _canonical(url: str) -> re.Match[str] | None:
    """Return an address's `host` and `path` where a glance tells that it is canonical, else None.

    It is so but for the slash of a path that is missing. Most articles' addresses are plain like
    that: whatever a rule of this module could change in one is left to a closer look.
    """
    found = _PLAIN.fullmatch(url)
    if found is None or _NOT_PLAIN.search(found["path"]):
        return None
    host = found["host"]
    if len(host) > _LONGEST_LABEL or "google" in host or host.endswith(_AMP_CACHES):
        return None
    return found if MOBILE.isdisjoint(host.split(".", 2)[:2]) else None


def _split_result(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _split(url: str) -> _Parts | None:
    """Return the parts of an http(s) address, its fragment and user dropped, or None."""
    split = _split_result(url.replace("\\", "/") if "://" in url[:9] else url)
    if split is None or split.scheme.lower() not in _PORTS:
        return None
    try:
        port = split.port
    except ValueError:
        return None
    host = ascii_host(split.hostname or "")
    if not host or port == 0:
        return None
    scheme = split.scheme.lower()
    return _Parts(
        scheme,
        host,
        None if port == _PORTS[scheme] else port,
        quote(split.path or "/", safe=_UNSAFE),
        quote(split.query, safe=_UNSAFE + '{}^`"<>'.replace('"', "").replace("<>", "")),
    )


def _unwrapped(url: str) -> str:
    """Return the address inside redirectors, each of which may wrap another."""
    for _ in range(4):
        inner = _inside(url)
        if not inner or inner == url:
            break
        url = inner
    return url


def _inside(url: str) -> str:
    """Return the address that a redirector's address carries, or "" if it is no redirector."""
    parts = _split(url)
    if parts is None:
        return ""
    if parts.host == "news.google.com":
        found = _GOOGLE_NEWS.match(parts.path)
        return _from_google_news(found.group(1)) if found else ""
    if _AMP_CACHE.fullmatch(parts.host) or (
        re.fullmatch(r"(?:www\.)?google\.[a-z.]{2,6}", parts.host)
        and parts.path.startswith("/amp/")
    ):
        return _from_amp_cache(parts)
    if parts.host == "web.archive.org":
        found = _ARCHIVE.match(parts.path)
        query = f"?{parts.query}" if parts.query else ""
        return re.sub(r"^(https?):/{1,2}", r"\1://", found.group(1)) + query if found else ""
    for host, path, names in _CARRIERS:
        if host.fullmatch(parts.host) and (not path or parts.path.rstrip("/") == path.rstrip("/")):
            values = dict(parse_qsl(parts.query))
            for name in names:
                if values.get(name, "").startswith(("http://", "https://")):
                    return values[name]
    return ""


def _from_amp_cache(parts: _Parts) -> str:
    found = _AMP_PATH.fullmatch(parts.path)
    if not found:
        return ""
    scheme = "https" if found.group(1) else "http"
    query = f"?{parts.query}" if parts.query else ""
    return f"{scheme}://{unquote(found.group(2))}{found.group(3) or '/'}{query}"


def _from_google_news(token: str) -> str:
    """Return the address inside a Google News id, where it is an old one that carries it.

    Such an id is a base64url protobuf with the address as a length-prefixed string; newer ones
    hold an opaque key that only Google resolves: for those "".
    """
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        return ""
    found = _IN_BYTES.search(raw)
    if not found:
        return ""
    start = found.start()
    length = raw[start - 1] if start else 0
    if start > 1 and raw[start - 2] & 0x80:
        length = raw[start - 2] & 0x7F | raw[start - 1] << 7
    text = raw[start : start + length] if 8 <= length <= len(raw) - start else found.group()
    return text.decode("ascii", "ignore")


def _clean_path(path: str) -> str:
    """Return a path without its AMP forms and doubled slashes, its escapes in upper case."""
    path = re.sub(r"%[0-9a-fA-F]{2}", _tidy_escape, path)
    path = re.sub(r";jsessionid=[^/?;]*", "", path, flags=re.IGNORECASE)
    path = re.sub(r"/{2,}", "/", path)
    if "/." in path:
        path = urlsplit(urljoin("http://host/", path)).path
    path = re.sub(r"^/amp/(?=.)", "/", path)
    path = re.sub(r"(?:/amp|/amp/)$|(?<=[a-z0-9-])(?:\.amp)(?=\.html?$|$)", "", path)
    return path or "/"


def _tidy_escape(match: re.Match[str]) -> str:
    char = chr(int(match.group()[1:], 16))
    unreserved = char.isascii() and (char.isalnum() or char in "-._~")
    return char if unreserved else match.group().upper()


def _clean_query(query: str) -> str:
    """Return a query without tracking parameters, the others in their order, as they stand."""
    return "&".join(pair for pair in query.split("&")[:200] if pair and not _is_tracking(pair))


def _is_tracking(pair: str) -> bool:
    name, _, value = pair.partition("=")
    name, value = unquote(name).lower(), unquote(value)
    if name in _TRACKING or (_TRACKING_FAMILY.fullmatch(name) and name not in _NOT_FAMILY):
        return True
    if name not in _MAYBE or not _TELLS.fullmatch(value):
        return False
    return name in _FLAGS or value.lower() not in {"", "1", "true"}
