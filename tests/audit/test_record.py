"""Recording events: with the action or not at all."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import connection, transaction

from audit import leaf, services
from audit.actors import VENDOR_LOG_ID, Actor, Origin, system
from audit.kinds import Kind
from audit.models import Event
from lprsvc.lib.errors import AuditUnavailable, PolicyDenied
from tests.harness.database import Connect

ACTOR = Actor(
    id="user:1",
    name="Ida Investigator",
    log_id=VENDOR_LOG_ID,
    agency="EXAMPLE",
    aor="New York",
    roles=("investigator",),
    origin=Origin(session="s", request="r", ip="192.0.2.1", client="web x", auth="password+totp"),
)


def test_an_event_holds_who_where_from_and_what(db: None) -> None:  # AUD-1, AUD-2
    with transaction.atomic():
        parent = services.record(actor=ACTOR, kind=Kind.SESSION_LOGIN, fields={})
        recorded = services.record(
            actor=ACTOR,
            kind=Kind.QUERY_REFUSED,
            fields={"plate": "XYZ1234", "state": "US-WI", "reason": "criminal", "note": "Ä case"},
            outcome="refused",
            outcome_code="time_frame_too_long",
            behalf=services.Behalf(id="name:J. Jones", name="J. Jones"),
            parent=parent.id,
        )
    event = Event.objects.get(id=recorded.id)
    assert event.fields == {
        "actor": "user:1",
        "actor_name": "Ida Investigator",
        "agency": "EXAMPLE",
        "aor": "New York",
        "roles": ["investigator"],
        "behalf_of": "name:J. Jones",
        "behalf_name": "J. Jones",
        "outcome": "refused",
        "outcome_code": "time_frame_too_long",
        "session": "s",
        "request": "r",
        "ip": "192.0.2.1",
        "client": "web x",
        "auth": "password+totp",
        "build": "0.1.0",
        "parent": str(parent.id),
        "plate": "XYZ1234",
        "state": "US-WI",
        "reason": "criminal",
        "note": "Ä case",
    }
    assert (event.actor, event.behalf, event.aor, event.plate, event.state, event.reason) == (
        "user:1",
        "name:J. Jones",
        "New York",
        "XYZ1234",
        "US-WI",
        "criminal",
    )
    assert event.kind == Kind.QUERY_REFUSED
    assert event.outcome == "refused"


def test_the_receipt_is_the_hash_of_what_the_database_holds(db: None) -> None:  # AUD-4
    with transaction.atomic():
        recorded = services.record(actor=ACTOR, kind=Kind.SESSION_LOGIN, fields={"n": 2**53 - 1})
    event = Event.objects.get(id=recorded.id)
    body = leaf.body_hash(bytes(event.seed), event.fields)
    raw = leaf.leaf_bytes(at=event.at, body=body, event_id=event.id, kind=event.kind)
    assert leaf.leaf_hash(raw).hex() == recorded.leaf_hash
    assert recorded.at == event.at


def test_seeds_differ_so_that_equal_events_look_different(db: None) -> None:
    with transaction.atomic():
        first, second = (
            services.record(actor=ACTOR, kind=Kind.SESSION_LOGIN, fields={}) for _ in range(2)
        )
    assert Event.objects.get(id=first.id).seed != Event.objects.get(id=second.id).seed


def test_outside_a_transaction_nothing_can_be_recorded(committed_db: None) -> None:
    with pytest.raises(transaction.TransactionManagementError):
        services.record(actor=ACTOR, kind=Kind.SESSION_LOGIN, fields={})


def test_a_kinds_own_field_cannot_overwrite_who_did_it(db: None) -> None:
    with transaction.atomic(), pytest.raises(leaf.InvalidField, match="actor"):
        services.record(actor=ACTOR, kind=Kind.SESSION_LOGIN, fields={"actor": "user:2"})


def test_a_refusal_survives_the_rollback_of_what_was_refused(committed_db: None) -> None:  # QRY-15
    with (
        pytest.raises(PolicyDenied),
        services.recording_refusals(actor=ACTOR, refused=Kind.QUERY_REFUSED, fields={"plate": "A"}),
    ):
        services.record(actor=ACTOR, kind=Kind.QUERY_RESULT, fields={})
        raise PolicyDenied("time_frame_too_long", "At most five years.")
    (event,) = Event.objects.all()
    assert event.kind == Kind.QUERY_REFUSED
    assert event.fields["outcome"] == "refused"
    assert event.fields["outcome_code"] == "time_frame_too_long"
    assert event.fields["message"] == "At most five years."
    assert event.fields["plate"] == "A"


def test_a_failure_is_recorded_by_its_type_alone(committed_db: None) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        services.recording_refusals(
            actor=ACTOR, refused=Kind.QUERY_REFUSED, failed=Kind.QUERY_FAILED, fields={}
        ),
    ):
        raise ZeroDivisionError("plate ABC123")
    (event,) = Event.objects.all()
    assert (event.kind, event.outcome) == (Kind.QUERY_FAILED, "failed")
    assert event.fields["outcome_code"] == "ZeroDivisionError"
    assert "ABC123" not in str(event.fields)


def test_when_the_event_cannot_be_written_the_action_is_undone(
    committed_db: None, connect_as: Connect
) -> None:  # AUD-3
    with connect_as("lpr_owner") as owner:
        owner.execute("REVOKE INSERT ON audit.event FROM lpr_app")
    with (
        pytest.raises(AuditUnavailable),
        services.recording_refusals(actor=ACTOR, refused=Kind.ADMIN_REFUSED, fields={}),
    ):
        services.create_log(origin="somewhere", now=datetime.now(UTC))
        services.record(actor=ACTOR, kind=Kind.ADMIN_CREATED, fields={})
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit.log WHERE origin = 'somewhere'")
        assert cursor.fetchone() == (0,)


def test_a_refusal_that_cannot_be_recorded_is_not_passed_over(
    committed_db: None, connect_as: Connect
) -> None:  # QRY-16
    with connect_as("lpr_owner") as owner:
        owner.execute("REVOKE INSERT ON audit.event FROM lpr_app")
    with (
        pytest.raises(AuditUnavailable),
        services.recording_refusals(actor=ACTOR, refused=Kind.ADMIN_REFUSED, fields={}),
    ):
        raise PolicyDenied("no", "No.")


def test_an_unknown_log_is_refused(db: None) -> None:
    lost = Actor(id="user:1", name="x", log_id=uuid4())
    # The foreign key is checked at once, so the error is the event's own.
    with pytest.raises(AuditUnavailable), transaction.atomic():
        services.record(actor=lost, kind=Kind.SESSION_LOGIN, fields={})


def test_a_job_acts_under_its_own_name() -> None:
    job = system("alerts.match_batch")
    assert (job.id, job.log_id, job.origin.client) == (
        "system:alerts.match_batch",
        VENDOR_LOG_ID,
        "job",
    )
