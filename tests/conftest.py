"""What makes the tests start and end faster; it changes nothing that a test sees."""

import gc
import sys

import pytest


def pytest_collection_finish() -> None:
    """Keep the collector off what was imported, which lives as long as the run: a tenth."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Spare a run without property tests the import of Hypothesis for its empty summary: 1 s."""
    manager = session.config.pluginmanager
    if "hypothesis" not in sys.modules and manager.has_plugin("hypothesispytest"):
        manager.unregister(name="hypothesispytest")
