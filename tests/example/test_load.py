"""Loading the example: through the services, once, and never into production."""

from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts.models import (
    AccessRequest,
    Agency,
    Component,
    HelpRequest,
    ReasonCode,
    User,
    UserGroup,
)
from accounts.selectors import current_rules_for, list_members
from alerts.models import AlertEntry, Match
from audit.kinds import Kind
from audit.models import Event
from ingest.models import Batch, Camera, OutboxEntry, Source
from ingest.selectors import camera_health
from lprsvc.example.cameras import CAMERAS
from lprsvc.example.load import load_example, match_waiting
from lprsvc.example.load.access import load_access
from lprsvc.example.load.accounts import load_agencies, load_people, load_rules
from lprsvc.example.load.agent import AGENT_SOURCE
from lprsvc.example.load.alerts import LATEST_READS, WATCHED
from lprsvc.example.load.cameras import feed_key_file
from lprsvc.example.load.setting import Loading, environment_of
from lprsvc.example.load.support import load_support
from lprsvc.example.people import EXAMPLE_PASSWORD, PEOPLE
from queries.models import QueryReview, RecentQuery, ReviewCause
from tests.harness.database import AsRole

READS = 40
_MADE = {
    *("agency", "component", "aor", "reasoncode", "recordsschedule", "rulesofbehavior", "user"),
}
NOW = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)


def test_access_is_under_way(committed_db: None) -> None:
    loading = Loading(now=NOW, say=lambda _: None)
    agencies = load_agencies(loading)
    load_rules(loading)
    people = load_people(loading, agencies)
    for _ in range(2):  # the second time there is nothing left to make
        load_access(loading, agencies["EXAMPLE"], people)
    waiting, approved = AccessRequest.objects.order_by("full_name")
    assert (waiting.state, waiting.form_type) == ("waiting", "image/png")
    assert (approved.state, approved.keys.count()) == ("approved", 1)
    [group] = UserGroup.objects.all()
    assert set(list_members(group)) == {people["investigator"], people["supervisor"]}


def test_help_desk_has_questions(committed_db: None) -> None:  # ACC-14
    loading = Loading(now=NOW, say=lambda _: None)
    agencies = load_agencies(loading)
    load_rules(loading)
    people = load_people(loading, agencies)
    for _ in range(2):  # the second time there is nothing left to ask
        load_support(loading, people)
    states = HelpRequest.objects.order_by("asked_at").values_list("state", flat=True)
    assert list(states) == ["answered", "open", "open"]


def load_accounts() -> list[str]:
    said: list[str] = []
    loading = Loading(now=NOW, say=said.append)
    agencies = load_agencies(loading)
    load_rules(loading)
    load_people(loading, agencies)
    return said


def test_people_are_loaded_with_agency_roles_and_rules(committed_db: None) -> None:
    load_accounts()
    for person in PEOPLE:
        user = User.objects.select_related("agency", "supervisor").get(username=person.username)
        assert user.check_password(EXAMPLE_PASSWORD)
        assert tuple(user.roles) == person.roles
        assert (user.agency.code if user.agency else "") == person.agency
        assert (user.supervisor.username if user.supervisor else "") == person.supervisor
        rules = current_rules_for(user.agency_id)
        assert rules is not None
        # Paragraphs flow: no line of one is broken.
        assert all(len(part.splitlines()) == 1 for part in rules.text.split("\n\n"))
    assert Component.objects.filter(agency__code="EXAMPLE").count() == 2
    assert ReasonCode.objects.filter(agency__code="OTHER").exists()


def test_everything_made_is_in_the_log(committed_db: None) -> None:
    load_accounts()
    objects = Event.objects.filter(
        kind=Kind.ADMIN_CREATED, fields__actor="system:example-data"
    ).values_list("fields__object", flat=True)
    made = {name.split(":")[0] for name in objects}
    assert made == _MADE
    assert len(objects) == len(set(objects))


def test_second_load_changes_nothing(committed_db: None) -> None:
    assert load_accounts()
    events = Event.objects.count()
    assert load_accounts() == []
    assert Event.objects.count() == events


def test_load_goes_on_where_it_was_killed(committed_db: None) -> None:
    loading = Loading(now=NOW, say=lambda _: None)
    agencies = load_agencies(loading)
    load_accounts()
    assert Agency.objects.count() == len(agencies)
    assert User.objects.count() == len(PEOPLE)


def test_command_refuses_in_production(settings: Settings) -> None:
    settings.ENVIRONMENT = "production"
    with pytest.raises(CommandError, match="not 'production'"):
        call_command("example_data")


def test_other_process_is_not_told_what_set_up_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://admin@/x")
    monkeypatch.setenv("LPRSVC_PROCESS", "owner")
    environment = environment_of("web")
    assert "DATABASE_URL" not in environment
    assert environment["LPRSVC_PROCESS"] == "web"


def test_whole_example_is_loaded_once_and_its_latest_reads_match_the_alerts(
    committed_db: None, as_role: AsRole
) -> None:
    load_example(lambda _: None, count=READS)
    # What a correction stores anew did not come from a camera.
    assert sum(Batch.objects.exclude(format="correction").values_list("stored", flat=True)) == READS
    assert Camera.objects.count() == len(CAMERAS)
    fed_by_agent = camera_health(source=Source.objects.get(code=AGENT_SOURCE))
    assert all(one.camera and one.device for one in fed_by_agent)
    assert RecentQuery.objects.count() == 4  # one of them showed the mistakes
    assert RecentQuery.objects.exclude(group=None).count() == 1
    causes = sorted(QueryReview.objects.values_list("cause", flat=True))
    assert causes == sorted(ReviewCause)
    assert AlertEntry.objects.count() == len(WATCHED)
    assert Event.objects.filter(kind=Kind.ALERT_ADDED).count() == len(WATCHED)
    assert feed_key_file().stat().st_mode & 0o077 == 0
    # What was read before the alerts were added is matched already, without a match.
    assert Match.objects.count() == 0
    with as_role("lpr_worker"):
        assert OutboxEntry.objects.exists()
        match_waiting(datetime.now(UTC))
        assert Match.objects.count() == LATEST_READS
        assert not OutboxEntry.objects.exists()
    events, batches = Event.objects.count(), Batch.objects.count()
    AlertEntry.objects.all().delete()
    load_example(lambda _: None, count=READS)
    assert (Event.objects.count(), Batch.objects.count()) == (events, batches)
    assert not AlertEntry.objects.exists()


def test_load_killed_after_the_reads_still_matches_them_before_the_alerts(
    committed_db: None, monkeypatch: pytest.MonkeyPatch, as_role: AsRole
) -> None:
    def killed(process: str, *_: str) -> None:
        raise KeyboardInterrupt(process)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("lprsvc.example.load._run_as", killed)
        load_example(lambda _: None, count=READS)
    assert not AlertEntry.objects.exists()
    load_example(lambda _: None, count=READS)
    with as_role("lpr_worker"):
        match_waiting(datetime.now(UTC))
        assert Match.objects.count() == LATEST_READS


def test_set_up_hands_over_to_the_web_process(
    committed_db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PROCESS = "owner"
    started: list[tuple[list[str], str]] = []

    def run(argv: list[str], *, env: dict[str, str], **_: object) -> None:
        started.append((argv[1:], env["LPRSVC_PROCESS"]))

    monkeypatch.setattr("subprocess.run", run)
    load_example(lambda _: None)
    assert started == [(["manage.py", "example_data"], "web")]
    assert not User.objects.exists()
