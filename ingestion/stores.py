"""Stores of files that a feed's path may name: which can be opened here, and which package opens the others."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

_PACKAGES = {
    **dict.fromkeys(("s3", "s3a"), "s3fs"),
    **dict.fromkeys(("sftp", "ssh"), "paramiko"),
    **dict.fromkeys(("gs", "gcs"), "gcsfs"),
    **dict.fromkeys(("abfs", "abfss", "az", "adl"), "adlfs"),
    "smb": "smbprotocol",
}
"""By the scheme of the URL; none of them is in the lock. `ftp` and `file` need none."""


def missing_package(url: str) -> str | None:
    """The package, as pip calls it, that opens such a URL and is not installed here; None where none is missing."""
    package = _PACKAGES.get(url.partition("://")[0])
    return package if package is not None and find_spec(package) is None else None


def is_known_store(url: str) -> bool:
    """Whether anything opens URLs that begin so."""
    protocols = import_module("fsspec").available_protocols()  # imported for those alone who have such a feed
    return url.partition("://")[0] in protocols
