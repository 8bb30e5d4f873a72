"""What a read must be to be kept, and why one is not (ING-5): limits and stable codes."""

from datetime import timedelta
from enum import StrEnum

# One delivery (interfaces: `POST /api/v1/reads/`).
MAX_READS_PER_DELIVERY = 5_000

# One line of a file of reads: two photographs as base64 and the rest.
MAX_LINE_BYTES = 48 * 1024 * 1024
# What `load_reads` stores at once.
LOAD_BATCH_READS = 2_000
LOAD_BATCH_PHOTOGRAPH_BYTES = 32 * 1024 * 1024

# A camera's clock may run ahead of ours by this much.
CLOCK_SKEW = timedelta(minutes=5)
# Older captures are a camera whose clock was never set, not a read: no query reaches further back.
MAX_AGE = timedelta(days=10 * 366)
# A fixed camera that reports a place further from its own than this is not where it is said to be.
FIXED_CAMERA_REACH_METRES = 5_000.0
# (south, north, west, east) in degrees: the continent, the Aleutians west of 180°, Guam and the
# Marianas, American Samoa.
LAWFUL_BOXES = (
    (7.0, 84.0, -180.0, -50.0),
    (51.0, 54.0, 172.0, 180.0),
    (13.0, 21.0, 144.0, 147.0),
    (-15.0, -11.0, -172.0, -168.0),
)

# By content, whatever the sender says it is: Pillow's name of the format → content type.
PHOTOGRAPH_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
PHOTOGRAPH_MAX_BYTES = 16 * 1024 * 1024
# Some 48 megapixel is the most that cameras in this trade make; more is a decompression bomb.
PHOTOGRAPH_MAX_PIXELS = 64_000_000
PHOTOGRAPH_MIN_SIDE = 8
# A close-up cut from the scene.
CROP_QUALITY = 90
# A small copy for lists: twice as wide as it is shown there, for fine screens.
THUMBNAIL_SIDE = 480
THUMBNAIL_QUALITY = 80
# What is decoded whole to be drawn small; beyond it only a JPEG that can be decoded small at once.
THUMBNAIL_MAX_PIXELS = 24_000_000

# Plates in one picture: no camera sees more, and each of them is cut out of the whole.
MAX_PLATES_PER_MESSAGE = 100
# The ids that a vendor's software gives to one sighting.
MAX_DELIVERY_KEYS = 64
# How long those are remembered; redelivery comes within days, and the natural key refuses it after.
DELIVERY_KEYS_KEPT = timedelta(days=90)
# How long a preview waits for the group that it is one of; agents send that within a minute.
PREVIEW_WAITS = timedelta(minutes=10)
# Devices of one source whose heartbeats are kept, and what is kept of one.
MAX_DEVICES_PER_SOURCE = 2_000
MAX_DEVICES_PER_HEARTBEAT = 200
# How often a camera's last read is written down.
ACTIVITY_RESOLUTION = timedelta(seconds=10)

# What a quarantined read keeps of its payload, in bytes of JSON.
PAYLOAD_MAX_BYTES = 64 * 1024
# Own choice: so long can be seen what a repaired or discarded read was; then it is erased.
QUARANTINE_SETTLED_KEPT = timedelta(days=30)
# Own choice: what nobody repaired by then nobody will; it is discarded by the nightly job, since
# a plate that serves no purpose is not to be kept.
QUARANTINE_WAITS = timedelta(days=180)

# Own choice: a camera by a road has no quiet spell of so many hours by day or night.
SILENT_AFTER_HOURS = 6
# How long the hours of a feed and its deliveries turned away are kept, for charts and complaints.
FEED_HOURS_KEPT = timedelta(days=400)
TURNED_AWAY_KEPT = timedelta(days=90)

# Nearest address and intersection, in metres on the ground. An address point this near is the
# address; further off, a street that is nearer counts for more.
ROOFTOP_REACH_METRES = 100.0
ADDRESS_REACH_METRES = 1_000.0
INTERSECTION_REACH_METRES = 5_000.0
# Looked up by one statement.
PLACES_PER_STATEMENT = 500

# The contract's line (ING-7; PIA, note 4): "at least 25 states and 24 of the top 30 most populous
# metropolitan statistical areas".
STATES_IN_CONTRACT = 25
AREAS_IN_CONTRACT = 24
# Own choice: what the page of coverage shows at first, and at most; a year and a month compare.
COVERAGE_DAYS = 30
COVERAGE_DAYS_MAX = 400


class QuarantineReason(StrEnum):
    """Why a read waits in quarantine. A code is never renamed: receipts and scripts hold it."""

    PAYLOAD_INVALID = "payload_invalid"
    NO_PLATE = "no_plate"
    PLATE_UNREADABLE = "plate_unreadable"
    STATE_UNKNOWN = "state_unknown"
    TIME_MISSING = "time_missing"
    TIME_INVALID = "time_invalid"
    CAPTURED_IN_FUTURE = "captured_in_future"
    CAPTURED_TOO_OLD = "captured_too_old"
    CAMERA_UNKNOWN = "camera_unknown"
    CAMERA_INACTIVE = "camera_inactive"
    PLACE_MISSING = "place_missing"
    PLACE_INVALID = "place_invalid"
    PLACE_FAR_FROM_CAMERA = "place_far_from_camera"
    PHOTOGRAPHS_MISSING = "photographs_missing"
    PHOTOGRAPH_INVALID = "photograph_invalid"
    PHOTOGRAPH_UNKNOWN = "photograph_unknown"
    PREVIEW = "preview"
    REDELIVERED_CHANGED = "redelivered_changed"


class RefusalReason(StrEnum):
    """Why a read is refused: nothing of it is kept (ING-6). Codes are never renamed either."""

    JURISDICTION_UNLAWFUL = "jurisdiction_unlawful"
    JURISDICTION_UNRULED = "jurisdiction_unruled"
    RETENTION_OVER = "retention_over"


# What people read for a reason, and what they can do about it.
REASON_WORDS: dict[QuarantineReason, tuple[str, str]] = {
    QuarantineReason.PAYLOAD_INVALID: (
        "Not understood",
        (
            "What the camera's software sent is not in its format. Enter the fields by hand, or"
            " ask the operator what has changed."
        ),
    ),
    QuarantineReason.NO_PLATE: (
        "No plate",
        "Read the plate off the photograph, or discard it.",
    ),
    QuarantineReason.PLATE_UNREADABLE: (
        "Plate unreadable",
        "Read the plate off the photograph, or discard it.",
    ),
    QuarantineReason.STATE_UNKNOWN: (
        "State unknown",
        (
            "Read the state off the photograph. Give the camera a default state where its software"
            " never sends one, then feed all of them again."
        ),
    ),
    QuarantineReason.TIME_MISSING: ("No time", "Enter when it was taken, or discard it."),
    QuarantineReason.TIME_INVALID: (
        "Time not understood",
        "Enter when it was taken, with the time zone.",
    ),
    QuarantineReason.CAPTURED_IN_FUTURE: (
        "Time in the future",
        "The camera's clock is ahead: have it set, and correct the time by as much.",
    ),
    QuarantineReason.CAPTURED_TOO_OLD: (
        "Time too long ago",
        "The camera's clock was never set: have it set, and correct the time by as much.",
    ),
    QuarantineReason.CAMERA_UNKNOWN: (
        "Camera unknown",
        "Add the camera to its source under this very code, then feed all of its reads again.",
    ),
    QuarantineReason.CAMERA_INACTIVE: (
        "Camera switched off",
        "Switch the camera on and feed its reads again, or discard them.",
    ),
    QuarantineReason.PLACE_MISSING: (
        "No place",
        "A mobile camera must send coordinates. Enter them, or make the camera a fixed one.",
    ),
    QuarantineReason.PLACE_INVALID: (
        "Place off the map",
        "Latitude and longitude may be swapped, or the receiver had no fix. Correct them.",
    ),
    QuarantineReason.PLACE_FAR_FROM_CAMERA: (
        "Far from its camera",
        "Either the camera was moved, or the read names the wrong one.",
    ),
    QuarantineReason.PHOTOGRAPHS_MISSING: (
        "Photographs missing",
        "Attach the missing photograph, or cut the plate out of the scene.",
    ),
    QuarantineReason.PHOTOGRAPH_INVALID: (
        "Photograph unusable",
        "Attach the photograph as JPEG, PNG or WebP.",
    ),
    QuarantineReason.PHOTOGRAPH_UNKNOWN: (
        "Photograph never came",
        "The read names a photograph by its hash that this source has not sent. Attach it.",
    ),
    QuarantineReason.PREVIEW: (
        "Preview only",
        "The camera's software sends the final read by itself. Discard it once that has come.",
    ),
    QuarantineReason.REDELIVERED_CHANGED: (
        "Told otherwise before",
        "The first telling was stored. Correct that read if this one is right; discard this one.",
    ),
}


def reason_label(code: str) -> str:
    """What people read for a reason's code."""
    words = REASON_WORDS.get(QuarantineReason(code)) if code in set(QuarantineReason) else None
    return words[0] if words else code


def reason_advice(code: str) -> str:
    """What a person of the vendor can do about it."""
    words = REASON_WORDS.get(QuarantineReason(code)) if code in set(QuarantineReason) else None
    return words[1] if words else ""


class Quarantined(Exception):
    """Raised where a read's fault is found; `detail` tells the vendor what and where."""

    def __init__(self, reason: QuarantineReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        # It quotes what was sent, and no text in the database holds U+0000.
        self.detail = detail.replace("\0", "\ufffd")


# --- errors in reads (QRY-10) ---------------------------------------------------------------------

# Business time that the vendor has for a report. Own choice: three business days.
REVIEW_WITHIN = timedelta(hours=3 * 24)
# 5 U.S.C. 552a(d)(2)(A): a request to amend is acknowledged within ten days, "excluding Saturdays,
# Sundays, and legal public holidays".
AMENDMENT_WITHIN = timedelta(hours=10 * 24)
# A closed report is erased after as long as a query can be recalled (PIA, "Web Access and Mobile
# Application": 60 days). What stays is the log, and the original beside the correction.
REPORT_KEPT = timedelta(days=60)
# Own choice: two pages of text are a letter, not a report.
REPORT_TEXT_MAX = 2_000
# An individual knows the day or the week, seldom the hour. Each read of the days becomes a report
# that somebody has to look at.
AMENDMENT_MAX_DAYS = 31
# What the form offers; the office may enter another.
AMENDMENT_BASIS = "5 U.S.C. 552a(d)(2)"
REPORTS_PER_PAGE = 25
# Own choice: as long as one compares a read with its photographs (QRY-7).
PHOTOGRAPH_LINK = timedelta(minutes=15)
