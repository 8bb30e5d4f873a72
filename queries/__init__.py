"""Asking: one known plate at a time, for a stated reason, case and time frame."""
