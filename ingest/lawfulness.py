"""Whether a read may be kept where it was made, and until when (ING-6). Pure but for the borders.

Default deny: a place whose state has no rule keeps nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from ingest.checking import find_camera
from ingest.models import Camera, JurisdictionRule
from ingest.regions import locate
from ingest.rules import MAX_AGE, RefusalReason
from ingest.schemas import Delivered, ReadIn

_E7 = 10_000_000
_COUNTIES_OF_STATE = 1_000


@dataclass(frozen=True, slots=True)
class Law:
    """What holds in a county: the stricter of its state's rule and its own.

    `rule` is the rule that forbids it or has the shorter time.
    """

    rule: int
    is_lawful: bool
    retention_days: int


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the law says of one read. `county` is None where no place could be told, at sea and
    abroad: that is for the checks of the read to say."""

    county: int | None = None
    refusal: RefusalReason | None = None
    rule: int | None = None


_NOWHERE = Ruling()


def kept_until(captured_at: datetime, retention_days: int) -> datetime:
    """When a read's time is over: so many times 24 hours after its capture, whatever the clocks
    of its place do meanwhile."""
    return captured_at.astimezone(UTC) + timedelta(days=retention_days)


@dataclass(slots=True)
class Rulebook:
    """The rules of all places, as they were when it was made; withdrawn ones are not in it."""

    rules: Sequence[JurisdictionRule]
    _begun: dict[date, dict[int, Law]] = field(default_factory=dict)

    def law_of(self, county: int, day: date) -> Law | None:
        """What holds in a county on a day (UTC); None where its state has no rule."""
        laws = self.laws_on(day)
        of_state = laws.get(county // _COUNTIES_OF_STATE)
        own = laws.get(county)
        return stricter(of_state, own) if of_state and own else of_state

    def laws_on(self, day: date) -> dict[int, Law]:
        """What each place's own rule says on a day (UTC), by the place's number."""
        laws = self._begun.get(day)
        if laws is None:
            begun = [rule for rule in self.rules if rule.valid_from <= day]
            begun.sort(key=lambda rule: rule.valid_from)
            laws = {rule.geoid: law_by(rule) for rule in begun}
            # One day's at a time: yesterday's is of no more use.
            self._begun = {day: laws}
        return laws


def may_wait(
    book: Rulebook,
    place: int,
    *,
    captured_at: datetime | None,
    received_at: datetime,
    now: datetime,
) -> bool:
    """Whether a read of `place` that can't be stored as it is may still be kept to be repaired.

    `place` is a county's or, where no more is known, a state's number. A time of capture that is
    missing or can't be true counts as that of its receipt: no read is received before it is made.
    """
    day = now.astimezone(UTC).date()
    is_state = place < _COUNTIES_OF_STATE
    law = book.laws_on(day).get(place) if is_state else book.law_of(place, day)
    if law is None or not law.is_lawful:
        return False
    is_true = captured_at is not None and received_at - MAX_AGE <= captured_at <= received_at
    made_at = captured_at if captured_at is not None and is_true else received_at
    return kept_until(made_at, law.retention_days) > now


def law_by(rule: JurisdictionRule) -> Law:
    """What one rule says."""
    return Law(rule.pk, rule.is_lawful, rule.retention_days)


def stricter(one: Law, other: Law) -> Law:
    """Lawful where both are, and as long as the shorter."""
    first, second = sorted((one, other), key=lambda law: (law.is_lawful, law.retention_days))
    days = min(first.retention_days, second.retention_days)
    return Law(first.rule, first.is_lawful and second.is_lawful, days)


def rulings(
    book: Rulebook, reads: Iterable[Delivered], cameras: Mapping[str, Camera], now: datetime
) -> list[Ruling]:
    """What the law of its place says of each read of a delivery."""
    court = _Court(book, now)
    return [court.rule_on(read, cameras) for read in reads]


@dataclass(frozen=True, slots=True)
class _Sentence:
    """What every read of a county comes to: `kept`, or `late` when it was captured before
    `oldest`."""

    kept: Ruling
    late: Ruling
    oldest: datetime


@dataclass(slots=True)
class _Court:
    """Rules on the reads of one delivery, a county and a fixed camera looked up once each."""

    book: Rulebook
    now: datetime
    _sentences: dict[int, _Sentence] = field(default_factory=dict)
    _counties: dict[int, int | None] = field(default_factory=dict)

    def rule_on(self, read: Delivered, cameras: Mapping[str, Camera]) -> Ruling:
        if not isinstance(read, ReadIn):
            return _NOWHERE
        camera = find_camera(read, cameras)
        county = self._county(read, camera)
        if county is None:
            return _NOWHERE
        sentence = self._sentences.get(county)
        if sentence is None:
            sentence = self._sentences[county] = self._sentence(county)
        captured_at = _captured_at(read, camera)
        # A clock that was never set says nothing of how old the read is: that is for the checks.
        is_late = captured_at < sentence.oldest and captured_at >= self.now - MAX_AGE
        return sentence.late if is_late else sentence.kept

    def _sentence(self, county: int) -> _Sentence:
        law = self.book.law_of(county, self.now.astimezone(UTC).date())
        if law is None:
            refused = Ruling(county, RefusalReason.JURISDICTION_UNRULED)
        elif not law.is_lawful:
            refused = Ruling(county, RefusalReason.JURISDICTION_UNLAWFUL, law.rule)
        else:
            late = Ruling(county, RefusalReason.RETENTION_OVER, law.rule)
            oldest = self.now - timedelta(days=law.retention_days)
            return _Sentence(Ruling(county), late, oldest)
        return _Sentence(refused, refused, self.now)

    def _county(self, read: ReadIn, camera: Camera | None) -> int | None:
        """Where the read was made: a fixed camera stands where its record says, a mobile one
        where the read says (ING-6)."""
        if camera is None or camera.latitude_e7 is None or camera.longitude_e7 is None:
            return _county_of_read(read)
        if camera.id not in self._counties:
            region = locate(camera.latitude_e7, camera.longitude_e7)
            self._counties[camera.id] = region.geoid if region else None
        return self._counties[camera.id]


def _captured_at(read: ReadIn, camera: Camera | None) -> datetime:
    """Where the software told no zone, by the camera's own clock: to the hour, which is enough."""
    if read.captured_at.tzinfo is not None:
        return read.captured_at
    return read.captured_at.replace(tzinfo=ZoneInfo(camera.timezone) if camera else UTC)


def _county_of_read(read: ReadIn) -> int | None:
    latitude, longitude = read.latitude, read.longitude
    if latitude is None or longitude is None or not _is_place(latitude, longitude):
        return None
    region = locate(round(latitude * _E7), round(longitude * _E7))
    return region.geoid if region else None


def _is_place(latitude: float, longitude: float) -> bool:
    """NaN is none."""
    return -90 <= latitude <= 90 and -180 <= longitude <= 180
