"""The room's tables, by noun. Import models from here."""

from accounts.models.access import (
    AccessRequest,
    AccessRequestState,
    GroupMember,
    ManagedAor,
    RegistrationKey,
    UserGroup,
)
from accounts.models.credentials import (
    FailedLogOns,
    KnownPlace,
    LogOnPolicy,
    PastPassword,
    SecurityAnswer,
    TemporaryPassword,
)
from accounts.models.notices import Notice, NoticeStatus
from accounts.models.people import (
    Agency,
    Aor,
    Component,
    ReasonCode,
    RulesOfBehavior,
    User,
    user_actor_id,
)
from accounts.models.schedules import CountedFrom, RecordsSchedule
from accounts.models.support import HelpRequest, HelpState, HelpTopic
from accounts.models.terminations import (
    Termination,
    TerminationEffect,
    TerminationOrigin,
    TerminationState,
)
from accounts.models.training import (
    Certification,
    Coverage,
    Reminded,
    TrainingCourse,
    TrainingImport,
    TrainingRecord,
)

__all__ = [
    "AccessRequest",
    "AccessRequestState",
    "Agency",
    "Aor",
    "Certification",
    "Component",
    "CountedFrom",
    "Coverage",
    "FailedLogOns",
    "GroupMember",
    "HelpRequest",
    "HelpState",
    "HelpTopic",
    "KnownPlace",
    "LogOnPolicy",
    "ManagedAor",
    "Notice",
    "NoticeStatus",
    "PastPassword",
    "ReasonCode",
    "RecordsSchedule",
    "RegistrationKey",
    "Reminded",
    "RulesOfBehavior",
    "SecurityAnswer",
    "TemporaryPassword",
    "Termination",
    "TerminationEffect",
    "TerminationOrigin",
    "TerminationState",
    "TrainingCourse",
    "TrainingImport",
    "TrainingRecord",
    "User",
    "UserGroup",
    "user_actor_id",
]
