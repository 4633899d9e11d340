"""When things run and in which order: Airflow's side of the project."""
