"""Which of these tests are run on each database: the ones of the steps that work on it."""

import pytest

from tests.fakes.store import CHOSEN, DATABASES

ON_BOTH = (
    "test_collect_edges",
    "test_pipeline",
    "test_pipeline_delivery",
    "test_pipeline_time",
    "test_sync",
    "test_taken_over",
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests of these modules once a database."""
    if metafunc.module.__name__.rpartition(".")[2] in ON_BOTH:
        metafunc.fixturenames.insert(0, "database")
        metafunc.parametrize("database", DATABASES, indirect=True)


@pytest.fixture
def database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have fresh stores on this database."""
    monkeypatch.setenv(CHOSEN, request.param)
