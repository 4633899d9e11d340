"""pandas reads a file and writes it with `to_sql`: `python -m benchmarks.pandas_side FORMAT FILE DATABASE_URL`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import pandas as pd  # type: ignore[import-untyped]
import sqlalchemy as sa

ROWS_AT_ONCE = 50_000


def frames(kind: str, file: Path) -> Iterable[pd.DataFrame]:
    """The file in pieces, where pandas reads it in pieces; cells as text where it can, as a landing table wants it."""
    if kind == "csv":
        yield from pd.read_csv(file, dtype=str, chunksize=ROWS_AT_ONCE)
    elif kind == "russian_csv":
        yield from pd.read_csv(file, dtype=str, chunksize=ROWS_AT_ONCE, sep=";", encoding="cp1251")
    elif kind == "jsonl":
        yield from pd.read_json(file, dtype=str, lines=True, chunksize=ROWS_AT_ONCE)
    elif kind == "xlsx":
        yield pd.read_excel(file, dtype=str)
    else:
        yield pd.read_parquet(file)


def main(kind: str, file: Path, url: str) -> None:
    """Load the file into table public.pandas_side."""
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.begin() as connection:
        for frame in frames(kind, file):
            frame.to_sql("pandas_side", connection, if_exists="append", index=False)
    engine.dispose()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
