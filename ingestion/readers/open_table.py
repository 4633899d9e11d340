"""The reader for a format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from ingestion.dealer_files import FileFormat
from ingestion.readers.adf_reader import open_adf
from ingestion.readers.csv_reader import open_csv
from ingestion.readers.excel_reader import open_excel
from ingestion.readers.jsonl_reader import open_jsonl
from ingestion.readers.reading import ReadTable

Reader = Callable[[Path, FileFormat, frozenset[str]], ReadTable]

READERS: Mapping[str, Reader] = {"csv": open_csv, "excel": open_excel, "jsonl": open_jsonl, "adf": open_adf}


def open_table(file: Path, form: FileFormat, expected_names: frozenset[str]) -> ReadTable:
    """The table in a file of any format; `expected_names` (normalised) help to find its header.

    Raises:
        RefusedFile: the file cannot be read as what the YAML says it is.
    """
    return READERS[form.type](file, form, expected_names)
