"""Runs the benchmarks one after another, each in a process of its own: `python -m benchmarks`.

Without recorded news (`NEWSTHREAD_DATA`, else `../shared/data` beside the checkout) what needs it
is skipped, and said so.
"""

import argparse
import subprocess
import sys

PARTS = {
    "poll": "what a poll costs, on a local farm of feeds",
    "articles": "what an article costs, from match to summary",
    "store": "how fast the store is",
    "jobs": "how fast due feeds reach workers, through PostgreSQL",
    "cluster": "what an installation carries, on SQLite and on PostgreSQL",
    "watches": "how well watches find, and what more of them cost",
    "stories": "how well articles are filed",
    "summaries": "how good summaries are, and what they cost",
    "discord": "how much of Discord's limits delivery uses",
    "slack": "how much of Slack's limits delivery uses",
    "guilds": "what one process needs for a hundred Discord servers",
    "where": "where the time goes, by sampling",
}


def main() -> int:
    """Run what is asked for; return how many parts failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; all")
    parser.add_argument("--fast", action="store_true", help="seconds, to see that they run")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"there is no part {min(unknown)!r}: take of {', '.join(PARTS)}")
    failed = 0
    for part in asked.parts or PARTS:
        print(f"\n== {part}: {PARTS[part]}", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{part}", *(["--fast"] if asked.fast else [])]
        failed += subprocess.run(command, check=False).returncode != 0  # noqa: S603 - our own modules
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
