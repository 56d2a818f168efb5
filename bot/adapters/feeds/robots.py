"""What a site's robots.txt allows us, and how far apart it wants requests. Pure.

Source: RFC 9309 (groups, longest match, `*` and `$`); Crawl-delay is not in it but widely used.
Patterns are matched piece by piece, in linear time: no regular expression is built from them.
"""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote, unquote, urlsplit

AGENT = "newsthread"
"""The name that sites call us by, in lower case."""
LONGEST = 500 << 10
"""Bytes of a file that are read. Source: RFC 9309 §2.5."""
_LINES = 20_000
_RULES = 2_000
_PATTERN = 2_000  # characters
_MAX_DELAY = 86_400.0  # seconds
_SAFE = "/?&=:@!$'()*+,;~-._[]"


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: str
    allows: bool

    def matches(self, path: str) -> bool:
        whole = self.pattern.endswith("$")
        first, *rest = self.pattern.removesuffix("$").split("*")
        if not path.startswith(first):
            return False
        at = len(first)
        if not rest:
            return not whole or at == len(path)
        *middle, last = rest
        for piece in middle:
            found = path.find(piece, at)
            if found < 0:
                return False
            at = found + len(piece)
        if whole:
            return len(path) - len(last) >= at and path.endswith(last)
        return path.find(last, at) >= 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Robots:
    """What one origin allows; without rules, everything."""

    rules: tuple[_Rule, ...] = ()
    delay: timedelta = timedelta(0)  # between two requests, at least

    def allows(self, url: str) -> bool:
        """Say whether an address of that origin may be asked for; of two rules the longer holds."""
        parts = urlsplit(url)
        path = _plain(f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/")
        found = [rule for rule in self.rules if rule.matches(path)]
        if not found:
            return True
        return max(found, key=lambda rule: (len(rule.pattern), rule.allows)).allows


EVERYTHING = Robots()
NOTHING = Robots(rules=(_Rule("/", allows=False),))


def read_robots(body: bytes) -> Robots:
    """Return what a robots.txt says to us; what makes no sense in it is passed over."""
    text = body[:LONGEST].decode("utf-8", "replace").lstrip("\ufeff")
    ours: list[tuple[str, str]] = []
    others: list[tuple[str, str]] = []
    agents: set[str] = set()
    named = open_ = False  # a group names us somewhere; its list of names is still going on
    for line in text.splitlines()[:_LINES]:
        key, colon, value = line.partition("#")[0].partition(":")
        key, value = key.strip().lower(), value.strip()
        if key == "user-agent" and colon:
            agents = {*agents, _agent(value)} if open_ else {_agent(value)}
            named, open_ = named or AGENT in agents, True
        elif key in ("allow", "disallow", "crawl-delay") and colon:
            open_ = False
            if AGENT in agents:
                ours.append((key, value))
            elif "*" in agents:
                others.append((key, value))
    return _robots(ours if named else others)


def _agent(value: str) -> str:
    """Return a name without its version: `Newsthread/1.0` is us, too."""
    return value.partition("/")[0].strip().lower()


def _robots(lines: list[tuple[str, str]]) -> Robots:
    rules = [
        _Rule(_plain(value[:_PATTERN]), key == "allow")
        for key, value in lines
        if key != "crawl-delay" and value
    ]
    delays = [_seconds(value) for key, value in lines if key == "crawl-delay"]
    return Robots(rules=tuple(rules[:_RULES]), delay=timedelta(seconds=max(delays, default=0.0)))


def _seconds(value: str) -> float:
    try:
        found = float(value[:20])
    except ValueError:
        return 0.0
    return min(found, _MAX_DELAY) if found > 0 else 0.0


def _plain(path: str) -> str:
    """Return a path with its escapes in one form, those that mean a delimiter left as they are."""
    kept = path.replace("%2F", "%252F").replace("%2f", "%252F").replace("%3F", "%253F")
    kept = kept.replace("%3f", "%253F").replace("%2A", "%252A").replace("%24", "%2524")
    return quote(unquote(kept), safe=_SAFE + "%")
