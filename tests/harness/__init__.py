"""Servers, databases and processes for tests; the fixtures are named in tests/conftest.py."""
