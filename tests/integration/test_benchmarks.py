"""The benchmarks run: a fast form of each, so that they stay alive. No speed is judged here."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import PARTS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(  # noqa: S603 - our own module
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.mark.parametrize("part", PARTS)
def test_each_benchmark_runs(part: str) -> None:
    """On a machine without recorded news, what needs it says that it is skipped."""
    done = run(part, "--fast")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"\n== {part}: ")
    assert len(done.stdout.splitlines()) > 3 or "No recorded data" in done.stdout


def test_a_part_that_is_not_there_is_refused_with_those_that_are() -> None:
    """A misspelt part must not measure nothing in silence."""
    done = run("pol")
    assert done.returncode == 2
    assert "there is no part 'pol': take of poll, articles" in done.stderr
