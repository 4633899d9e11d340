"""The first gate: a suite for every kind of feed, named as its raw table."""
