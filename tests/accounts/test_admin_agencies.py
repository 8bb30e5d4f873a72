"""The vendor makes and changes agencies and their parts, each with a reason (ACC-13)."""

from collections.abc import Callable

import pytest

from accounts.models import Agency, Aor, Component, ReasonCode
from accounts.services import agencies
from accounts.services.agencies import MAX_LOOKBACK_YEARS
from audit.kinds import Kind
from lprsvc.lib.errors import InvalidInput, NotFound, PolicyDenied
from tests.audited import assert_audited, recorded
from tests.cast import NOW, Cast, client_for

_ADMIN = "/admin/accounts/"
_WHY = "the agency's letter of March 2"


def code_of(cast: Cast) -> ReasonCode:
    """One reason code, made when it is first asked for."""
    found = ReasonCode.objects.filter(agency=cast.agency, code="amber-alert").first()
    return found or agencies.create_reason_code(
        actor=cast.vendor.person,
        agency=cast.agency,
        code="amber-alert",
        label="AMBER alert",
        reason=_WHY,
        now=NOW,
    )


def changes(cast: Cast, reason: str = _WHY) -> dict[str, Callable[..., object]]:
    """Every change of an agency or its parts, by anybody."""
    code = code_of(cast)
    return {
        "agency": lambda actor: agencies.change_agency(
            actor=actor,
            agency=cast.agency,
            name="Renamed",
            timezone="America/Chicago",
            reason=reason,
            now=NOW,
        ),
        "component": lambda actor: agencies.change_component(
            actor=actor,
            component=cast.ero,
            name="Renamed",
            max_lookback_years=2,
            lookback_source="a new memo",
            reason=reason,
            now=NOW,
        ),
        "aor": lambda actor: agencies.change_aor(
            actor=actor, aor=cast.new_york, timezone="America/Chicago", reason=reason, now=NOW
        ),
        "reasoncode": lambda actor: agencies.change_reason_code(
            actor=actor,
            reason_code=code,
            label="Renamed",
            is_active=False,
            reason=reason,
            now=NOW,
        ),
    }


_WHAT = ("agency", "component", "aor", "reasoncode")


@pytest.mark.parametrize("what", _WHAT)
def test_change_stands_in_the_agencys_log_from_and_to(cast: Cast, what: str) -> None:
    change = changes(cast)[what]
    [event] = assert_audited(lambda: change(cast.vendor.person), Kind.ADMIN_CHANGED)
    assert event.log_id == cast.agency.log_id
    assert event.fields["reason"] == _WHY
    assert event.fields["object"].startswith(f"{what}:")
    assert event.fields["before"].keys() == event.fields["after"].keys()
    assert event.fields["before"] != event.fields["after"]


@pytest.mark.parametrize("who", ["investigator", "supervisor", "manager", "auditor", "other"])
@pytest.mark.parametrize("what", _WHAT)
def test_others_change_nothing(cast: Cast, what: str, who: str) -> None:
    change = changes(cast)[what]
    with recorded() as events, pytest.raises(PolicyDenied):
        change(cast.everybody[who].person)
    assert [event.kind for event in events] == [Kind.ADMIN_REFUSED]


@pytest.mark.parametrize("what", _WHAT)
def test_nothing_changed_and_no_reason_are_refused(cast: Cast, what: str) -> None:
    changes(cast)[what](cast.vendor.person)
    with pytest.raises(InvalidInput, match="Nothing was changed"):
        changes(cast)[what](cast.vendor.person)
    with pytest.raises(InvalidInput, match="Say why"):
        changes(cast, reason=" ")[what](cast.vendor.person)


def test_unknown_part_is_not_found(cast: Cast) -> None:
    nowhere = Aor(pk=987654321, agency=cast.agency, name="Nowhere")
    with pytest.raises(NotFound):
        agencies.change_aor(
            actor=cast.vendor.person, aor=nowhere, timezone="UTC", reason=_WHY, now=NOW
        )
    gone = Agency(pk=987654321, code="GONE", log=cast.agency.log)
    with pytest.raises(NotFound):
        agencies.change_agency(
            actor=cast.vendor.person,
            agency=gone,
            name="x",
            timezone="UTC",
            reason=_WHY,
            now=NOW,
        )


@pytest.mark.parametrize("years", [0, -1, MAX_LOOKBACK_YEARS + 1])
def test_time_frame_rule_has_bounds_and_a_source(cast: Cast, years: int) -> None:  # QRY-3
    calls: list[Callable[[], object]] = [
        lambda: agencies.change_component(
            actor=cast.vendor.person,
            component=cast.ero,
            name="x",
            max_lookback_years=years,
            lookback_source=" ",
            reason=_WHY,
            now=NOW,
        ),
        lambda: agencies.create_component(
            actor=cast.vendor.person,
            agency=cast.agency,
            code="NEW",
            name="x",
            max_lookback_years=years,
            lookback_source="",
            reason=_WHY,
            now=NOW,
        ),
    ]
    for call in calls:
        with pytest.raises(InvalidInput) as caught:
            call()
        assert caught.value.errors.keys() == {"max_lookback_years", "lookback_source"}


def test_years_and_the_offenses_own_period_exclude_each_other(cast: Cast) -> None:  # QRY-3
    with pytest.raises(InvalidInput) as caught:
        agencies.create_component(
            actor=cast.vendor.person,
            agency=cast.agency,
            code="NEW",
            name="x",
            max_lookback_years=5,
            lookback_source="order 3",
            lookback_by_offense=True,
            reason=_WHY,
            now=NOW,
        )
    assert caught.value.errors == {
        "max_lookback_years": ["Leave this empty: the offense's own period decides."]
    }


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "EST5EDT4"])
def test_time_zone_must_be_one(cast: Cast, zone: str) -> None:
    with pytest.raises(InvalidInput, match="time zone"):
        agencies.change_aor(
            actor=cast.vendor.person, aor=cast.new_york, timezone=zone, reason=_WHY, now=NOW
        )


# --- pages ----------------------------------------------------------------------------------------


def test_vendor_makes_an_agency_with_all_its_parts(cast: Cast) -> None:
    client = client_for(cast.vendor)

    def post(address: str, **data: object) -> None:
        response = client.post(f"{_ADMIN}{address}", data | {"reason": _WHY})
        assert response.status_code == 302, response.content.decode()

    post("agency/new/", code="NEWTOWN", name="Newtown Police", timezone="America/Denver")
    agency = Agency.objects.get(code="NEWTOWN")
    post(
        f"agency/{agency.pk}/component/",
        code="INV",
        name="Investigations",
        max_lookback_years="3",
        lookback_source="City ordinance 12",
    )
    post(f"agency/{agency.pk}/aor/", name="Downtown", timezone="America/Denver")
    post(f"agency/{agency.pk}/reason-code/", code="amber", label="AMBER alert")
    [component] = Component.objects.filter(agency=agency)
    [aor] = Aor.objects.filter(agency=agency)
    [code] = ReasonCode.objects.filter(agency=agency)
    post(f"agency/{agency.pk}/edit/", name="Newtown PD", timezone="America/Denver")
    post(
        f"component/{component.pk}/edit/",
        name="Investigations",
        max_lookback_years="2",
        lookback_source="City ordinance 13",
    )
    post(f"aor/{aor.pk}/edit/", timezone="America/Phoenix")
    post(f"reasoncode/{code.pk}/edit/", label="AMBER alert")  # unticked: no longer offered

    for row in (agency, component, aor, code):
        row.refresh_from_db()
    assert (agency.name, component.max_lookback_years, aor.timezone, code.is_active) == (
        "Newtown PD",
        2,
        "America/Phoenix",
        False,
    )


def test_form_holds_what_is_there_now(cast: Cast) -> None:
    page = client_for(cast.vendor).get(f"{_ADMIN}component/{cast.ero.pk}/edit/").content.decode()
    assert f'value="{cast.ero.name}"' in page
    assert f'value="{cast.ero.lookback_source}"' in page
    assert f"Now: {cast.ero.max_lookback_years} years" in page


@pytest.mark.parametrize(
    ("address", "data", "fault"),
    [
        ("agency/new/", {"code": "example", "name": "x", "timezone": "UTC"}, "with this code"),
        ("agency/new/", {"code": "a b", "name": "x", "timezone": "UTC"}, "valid"),
        ("agency/new/", {"code": "X", "name": "x", "timezone": "Mars"}, "valid choice"),
        ("agency/new/", {"code": "X", "name": "", "timezone": "UTC"}, "required"),
    ],
)
def test_faults_are_shown_and_nothing_is_made(
    cast: Cast, address: str, data: dict[str, str], fault: str
) -> None:
    before = Agency.objects.count()
    response = client_for(cast.vendor).post(f"{_ADMIN}{address}", data | {"reason": _WHY})
    assert response.status_code == 422
    assert fault in response.content.decode()
    assert Agency.objects.count() == before


def test_areas_can_be_filtered_by_having_a_manager(cast: Cast) -> None:
    client = client_for(cast.vendor)
    bare = client.get(f"{_ADMIN}aor/", {"managed": "no"}).text
    managed = client.get(f"{_ADMIN}aor/", {"managed": "yes"}).text
    assert f"/aor/{cast.chicago.pk}/change/" in bare
    assert f"/aor/{cast.new_york.pk}/change/" not in bare
    assert f"/aor/{cast.new_york.pk}/change/" in managed
    assert f"/aor/{cast.chicago.pk}/change/" not in managed
