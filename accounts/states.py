"""What a request for access may become; nothing else moves. Each step is a governed change, with
its history row and `admin.changed`."""

from accounts.models import AccessRequestState as State

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
