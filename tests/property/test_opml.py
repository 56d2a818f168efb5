"""Lists of feeds of any length."""

from tests.unit.test_opml import urls


def test_a_list_without_end_is_bounded() -> None:
    """An upload must not fill the database."""
    many = "".join(f'<outline xmlUrl="https://a.example/{n}"/>' for n in range(50_100))
    assert len(urls(many)) == 50_000
