"""Documents of the elements that feeds have, in any mixture, order, nesting and language."""

import random

_SPACES = (
    ("dc", "http://purl.org/dc/elements/1.1/"),
    ("dcterms", "http://purl.org/dc/terms/"),
    ("content", "http://purl.org/rss/1.0/modules/content/"),
    ("media", "http://search.yahoo.com/mrss/"),
    ("itunes", "http://www.itunes.com/dtds/podcast-1.0.dtd"),
    ("atom", "http://www.w3.org/2005/Atom"),
    ("sy", "http://purl.org/rss/1.0/modules/syndication/"),
    ("slash", "http://purl.org/rss/1.0/modules/slash/"),
    ("feedburner", "http://rssnamespace.org/feedburner/ext/1.0"),
    ("georss", "http://www.georss.org/georss"),
    ("xhtml", "http://www.w3.org/1999/xhtml"),
    ("odd", "urn:odd"),
)
_ODDER_SPACES = (
    ("media", "//search.yahoo.com/mrss/"),
    ("dc", "urn:other"),
    ("media", "http://purl.org/dc/elements/1.1/"),
    ("Odd", "urn:odd:upper"),
    ("title", "urn:title"),
    ("summary", "urn:summary"),
    ("x", "http://search.yahoo.com/mrss/"),
    ("y", "http://purl.org/rss/1.0/"),
    ("link", "urn:link"),
)
_LEAVES = (
    *("title", "link", "guid", "id", "description", "summary", "content", "pubDate", "published"),
    *("updated", "category", "author", "source", "enclosure", "comments", "language", "ttl"),
    *("image", "generator", "rights", "name", "url", "email", "date", "keywords", "tags", "body"),
    *(
        "issued",
        "modified",
        "created",
        "managingEditor",
        "webMaster",
        "lastBuildDate",
        "contributor",
    ),
    *("dc:creator", "dc:date", "dc:subject", "dc:title", "dc:language", "dc:description"),
    *("dc:publisher", "dc:rights", "dc:contributor", "dc:author", "dcterms:issued"),
    *("dcterms:modified", "dcterms:created", "dcterms:valid", "content:encoded", "media:title"),
    *("media:description", "media:keywords", "media:category", "media:content", "media:thumbnail"),
    *("media:credit", "media:text", "media:group", "itunes:author", "itunes:summary"),
    *("itunes:subtitle", "itunes:keywords", "itunes:category", "itunes:image", "itunes:explicit"),
    *("itunes:duration", "atom:link", "atom:id", "atom:updated", "atom:author", "slash:comments"),
    *("sy:updatePeriod", "sy:updateFrequency", "feedburner:origLink", "georss:point", "odd:thing"),
    *("links", "authors", "entries", "thumbnail", "expirationDate", "subtitle", "copyright"),
    *("abstract", "info", "fullitem", "xhtml:body", "itunes:owner", "itunes:block", "textInput"),
)
_USUAL = (
    *("link", "guid", "description", "summary", "pubDate", "category", "author", "source"),
    *("enclosure", "dc:creator", "dc:date", "dc:subject", "content:encoded", "media:content"),
    *("media:thumbnail", "media:group", "media:title", "media:description", "media:keywords"),
    *("atom:link", "comments", "image", "itunes:author", "itunes:duration", "slash:comments", "id"),
    *("updated", "published", "content", "odd:thing", "feedburner:origLink", "dc:language", "ttl"),
    *("media:credit", "contributor", "language", "keywords", "copyright", "media:category"),
)
_CONTAINERS = {
    "image": ("url", "title", "link", "width", "height", "description", "odd:thing"),
    "author": ("name", "email", "uri", "url", "odd:thing"),
    "contributor": ("name", "email", "uri"),
    "itunes:owner": ("itunes:name", "itunes:email", "name"),
    "media:group": ("media:title", "media:content", "media:description", "media:thumbnail"),
    "media:content": ("media:title", "media:credit", "media:description", "media:text", "title"),
    "odd:thing": ("odd:inner", "title", "odd:thing", "media:credit", "link"),
    "skipHours": ("hour",),
    "items": ("odd:inner",),
    "source": ("title", "id", "link", "updated"),
    "textInput": ("title", "name", "link", "description"),
    "title": ("xhtml:div", "odd:thing"),
    "atom:author": ("atom:name", "name", "atom:email"),
}
_TEXTS = (
    *(
        "",
        " ",
        "One",
        "Two words",
        "a &lt;b&gt;c&lt;/b&gt; &amp;amp; d",
        "&lt;p&gt;Text.&lt;/p&gt;",
    ),
    *(
        "<![CDATA[<b>x</b> & y]]>",
        "Añejo",
        "Ã±ejo Ã©",
        "\x85 \x93quoted\x94",
        "Москва",
        "東京 &#x1F600;",
    ),
    *(
        "https://a.example/1?a=1&amp;b=2",
        "/rel/path?x=1&amp;copy;=2",
        "../up",
        "http:////a.example//b",
    ),
    *(
        "HTTPS://A.example/Ü",
        "http://[bad/",
        "mailto:a@b.example",
        "a@b.example (Ann)",
        "ann@b.example",
    ),
    *(
        "Ann &lt;ann@b.example&gt;",
        "Mon, 02 Mar 2026 10:00:00 GMT",
        "2026-03-02T10:00:00Z",
        "60",
        "es",
    ),
    *("es_SV", "daily", "a, b,, c", "<!-- c -->said", "<?p i?>x", "\n  lines\n  more ", "0", "yes"),
    *("https://a.example/story-1", "x" * 300, "https://a.example/?", "https://a.example/x#"),
)
_USUAL_ATTRIBUTES = (
    *(" isPermaLink='false'", " isPermaLink='true'", " type='html'", " type='text'", " rel='self'"),
    *(" href='https://a.example/h'", " domain='d'", " term='t' label='l'", " xml:lang='fr_CA'"),
    *(
        " url='https://a.example/u.jpg' type='image/jpeg'",
        " odd:attr='1'",
        " rel='hub' href='/hub'",
    ),
    *(" rel='alternate' type='text/html' href='/alt'", " type='text/html'", " xml:lang=''"),
    *(" term='t' scheme='s'", " rel='alternate' type='application/json' href='/json'", " term=''"),
)
_ATTRIBUTES = (
    *("", "", "", "", "", " isPermaLink='false'", " isPermaLink='true'", " type='html'"),
    *(" type='text'", " type='HTML'", " type='text/html'", " type='xhtml'", " rel='self'"),
    *(
        " rel='alternate' href='/alt'",
        " href='https://a.example/h'",
        " url='https://a.example/u.jpg'",
    ),
    *(
        " domain='d'",
        " term='t'",
        " term='' label='l'",
        " scheme='s' term='t'",
        " xml:lang='fr_CA'",
    ),
    *(
        " xml:lang=''",
        " lang='de'",
        " xml:base='/b/'",
        " odd:attr='1'",
        " rel='hub' href='//hub.example'",
    ),
    *(
        " type='image/png' url='x.png'",
        " mode='escaped'",
        " src='https://a.example/src'",
        " base='/c/'",
    ),
    *(
        " rel='enclosure' href='a.mp3' type='audio/mpeg'",
        " rel='REPLIES' href='/r'",
        " text='news'",
    ),
    *(
        " odd:href='/o'",
        " atom:type='html'",
        " odd:isPermaLink='false'",
        " Rel='self'",
        " odd:lang='it'",
    ),
    *(" LANG='it'", " odd:term='t'", " media:url='/m'", " atom:rel='self' rel='alternate'"),
    *(" lastmod='2026'", " type='application/xml'", " uri='/u'", " type=''", " xml:lang='en'"),
)


class Odd:
    """Makes one document; the same number makes the same one."""

    def __init__(self, number: int) -> None:
        """Make document `number`."""
        self._chance = random.Random(number)  # noqa: S311 - test data
        # Most documents are near to what is common; the rest is as odd as can be.
        self._oddity = self._chance.choice((0.0, 0.02, 0.05, 0.1))

    def document(self) -> str:
        """Return the document."""
        kind = self._chance.choice(("rss", "rss", "rss", "atom", "atom", "rdf", "rss"))
        if self._is_odd():
            kind = "any"
        name = "entry" if kind == "atom" else "item"
        items = "".join(
            f"<{name}{self._about(kind)}>{self._elements(9)}</{name}>"
            for _ in range(self._chance.randint(0, 4))
        )
        lang = self._pick(("", "", " xml:lang='en-US'", " xml:lang='pt_BR'", " xml:lang=''"))
        base = self._pick(("", "", "", " xml:base='https://b.example/x/'", " xml:base='rel/'"))
        if self._is_odd():
            lang = " lang='it'"
        around = self._elements(4)
        spaces = self._spaces()
        if kind == "rdf" and not self._is_odd():
            spaces = spaces.replace(" xmlns:atom='http://www.w3.org/2005/Atom'", "")
            spaces += " xmlns:atom='urn:none'"
        if kind == "atom":
            space = self._pick((*("http://www.w3.org/2005/Atom",) * 19, "http://purl.org/atom/ns#"))
            root = f"feed xmlns='{space}'{spaces}{lang}{base}"
            return f"<{root}>{around}{items}{self._elements(1)}</feed>"
        if kind == "rdf":
            return (
                "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'"
                f" xmlns='http://purl.org/rss/1.0/'{spaces}><channel rdf:about='c'>{around}"
                f"</channel>{self._elements(1)}{items}</rdf:RDF>"
            )
        version = self._pick(("2.0",) * 6 + ("0.91", "0.92", "1.0", "", "2.01"))
        default = self._pick(("",) * 9 + (" xmlns='http://backend.userland.com/rss2'",))
        if self._is_odd():
            default = " xmlns='urn:d'"
        inside = f"{around}{items}{self._elements(1)}"
        if kind == "any":
            inside = self._pick((f"<wrap>{inside}</wrap>", f"{inside}</channel>{items}<channel>"))
        root = f"rss version='{version}'{default}{spaces}{lang}{base}"
        return f"<{root}><channel>{inside}</channel></rss>"

    def _spaces(self) -> str:
        spaces = dict(_SPACES)
        if self._chance.random() < self._oddity * 2:
            prefix, uri = self._chance.choice(_ODDER_SPACES)
            spaces[prefix] = uri
        return "".join(f" xmlns:{prefix}='{uri}'" for prefix, uri in spaces.items())

    def _about(self, kind: str) -> str:
        if kind == "rdf":
            return self._pick((" rdf:about='https://a.example/1'",) * 5 + ("", " href='x'"))
        return self._pick(("",) * 9 + (" xml:lang='de'",)) if self._oddity else ""

    def _elements(self, most: int) -> str:
        common = ["title", "link", "description", "guid", "pubDate", "category", "dc:creator"]
        names = self._chance.sample(common, k=min(len(common), most))
        for _ in range(self._chance.randint(0, most // 2)):
            names.append(self._chance.choice(_LEAVES if self._is_odd() else _USUAL))
        self._chance.shuffle(names)
        return "".join(self._element(name, 0) for name in names)

    def _element(self, name: str, depth: int) -> str:
        inner = _CONTAINERS.get(name, ())
        attributes = ""
        if self._chance.random() < 0.15:
            attributes = self._chance.choice(_ATTRIBUTES if self._is_odd() else _USUAL_ATTRIBUTES)
        nested = name in ("media:group", "media:content") or self._is_odd()
        if inner and depth < 3 and nested and self._chance.random() < 0.6:
            parts = self._chance.choices(inner, k=self._chance.randint(0, 4))
            children = "".join(self._element(part, depth + 1) for part in parts)
            return f"<{name}{attributes}>{children}</{name}>"
        if self._chance.random() < self._oddity / 4:
            return f"<{name}{attributes}>a<b>c</b>d</{name}>"
        text = self._chance.choice(_TEXTS)
        return f"<{name}{attributes}>{text}</{name}>" if text else f"<{name}{attributes}/>"

    def _is_odd(self) -> bool:
        return self._chance.random() < self._oddity

    def _pick(self, choices: tuple[str, ...]) -> str:
        return self._chance.choice(choices)
