"""What numbers in news are worth."""

import pytest

from bot.domain.numbers import NUMBER, is_year, key_of, scale_of, value_of


@pytest.mark.parametrize(
    ("token", "value"),
    [
        ("14", 14),
        ("1,400", 1400),
        ("1.400", 1400),
        ("1,234.5", 1234.5),
        ("1.234,5", 1234.5),
        ("1,4", 1.4),
        ("0.125", 0.125),
        ("1.2.3", None),
        ("1,400,000", 1_400_000),
        ("9" * 30, None),
        ("٣", None),
        ("fourteen", 14),
        ("catorce", 14),
        ("funf", 5),
        ("once", None),
        ("", None),
    ],
)
def test_a_number_is_read_whatever_its_separators(token: str, value: float | None) -> None:
    """Three digits after a mark are thousands, in English as in Spanish."""
    assert value_of(token) == value


def test_scales_years_and_keys() -> None:
    """A bare 2019 is a year, 2,019 is not; equal values have one key."""
    assert scale_of("bn") == scale_of("milliarden") == 1e9
    assert scale_of("people") == 1
    assert is_year(2019, "2019")
    assert not is_year(2019, "2,019")
    assert key_of(1400.0) == key_of(1400) == "#1400"


def test_a_number_begins_a_word() -> None:
    """Parts of names and codes are none."""
    found = [
        one[0] for one in NUMBER.finditer("B52 flew Fourteen times, 3,000 km; seventh, 4-5 x9")
    ]
    assert found == ["Fourteen", "3,000", "4"]
