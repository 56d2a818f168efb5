"""Addresses that are seen at a glance to be canonical come out as they do the long way."""

from ipaddress import ip_address

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.sites import host_address
from bot.domain.urls import absolute_url, article_key, canonical_url, host_of, url_key

LABELS = st.one_of(
    st.sampled_from(
        ["m", "amp", "mobile", "www", "www2", "en", "google", "news", "cdn", "ampproject", "com"]
    ),
    st.sampled_from(["wap", "touch", "bing-amp", "web", "archive", "xn--bcher-kva", "co", "uk"]),
    st.sampled_from(["-a", "a-", "a_b", "A", "0x7f", "1", "127", "9" * 63, "b" * 64, ""]),
    st.text("ab0-", min_size=1, max_size=4),
)
PARTS = st.one_of(
    st.sampled_from(["amp", "amp.html", "a.amp", "a.amp.html", "index.html", "default.php", "..."]),
    st.sampled_from(["", ".", "..", ".a", "a.", "a;jsessionid=1", "%7e", "%2f", "é", "a b", "a+b"]),
    st.sampled_from(["champion", "camp.amp", "rss", "articles", "url", "2026", "AMP", "x:y", "~a"]),
    st.text("ab1._~,+-", min_size=1, max_size=4),
)
ADDRESSES = st.builds(
    lambda scheme, host, port, path, query: f"{scheme}://{'.'.join(host)}{port}{path}{query}",
    st.sampled_from(["http", "https", "https", "HTTP"]),
    st.lists(LABELS, min_size=1, max_size=5),
    st.sampled_from(["", "", "", ":443", ":8080"]),
    st.lists(PARTS, max_size=4).map(lambda parts: "".join(f"/{part}" for part in parts)),
    st.sampled_from(["", "", "", "?a=1", "?utm_source=rss", "?", "\n"]),
)
PLAIN = st.sampled_from(["example", "news", "a1", "ex-ample", "2026"])
NEARLY_PLAIN = st.builds(
    lambda name, label, paths, part, last: (
        f"https://{'.'.join([name, *label, 'com'])}{''.join(f'/{one}' for one in paths + part)}"
        + last
    ),
    PLAIN,
    st.lists(LABELS, max_size=1),
    st.lists(PLAIN, max_size=2),
    st.lists(PARTS, max_size=1),
    st.sampled_from(["", "/", "/a"]),
)


@given(ADDRESSES | NEARLY_PLAIN)
@settings(max_examples=300)
def test_an_address_comes_out_as_it_does_the_long_way(url: str) -> None:
    """A fragment and a space say nothing, and are only seen by looking closely."""
    longer = f"{url}#x"
    assert canonical_url(url) == canonical_url(longer)
    assert url_key(url) == url_key(longer)
    assert article_key(url) == article_key(longer)
    assert host_of(url) == host_of(longer)
    assert absolute_url(url) == absolute_url(f" {url}")
    for base in ("https://feeds.example/a/b", "http://feeds.example?c"):
        assert absolute_url(url, base) == absolute_url(f" {url}", base)


@given(st.ip_addresses().map(str), st.sampled_from(["", ".", "%eth0", "%a.b"]))
def test_no_address_of_a_machine_is_taken_for_a_name(address: str, after: str) -> None:
    """A rule about addresses must see them however they are written."""
    assert host_address(address + after) == ip_address(address)
