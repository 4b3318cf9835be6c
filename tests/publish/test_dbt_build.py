"""dbt builds the project over raw tables, all its tests pass, and its verdicts are those of the check."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

import pytest
from tests.conftest import absent
from tests.sources.mapped import process
from tests.sources.staging.staged import mapping_of

from dealgate.decide.judge import Judge
from dealgate.publish.dbt import SHOWN, project
from dealgate.publish.dbt_write import write
from dealgate.publish.pushed import push
from dealgate.sources.open import open_source
from dealgate.sources.staging.raw import Raw

# Later versions of dbt-core need a parser that is no package of the index.
PACKAGES = ["dbt-core>=1.10.5,<1.12", "dbt-duckdb>=1.9,<1.12"]
QUIET = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1", "DBT_USE_COLORS": "false"}
RAW = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1])
for name in sys.argv[3:]:
    connection.execute(f"CREATE TABLE {name} AS SELECT * FROM read_csv('{sys.argv[2]}/{name}.csv', all_varchar=true)")
"""
READ = """
import json, sys, duckdb
cursor = duckdb.connect(sys.argv[1]).execute("SELECT * FROM practical__verdicts")
names = [one[0] for one in cursor.description]
print(json.dumps([dict(zip(names, map(str, row))) for row in cursor.fetchall()]))
"""


@pytest.fixture(scope="module")
def dbt() -> Path:
    """The programs of an environment of dbt's own, made once and kept in DEALGATE_DBT or the temporary folder."""
    folder = Path(os.environ.get("DEALGATE_DBT") or Path(tempfile.gettempdir()) / f"dealgate-dbt-{os.getuid()}")
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    if not (programs / "dbt").exists():
        made = [[sys.executable, "-m", "venv", str(folder)]]
        made.append([str(programs / "python"), "-m", "pip", "install", "--quiet", *PACKAGES])
        for words in made:
            done = subprocess.run(words, capture_output=True, text=True, timeout=900, check=False)
            if done.returncode:
                absent("dbt", f"dbt cannot be installed here: {done.stderr.strip()[-200:]}")
    return programs


def run(*words: object, cwd: Path) -> str:
    done = subprocess.run(
        [str(word) for word in words], cwd=cwd, env={**os.environ, **QUIET}, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return done.stdout


@pytest.mark.slow
def test_dbt_gives_the_verdicts_of_the_check(dbt: Path, shared_data: Path, tmp_path: Path) -> None:
    import json

    data, database = shared_data / "maven_crm_sales", tmp_path / "raw.duckdb"
    run(
        dbt / "python", "-c", RAW, database, data, "sales_pipeline", "accounts", "products", "sales_teams", cwd=tmp_path
    )
    judged, raw = process(), Raw()
    judge = Judge(judged)
    moment = judge.moment(date(2017, 6, 30))
    mapped = mapping_of("maven", judged)
    found = push(judged, moment, "duckdb", mapped, raw=raw, shown=SHOWN)
    write(tmp_path / "project", project(found, "sha256:0", mapped, raw, moment))
    profile = f"dealgate:\n  target: dev\n  outputs:\n    dev: {{type: duckdb, path: '{database}', threads: 1}}\n"
    (tmp_path / "profiles.yml").write_text(profile, encoding="utf-8")
    said = run(dbt / "dbt", "build", "--project-dir", tmp_path / "project", "--profiles-dir", tmp_path, cwd=tmp_path)
    assert "ERROR=0" in said and "WARN=0" in said and "SKIP=0" in said
    rows = {row["id"]: row for row in json.loads(run(dbt / "python", "-c", READ, database, cwd=tmp_path))}
    deals = open_source(data, process=judged, mapping="maven").deals
    assert len(rows) == len(deals) == 8800
    columns = {criterion.id: column for column, criterion in found.columns.items()}
    wrong = [
        (deal.id, verdict.criterion.id)
        for deal in deals
        for verdict in judge.evaluate(deal, moment.as_of)
        if rows[deal.id][columns[verdict.criterion.id]] != verdict.status.value
    ]
    assert wrong == []
    states = {deal.id: judge.standing(deal, moment.as_of).state for deal in deals}
    assert {k: rows[k]["state"] for k in rows} == {k: state.value if state else "None" for k, state in states.items()}
