"""Tests that kill and break things on purpose (make faults)."""
