"""The room's tables, by noun. Import models from here."""

from ingest.models.coverage import Coverage, ReadTally
from ingest.models.deliveries import Batch, DeliveryKey, OutboxEntry
from ingest.models.health import CameraActivity, Device, FeedHour, FeedsCounted, TurnedAway
from ingest.models.identities import content_uuid, delivery_key, read_id
from ingest.models.jurisdictions import (
    ErasedPhotograph,
    Erasure,
    JurisdictionRule,
    SuspectPhotograph,
)
from ingest.models.mistakes import (
    WAITING_REPORTS,
    Amendment,
    Correction,
    CorrectionOutcome,
    ErrorReport,
    ReportStatus,
    Retraction,
    Wrong,
)
from ingest.models.places import (
    AddressMethod,
    GeoDataset,
    GeoKind,
    GeoStatus,
    KnownPlace,
    QueuedPlace,
)
from ingest.models.quarantine import (
    JobState,
    QuarantineAct,
    QuarantinedRead,
    QuarantineJob,
    QuarantineState,
)
from ingest.models.reads import Photograph, Read
from ingest.models.sources import Camera, CameraName, FeedKey, Source, SourceKind

__all__ = [
    "WAITING_REPORTS",
    "AddressMethod",
    "Amendment",
    "Batch",
    "Camera",
    "CameraActivity",
    "CameraName",
    "Correction",
    "CorrectionOutcome",
    "Coverage",
    "DeliveryKey",
    "Device",
    "ErasedPhotograph",
    "Erasure",
    "ErrorReport",
    "FeedHour",
    "FeedKey",
    "FeedsCounted",
    "GeoDataset",
    "GeoKind",
    "GeoStatus",
    "JobState",
    "JurisdictionRule",
    "KnownPlace",
    "OutboxEntry",
    "Photograph",
    "QuarantineAct",
    "QuarantineJob",
    "QuarantineState",
    "QuarantinedRead",
    "QueuedPlace",
    "Read",
    "ReadTally",
    "ReportStatus",
    "Retraction",
    "Source",
    "SourceKind",
    "SuspectPhotograph",
    "TurnedAway",
    "Wrong",
    "content_uuid",
    "delivery_key",
    "read_id",
]
