"""The folder that the processes of a test run share; light, since every run makes one."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

RUN = "NEWSTHREAD_TEST_RUN"
"""Names the folder."""
NO_SERVER = "PostgreSQL: no server"
"""How the reason begins for which tests are skipped."""


def run_folder() -> Path:
    """Return the folder."""
    return Path(os.environ[RUN])


def owner() -> int:
    """Return the process that ends last."""
    return int((run_folder() / "owner").read_text())


def begin_run() -> None:
    """Make the folder, if this is the run's first process."""
    if RUN not in os.environ:
        folder = Path(tempfile.mkdtemp(prefix="newsthread-tests-"))
        folder.chmod(0o755)  # a server in it may be another user's
        (folder / "owner").write_text(str(os.getpid()))
        os.environ[RUN] = str(folder)


def end_run() -> None:
    """Remove the folder and stop the server in it, if this is the run's first process."""
    if owner() != os.getpid():
        return
    if (run_folder() / "url").exists():
        from tests.fakes.postgresql import clear_up  # heavy: only where it was used

        clear_up()
    shutil.rmtree(run_folder())
    del os.environ[RUN]


@contextmanager
def locked() -> Iterator[None]:
    """Keep the run's other processes out for a while."""
    with (run_folder() / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
