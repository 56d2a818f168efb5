"""`python -m bot replay`: articles in, JSON lines out; the same bytes in every run."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ARTICLES = (
    {
        "title": "Judge orders update on transfers to CECOT prison",
        "link": "https://courier.example/a",
        "description": "A judge ordered a report on deportations to the CECOT prison by Friday.",
        "first_seen": "2026-03-01T10:00:00Z",
    },
    {
        "title": "Juez ordena informe sobre traslados a la cárcel CECOT",
        "link": "https://diario.example/b",
        "description": "Un juez ordenó un informe sobre las deportaciones a la cárcel CECOT.",
        "published": "2026-03-01T11:00:00Z",
        "lang": "es",
    },
    {"title": "Robot vacuum from Cecotec reviewed", "link": "https://shop.example/c"},
)


def replay(file: Path, seed: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", "bot", "replay", str(file), *arguments],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def rows(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def written(folder: Path) -> Path:
    file = folder / "articles.jsonl"
    file.write_text("\n".join(json.dumps(one) for one in ARTICLES), encoding="utf-8")
    return file


def test_two_runs_give_the_same_bytes(tmp_path: Path) -> None:
    """Whatever order a set happens to have in a process."""
    file = written(tmp_path)
    watches = ("--watch", "d=pack:deportation", "--watch", "c=pack:cecot")
    assert replay(file, "1", *watches).stdout == replay(file, "2", *watches).stdout


def test_hits_stories_summaries_and_alerts_come_out(tmp_path: Path) -> None:
    """N is the number of the line, from 0; the look-alike is not matched."""
    out = rows(replay(written(tmp_path), "1", "--watch", "c=cecot").stdout)
    assert [row["article"] for row in out if row["type"] == "hit"] == [0, 1]
    sentences = [s for row in out if row["type"] == "summary" for s in row["sentences"]]
    assert sentences
    assert all(set(sentence["cites"]) <= {0, 1} for sentence in sentences)
    assert {row["type"] for row in out} == {"hit", "story", "summary", "alert"}


def test_no_match_files_every_article(tmp_path: Path) -> None:
    """For measuring stories alone."""
    out = rows(replay(written(tmp_path), "1", "--watch", "c=cecot", "--no-match").stdout)
    filed = [article for row in out if row["type"] == "story" for article in row["articles"]]
    assert sorted(filed) == [0, 1, 2]


def test_a_line_that_is_no_article_is_named(tmp_path: Path) -> None:
    """By its number, with what is expected."""
    file = written(tmp_path)
    file.write_text(file.read_text(encoding="utf-8") + "\n{broken", encoding="utf-8")
    done = replay(file, "1", "--watch", "c=cecot")
    assert done.returncode == 2
    assert "articles.jsonl:4" in done.stderr


def test_a_wrong_query_shows_the_place(tmp_path: Path) -> None:
    """And nothing is half-applied."""
    done = replay(written(tmp_path), "1", "--watch", "c=cecot OR")
    assert done.returncode == 2
    assert "^" in done.stderr
