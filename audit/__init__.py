"""What was done: the append-only event log that everything else writes to."""
