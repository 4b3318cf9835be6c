"""Documents of exchange rates."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

from dealgate.documents.load import Loaded, load_rates

HEAD = "kind: rates/v1\nid: r\ntitle: R\n"


def loaded(folder: Path, text: str) -> Loaded:
    path = folder / "r.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    return load_rates(path)


def test_rates_hold_from_their_day_on_and_for_as_long_as_they_may(tmp_path: Path) -> None:
    made = loaded(
        tmp_path,
        """max_age: 35 days
rates:
  - {from: EUR, to: USD, dated: 2026-02-01, rate: 1.0825}
  - {from: EUR, to: USD, dated: 2026-01-01, rate: 1.1}
  - {from: USD, to: EUR, dated: 2026-01-01, rate: 0.9}
""",
    )
    assert made.diagnostics == []
    assert made.rates is not None
    rates = made.rates["USD"]
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 8), date(2026, 3, 9)]
    assert [rates.of("EUR", day) for day in days] == [None, Decimal("1.1"), Decimal("1.0825"), Decimal("1.0825"), None]
    assert rates.of("USD", days[0]) == 1
    assert made.rates["EUR"].of("USD", days[1]) == Decimal("0.9")


def test_two_rates_of_one_day_and_a_rate_in_itself_are_errors_where_they_stand(tmp_path: Path) -> None:
    made = loaded(
        tmp_path,
        """rates:
  - {from: EUR, to: USD, dated: 2026-01-01, rate: 1.1}
  - {from: EUR, to: USD, dated: 2026-01-01, rate: 1.2}
  - {from: EUR, to: EUR, dated: 2026-01-01, rate: 1}
  - {from: EUU, to: USD, dated: 2026-01-01, rate: 1}
""",
    )
    assert [(d.code, d.where.line) for d in made.diagnostics] == [("DG246", 6), ("DG246", 7), ("DG209", 8)]
    assert made.rates is None
