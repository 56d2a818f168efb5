"""What the container and the systemd units promise: no root, no writable system, no left-overs."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTAINER = (ROOT / "Containerfile").read_text(encoding="utf-8")
UNITS = sorted((ROOT / "deploy").glob("*.service"))
EXPOSED_AT_MOST = "20"
"""Tenths of what `systemd-analyze security` counts up to 10 for a unit without any guard."""


def test_the_container_runs_as_a_user_that_can_be_seen_not_to_be_root() -> None:
    """Engines that refuse root look for a number."""
    (user,) = re.findall(r"^USER (\d+):\d+$", CONTAINER, re.MULTILINE)
    assert int(user) > 0


def test_what_the_container_copies_is_there_and_nothing_else_is_let_in() -> None:
    """A token or a database in the folder must not end up in an image."""
    copied = re.findall(r"^COPY (?!--)(\S+)", CONTAINER, re.MULTILINE)
    let_in = (ROOT / ".containerignore").read_text(encoding="utf-8").splitlines()
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert sorted(line[1:] for line in let_in if line.startswith("!")) == sorted(copied)
    assert "*" in let_in


def test_the_container_installs_what_was_locked() -> None:
    assert "--require-hashes -r /build/requirements.txt" in " ".join(CONTAINER.split())


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_is_guarded(unit: Path) -> None:
    """Whoever takes the process over finds a system that he cannot write to."""
    text = unit.read_text(encoding="utf-8")
    for guard in ("DynamicUser=yes", "ProtectSystem=strict", "NoNewPrivileges=yes"):
        assert guard in text
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("there is no systemd-analyze on this machine")
    done = subprocess.run(  # noqa: S603 - the system's own program
        [analyze, "security", "--offline=true", f"--threshold={EXPOSED_AT_MOST}", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-300:]


def test_the_units_differ_in_their_roles_alone() -> None:
    """What guards the one guards the other."""
    one, roles = (
        {line for line in unit.read_text(encoding="utf-8").splitlines() if "=" in line}
        for unit in UNITS
    )
    differ = {line.partition("=")[0] for line in one ^ roles}
    assert differ == {"Description", "ExecStart", "Environment", "EnvironmentFile"}
