"""The pages of asking, each tried as everybody of the cast."""

import re
from datetime import UTC, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import Event
from lprsvc.lib.handover import unseal
from queries.models import RecentQuery
from tests.audited import recorded
from tests.cast import Cast, cast, client_for, new_client
from tests.harness.database import Connect
from tests.queries.reads import SCENE, days_ago, make_source, read_in, store

__all__ = ["cast"]

ENTRIES = {
    "plate": "abc-123",
    "state": "US-PA",
    "reason": "criminal",
    "case_reference": "Subject name John Doe, case number 12345678",
    "for_whom": "self",
    "period": "previous-60-days",
}
MAY = ["investigator", "colleague", "supervisor", "other"]
MAY_NOT = ["manager", "auditor", "vendor"]
UNKNOWN = "018f0000-0000-7000-8000-000000000000"
PAGES = [
    ("/queries/", ["POST", "PUT"]),
    ("/queries/new/", ["PUT", "DELETE"]),
    (f"/queries/{UNKNOWN}/", ["POST", "DELETE"]),
    (f"/queries/{UNKNOWN}/forget/", ["GET", "PUT"]),
    (f"/queries/{UNKNOWN}/hits/{UNKNOWN}/", ["POST", "DELETE"]),
    (f"/queries/{UNKNOWN}/hits/{UNKNOWN}/photographs/scene/", ["POST", "HEAD"]),
]


@pytest.fixture
def client(cast: Cast) -> Client:
    return client_for(cast.investigator)


@pytest.fixture
def read_ids(cast: Cast) -> list[str]:
    source = make_source(cast)
    other = make_source(cast, "NJ-LOT", "New Jersey parking lot")
    ids = store(source, [read_in("ABC 123", days_ago(10)), read_in("ABC123", days_ago(20))])
    return ids + store(other, [read_in("ABC123", days_ago(15), camera="NJ-LOT-1")])


def form_token(client: Client) -> str:
    page = client.get("/queries/new/").content.decode()
    found = re.search(r'name="token" value="([0-9a-f-]{36})"', page)
    assert found, page
    return found[1]


def send(client: Client, **changes: str) -> Any:
    """Open the form, fill it in, send it."""
    return client.post("/queries/new/", ENTRIES | {"token": form_token(client)} | changes)


def asked(client: Client, **changes: str) -> str:
    """The address of the answer to a query that is allowed."""
    response = send(client, **changes)
    assert response.status_code == 303, response.content.decode()
    where: str = response["Location"]
    return where


def text(response: Any) -> str:
    assert response.status_code == 200, response.content.decode()
    body: str = response.content.decode()
    return body


def photographs(page: str) -> list[str]:
    """The addresses of the page's photographs."""
    return [link.replace("&amp;", "&") for link in re.findall(r'<img src="([^"]+)"', page)]


def kinds(*wanted: str) -> list[str]:
    found = Event.objects.order_by("id").values_list("kind", flat=True)
    return [kind for kind in found if kind.startswith(wanted or ("query.", "result."))]


def without_secrets(page: str) -> str:
    """The page without what differs each time it is drawn: tokens of its forms."""
    return re.sub(r'(value="|X-CSRFToken": ")[A-Za-z0-9]{64}', r"\1", page)


# --- Who may ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MAY)
def test_who_may_ask_sees_the_form(cast: Cast, name: str) -> None:
    page = text(client_for(cast.everybody[name]).get("/queries/new/"))
    assert "Ask about a plate" in page


@pytest.mark.parametrize("name", MAY_NOT)
@pytest.mark.parametrize("path", [path for path, _ in PAGES])
def test_who_may_not_ask_is_refused_and_recorded(cast: Cast, name: str, path: str) -> None:
    """SAF-1."""
    client = client_for(cast.everybody[name])
    assert client.get(path).status_code == 403
    assert client.post(path, ENTRIES).status_code == 403
    assert kinds("access.") == ["access.refused", "access.refused"]
    assert kinds() == []


@pytest.mark.parametrize("path", [path for path, _ in PAGES])
def test_nobody_is_sent_to_log_on(cast: Cast, path: str) -> None:
    response = new_client().get(path)
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize(
    ("path", "method"), [(path, method) for path, methods in PAGES for method in methods]
)
def test_wrong_method(client: Client, path: str, method: str) -> None:
    assert client.generic(method, path).status_code == 405


# --- Asking -------------------------------------------------------------------------------------


def test_query_is_run_once_and_answered_by_a_page_of_its_own(
    client: Client, read_ids: list[str]
) -> None:  # QRY-1, QRY-5
    page = text(client.get(asked(client)))
    assert "3 hits for" in page
    assert all(read_id in page for read_id in read_ids)
    assert kinds() == ["query.run", "query.result", "result.viewed"]


def test_double_submit_runs_one_query(client: Client, read_ids: list[str]) -> None:
    filled = ENTRIES | {"token": form_token(client)}
    first = client.post("/queries/new/", filled)
    second = client.post("/queries/new/", filled)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first["Location"] == second["Location"]
    assert kinds("query.run") == ["query.run"]


def test_form_found_again_later_asks_anew(
    client: Client, read_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:  # QRY-5: the back button, an hour later, must not answer with an hour-old frame
    filled = ENTRIES | {"token": form_token(client)}
    first = client.post("/queries/new/", filled)
    later = timezone.now() + timedelta(minutes=6)
    monkeypatch.setattr(timezone, "now", lambda: later)
    second = client.post("/queries/new/", filled)
    assert first["Location"] != second["Location"]
    assert kinds("query.run") == ["query.run", "query.run"]


def test_exact_question_stands_in_the_log(client: Client) -> None:  # AUD-2
    entries = dates(17, 3)
    asked(client, **entries)
    (run,) = Event.objects.filter(kind="query.run")
    assert (run.fields["start_raw"], run.fields["end_raw"]) == (entries["start"], entries["end"])
    assert run.fields["plate_raw"] == "abc-123"
    nothing_entered = ("geography", "offense", "behalf_of", "behalf_name")
    assert [run.fields[name] for name in nothing_entered] == [None] * 4
    for name in ("actor", "actor_name", "session", "request", "ip", "client", "auth", "build"):
        assert run.fields[name], name


def test_form_says_how_far_back_and_where_that_is_written(client: Client) -> None:  # QRY-3
    page = text(client.get("/queries/new/"))
    assert re.search(
        r"ERO may ask for 5 years back at most: from \w{3} \d+, \d{4}\. \(PIA p. 7\)", page
    )


@pytest.mark.parametrize("field", [name for name in ENTRIES if name != "token"])
def test_missing_field_is_named_and_nothing_is_searched(
    client: Client, read_ids: list[str], field: str
) -> None:  # QRY-1, QRY-15
    response = send(client, **{field: ""})
    assert response.status_code == 422
    page = response.content.decode()
    assert f'id="id_{field}_error"' in page
    assert "Nothing was searched" in page
    (refused,) = Event.objects.filter(kind__startswith="query.")
    assert (refused.kind, refused.outcome) == ("query.refused", "refused")
    assert list(refused.fields["faults"]) == [field]
    assert refused.fields["plate"] == (None if field == "plate" else "ABC123")
    assert not RecentQuery.objects.exists()


def test_what_was_entered_stays_in_the_refused_form(client: Client) -> None:
    page = send(client, plate="<b>ABC%").content.decode()
    assert 'value="&lt;b&gt;ABC%"' in page
    assert "case number 12345678" in page
    assert "“&lt;” (U+003C)" in page


def dates(first: int, last: int) -> dict[str, str]:
    """Two dates, as days before today in New York, where everybody in these tests works."""
    today = timezone.now().astimezone(UTC) - timedelta(hours=5)
    start, end = (f"{today - timedelta(days=days):%Y-%m-%d}" for days in (first, last))
    return {"period": "dates", "start": start, "end": end}


@pytest.mark.parametrize(
    ("changes", "field", "rule"),
    [
        (dates(10, 20), "end", "time_frame_reversed"),
        (dates(-2, -3), "start", "time_frame_future"),
        (dates(10, -2), "end", "time_frame_future"),
        (dates(5 * 366 + 2, 1), "start", "time_frame_too_long"),
        ({"case_reference": "investigation"}, "case_reference", "note_insufficient"),
        (
            {"for_whom": "officer", "on_behalf_of": "123", "officer_unit": "ERO"},
            "on_behalf_of",
            "behalf_unknown",
        ),
        ({"case_reference": "case 1 " * 1_429}, "case_reference", "note_too_long"),
        ({"reason": "customs"}, "reason", "reason_unknown"),
    ],
)
def test_rule_that_refuses_stands_beside_its_field(
    client: Client, changes: dict[str, str], field: str, rule: str
) -> None:  # QRY-3, QRY-15
    response = send(client, **changes)
    assert response.status_code == 422
    assert f'id="id_{field}_error"' in response.content.decode()
    (refused,) = Event.objects.filter(kind__startswith="query.")
    assert refused.kind == "query.refused"
    assert refused.fields["outcome_code"] == rule


def test_dates_up_to_today_are_answered(client: Client, read_ids: list[str]) -> None:
    assert "2 hits for" in text(client.get(asked(client, **dates(17, 0))))


def test_reason_of_another_agency_is_not_offered(cast: Cast, client: Client) -> None:  # ACC-9
    cast.other_agency.reason_codes.filter(code="missing").update(code="customs", label="Customs")
    assert "Customs" not in text(client.get("/queries/new/"))


def test_colleagues_offered_are_of_the_own_agency(cast: Cast, client: Client) -> None:
    page = text(client.get("/queries/new/"))
    assert str(cast.colleague.pk) in page
    assert str(cast.other.pk) not in page
    assert str(cast.suspended.pk) not in page


def test_without_the_log_there_is_no_answer(  # QRY-16
    committed_db: None, cast: Cast, client: Client, read_ids: list[str], connect_as: Connect
) -> None:
    where = asked(client)
    token = form_token(client)
    connect_as("lpr_owner").execute(
        "ALTER TABLE audit.event ADD CHECK (kind NOT LIKE 'query.%'"
        " AND kind NOT LIKE 'result.%') NOT VALID"
    )
    for response in (
        client.get(where),
        client.post("/queries/new/", ENTRIES | {"token": token}),
        client.post("/queries/new/", {"token": token}),
    ):
        assert response.status_code == 503
        assert read_ids[0] not in response.content.decode()


# --- The answer ---------------------------------------------------------------------------------


def test_each_hit_shows_two_photographs_place_time_source_and_vehicle(
    client: Client, read_ids: list[str]
) -> None:  # QRY-6, QRY-9
    page = text(client.get(asked(client)))
    assert len(photographs(page)) == 6
    for shown in ("Delaware toll road", "Gantry 1", "39.70000, -75.60000", "Toyota", "97 %", "UTC"):
        assert shown in page
    assert "No enforcement action may rest on these results alone" in page
    assert "Log entry" in page


def test_answer_can_be_filtered_and_ordered_in_its_address(
    client: Client, read_ids: list[str]
) -> None:
    where = asked(client)
    one = text(client.get(where, {"source": "New Jersey parking lot"}))
    assert read_ids[2] in one
    assert read_ids[0] not in one
    assert "3 hits for" in one
    oldest = text(client.get(where, {"sort": "oldest"}))
    newest = text(client.get(where))
    assert oldest.index(read_ids[1]) < oldest.index(read_ids[0])
    assert newest.index(read_ids[0]) < newest.index(read_ids[1])
    assert text(client.get(where, {"source": "x", "sort": "x", "page": "x"})).count(read_ids[0])


def test_long_answer_is_paged_and_complete(cast: Cast, client: Client) -> None:  # QRY-5
    ids = store(make_source(cast), [read_in("ABC123", days_ago(n / 10)) for n in range(1, 61)])
    where = asked(client)
    shown = [text(client.get(where, {"page": str(page)})) for page in (1, 2, 3)]
    assert [sum(f'/hits/{read_id}/"' in page for read_id in ids) for page in shown] == [25, 25, 10]
    assert "60 hits for" in shown[2]


def test_turned_page_leaves_out_map_and_charts_and_nothing_else(
    cast: Cast, client: Client
) -> None:  # QRY-5, QRY-16
    store(make_source(cast), [read_in("ABC123", days_ago(n / 10)) for n in range(1, 31)])
    where = asked(client)
    whole = text(client.get(where, {"page": "2"}))
    with recorded() as events:
        turned = text(client.get(where, {"page": "2"}, headers={"Lpr-List-Only": "1"}))
    assert [event.kind for event in events] == ["result.viewed"]
    for part in ('id="hits-points"', 'id="when"'):
        assert part in whole
        assert part not in turned
    for part in ('id="hit-26"', 'id="hit-30"', 'id="arrange"', 'id="marks"'):
        assert part in turned


def test_empty_answer_says_so(client: Client) -> None:
    assert "No camera recorded this plate" in text(client.get(asked(client)))


def test_number_of_database_queries_does_not_grow_with_hits(
    cast: Cast, client: Client, django_assert_max_num_queries: Any
) -> None:
    source = make_source(cast)
    store(source, [read_in("ABC123", days_ago(n / 10)) for n in range(1, 26)])
    store(source, [read_in("XYZ1", days_ago(1))])
    many, one = asked(client), asked(client, plate="XYZ1")
    with django_assert_max_num_queries(20) as used:
        client.get(one)
    count = len(used)
    with django_assert_max_num_queries(count):
        client.get(many)


def test_hit_page_shows_one_hit(client: Client, read_ids: list[str]) -> None:
    where = asked(client)
    page = text(client.get(f"{where}hits/{read_ids[1]}/"))
    assert len(photographs(page)) == 2
    assert kinds("result.viewed") == ["result.viewed"]


def test_watch_link_carries_the_query_to_a_new_alert(
    cast: Cast, client: Client, read_ids: list[str]
) -> None:  # ALT-2
    where = asked(client)
    found = re.search(r'href="(/alerts/new/)\?from=([^"]+)"', text(client.get(where)))
    assert found
    proposal = unseal(found[2], cast.investigator.pk)
    assert (proposal.plate, proposal.state, proposal.reason_code) == (
        "abc-123",
        "US-PA",
        "criminal",
    )
    assert proposal.case_reference == ENTRIES["case_reference"]
    assert where == f"/queries/{proposal.query_id}/"


# --- Photographs --------------------------------------------------------------------------------


def test_photograph_is_sent_recorded_and_never_kept(
    client: Client, read_ids: list[str]
) -> None:  # QRY-7
    link = photographs(text(client.get(asked(client))))[0].removesuffix("&size=thumb")
    response = client.get(link)
    assert response.content == SCENE
    assert response["Content-Type"] == "image/png"
    assert response["Cache-Control"] == "private, no-store"
    assert kinds("result.photo_viewed") == ["result.photo_viewed"]


def test_photograph_link_is_worth_nothing_to_others_or_changed(
    cast: Cast, client: Client, read_ids: list[str]
) -> None:  # QRY-7
    link = photographs(text(client.get(asked(client))))[0].removesuffix("&size=thumb")
    plain, _, token = link.partition("?t=")
    at, _, signature = token.partition(".")
    assert client_for(cast.colleague).get(link).status_code == 404
    assert new_client().get(link).status_code == 302
    for changed in (
        plain,
        f"{plain}?t=",
        f"{plain}?t=x.{signature}",
        f"{plain}?t={int(at) + 1}.{signature}",
        f"{plain}?t={'9' * 30}.{signature}",
        f"{plain}?t={'9' * 5_000}.{signature}",
        f"{plain}?t={at}.{signature}%00",
        f"{plain}?t={at}.9{signature}",
        link.replace("/scene/", "/plate/"),
        link.replace(read_ids[0], read_ids[1]),
        link[:-1],
    ):
        assert client.get(changed).status_code == 404, changed
    assert kinds("result.photo_viewed") == []
    assert kinds("access.") == ["access.refused"] * 12


def test_photograph_link_expires(
    client: Client, read_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:  # QRY-7
    link = photographs(text(client.get(asked(client))))[0]
    started = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: started + timedelta(seconds=290))
    assert client.get(link).status_code == 200
    monkeypatch.setattr(timezone, "now", lambda: started + timedelta(seconds=310))
    with recorded() as events:
        assert client.get(link).status_code == 404
    assert [event.kind for event in events] == ["access.refused"]


# --- Other people's, recall, forgetting ---------------------------------------------------------


def test_other_peoples_and_unknown_addresses_answer_alike(
    cast: Cast, client: Client, read_ids: list[str]
) -> None:  # QRY-14
    where = asked(client)
    stranger = client_for(cast.colleague)
    pages = set()
    for path in (where, f"/queries/{uuid4()}/"):
        response = stranger.get(path)
        assert response.status_code == 404
        pages.add(without_secrets(response.content.decode()))
    assert len(pages) == 1
    assert stranger.get(f"{where}hits/{read_ids[0]}/").status_code == 404
    assert stranger.post(f"{where}forget/").status_code == 404
    assert RecentQuery.objects.count() == 1


def test_list_shows_own_queries_alone(cast: Cast, client: Client) -> None:  # QRY-13, QRY-14
    asked(client)
    assert "ABC123" in text(client.get("/queries/"))
    assert "ABC123" not in text(client_for(cast.colleague).get("/queries/"))
    assert "ABC123" not in text(client_for(cast.supervisor).get("/queries/"))


def test_number_of_database_queries_does_not_grow_with_the_list(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    asked(client)
    with django_assert_max_num_queries(20) as used:
        client.get("/queries/")
    count = len(used)
    for plate in ("A1", "A2", "A3"):
        asked(client, plate=plate)
    with django_assert_max_num_queries(count):
        client.get("/queries/")


def test_asking_again_fills_the_form_and_is_a_new_query(client: Client) -> None:  # QRY-13
    pk = asked(client).split("/")[2]
    page = text(client.get("/queries/new/", {"again": pk}))
    assert 'value="abc-123"' in page
    assert "case number 12345678" in page
    asked(client)
    assert kinds("query.r") == [
        "query.run",
        "query.result",
        "query.recalled",
        "query.run",
        "query.result",
    ]
    assert client.get("/queries/new/", {"again": str(uuid4())}).status_code == 404
    assert client.get("/queries/new/", {"again": "x"}).status_code == 200


def test_forget_deletes_and_returns_to_the_list(client: Client) -> None:  # QRY-13
    where = asked(client)
    response = client.post(f"{where}forget/")
    assert (response.status_code, response["Location"]) == (303, "/queries/")
    assert client.get(where).status_code == 404
    assert client.post(f"{where}forget/").status_code == 404
    assert kinds("query.forgotten") == ["query.forgotten"]
