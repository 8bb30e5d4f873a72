"""Every write of the room: sources and their credentials, reads, the outbox."""
