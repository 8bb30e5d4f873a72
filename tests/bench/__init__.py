"""Measurements: each line is a ratio to its limit in the same run (absolute times drift)."""
