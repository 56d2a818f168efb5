"""From a site's address to its feeds, by what is known of platforms and sites."""

import pytest

from bot.domain.site_feeds import platform_feeds, usual_feeds

YOUTUBE = "https://www.youtube.com/feeds/videos.xml?"
CHANNEL = "UC0123456789abcdefghij-_"
CODE = "https://github.com/example/tools"


@pytest.mark.parametrize(
    ("url", "feeds"),
    [
        (f"https://www.youtube.com/channel/{CHANNEL}/videos", [f"{YOUTUBE}channel_id={CHANNEL}"]),
        ("https://m.youtube.com/user/Example", [f"{YOUTUBE}user=Example"]),
        (
            "https://youtube.com/watch?v=x&list=PL0123456789abc",
            [f"{YOUTUBE}playlist_id=PL0123456789abc"],
        ),
        ("https://www.youtube.com/@example", []),
        ("https://www.youtube.com/channel/short", []),
        ("https://www.youtube.com/playlist?list=%22x", []),
        ("https://old.reddit.com/r/ElSalvador", ["https://www.reddit.com/r/ElSalvador/.rss"]),
        ("https://www.reddit.com/r/a+b/new/?t=day", ["https://www.reddit.com/r/a+b/new/.rss"]),
        ("https://reddit.com/u/ana", ["https://www.reddit.com/user/ana/.rss"]),
        (
            "https://www.reddit.com/r/news/comments/1abc/some_title/",
            ["https://www.reddit.com/r/news/comments/1abc/.rss"],
        ),
        ("https://www.reddit.com/r/", []),
        ("https://www.reddit.com/settings/feeds", []),
        ("https://github.com/example", ["https://github.com/example.atom"]),
        (CODE, [f"{CODE}/releases.atom", f"{CODE}/tags.atom", f"{CODE}/commits.atom"]),
        (
            f"{CODE}.git/tags",
            [f"{CODE}/tags.atom", f"{CODE}/releases.atom", f"{CODE}/commits.atom"],
        ),
        (
            f"{CODE}/tree/fix/a%20b",
            [f"{CODE}/commits/fix/a%20b.atom", f"{CODE}/releases.atom", f"{CODE}/tags.atom"],
        ),
        ("https://github.com/", []),
        ("https://github.com/features/actions", []),
        ("https://github.com/a/%22", []),
        ("https://gist.github.com/example", []),
        ("https://example.substack.com/p/a-post", ["https://example.substack.com/feed"]),
        ("https://substack.com/@example", []),
        ("https://example.wordpress.com", ["https://example.wordpress.com/feed/"]),
        (
            "https://example.wordpress.com/category/courts/page/2",
            [
                "https://example.wordpress.com/category/courts/feed/",
                "https://example.wordpress.com/feed/",
            ],
        ),
        ("https://wordpress.com/category/x", []),
        ("https://medium.com/@ana", ["https://medium.com/feed/@ana"]),
        ("https://example.medium.com/story", ["https://example.medium.com/feed"]),
        ("https://medium.com", []),
        ("https://a.blogspot.com/2026/", ["https://a.blogspot.com/feeds/posts/default"]),
        ("https://a.tumblr.com", ["https://a.tumblr.com/rss"]),
        ("https://bsky.app/profile/ana.example", ["https://bsky.app/profile/ana.example/rss"]),
        ("https://bsky.app/search", []),
    ],
)
def test_a_platform_s_address_says_where_its_feeds_are(url: str, feeds: list[str]) -> None:
    """Nothing is asked for it; where the address does not say, none is invented."""
    found = platform_feeds(url)
    assert found is not None
    assert [feed.url for feed in found] == feeds
    assert all(feed.title for feed in found)


@pytest.mark.parametrize("url", ["https://news.example.org/x", "https://notyoutube.com/user/x"])
def test_of_any_other_site_nothing_is_known(url: str) -> None:
    """Its usual places are looked at instead."""
    assert platform_feeds(url) is None


@pytest.mark.parametrize(
    ("url", "first"),
    [
        ("https://example.org", "https://example.org/feed/"),
        ("https://example.org/feed/", "https://example.org/feed/feed/"),
        ("https://example.org:8443/world/", "https://example.org:8443/world/feed/"),
        ("https://example.org/a.html?x=1", "https://example.org/feed/"),
        ("https://social.example/@ana", "https://social.example/@ana.rss"),
    ],
)
def test_the_usual_places_of_a_site_begin_with_the_section_s_own(url: str, first: str) -> None:
    """All on the site itself, each once, never the address itself, and not too many to ask."""
    found = usual_feeds(url)
    assert found[0] == first
    assert len({*found}) == len(found) <= 10
    assert url not in found
    assert f"{url.partition('//')[2].partition('/')[0]}/news-sitemap.xml" in " ".join(found)
