"""A company of the default size, made once for all tests of this room."""

from __future__ import annotations

from datetime import date

import pytest

from dealgate.simulate import Company, simulate

AS_OF = date(2026, 11, 23)


@pytest.fixture(scope="package")
def company() -> Company:
    return simulate(as_of=AS_OF)
