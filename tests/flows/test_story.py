"""The main story without a browser: each step names the promise it shows.

The worker's tasks run here in turn, with the worker's rights in the database; the mail goes to a
real mail server. tests/browser/test_story.py tells it with the real processes.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from alerts import tasks
from alerts.services import queue
from audit.kinds import Kind
from audit.models import Event
from tests.audited import events_of
from tests.cast import Cast, client_at_rules, client_for, new_client
from tests.harness.database import AsRole
from tests.harness.mail import Inbox
from tests.story import PLATE, Road, make_road

CASE = "Case 2026-0117, subject Q. Example"
QUESTION = {
    "plate": "abc-123",
    "state": "US-PA",
    "reason": "criminal",
    "case_reference": CASE,
    "for_whom": "self",
    "period": "previous-5-years",
}


@dataclass
class Worker:
    """What the worker is told, and doing it."""

    as_role: AsRole
    told: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def work(self) -> None:
        """Do all there is to do, and what comes of it."""
        with self.as_role("lpr_worker"):
            while self.told:
                name, arguments = self.told.pop(0)
                getattr(tasks, name.rpartition(".")[2])(**arguments)


@pytest.fixture
def worker(as_role: AsRole, monkeypatch: pytest.MonkeyPatch) -> Worker:
    worker = Worker(as_role)

    def tell(task: str, argument: str, ids: Iterable[UUID]) -> None:
        worker.told += [(task, {argument: str(id_)}) for id_ in ids]

    monkeypatch.setattr(queue, "_tell", tell)
    return worker


@pytest.fixture
def road(cast: Cast, worker: Worker) -> Road:
    """A dozen reads of one plate over two years; matched, before anybody watches it."""
    made = make_road(reads=12)
    worker.work()
    return made


def test_story_from_log_on_to_the_log(
    committed_db: None, cast: Cast, road: Road, worker: Worker, smtp_server: Inbox
) -> None:
    client = rules_come_first(cast)
    nothing_is_asked_by_half(client)
    answer = every_read_is_answered(client, road)
    nothing_near_is_answered(client)
    hit_shows_all(client, answer)
    watched = plate_is_watched(client, answer)
    link = mail_comes_once(road, worker, smtp_server, cast)
    match_needs_log_on(client, link, cast)
    client.post("/accounts/logout/")
    assert client.get(watched).status_code == 302
    log_has_it_all(cast)


def rules_come_first(cast: Cast) -> Client:
    """ACC-2, ACC-3: the right password opens nothing before the rules are affirmed."""
    client = client_at_rules(cast.investigator)
    assert client.get("/queries/new/").status_code == 302
    assert "Ask about one plate only for a case." in client.get("/accounts/rules/").content.decode()
    affirmed = client.post("/accounts/rules/", {"decision": "affirm", "rules": cast.rules.pk})
    assert affirmed.status_code == 302
    assert client.get("/queries/new/").status_code == 200
    return client


def nothing_is_asked_by_half(client: Client) -> None:
    """QRY-1, QRY-15: what is missing is named beside its field, not searched, and logged."""
    for name in QUESTION:
        page = client.post("/queries/new/", {**QUESTION, name: ""})
        assert page.status_code == 422
        assert list(page.context["form"].errors) == [name]
        assert f'id="id_{name}_error"' in page.content.decode()
    assert len(events_of(Kind.QUERY_REFUSED)) == len(QUESTION)
    assert events_of(Kind.QUERY_RUN) == []


def every_read_is_answered(client: Client, road: Road) -> Any:
    """QRY-5, QRY-9: all reads of the plate as typed, newest first, with the warning."""
    page = ask(client)
    shown = [hit["captured_at"] for hit in page.context["hits"]]
    assert shown == sorted((read.captured_at for read in road.reads), reverse=True)
    assert "No enforcement action may rest on these results alone" in page.content.decode()
    (run,) = events_of(Kind.QUERY_RUN)
    (result,) = events_of(Kind.QUERY_RESULT)
    # AUD-2: the exact question, the number of hits and never the hits.
    expected = {"plate": PLATE, "state": "US-PA", "reason": "criminal", "note": CASE}
    assert expected.items() <= run.fields.items()
    assert (result.fields["count"], result.fields["parent"]) == (len(shown), str(run.pk))
    assert "camera" not in str(result.fields).lower()
    return page


def nothing_near_is_answered(client: Client) -> None:
    """QRY-5: O is not 0 and I is not 1; another state's plate is another plate."""
    for other in ({"plate": "ABCI23"}, {"plate": "ABC12"}, {"state": "US-NJ"}):
        assert ask(client, **other).context["hit_count"] == 0


def hit_shows_all(client: Client, answer: Any) -> None:
    """QRY-6, QRY-7: two photographs by links of one's own, place, source, local time and UTC."""
    card = answer.context["hits"][0]
    page = client.get(card["url"])
    text = page.content.decode()
    for part in (card["source_name"], card["camera_name"], "Toyota", "Camry", "silver", " UTC"):
        assert part in text
    assert f"{card['latitude']:.5f}, {card['longitude']:.5f}" in text
    photographs = page.context["hit"]["photographs"]
    assert [one["role"] for one in photographs] == ["scene", "plate"]
    for photograph in photographs:
        picture = client.get(photograph["url"])
        assert (picture.status_code, picture["Content-Type"]) == (200, "image/jpeg")
        assert picture["Cache-Control"] == "private, no-store"
        assert client.get(photograph["url"].partition("?")[0]).status_code == 404
    assert len(events_of(Kind.RESULT_PHOTO_VIEWED)) == len(photographs)


def plate_is_watched(client: Client, answer: Any) -> str:
    """ALT-2: the alert is filled in from its query, and names it in the log."""
    form = client.get(answer.context["watch_url"]).context["form"]
    values = {name: form[name].value() for name in form.fields}
    assert (values["plate"], values["state"]) == (QUESTION["plate"], QUESTION["state"])
    assert (values["reason"], values["note"]) == (QUESTION["reason"], CASE)
    added = client.post("/alerts/new/", values)
    assert added.status_code == 302
    assert len(events_of(Kind.ALERT_ADDED)) == 1
    return str(added["Location"])


def mail_comes_once(road: Road, worker: Worker, inbox: Inbox, cast: Cast) -> str:
    """ALT-5, ING-4: a new read is mailed, and delivered again it is no new read."""
    sent = road.new_read()
    assert deliver(road, sent)["stored"] == 1
    worker.work()
    assert deliver(road, sent)["duplicate"] == 1
    worker.work()
    (mail,) = inbox.wait_for(1)
    assert mail["To"] == cast.investigator.email
    body = mail.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert "ABC-123" in text
    assert "Delaware toll road camera" in text
    assert len(events_of(Kind.ALERT_MATCHED)) == len(events_of(Kind.ALERT_NOTIFIED)) == 1
    (link,) = re.findall(r"http://\S+", text)
    return str(link).removeprefix("http://127.0.0.1:8000")


def match_needs_log_on(client: Client, link: str, cast: Cast) -> None:
    """ALT-5: whoever has the mail has nothing; whoever watches sees both photographs."""
    assert "/accounts/login/" in new_client().get(link)["Location"]
    assert client_for(cast.colleague).get(link).status_code == 404
    page = client.get(link)
    assert page.status_code == 200
    for photograph in page.context["hit"].photographs:
        assert client.get(photograph["url"])["Content-Type"] == "image/jpeg"


def log_has_it_all(cast: Cast) -> None:
    """AUD-1, AUD-5: found by person, plate and day; another agency finds none of it."""
    auditor = client_for(cast.auditor)
    by_person = kinds_found(auditor, user="investigator")
    assert {
        *(Kind.SESSION_RULES_SHOWN, Kind.SESSION_RULES_ACCEPTED, Kind.SESSION_LOGIN),
        *(Kind.QUERY_REFUSED, Kind.QUERY_RUN, Kind.QUERY_RESULT),
        *(Kind.RESULT_VIEWED, Kind.RESULT_PHOTO_VIEWED),
        *(Kind.ALERT_ADDED, Kind.ALERT_MATCH_VIEWED, Kind.SESSION_LOGOUT),
    } <= by_person
    by_plate = kinds_found(auditor, plate="abc 123")
    assert {Kind.QUERY_RUN, Kind.ALERT_MATCHED, Kind.ALERT_NOTIFIED} <= by_plate
    assert Kind.SESSION_LOGIN not in by_plate
    last_year = datetime.now(UTC).date() - timedelta(days=365)
    assert kinds_found(auditor, end=last_year.isoformat()) == set()
    # AUD-1: reading the log is on record too.
    assert len(events_of(Kind.AUDIT_SEARCHED, actor=cast.auditor.pk)) >= 3
    assert Event.objects.filter(log_id=cast.other.person.log_id, plate=PLATE).count() == 0


def ask(client: Client, **changes: str) -> Any:
    """Ask, and open the answer."""
    asked = client.post("/queries/new/", QUESTION | changes)
    assert asked.status_code == 303, asked.content
    return client.get(asked["Location"])


def deliver(road: Road, read: dict[str, Any]) -> Any:
    answer = new_client().post(
        "/api/v1/reads/",
        read,
        content_type="application/json",
        headers={"Authorization": f"Token {road.feed_key}"},
    )
    assert answer.status_code == 200, answer.content
    return answer.json()


def kinds_found(client: Client, **wanted: str) -> set[str]:
    """The kinds of all entries that fit, older pages included."""
    found: set[str] = set()
    page = client.get("/log/", wanted)
    while True:
        found |= {event["kind"] for event in page.context["events"]}
        if page.context["older_url"] is None:
            return found
        page = client.get(page.context["older_url"])
