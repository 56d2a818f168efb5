"""Runs the benchmarks one after another, each in a process of its own: `python -m benchmarks`."""

import subprocess
import sys

NAMES = ("watches", "stories", "summaries")


def main() -> int:
    """Run them all; return how many failed."""
    failed = 0
    for name in NAMES:
        print(f"\n== {name}", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}"]
        failed += subprocess.run(command, check=False).returncode != 0  # noqa: S603 - our own modules
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
