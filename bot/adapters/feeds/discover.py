"""The feeds that a web page links, and what the page is if it stands in the way of one."""

import html
import re
from urllib.parse import urlsplit

from bot.adapters.feeds.charset import to_text
from bot.adapters.feeds.plain import one_line
from bot.domain.polls import FoundFeed
from bot.domain.urls import absolute_url

MAX_PAGE = 2_000_000  # characters that are looked at
MAX_FOUND = 20
_TAG = re.compile(
    r"""<(link|a|base)\b((?:[^<>"']|"[^"<]{0,4000}"|'[^'<]{0,4000}')*+)>""", re.IGNORECASE
)
_ATTRIBUTE = re.compile(r"""([a-zA-Z][a-zA-Z:-]{0,30})\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_COMMENT = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_TYPES = frozenset(
    [
        *("application/rss+xml", "application/atom+xml", "application/feed+json"),
        *("application/rdf+xml", "application/json+feed", "text/xml", "application/xml"),
    ]
)
_JSON = "application/json"
_FEED_PATH = re.compile(
    r"(?:/|^)(?:feeds?|rss|atom|rdf)(?:/|\.(?:xml|rss|atom|json|php|rdf))?$"
    r"|\.(?:rss|atom|rdf)$|/(?:index|feed|rss|atom|news)\.xml$|[?&]feed=(?:rss2?|atom|rdf)\b"
    r"|^/feeds/[^?]+\.xml",
    re.IGNORECASE,
)
# What a page is that came instead of a feed: words in it (or in its headers), and its name.
_WALLS = (
    (
        r"cf-mitigated|/cdn-cgi/challenge-platform|cf[-_]chl[-_]|<title>just a moment",
        "a Cloudflare challenge",
    ),
    (r"attention required! \| cloudflare|cf-error-details", "a Cloudflare block page"),
    (r"captcha-delivery\.com|x-datadome", "a DataDome challenge"),
    (r"px-captcha|_pxappid|perimeterx", "a PerimeterX challenge"),
    (r"_incapsula_resource|incapsula incident", "an Imperva challenge"),
    (r"x-amzn-waf-action|awswafcookie|aws-waf-token|gokuprops", "an AWS WAF challenge"),
    (r"errors\.edgesuite\.net|akamai.{0,40}reference #", "an Akamai block page"),
    (r"sucuri\.net/privacy|sucuri website firewall", "a Sucuri block page"),
    (r"ddos-guard", "a DDoS-Guard challenge"),
    (r"anubis_challenge|making sure you(?:'|&#39;|’)re not a bot", "an Anubis challenge"),
    (
        r"consent\.(?:google|youtube|yahoo)\.com|guce\."
        r"|<title>[^<]{0,60}(?:before you continue|cookie consent)",
        "a consent page",
    ),
    (
        r"g-recaptcha|h-captcha|hcaptcha\.com|recaptcha/api|verify (?:that )?you are (?:a )?human",
        "a captcha page",
    ),
    (r"<input[^>]{1,300}type=[\"']?password", "a login page"),
    (
        r"<title>[^<]{0,80}(?:404|not found|page not found|no encontrad|introuvable)",
        "a “not found” page",
    ),
    (r"<title>[^<]{0,80}(?:maintenance|mantenimiento|wartung)", "a maintenance page"),
    (
        r"buy this domain|domain (?:name )?is for sale|parkingcrew|sedoparking|hugedomains",
        "a parked domain's page",
    ),
)
_WALL = tuple((re.compile(pattern, re.IGNORECASE), name) for pattern, name in _WALLS)


def find_feeds(page: bytes, base_url: str) -> tuple[FoundFeed, ...]:
    """Return the feeds that a web page links, those it declares first, `MAX_FOUND` at most.

    Args:
        page: HTML, however broken.
        base_url: The address it came from.
    """
    return feeds_in(to_text(page[: 4 * MAX_PAGE]), base_url)


def feeds_in(page: str, base_url: str) -> tuple[FoundFeed, ...]:
    """Return the feeds that a web page links; `find_feeds` for text."""
    declared: dict[str, str] = {}
    linked: dict[str, str] = {}
    base = base_url
    for match in _TAG.finditer(_COMMENT.sub(" ", page[:MAX_PAGE])):
        tag = match.group(1).lower()
        attributes = {
            name.lower(): html.unescape(a or b or c)
            for name, a, b, c in _ATTRIBUTE.findall(match.group(2))
        }
        href = attributes.get("href", "")
        if tag == "base" and href:
            base = absolute_url(href, base_url) or base
            continue
        url = (
            absolute_url(re.sub(r"^feed:(?://)?(?=https?:)", "", href.strip()), base)
            if href
            else ""
        )
        if not url:
            continue
        title = one_line(attributes.get("title", ""), 200)
        if tag == "link" and _declares_feed(attributes, url):
            declared.setdefault(url, title)
        elif tag == "a" and _FEED_PATH.search(_path(url)):
            linked.setdefault(url, title)
    found = {**linked, **declared}
    order = [*declared, *(url for url in linked if url not in declared)]
    return tuple(FoundFeed(url=url, title=found[url]) for url in order[:MAX_FOUND])


def _declares_feed(attributes: dict[str, str], url: str) -> bool:
    rel = attributes.get("rel", "").lower().split()
    kind = attributes.get("type", "").lower().partition(";")[0].strip()
    if "feed" in rel:
        return True
    if "alternate" not in rel or "stylesheet" in rel:
        return False
    if kind == _JSON:  # WordPress declares its programming interface so
        return "/wp-json" not in url and "oembed" not in url
    return kind in _TYPES and "oembed" not in url


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def wall(page: str, headers: str = "") -> str:
    """Return what stands in the way, a phrase (“a Cloudflare challenge”), or "" if nothing known.

    Args:
        page: The beginning of the page.
        headers: Names and values of the response's headers, as one text.
    """
    text = f"{headers}\n{page[:100_000]}"
    return next((name for pattern, name in _WALL if pattern.search(text)), "")


def page_title(page: str) -> str:
    """Return a page's title as one short line, or ""."""
    match = re.search(r"<title[^>]{0,200}>(.{0,500}?)</title", page[:200_000], re.I | re.DOTALL)
    return one_line(match.group(1), 100) if match else ""
