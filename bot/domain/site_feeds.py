"""Where a site's feeds are, by convention: from the address of a page to those of its feeds.

Pure: nothing is asked. `platform_feeds` knows the places that keep feeds where their addresses say;
`usual_feeds` guesses for any other site, and whoever uses it looks whether they are there.

Source: each platform's own documentation of its feeds; wordpress.org, “WordPress Feeds”;
docs.joinmastodon.org.
"""

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

from bot.domain.polls import FoundFeed
from bot.domain.sites import ascii_host, words

_NAME = re.compile(r"[\w.-]{1,64}", re.ASCII)
_CHANNEL = re.compile(r"UC[\w-]{22}", re.ASCII)
_LIST = re.compile(r"(?:PL|UU|OL|FL)[\w-]{10,62}", re.ASCII)
_PROFILE = re.compile(r"/@\w[\w.-]{0,63}", re.ASCII)
_SORTS = words("hot new top rising controversial")
_NOT_OWNERS = words(  # first parts of GitHub's own pages
    "about account apps blog collections contact customer-stories dashboard enterprise events"
    " explore features issues join login marketplace new notifications orgs pricing pulls readme"
    " search security sessions settings signup site solutions sponsors stars team topics trending"
)
_USUAL = (
    *("/feed/", "/rss", "/feed.xml", "/rss.xml", "/atom.xml", "/index.xml"),
    *("/news-sitemap.xml", "/sitemap-news.xml"),
)


class _Page(NamedTuple):
    """The address of a page, taken apart."""

    host: str  # ASCII, without `www.`
    path: list[str]
    listed: str  # the parameter `list`

    def part(self, at: int) -> str:
        """Return a part of the path, from 0, or ""."""
        return self.path[at] if at < len(self.path) else ""


def platform_feeds(url: str) -> tuple[FoundFeed, ...] | None:
    """Return the feeds of a page on a platform that keeps them where its address says.

    Args:
        url: Absolute, http or https, of YouTube, Reddit, GitHub, Substack, WordPress.com, Medium,
            Blogger, Tumblr or Bluesky.

    Returns:
        The most likely one first, empty where the page has none; None for any other site.
    """
    split = urlsplit(url)
    host = ascii_host(split.hostname or "").removeprefix("www.")
    listed = parse_qs(split.query).get("list", [""])[0]
    page = _Page(host, [part for part in split.path.split("/") if part], listed)
    for ends, feeds in _PLATFORMS:
        if host == ends or host.endswith(f".{ends}"):
            return feeds(page)
    return None


def usual_feeds(url: str) -> tuple[str, ...]:
    """Return where a site may keep a feed, the most likely first: ten addresses at most.

    Args:
        url: Absolute, http or https. Of a section (`/category/world/`) its own feed comes first,
            where WordPress would have it; of a profile (`/@name`) where Mastodon has it.
    """
    split = urlsplit(url)
    home = f"{split.scheme}://{split.netloc}"
    section = split.path.rstrip("/")
    last = section.rpartition("/")[2]
    own = [f"{home}{section}/feed/"] if section and "." not in last else []
    if _PROFILE.fullmatch(section):
        own = [f"{home}{section}.rss"]
    found = dict.fromkeys([*own, *(f"{home}{path}" for path in _USUAL)])
    return tuple(address for address in found if address != url)


def _youtube(page: _Page) -> tuple[FoundFeed, ...]:
    """Source: `youtube.com/feeds/videos.xml`. A handle says no id; its page links the feed."""
    feeds = "https://www.youtube.com/feeds/videos.xml?"
    if page.part(0) == "channel" and _CHANNEL.fullmatch(page.part(1)):
        return (FoundFeed(url=f"{feeds}channel_id={page.part(1)}", title="Videos"),)
    if page.part(0) == "user" and _NAME.fullmatch(page.part(1)):
        return (FoundFeed(url=f"{feeds}user={page.part(1)}", title=f"Videos of {page.part(1)}"),)
    if page.part(0) in ("playlist", "watch") and _LIST.fullmatch(page.listed):
        return (FoundFeed(url=f"{feeds}playlist_id={page.listed}", title="Playlist"),)
    return ()


def _reddit(page: _Page) -> tuple[FoundFeed, ...]:
    """Source: reddit.com/wiki/rss: `.rss` after nearly any address."""
    kind = {"u": "user"}.get(page.part(0), page.part(0))
    if kind not in ("r", "user") or not _NAME.fullmatch(page.part(1).replace("+", ".")):
        return ()
    base = f"https://www.reddit.com/{kind}/{page.part(1)}"
    name = f"{'r' if kind == 'r' else 'u'}/{page.part(1)}"
    if kind == "r" and page.part(2) == "comments" and _NAME.fullmatch(page.part(3)):
        return (
            FoundFeed(url=f"{base}/comments/{page.part(3)}/.rss", title=f"A discussion in {name}"),
        )
    sort = f"/{page.part(2)}" if kind == "r" and page.part(2) in _SORTS else ""
    return (FoundFeed(url=f"{base}{sort}/.rss", title=f"{name}{sort}"),)


def _github(page: _Page) -> tuple[FoundFeed, ...]:
    """Source: docs.github.com, “About feeds”; a branch's name may have slashes."""
    if page.host != "github.com" or not page.path or page.part(0).lower() in _NOT_OWNERS:
        return ()
    if not all(_NAME.fullmatch(part) for part in page.path[:2]):
        return ()
    owner = f"https://github.com/{page.part(0)}"
    if len(page.path) == 1:
        return (FoundFeed(url=f"{owner}.atom", title=f"What {page.part(0)} does"),)
    repository = f"{owner}/{page.part(1).removesuffix('.git')}"
    kinds = ["releases", "tags", "commits"]
    if page.part(2) in ("commits", "tree") and page.path[3:]:
        branch = quote("/".join(page.path[3:]), safe="/%")
        one = FoundFeed(url=f"{repository}/commits/{branch}.atom", title=f"commits of {branch}")
        return (one, *(_kind(repository, kind) for kind in kinds[:2]))
    kinds.sort(key=lambda kind: kind != page.part(2))
    return tuple(_kind(repository, kind) for kind in kinds)


def _kind(repository: str, kind: str) -> FoundFeed:
    return FoundFeed(url=f"{repository}/{kind}.atom", title=kind)


def _below(path: str) -> "_Feeds":
    """Return the rule of platforms where each subdomain is a site, its feed at `path`."""

    def feeds(page: _Page) -> tuple[FoundFeed, ...]:
        if page.host.count(".") < 2:
            return ()
        return (FoundFeed(url=f"https://{page.host}{path}", title=page.host.partition(".")[0]),)

    return feeds


def _wordpress(page: _Page) -> tuple[FoundFeed, ...]:
    """Source: wordpress.org, “WordPress Feeds”: `feed/` after a category, a tag or an author."""
    whole = _below("/feed/")(page)
    kind, name = page.part(0), page.part(1)
    if whole and kind in ("category", "tag", "author") and _NAME.fullmatch(name):
        part = FoundFeed(url=f"https://{page.host}/{kind}/{name}/feed/", title=name)
        return (part, *whole)
    return whole


def _medium(page: _Page) -> tuple[FoundFeed, ...]:
    """Source: help.medium.com, “Using RSS feeds of profiles, publications, and topics”."""
    if page.host != "medium.com":
        return _below("/feed")(page)
    first = page.part(0)
    if not _NAME.fullmatch(first.removeprefix("@")):
        return ()
    return (FoundFeed(url=f"https://medium.com/feed/{first}", title=first),)


def _bluesky(page: _Page) -> tuple[FoundFeed, ...]:
    if page.part(0) != "profile" or not _NAME.fullmatch(page.part(1).replace(":", ".")):
        return ()
    return (FoundFeed(url=f"https://bsky.app/profile/{page.part(1)}/rss", title=page.part(1)),)


_Feeds = Callable[[_Page], tuple[FoundFeed, ...]]
_PLATFORMS: tuple[tuple[str, _Feeds], ...] = (
    ("youtube.com", _youtube),
    ("reddit.com", _reddit),
    ("github.com", _github),
    ("substack.com", _below("/feed")),
    ("wordpress.com", _wordpress),
    ("medium.com", _medium),
    ("blogspot.com", _below("/feeds/posts/default")),
    ("tumblr.com", _below("/rss")),
    ("bsky.app", _bluesky),
)
