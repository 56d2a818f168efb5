"""Whose address it is: hosts, and the registrable site that tells one outlet from another.

A small rule of our own in place of the public suffix list (200 kB that ages): it knows the
second-level labels that registries of countries use, and the hosts where every subdomain is
somebody else's site. Where it errs, two outlets count as one: corroboration is under-stated.
"""

import re
import unicodedata
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address


def words(text: str) -> frozenset[str]:
    """Return the words of `text`: a table that reads as prose."""
    return frozenset(text.split())


# Labels under a two-letter domain that a registry sells below, not an outlet: "co.uk", "gob.sv".
_SECOND_LEVEL = words(
    "ac asn asso co com coop ed edu firm gen go gob gouv gov govt gv gub id in ind inf info jus"
    " leg lg ltd me med mil muni name ne net nhs nic nom or org plc police press pro pub pvt res"
    " sch school web"
)
# Registries that sell one more level below a label of their own.
_CITY_LEVEL = re.compile(
    r"(?:[a-z-]+\.(?:k12|pvt|cc|lib)\.[a-z]{2}|(?:city|[a-z]+)\.(?:tokyo|osaka|kyoto|hokkaido)"
    r"|(?:act|nsw|nt|qld|sa|tas|vic|wa)\.(?:edu|gov))\.[a-z]{2}$"
)
# Hosts where each subdomain belongs to somebody else. Source: publicsuffix.org, private section.
_SHARED = words(
    "appspot.com azurewebsites.net beehiiv.com blogspot.com blogger.com buttondown.email"
    " carrd.co cloudfront.net eu.org fly.dev ghost.io github.io gitlab.io glitch.me hatenablog.com"
    " hatenadiary.com herokuapp.com hypotheses.org libsyn.com livejournal.com medium.com"
    " micro.blog neocities.org netlify.app onrender.com over-blog.com overblog.com pages.dev"
    " podbean.com posthaven.com readthedocs.io sites.google.com squarespace.com substack.com"
    " svbtle.com tumblr.com typepad.com vercel.app weebly.com wixsite.com wordpress.com"
    " workers.dev wpengine.com write.as"
)
MOBILE = frozenset({"m", "mobile", "amp", "mobil", "touch", "wap"})
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
MAX_HOST = 253


@lru_cache(maxsize=1 << 12)  # a memo of a pure function: a feed's links have few hosts
def ascii_host(host: str) -> str:
    """Return a host in its one ASCII form (lower case, IDNA, no trailing dot), or "" if it is none.

    An IP address comes back in its shortest spelling, IPv6 without brackets; the short and the
    numeric spellings of IPv4 that some libraries dial (`127.1`, `0x7f000001`) are resolved too, so
    that a rule about an address sees the address.
    """
    text = unicodedata.normalize("NFKC", host.strip().strip("[]")).lower().rstrip(".")
    text = text.replace("。", ".")
    if not text or len(text) > MAX_HOST:
        return ""
    address = host_address(text)
    if address is not None:
        return str(address)
    if text.isascii():
        labels = text.split(".")
    else:
        try:
            labels = [
                label if label.isascii() else label.encode("idna").decode("ascii").lower()
                for label in text.split(".")
            ]
        except UnicodeError:
            return ""
    good = all(_LABEL.fullmatch(label) for label in labels)
    return ".".join(labels) if good and len(".".join(labels)) <= MAX_HOST else ""


def host_address(host: str) -> IPv4Address | IPv6Address | None:
    """Return the IP address that `host` spells, in any spelling that a C library takes, or None.

    Source: POSIX inet_addr: one to four parts, each decimal, octal (0…) or hexadecimal (0x…), the
    last part filling the bytes that are left.
    """
    text = host.strip().strip("[]").rstrip(".")
    if not (":" in text or "%" in text or text.rpartition(".")[2][:1].isdigit()):
        return None  # a name: no spelling of an address ends in a part that begins with a letter
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        pass
    parts = text.lower().split(".")
    if not 1 <= len(parts) <= 4:
        return None
    numbers = [_number(part) for part in parts]
    known = [number for number in numbers if number is not None]
    if len(known) < len(parts) or any(number > 255 for number in known[:-1]):
        return None
    if known[-1] >= 1 << 8 * (5 - len(known)):
        return None
    value = known[-1]
    for place, number in enumerate(known[:-1]):
        value |= number << 8 * (3 - place)
    return IPv4Address(value)


def _number(part: str) -> int | None:
    """Return a part of an address as a number, as C's strtoul reads it, or None."""
    if len(part) > 40 or not part.isascii():
        return None
    try:
        if part.startswith("0x"):
            return int(part[2:] or "0", 16) if "_" not in part else None
        if not part.isdigit():
            return None
        return int(part, 8 if len(part) > 1 and part[0] == "0" else 10)
    except ValueError:
        return None


@lru_cache(maxsize=1 << 12)  # as above
def site_of_host(host: str) -> str:
    """Return the registrable site of an ASCII host: `news.bbc.co.uk` → `bbc.co.uk`; "" for ""."""
    if not host or host_address(host) is not None:
        return host
    labels = host.split(".")
    for depth in (3, 2):
        if len(labels) > depth - 1 and ".".join(labels[-depth:]) in _SHARED:
            return ".".join(labels[-depth - 1 :])
    keep = 2
    if len(labels) >= 3 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL:
        keep = 3
    if labels[-2:-1] == ["blogspot"] or (len(labels) > 3 and labels[-3] == "blogspot"):
        keep += 1
    if _CITY_LEVEL.search(host):
        keep = 4
    return ".".join(labels[-keep:])


def plain_host(host: str) -> str:
    """Return an ASCII host without `www.` and without a mobile or AMP label in front of the site.

    `www.example.org`, `m.example.org`, `amp.example.org` → `example.org`; `en.m.example.org` →
    `en.example.org`. Never cuts into the registrable site itself.
    """
    site = site_of_host(host)
    front = host[: -len(site)].rstrip(".").split(".") if host != site else []
    if front and (front[0] == "www" or re.fullmatch(r"www\d", front[0])):
        front = front[1:]
    kept = [label for label in front if label not in MOBILE]
    return ".".join([*kept, site])


def shown_host(host: str) -> str:
    """Return an ASCII host for people: without `www.`, and in its own script where that is safe.

    A label is shown in Unicode only if it is of one script (Japanese and Korean mixtures count as
    one) and not of letters that all look Latin; else it stays in its ASCII form, so that a
    look-alike of a known site cannot pass for it. Source: Unicode TR 39 §5.2, and the whole-script
    confusables that browsers refuse.
    """
    bare = host.removeprefix("www.")
    return ".".join(_shown_label(label) for label in bare.split("."))


_LOOKS_LATIN = frozenset("аеорсухіјѕԁһӏԛԝьвкмнтгпѵαοιυνρκτχєҽεηω")
_MIXTURES = (
    {"HAN", "HIRAGANA", "KATAKANA", "LATIN"},
    {"HAN", "HANGUL", "LATIN"},
    {"HAN", "BOPOMOFO", "LATIN"},
)


def _shown_label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        shown = label.encode("ascii").decode("idna")  # which fails if it does not lead back
    except UnicodeError:
        return label
    scripts = {_script(char) for char in shown if char.isalpha()}
    one = len(scripts) == 1 or any(scripts <= mixture for mixture in _MIXTURES)
    letters = {char for char in shown if char.isalpha()}
    if not one or (letters and letters <= _LOOKS_LATIN) or not shown.replace("-", "a").isalnum():
        return label
    return shown


def _script(char: str) -> str:
    name = unicodedata.name(char, "?").split(" ")[0]
    return "HAN" if name == "CJK" else name
