"""Tests of `dags` and of the containers that run them."""
