"""How languages are told apart, with the model that `LanguageDetector` loads from its file."""

import pytest

from tests.fakes.shipped import shipped_detector


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Un tribunal ordena detener las deportaciones de migrantes", "es"),
        ("A court orders a halt to the deportation of migrants", "en"),
        ("Ein Gericht stoppt die Abschiebung von Geflüchteten", "de"),
        ("東京で地震がありました", "ja"),
        ("Cecot", ""),
        ("12:30 — 2026", ""),
    ],
)
def test_a_language_is_named_where_there_is_enough_text(text: str, lang: str) -> None:
    """A wrong language costs inflections; none costs nothing."""
    assert shipped_detector().detect(text) == lang


def test_no_language_is_named_without_confidence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names in a row could be of any language."""
    detector = shipped_detector()
    monkeypatch.setattr(detector, "MIN_CONFIDENCE", 1.1)
    assert detector.detect("A court orders a halt to the deportation of migrants") == ""
