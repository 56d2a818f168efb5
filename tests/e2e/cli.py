"""The command line as a process, with everything it keeps in one folder."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CONFIG = """
[[feeds]]
url = "http://127.0.0.1:9/feed.xml"
name = "Example"
[[watches]]
name = "cecot"
query = "pack:cecot"
channels = ["sandbox:deportations"]
[[channels]]
id = "sandbox:bot-health"
admin = true
"""


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return an environment in which all is kept in `folder`, loopback is allowed to feeds."""
    config = folder / "newsthread.toml"
    if not config.exists():
        config.write_text(CONFIG, encoding="utf-8")
    return {
        **os.environ,
        "NEWSTHREAD_CONFIG": str(config),
        "DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'newsthread.db'}",
        "NEWSTHREAD_SANDBOX": str(folder / "sandbox.db"),
        "NEWSTHREAD_ALLOW_ADDRESSES": "127.0.0.0/8",
        "LOG_LEVEL": "error",
        **more,
    }


def bot(
    folder: Path, *arguments: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `python -m bot` to its end."""
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "bot", *arguments],
        env=environment(folder, **(env or {})),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def rows(output: str) -> list[dict[str, Any]]:
    """Return the JSON objects that were printed, one a line."""
    return [json.loads(line) for line in output.splitlines()]
