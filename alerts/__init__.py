"""Watching: alert lists, matching of new reads, notification."""
