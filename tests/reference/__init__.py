"""Writes `docs/reference/`: everything in it is said by the code. `make reference`; a test fails on a stale page."""
