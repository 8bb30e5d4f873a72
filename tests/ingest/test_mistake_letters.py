"""Mails about reported errors (QRY-10): whom they reach, once, and what they never say."""

from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest

from accounts.models import Notice, NoticeStatus, User
from accounts.services.notices import Delivery, send_notice, sweep_notices
from accounts.services.people import suspend_user
from audit.actors import system
from audit.kinds import Kind
from ingest.models import ErrorReport, Wrong
from ingest.services.amendments import request_amendment
from ingest.services.reviewing import reject_reports, view_report
from tests.audited import events_of
from tests.cast import Cast, cast
from tests.harness.database import AsRole
from tests.harness.mail import Inbox
from tests.ingest.feed import NOW, Feed, ids_of, payload
from tests.ingest.test_amendments import NEW
from tests.ingest.test_corrections import LATER, correct, report, see

__all__ = ["cast"]


@pytest.fixture
def read(committed_db: None, feed: Feed) -> UUID:
    [read] = ids_of(feed.store(payload()))
    return read


def decide(cast: Cast, read: UUID, **changes: Any) -> ErrorReport:
    """Reported by the investigator, seen by a colleague and another agency, and corrected."""
    see(cast.colleague)
    see(cast.other)
    made = report(cast.investigator, read)
    correct(cast, view_report(person=cast.vendor.person, pk=made.pk, now=NOW), **changes)
    return made


def parts(message: EmailMessage) -> str:
    """Text and HTML, and no subject."""
    return "".join(
        part.get_content() for part in message.walk() if part.get_content_type().startswith("text")
    )


def test_everybody_is_told_once_by_whoever_sweeps(
    cast: Cast, read: UUID, as_role: AsRole, smtp_server: Inbox
) -> None:
    decide(cast, read)
    with as_role("lpr_worker"):
        assert sweep_notices(now=LATER) == 3
        assert sweep_notices(now=LATER) == 0
        for notice in Notice.objects.all():
            assert send_notice(notice_id=notice.pk, now=LATER) is Delivery.NOT_CLAIMED
    messages = smtp_server.wait_for(3)
    assert {message["To"] for message in messages} == {
        cast.investigator.email,
        cast.colleague.email,
        cast.other.email,
    }
    assert len(messages) == 3
    assert {event.log_id for event in events_of(Kind.NOTICE_SENT)} == {
        cast.agency.log_id,
        cast.other_agency.log_id,
    }


def test_mail_says_which_read_and_never_which_plate_it_really_was(
    cast: Cast, read: UUID, as_role: AsRole, smtp_server: Inbox
) -> None:
    made = decide(cast, read)
    with as_role("lpr_worker"):
        sweep_notices(now=LATER)
    for message in smtp_server.wait_for(3):
        assert "ABC" not in message["Subject"]
        body = parts(message)
        assert "ABC 123" in body
        assert "DE-TOLL camera" in body
        assert "is not a read of this plate any more" in body
        assert "ABC 128" not in body
        assert "ABC128" not in body
        is_reporter = message["To"] == cast.investigator.email
        assert (f"/error-reports/{made.pk}/" in body) is is_reporter
        # What the vendor says is the reporter's alone: it may speak of what they wrote.
        assert ("The photograph shows an 8" in body) is is_reporter
        assert cast.investigator.full_name not in body


def test_corrected_vehicle_is_told_for_it_is_still_their_read(
    cast: Cast, read: UUID, as_role: AsRole, smtp_server: Inbox
) -> None:
    decide(cast, read, color="gray")
    with as_role("lpr_worker"):
        sweep_notices(now=LATER)
    for message in smtp_server.wait_for(3):
        assert "Color: gray" in parts(message)


def test_who_lost_access_before_it_was_sent_is_not_told(
    cast: Cast, read: UUID, as_role: AsRole, smtp_server: Inbox
) -> None:
    decide(cast, read)
    suspend_user(actor=system("tests"), user=cast.colleague, reason="x", now=LATER)
    suspend_user(actor=system("tests"), user=cast.investigator, reason="x", now=LATER)
    with as_role("lpr_worker"):
        sweep_notices(now=LATER)
    [message] = smtp_server.wait_for(1)
    assert message["To"] == cast.other.email
    assert Notice.objects.filter(status=NoticeStatus.DROPPED).count() == 2
    assert len(events_of(Kind.NOTICE_DROPPED)) == 2


def test_who_may_not_see_reads_any_more_is_not_told(
    cast: Cast, read: UUID, as_role: AsRole, smtp_server: Inbox
) -> None:
    decide(cast, read)
    User.objects.filter(pk=cast.colleague.pk).update(roles=["auditor"])
    with as_role("lpr_worker"):
        sweep_notices(now=LATER)
    assert cast.colleague.email not in {m["To"] for m in smtp_server.wait_for(2)}


def test_mail_server_that_is_away_is_tried_again(
    cast: Cast, read: UUID, as_role: AsRole, smtp_server: Inbox
) -> None:
    decide(cast, read)
    smtp_server.refuse_with = "451 later"
    with as_role("lpr_worker"):
        sweep_notices(now=LATER)
    smtp_server.refuse_with = ""
    with as_role("lpr_worker"):
        sweep_notices(now=LATER + timedelta(minutes=1))
    assert len(smtp_server.wait_for(3)) == 3


def test_rejection_gives_the_reason_to_the_reporter_alone(
    cast: Cast, read: UUID, as_role: AsRole, smtp_server: Inbox
) -> None:
    see(cast.colleague)
    made = report(cast.investigator, read, wrong=(Wrong.PHOTOGRAPH,))
    view_report(person=cast.vendor.person, pk=made.pk, now=NOW)
    reject_reports(
        person=cast.vendor.person,
        report_id=made.pk,
        seen=frozenset({made.pk}),
        reason="Both photographs show it.",
        now=LATER,
    )
    with as_role("lpr_worker"):
        sweep_notices(now=LATER)
    [message] = smtp_server.wait_for(1)
    assert message["To"] == cast.investigator.email
    assert message["Subject"] == "Your error report: the read stays as it is"
    assert "Both photographs show it." in parts(message)


def test_privacy_office_is_told_what_came_of_the_request(
    cast: Cast, read: UUID, as_role: AsRole, smtp_server: Inbox
) -> None:
    amendment = request_amendment(person=cast.privacy.person, new=NEW, now=NOW)
    made = ErrorReport.objects.get(amendment=amendment)
    view_report(person=cast.vendor.person, pk=made.pk, now=NOW)
    reject_reports(
        person=cast.vendor.person,
        report_id=made.pk,
        seen=frozenset({made.pk}),
        reason="No such read.",
        now=LATER,
    )
    with as_role("lpr_worker"):
        sweep_notices(now=LATER)
    [message] = smtp_server.wait_for(1)
    assert message["To"] == cast.privacy.email
    assert NEW.reference not in message["Subject"]
    assert NEW.reference in parts(message)
    assert f"/amendments/{amendment.pk}/" in parts(message)
