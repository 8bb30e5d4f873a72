"""What of the log leaves the service: whole logs by command, findings by page; with proof."""
