"""Tests of what every page stands in."""
