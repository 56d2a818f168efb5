"""What begins and ends a test run: the server that its tests share, and what makes it faster."""

import gc
import sys
from pathlib import Path

import pytest

from tests.fakes.run_folder import NO_SERVER, begin_run, end_run

TESTS = Path(__file__).parent


def pytest_configure() -> None:
    """Make what the processes of the run share; a server is started when a test asks for one."""
    begin_run()


def pytest_unconfigure() -> None:
    """Take it down again."""
    end_run()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in the last lines what was not tested for want of a server."""
    skipped = terminalreporter.stats.get("skipped", [])
    missing = sum(f": {NO_SERVER}" in str(report.longrepr) for report in skipped)
    if missing:
        terminalreporter.write_line(f"{missing} tests on PostgreSQL were skipped: no server")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have all tests of whole programs, and all with thousands of cases, count as slow."""
    for item in items:
        if {"e2e", "property"} & {*item.path.relative_to(TESTS).parts}:
            item.add_marker(pytest.mark.slow)
    # A single one of these takes long: begun last, it would keep all but one process idle.
    items.sort(key=lambda item: "property" not in item.path.parts)


def pytest_collection_finish() -> None:
    """Keep the collector off what was imported, which lives as long as the run: a tenth."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Spare a run without property tests the import of Hypothesis for its empty summary: 1 s."""
    manager = session.config.pluginmanager
    if "hypothesis" not in sys.modules and manager.has_plugin("hypothesispytest"):
        manager.unregister(name="hypothesispytest")
