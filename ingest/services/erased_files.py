"""Removing the files of photographs whose rows are gone, and of those that never had one.

Row first, file second: the row goes with its last read in one transaction, which leaves a note of
the file. Whatever dies in between, the note is there for the next run. The note stays for a while
after the file is gone: a delivery of the same picture may have found the file still there just
before (`ingest.insertion`), and by the note it knows that it must write it again.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.db import transaction

from ingest.models import ErasedPhotograph, Photograph
from ingest.storage import discard_leftover, list_files, remove_photographs

# Held by one transaction, while deliveries of the same pictures wait.
_FILES = 200
# Longer than any delivery takes.
_NOTE_KEPT = timedelta(days=2)
# A file without a row is first of all one whose delivery is under way.
_ORPHAN_AFTER = timedelta(days=1)
_FOLDERS = 256

IsOver = Callable[[], bool]


def remove_files(*, now: datetime, is_over: IsOver) -> int:
    """Remove the files that are noted; returns how many. Raises StorageUnavailable."""
    total = 0
    while not is_over() and (removed := _remove_some(now)) > 0:
        total += removed
    ErasedPhotograph.objects.filter(removed_at__lt=now - _NOTE_KEPT).delete()
    return total


def _remove_some(now: datetime) -> int:
    with transaction.atomic(durable=True):
        due = ErasedPhotograph.objects.filter(removed_at=None).order_by("queued_at", "sha256")
        noted = list(
            due.select_for_update(skip_locked=True).values_list("sha256", flat=True)[:_FILES]
        )
        hashes = {bytes(sha256) for sha256 in noted}
        # None should have a row; what has one is no one's to remove.
        named = Photograph.objects.filter(sha256__in=hashes).values_list("sha256", flat=True)
        again = {bytes(sha256) for sha256 in named}
        remove_photographs(hashes - again)
        ErasedPhotograph.objects.filter(sha256__in=again).delete()
        ErasedPhotograph.objects.filter(sha256__in=hashes - again).update(removed_at=now)
    return len(hashes)


def note_orphans(*, now: datetime, is_over: IsOver) -> int:
    """Note the files that no row names; returns how many. A night's share where there are many:
    each night begins with another folder."""
    found = 0
    for number in range(_FOLDERS):
        if is_over():
            break
        found += _note_orphans_in((now.toordinal() * 7 + number) % _FOLDERS, now)
    return found


def _note_orphans_in(folder: int, now: datetime) -> int:
    found = 0
    for hashes in _old_files(folder, now):
        known = Photograph.objects.filter(sha256__in=hashes).values_list("sha256", flat=True)
        orphans = hashes - {bytes(sha256) for sha256 in known}
        notes = [ErasedPhotograph(sha256=sha256, queued_at=now) for sha256 in sorted(orphans)]
        ErasedPhotograph.objects.bulk_create(notes, ignore_conflicts=True)
        found += len(orphans)
    return found


def _old_files(folder: int, now: datetime) -> Iterator[set[bytes]]:
    """The hashes of the files of a folder that are not new, some at a time."""
    hashes: set[bytes] = set()
    for file in list_files(f"{folder:02x}"):
        if file.changed_at > now - _ORPHAN_AFTER:
            continue
        if file.sha256 is None:
            discard_leftover(file)
            continue
        hashes.add(file.sha256)
        if len(hashes) == _FILES:
            yield hashes
            hashes = set()
    if hashes:
        yield hashes
