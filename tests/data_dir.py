"""Where the real recorded news is, on a machine that has it; it is never part of the project."""

import os
from pathlib import Path


def data_dir() -> Path | None:
    """Return the folder of recorded data: as `NEWSTHREAD_DATA` says, else beside the checkout."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("NEWSTHREAD_DATA", beside))
    return folder if folder.is_dir() else None
