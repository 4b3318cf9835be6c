"""What every test may ask for."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from tests.support.postgres import NoPostgres, cluster

# In CI the same examples every time, so that a red run is about the change; elsewhere new ones, to find more. How long
# one takes says more of the machine than of the code.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")

CHECKOUT = Path(__file__).resolve().parent.parent
REQUIRED = {word.strip() for word in os.environ.get("DEALGATE_REQUIRE", "").split(",") if word.strip()}


def absent(what: str, reason: str) -> None:
    """Skip with a reason, or fail where DEALGATE_REQUIRE says that it must be there."""
    if what in REQUIRED:
        pytest.fail(f"{what} is required by DEALGATE_REQUIRE: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The top of the checkout."""
    return CHECKOUT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data, by DEALGATE_TEST_DATA or beside the checkout."""
    folder = Path(os.environ.get("DEALGATE_TEST_DATA") or CHECKOUT.parent / "shared" / "data")
    if not folder.is_dir():
        absent("data", f"no test data at {folder.name}: set DEALGATE_TEST_DATA")
    return folder


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The SQLAlchemy URL of a PostgreSQL of this run's own."""
    try:
        with cluster() as url:
            yield url
    except NoPostgres as why:
        absent("postgres", str(why))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Generator[None]:
    """Says at the end how many tests did not run; ``-r s`` lists each with its reason above."""
    yield
    terminalreporter.write_line(f"skips: {len(terminalreporter.stats.get('skipped', []))}")
