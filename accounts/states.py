"""What a request for access, or to the help desk, may become; nothing else moves."""

from accounts.models import AccessRequestState as State
from accounts.models import HelpState

# Each step is a governed change, with its history row and `admin.changed`.
ACCESS_REQUEST: dict[State, frozenset[State]] = {
    State.WAITING: frozenset({State.APPROVED, State.REFUSED, State.WITHDRAWN}),
    State.APPROVED: frozenset({State.KEY_SENT, State.WITHDRAWN}),
    State.KEY_SENT: frozenset({State.REGISTERED, State.WITHDRAWN}),
    State.REGISTERED: frozenset(),
    State.REFUSED: frozenset(),
    State.WITHDRAWN: frozenset(),
}

# While one of these holds, a registration key may be sent.
EXPECTING_A_KEY = frozenset({State.APPROVED, State.KEY_SENT})


def may_become(before: str, after: State) -> bool:
    """Whether a request that stands at `before` may become `after`."""
    return after in ACCESS_REQUEST[State(before)]


HELP_REQUEST: dict[HelpState, frozenset[HelpState]] = {
    HelpState.OPEN: frozenset({HelpState.ANSWERED, HelpState.CLOSED}),
    HelpState.ANSWERED: frozenset(),
    HelpState.CLOSED: frozenset(),
}


def may_end(before: str, after: HelpState) -> bool:
    """Whether a request to the help desk that stands at `before` may become `after`."""
    return after in HELP_REQUEST[HelpState(before)]
