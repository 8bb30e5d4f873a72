"""Tests that drive a real browser against the running service: `make e2e`."""
