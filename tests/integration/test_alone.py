"""One process a SQLite file, where two that write may damage it."""

from pathlib import Path

import pytest

from bot.adapters.store.alone import alone
from bot.domain.errors import StoreError

FAULTY = (3, 40, 1)


def test_a_second_process_is_kept_off_until_the_first_has_ended(tmp_path: Path) -> None:
    """It is told why, and what takes any number."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'newsthread.db'}"
    with alone(url, FAULTY):
        with pytest.raises(StoreError, match="Another process") as refused, alone(url, FAULTY):
            pass
        assert "SQLite 3.40.1 has a rare fault" in str(refused.value)
        assert "PostgreSQL takes any number" in str(refused.value)
    with alone(url, FAULTY):
        pass


@pytest.mark.parametrize("version", [(3, 51, 3), (3, 60, 0)])
def test_a_sound_sqlite_takes_several(tmp_path: Path, version: tuple[int, ...]) -> None:
    """Nothing is left beside the database then."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'newsthread.db'}"
    with alone(url, version), alone(url, version):
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", [":memory:", "postgresql+psycopg://u:p@127.0.0.1/db"])
def test_what_is_no_file_is_nobodys_alone(url: str) -> None:
    with alone(url, FAULTY), alone(url, FAULTY):
        pass


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """The database itself could not be used either."""
    (tmp_path / "newsthread.db-running").mkdir()
    url = f"sqlite+aiosqlite:///{tmp_path / 'newsthread.db'}"
    with pytest.raises(StoreError, match="cannot be written"), alone(url, FAULTY):
        pass
