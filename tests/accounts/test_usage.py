"""The usage report of a manager's own areas (ACC-9)."""

import io
from datetime import timedelta

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import User
from accounts.people import person_for
from accounts.reports.usage import COUNTED, UsageFilter, UsageLine, usage_of
from accounts.roles import Role
from accounts.services.people import delete_user
from audit.kinds import Kind
from audit.services import record_alone
from tests.audited import recorded
from tests.cast import Cast, client_for

PAGE = "/admin/accounts/user/usage/"


def _filter() -> UsageFilter:
    today = timezone.now().date()
    return UsageFilter(start=today - timedelta(days=2), end=today + timedelta(days=2))


def _line_of(cast: Cast, name: str) -> UsageLine:
    found = usage_of(cast.manager.person, _filter())
    return next(line for line in found.lines if line.user.full_name == name)


def _ask(cast: Cast, who: str, count: int) -> None:
    person = cast.everybody[who].person
    record_alone(actor=person, kind=Kind.QUERY_REFUSED, fields={})
    record_alone(actor=person, kind=Kind.QUERY_RESULT, fields={"count": count})


def test_counts_are_the_persons_own(cast: Cast) -> None:  # ACC-9
    _ask(cast, "investigator", 3)
    _ask(cast, "investigator", 0)
    line = _line_of(cast, "Alice Moreno")
    counted = dict(zip(COUNTED, line.counts, strict=True))
    assert counted[Kind.QUERY_REFUSED] == 2
    assert line.with_hits == 1
    assert _line_of(cast, "Sam Okafor").counts == (0,) * len(COUNTED)


def test_only_people_of_managed_areas_are_listed(cast: Cast) -> None:  # ACC-9
    _ask(cast, "colleague", 1)  # of Chicago
    _ask(cast, "other", 1)
    found = usage_of(cast.manager.person, _filter())
    names = {line.user.full_name for line in found.lines}
    assert "Bob Lindqvist" not in names
    assert "Oscar Delgado" not in names
    assert found.total_with_hits == 0


def test_who_has_gone_or_moved_is_still_counted_where_they_acted(cast: Cast) -> None:
    """ACC-9: closing an account does not take its use out of the area's report."""
    _ask(cast, "investigator", 1)
    delete_user(
        actor=cast.manager.person, user=cast.investigator, reason="left", now=timezone.now()
    )
    line = _line_of(cast, "Alice Moreno")
    assert (line.account, line.with_hits) == ("Closed", 1)
    _ask(cast, "supervisor", 1)
    User.objects.filter(pk=cast.supervisor.pk).update(aor=cast.chicago)
    line = _line_of(cast, "Sam Okafor")
    assert (line.account, line.with_hits) == ("Moved away", 1)
    page = client_for(cast.manager).get(PAGE).content.decode()
    assert "Moved away" in page
    assert f"/admin/accounts/user/{cast.supervisor.pk}/" not in page


def test_manager_who_may_read_the_whole_log_manages_no_more(cast: Cast) -> None:
    _ask(cast, "colleague", 1)  # of Chicago
    both = [Role.AGENCY_MANAGER.value, Role.AUDITOR.value]
    User.objects.filter(pk=cast.manager.pk).update(roles=both)
    found = usage_of(person_for(User.objects.get(pk=cast.manager.pk)), _filter())
    assert found.total_with_hits == 0
    assert "Bob Lindqvist" not in {line.user.full_name for line in found.lines}


def test_what_lies_outside_the_period_is_not_counted(cast: Cast) -> None:
    _ask(cast, "investigator", 1)
    long_ago = UsageFilter(
        start=timezone.now().date() - timedelta(days=9),
        end=timezone.now().date() - timedelta(days=8),
    )
    assert usage_of(cast.manager.person, long_ago).total_with_hits == 0


def test_page_shows_it_and_is_recorded(cast: Cast) -> None:  # ACC-9
    client = client_for(cast.manager)
    with recorded() as events:
        page = client.get(PAGE)
    assert "Alice Moreno" in page.content.decode()
    assert [event.fields["object"] for event in events] == ["usage report"]
    assert PAGE in client.get("/admin/accounts/user/").content.decode()


def test_period_that_runs_backward_is_named(cast: Cast) -> None:
    page = client_for(cast.manager).get(PAGE, {"start": "2026-03-02", "end": "2026-03-01"})
    assert page.status_code == 422
    assert b"ends before it begins" in page.content


@pytest.mark.parametrize("kind", ["xlsx", "pdf"])
def test_download_is_recorded_with_its_hash(cast: Cast, kind: str) -> None:  # ACC-9
    client = client_for(cast.manager)
    with recorded() as events:
        answer = client.get(f"/admin/accounts/user/usage.{kind}")
    assert answer.status_code == 200
    assert [event.kind for event in events] == [Kind.REPORT_DOWNLOADED]
    if kind == "xlsx":
        book = load_workbook(io.BytesIO(answer.content))
        names = [row[0].value for row in book["Usage"].iter_rows(min_row=2)]
        assert "Alice Moreno" in names


def test_unknown_format_is_not_found(cast: Cast) -> None:
    assert client_for(cast.manager).get("/admin/accounts/user/usage.exe").status_code == 404
