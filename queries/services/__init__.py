"""Asking, seeing the answer, and forgetting: the event first, then what it allows.

Each of these is one transaction. The event that is recorded in it opens the reads of its own plate
and time frame to it, and to nothing else; without it the database shows no read at all (QRY-16).
Hits are complete when a service returns: nothing is fetched afterwards.
"""
