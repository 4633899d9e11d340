"""Decisions of head office and data stewards, written from outside dbt."""
