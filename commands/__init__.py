"""The `dealer360` command line."""
