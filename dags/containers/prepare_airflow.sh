#!/bin/sh
# Run by the service `init` before the others start, each time: Airflow's tables, the pools, the administrator's password.
set -eu
umask 077

airflow db migrate
airflow pools import /opt/dealer360/dags/pools.json
python -c 'import json, os; print(json.dumps({"admin": os.environ["AIRFLOW_ADMIN_PASSWORD"]}))' \
    > "$AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"
