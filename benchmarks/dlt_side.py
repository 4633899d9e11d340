"""dlt loads a file into Postgres, as its documentation has it. Runs in the benchmarks' own environment.

`python dlt_side.py FORMAT FILE DATABASE_URL`; state and staging files stand in the folder DLT_DATA_DIR.
"""

from __future__ import annotations

import sys
from pathlib import Path

import dlt  # type: ignore[import-not-found]
from dlt.sources.filesystem import readers  # type: ignore[import-not-found]

READ = {
    "csv": ("read_csv", {"dtype": str}),
    "russian_csv": ("read_csv", {"dtype": str, "sep": ";", "encoding": "cp1251"}),
    "jsonl": ("read_jsonl", {}),
    "parquet": ("read_parquet", {}),
}


def main(kind: str, file: Path, url: str) -> None:
    """Load the file into schema dlt_side."""
    name, options = READ[kind]
    source = readers(bucket_url=file.parent.as_uri(), file_glob=file.name)
    resource = source.resources[name].bind(**options) if options else source.resources[name]
    pipeline = dlt.pipeline("benchmark", destination=dlt.destinations.postgres(url), dataset_name="dlt_side")
    pipeline.run(resource.with_name("sales"), write_disposition="replace")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
