"""The jobs as plain commands under Airflow 2.9 or later: a sync every quarter of an hour, a plan each working day.

Secrets come to the worker as environment variables, as everywhere. A sync that fails exits with 5 and goes on where it
stood when it is tried again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator

WORKSPACE = "/srv/sales"
AGAIN = {"retries": 2, "retry_delay": timedelta(minutes=5)}
START = datetime(2026, 1, 1)

with DAG(
    "dealgate_sync", schedule="*/15 * * * *", start_date=START, catchup=False, max_active_runs=1, default_args=AGAIN
):
    BashOperator(task_id="sync", cwd=WORKSPACE, append_env=True, bash_command="dealgate sync crm")

with DAG(
    "dealgate_enforce", schedule="30 6 * * 1-5", start_date=START, catchup=False, max_active_runs=1, default_args=AGAIN
):
    fresh = BashOperator(task_id="sync", cwd=WORKSPACE, append_env=True, bash_command="dealgate sync crm")
    # kept for a person to read; nothing is written into the CRM
    plan = BashOperator(
        task_id="plan",
        cwd=WORKSPACE,
        append_env=True,
        bash_command="dealgate enforce crm --plan .dealgate/plans/crm-{{ ds }}.json",
    )
    fresh >> plan
