"""What the ingest room tells the rooms above it."""

from django.dispatch import Signal

# Sent after the commit of a batch with stored reads; argument ``batch_id: UUID``. Whoever misses
# it finds the batch in the outbox.
reads_stored = Signal()

# Sent after the commit of a correction; argument ``correction_id: UUID``. Whoever misses it finds
# the read among the retractions.
read_retracted = Signal()
