"""The pages of alerts, as each of the cast (ALT-2, ALT-5, QRY-7, SAF-1)."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from alerts.models import AlertEntry, Match, Notification
from lprsvc.lib.handover import AlertProposal, seal
from tests.alerts.world import CLOSE_UP, SCENE, World, alert_on, events
from tests.cast import Cast, client_for
from tests.harness.database import Connect

# Pages go by the real clock.
LATELY = datetime.now(UTC) - timedelta(hours=1)
FORM = {"plate": "abc-123", "state": "US-PA", "reason": "criminal", "note": "Case 2026-17"}
WATCHERS = {"investigator", "colleague", "supervisor", "other"}


def _about(name: str, *entries: AlertEntry) -> str:
    """The address of an act about these."""
    return f"{reverse(name)}?{urlencode({'e': [entry.pk for entry in entries]}, doseq=True)}"


def paths(entry: AlertEntry, match_id: UUID) -> list[str]:
    return [
        reverse("alert_list"),
        reverse("alert_new"),
        reverse("alert_detail", args=[entry.pk]),
        _about("alert_remove", entry),
        _about("alert_affirm", entry),
        reverse("match_detail", args=[match_id]),
        reverse("match_photograph", args=[match_id, "scene"]),
    ]


@pytest.mark.parametrize("who", ["manager", "auditor", "vendor"])
def test_who_keeps_no_alerts_is_refused_each_page(cast: Cast, who: str) -> None:
    entry = alert_on(cast.investigator.person)
    client = client_for(cast.everybody[who])
    for path in paths(entry, uuid4()):
        assert client.get(path).status_code == 403, path


def test_nobody_is_sent_to_the_log_on(cast: Cast) -> None:
    entry = alert_on(cast.investigator.person)
    for path in paths(entry, uuid4()):
        response = Client().get(path)
        assert response.status_code == 302, path
        assert response["Location"].startswith("/accounts/login/"), path


@pytest.mark.parametrize("who", ["colleague", "supervisor", "other"])
def test_others_alert_and_no_alert_look_the_same(world: World, cast: Cast, who: str) -> None:
    theirs = alert_on(cast.investigator.person, now=LATELY)
    world.match(world.deliver(now=LATELY), LATELY)
    match = Match.objects.get()
    client = client_for(cast.everybody[who])
    assert "ABC 123" not in client.get("/alerts/").text
    token = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"|hx-headers=\S+ "[^"]+"}\'')
    for known, unknown in zip(
        paths(theirs, match.pk)[2:],
        paths(AlertEntry(pk=uuid4()), uuid4())[2:],
        strict=True,
    ):
        answers = [client.get(path) for path in (known, unknown)]
        assert [answer.status_code for answer in answers] == [404, 404], known
        bodies = [token.sub("", answer.text) for answer in answers]
        assert bodies[0].replace(known, "") == bodies[1].replace(unknown, "")
    response = client.post(_about("alert_remove", theirs), {"reason": "mine"})
    assert response.status_code == 404
    assert AlertEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("method", "name"),
    [("post", "alert_list"), ("put", "alert_new"), ("post", "alert_detail"),
     ("delete", "alert_remove"), ("put", "alert_affirm"), ("post", "match_detail"),
     ("post", "match_photograph")],
)  # fmt: skip
def test_wrong_method_is_refused(cast: Cast, method: str, name: str) -> None:
    without = {"alert_list", "alert_new", "alert_remove", "alert_affirm"}
    arguments: list[Any] = [] if name in without else [uuid4()]
    if name == "match_photograph":
        arguments.append("scene")
    client = client_for(cast.investigator)
    assert getattr(client, method)(reverse(name, args=arguments)).status_code == 405


class TestAdding:
    def test_by_hand(self, cast: Cast) -> None:
        client = client_for(cast.investigator)
        page = client.get("/alerts/new/")
        assert "only you" in page.text
        response = client.post("/alerts/new/", FORM, follow=True)
        entry = AlertEntry.objects.get()
        assert response.redirect_chain == [(f"/alerts/{entry.pk}/", 302)]
        assert "The plate is watched" in response.text
        (added,) = events("alert.added")
        assert added.fields["cause"] == "by hand"
        assert added.fields["client"].startswith("web")

    def test_from_a_query_is_filled_in_and_caused_by_it(self, cast: Cast) -> None:  # ALT-2
        query_id = uuid4()
        token = seal(
            AlertProposal("ABC 123", "US-PA", "missing", "Case 9, Q. Doe", query_id),
            cast.investigator.pk,
        )
        client = client_for(cast.investigator)
        page = client.get("/alerts/new/", {"from": token})
        initial = page.context["form"].initial
        assert initial["plate"] == "ABC 123"
        assert "Case 9, Q. Doe" in page.text
        assert 'value="missing" selected' in page.text

        client.post("/alerts/new/", initial)
        (added,) = events("alert.added")
        assert (added.fields["cause"], added.fields["parent"]) == ("query", str(query_id))
        assert AlertEntry.objects.get().reason_label == "Missing"

    def test_from_anothers_query_is_refused(self, cast: Cast) -> None:
        token = seal(
            AlertProposal("ABC 123", "US-PA", "missing", "Case 9", uuid4()), cast.colleague.pk
        )
        page = client_for(cast.investigator).get("/alerts/new/", {"from": token})
        assert page.status_code == 400
        assert "ABC 123" not in page.text

    @pytest.mark.parametrize("missing", ["plate", "state", "reason", "note"])
    def test_missing_field_is_named_beside_it(self, cast: Cast, missing: str) -> None:
        page = client_for(cast.investigator).post("/alerts/new/", FORM | {missing: ""})
        assert page.status_code == 422
        assert set(page.context["form"].errors) == {missing}
        assert f'id="id_{missing}_error"' in page.text
        assert AlertEntry.objects.count() == 0

    def test_same_plate_again_is_refused_beside_the_plate(self, cast: Cast) -> None:
        client = client_for(cast.investigator)
        client.post("/alerts/new/", FORM)
        page = client.post("/alerts/new/", FORM)
        assert page.status_code == 422
        assert "already watch this plate" in page.context["form"].errors["plate"][0]
        assert AlertEntry.objects.count() == 1

    def test_plate_is_kept_by_no_session_or_cookie(self, cast: Cast) -> None:  # ALT-9
        client = client_for(cast.investigator)
        client.post("/alerts/new/", FORM)
        kept = f"{dict(client.session)} {client.cookies.output()}"
        # The whole plate: a time or an id may hold three of its figures.
        assert not re.search(r"abc\W?123", kept, re.IGNORECASE)


class TestList:
    def test_shows_own_with_counts(self, world: World, cast: Cast) -> None:
        alert_on(cast.investigator.person, now=LATELY)
        alert_on(cast.colleague.person, "THEIRS", now=LATELY)
        world.match(world.deliver(now=LATELY, times=2), LATELY)
        page = client_for(cast.investigator).get("/alerts/")
        assert "ABC 123" in page.text
        assert "THEIRS" not in page.text
        assert "2 new" in page.text
        (event,) = events("alert.viewed")
        assert event.fields["count"] == 1

    def test_search_is_exact_and_recorded(self, cast: Cast) -> None:  # ALT-4
        for plate in ("ABC 123", "ABC 1234"):
            alert_on(cast.investigator.person, plate, now=LATELY)
        page = client_for(cast.investigator).get("/alerts/", {"plate": "abc123"})
        assert [row.plate for row in page.context["entries"]] == ["ABC 123"]
        (event,) = events("alert.searched")
        assert event.plate == "ABC123"

    def test_search_for_what_is_no_plate_says_so(self, cast: Cast) -> None:
        page = client_for(cast.investigator).get("/alerts/", {"plate": "AB*"})
        assert page.status_code == 200
        assert "cannot be part of a plate number" in page.text
        assert page.context["entries"] == []

    @pytest.mark.parametrize(
        ("sort", "plates"),
        [("plate", ["A1", "B1"]), ("-plate", ["B1", "A1"]), ("added", ["B1", "A1"]),
         ("", ["A1", "B1"]), ("password", ["A1", "B1"])],
    )  # fmt: skip
    def test_address_sorts(self, cast: Cast, sort: str, plates: list[str]) -> None:
        for plate, minute in (("B1", 0), ("A1", 1)):
            alert_on(cast.investigator.person, plate, now=LATELY + timedelta(minutes=minute))
        page = client_for(cast.investigator).get("/alerts/", {"sort": sort})
        assert [row.plate for row in page.context["entries"]] == plates

    def test_ended_alert_says_so(self, cast: Cast) -> None:
        alert_on(cast.investigator.person, now=LATELY - timedelta(days=370))
        assert "Ended" in client_for(cast.investigator).get("/alerts/").text

    def test_queries_do_not_grow_with_the_list(self, cast: Cast) -> None:
        client = client_for(cast.investigator)
        counts = []
        for number in range(4):
            alert_on(cast.investigator.person, f"N{number}", now=LATELY)
            if number in {0, 3}:
                with CaptureQueriesContext(connection) as queries:
                    client.get("/alerts/")
                counts.append(len(queries))
        assert counts[0] == counts[1]


class TestRemoval:
    def test_names_what_it_does_and_asks_why(self, world: World, cast: Cast) -> None:
        entry = alert_on(cast.investigator.person, now=LATELY)
        world.match(world.deliver(now=LATELY, times=2), LATELY)
        client, path = client_for(cast.investigator), _about("alert_remove", entry)
        page = client.get(path)
        for said in ("cannot be undone", "2 matches", "erased at once", "audit log keeps"):
            assert said in page.text
        assert client.post(path, {"reason": ""}).status_code == 422
        assert AlertEntry.objects.count() == 1

        response = client.post(path, {"reason": "case closed"}, follow=True)
        assert response.redirect_chain == [("/alerts/", 302)]
        assert AlertEntry.objects.count() == 0
        assert events("alert.removed")[0].fields["removal_reason"] == "case closed"
        assert client.post(path, {"reason": "case closed"}).status_code == 404

    def test_several_at_once_or_none(self, cast: Cast) -> None:
        mine = [alert_on(cast.investigator.person, f"N{n}", now=LATELY) for n in range(3)]
        theirs = alert_on(cast.colleague.person, now=LATELY)
        client = client_for(cast.investigator)
        page = client.get(_about("alert_remove", *mine))
        for said in ("3 plates", "N0", "N1", "N2", "The alerts are erased at once"):
            assert said in page.text, said
        mixed = _about("alert_remove", *mine, theirs)
        assert client.post(mixed, {"reason": "closed"}).status_code == 404
        assert AlertEntry.objects.count() == 4
        assert client.post(_about("alert_remove", *mine), {"reason": "closed"}).status_code == 302
        assert list(AlertEntry.objects.all()) == [theirs]

    @pytest.mark.parametrize("query", ["", "?e=", "?e=x", "?e=\0", "?x=1"])
    def test_nothing_chosen_leads_back(self, cast: Cast, query: str) -> None:
        client = client_for(cast.investigator)
        for name in ("alert_remove", "alert_affirm"):
            for answer in (
                client.get(reverse(name) + query, follow=True),
                client.post(reverse(name) + query, {"reason": "x"}, follow=True),
            ):
                assert answer.redirect_chain == [("/alerts/", 302)]
                assert "Choose at least one alert" in answer.text


class TestAffirming:
    """ALT-7, as its pages show it."""

    @pytest.fixture
    def ending(self, cast: Cast) -> AlertEntry:
        return alert_on(cast.investigator.person, "END 1", now=LATELY - timedelta(days=355))

    def test_alert_that_ends_soon_says_so_and_is_affirmed(
        self, cast: Cast, ending: AlertEntry
    ) -> None:
        client = client_for(cast.investigator)
        assert "Ends soon" in client.get("/alerts/").text
        page = client.get(reverse("alert_detail", args=[ending.pk])).text
        path = _about("alert_affirm", ending)
        assert f'href="{path}"' in page
        assert "still be watched" in client.get(path).text
        refused = client.post(path, {"reason": " "})
        assert refused.status_code == 422
        assert "Say why this plate must still be watched." in refused.text
        done = client.post(path, {"reason": "trial in May"}, follow=True)
        assert "watched for another year" in done.text
        ending.refresh_from_db()
        assert ending.expires_at > datetime.now(UTC) + timedelta(days=364)

    def test_alert_that_ends_much_later_cannot_be_affirmed(self, cast: Cast) -> None:
        entry = alert_on(cast.investigator.person, now=LATELY)
        client = client_for(cast.investigator)
        refused = client.post(_about("alert_affirm", entry), {"reason": "early"})
        assert refused.status_code == 422
        assert "can be affirmed from" in refused.text
        assert "can be affirmed from" in client.get(reverse("alert_detail", args=[entry.pk])).text

    def test_ended_alert_says_until_when_it_can_be_affirmed(self, cast: Cast) -> None:
        entry = alert_on(cast.investigator.person, now=LATELY - timedelta(days=367))
        client = client_for(cast.investigator)
        page = client.get(reverse("alert_detail", args=[entry.pk])).text
        assert "has ended" in page
        assert "or it is removed and erased" in page

    @pytest.mark.parametrize(
        ("shown", "plates"),
        [("", {"END 1", "NEW 1", "OLD 1"}), ("ending", {"END 1"}), ("ended", {"OLD 1"}),
         ("matched", {"NEW 1"}), ("new", {"NEW 1"})],
    )  # fmt: skip
    def test_list_shows_the_part_asked_for(
        self, world: World, cast: Cast, ending: AlertEntry, shown: str, plates: set[str]
    ) -> None:
        alert_on(cast.investigator.person, "OLD 1", now=LATELY - timedelta(days=367))
        alert_on(cast.investigator.person, "NEW 1", now=LATELY)
        world.match(world.deliver("NEW1", now=LATELY), LATELY)
        page = client_for(cast.investigator).get("/alerts/", {"shown": shown})
        assert {row.plate for row in page.context["entries"]} == plates

    def test_unknown_part_is_a_fault_of_the_form(self, cast: Cast) -> None:
        page = client_for(cast.investigator).get("/alerts/", {"shown": "everybody"})
        assert page.context["form"].errors.keys() == {"shown"}


class TestMatch:
    @pytest.fixture
    def match(self, world: World, cast: Cast) -> Match:
        alert_on(cast.investigator.person, now=LATELY)
        world.match(world.deliver(now=LATELY), LATELY)
        return Match.objects.get()

    def test_shows_the_read_and_is_recorded(self, cast: Cast, match: Match) -> None:
        page = client_for(cast.investigator).get(f"/alerts/matches/{match.pk}/")
        for said in (
            "ABC123",
            "Pennsylvania",
            "Delaware toll road camera",
            "I-95 northbound, mile 6",
            "39.68012",
            "Toyota",
            "97",
            "Criminal investigation",
            "Case 2026-17, subject Q",
            "Verify before acting",
        ):
            assert said in page.text, said
        (event,) = events("alert.match_viewed")
        assert (event.plate, event.state) == ("ABC123", "US-PA")
        assert event.fields["read"] == str(match.read_id)
        opened = [datetime.fromisoformat(event.fields[name]) for name in ("start", "end")]
        assert opened == [match.captured_at, match.captured_at + timedelta(microseconds=1)]

    def test_is_new_until_it_is_opened(self, cast: Cast, match: Match) -> None:
        client = client_for(cast.investigator)
        assert "1 new" in client.get("/alerts/").text
        client.get(f"/alerts/matches/{match.pk}/")
        assert "1 new" not in client.get("/alerts/").text
        first = Notification.objects.get().opened_at
        client.get(f"/alerts/matches/{match.pk}/")
        assert Notification.objects.get().opened_at == first

    def test_opens_no_other_read_of_the_plate(self, world: World, cast: Cast, match: Match) -> None:
        """The window is one instant: what was read before the alert stays a matter of a query."""
        world.deliver(now=LATELY - timedelta(minutes=30), times=3)
        page = client_for(cast.investigator).get(f"/alerts/matches/{match.pk}/")
        assert page.status_code == 200
        assert page.context["hit"].captured_at == match.captured_at

    def test_photographs_by_signed_links_each_recorded(self, cast: Cast, match: Match) -> None:
        client = client_for(cast.investigator)
        page = client.get(f"/alerts/matches/{match.pk}/")
        shown = {picture["role"]: picture["url"] for picture in page.context["hit"].photographs}
        for role, content in (("scene", SCENE), ("plate", CLOSE_UP)):
            response = client.get(shown[role])
            assert response.content == content
            assert response["Content-Type"] == "image/jpeg"
            assert "no-store" in response["Cache-Control"]
        viewed = events("result.photo_viewed")
        assert [event.fields["photograph"] for event in viewed] == ["scene", "plate"]

    def test_photograph_link_is_for_one_person_picture_and_time(
        self, cast: Cast, match: Match, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = client_for(cast.investigator)
        page = client.get(f"/alerts/matches/{match.pk}/")
        scene, plate = (picture["url"] for picture in page.context["hit"].photographs)
        token = scene.partition("?")[2]
        bad = [
            scene.partition("?")[0],
            scene + "x",
            plate.partition("?")[0] + "?" + token,
            scene.replace("/scene/", "/driver/"),
        ]
        for path in bad:
            assert client.get(path).status_code == 404, path
        assert client_for(cast.colleague).get(scene).status_code == 404
        later = timezone.now() + timedelta(minutes=16)
        monkeypatch.setattr("alerts.views.timezone.now", lambda: later)
        assert client.get(scene).status_code == 404
        assert events("result.photo_viewed") == []
        refused = events("alert.refused")
        assert [event.fields["outcome_code"] for event in refused] == ["not_found"] * 5

    def test_read_that_is_gone_is_said_to_be(
        self, cast: Cast, match: Match, connect_as: Connect
    ) -> None:
        owner = connect_as("postgres")
        owner.execute("DELETE FROM ingest_read")
        owner.commit()
        page = client_for(cast.investigator).get(f"/alerts/matches/{match.pk}/")
        assert page.status_code == 404
        assert events("alert.match_viewed") == []
        (event,) = events("alert.refused")
        assert event.fields["outcome_code"] == "read_gone"
