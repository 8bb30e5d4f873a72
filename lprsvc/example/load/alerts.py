"""A few hot plates of the example people: lists, matches and mails have something to show."""

from dataclasses import dataclass

from accounts.models import User
from accounts.people import person_for
from alerts.selectors import is_watching
from alerts.services.entries import NewAlert, add_single_alert
from lprsvc.example.load.setting import Loading
from lprsvc.example.world import ExampleRead, World
from lprsvc.lib.plates import plate_key

# So many of a watched plate's latest reads arrive after the alert was added, and match it.
_AFTER_THE_ALERT = 2


@dataclass(frozen=True, slots=True)
class Watched:
    """One hot plate: whose, and why."""

    username: str
    state: str
    plate: str
    reason_code: str
    note: str


WATCHED: tuple[Watched, ...] = (
    Watched("investigator", "US-PA", "ABC123", "fugitive", "Example case 26-0042, subject Doe"),
    Watched("investigator", "US-NY", "XYZ1234", "smuggling", "Example case 26-0107, courier car"),
    Watched("investigator2", "US-IL", "CH40417", "human-trafficking", "Example case HSI-26-311"),
    Watched("other-investigator", "US-TX", "EHA9721", "missing-person", "Example case M-26-9"),
)


# How many reads `split_reads` keeps for after the alerts.
LATEST_READS = len(WATCHED) * _AFTER_THE_ALERT


def split_reads(world: World) -> tuple[list[ExampleRead], list[ExampleRead]]:
    """The reads before the alerts were added, and the latest of the watched plates after it."""
    later: set[ExampleRead] = set()
    for watched in WATCHED:
        own = [
            read
            for read in world.reads
            if (read.vehicle.state, read.vehicle.plate) == (watched.state, watched.plate)
        ]
        later.update(own[-_AFTER_THE_ALERT:])
    before = [read for read in world.reads if read not in later]
    return before, [read for read in world.reads if read in later]


def load_alerts(loading: Loading) -> int:
    """Add the alerts nobody has added yet; returns how many were new."""
    added = 0
    for watched in WATCHED:
        user = User.objects.select_related("agency", "component", "aor").get(
            username=watched.username
        )
        person = person_for(user)
        key = plate_key(watched.plate)
        if is_watching(person, plate_key=key, state=watched.state, now=loading.now):
            continue
        new = NewAlert(
            plate=watched.plate,
            state=watched.state,
            reason_code=watched.reason_code,
            case_reference=watched.note,
        )
        add_single_alert(person=person, new=new, now=loading.now)
        added += 1
    return added
