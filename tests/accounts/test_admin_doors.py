"""Every person at every page and act of the admin, about objects of every place (ACC-9, SAF-1).

The table says who sees whose objects; pages and acts are found by themselves. A new list in the
admin fails here until the table names it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import pytest
from django.contrib import admin
from django.db import models
from django.test import Client
from django.urls import reverse

from accounts.disposal import SHIPPED
from accounts.governed_admin import GovernedAdmin, parameter_of
from accounts.models import Aor, Termination, User
from accounts.roles import Role
from accounts.services.agencies import create_reason_code
from accounts.services.groups import create_group
from accounts.services.log_on_policy import set_log_on_policy
from accounts.services.people import delete_user
from accounts.services.rules import publish_rules
from accounts.services.schedules import set_records_schedule
from accounts.services.terminations import enter_termination
from accounts.services.training import create_course
from audit.actors import system
from audit.kinds import Kind
from ingest.services.sources import create_feed_key, create_source
from tests.accounts.access_world import NORA, ask, chicago_manager, dallas_manager
from tests.audited import database_contents, events_of, recorded
from tests.cast import NOW, Cast, Member, client_for, make_user

_WHY = "tests"
_SETUP = system("tests")
_PEOPLE = ("investigator", "supervisor", "manager", "auditor", "vendor", "other", "officer")


@dataclass(frozen=True)
class World:
    """The cast, and at least one object of every list in each place."""

    cast: Cast
    people: dict[str, Member]


@pytest.fixture
def world(cast: Cast) -> World:
    chicago_manager(cast)
    dallas_manager(cast)
    second = make_user("vendor-two", "Viktor Lund", [Role.VENDOR_ADMINISTRATOR])
    officer = make_user(
        "officer", "Omar Reyes", [Role.CONTRACTING_OFFICER], agency=cast.agency, aor=cast.new_york
    )
    dallas = cast.other.aor
    assert dallas is not None
    for user in (cast.investigator, cast.colleague, cast.other, second):
        enter_termination(
            actor=_SETUP,
            user=user,
            requested_by="Headquarters",
            received_at=NOW,
            reason=_WHY,
            now=NOW,
        )
    for aor in (cast.new_york, cast.chicago, dallas):
        ask(cast, aor=aor, applicant=NORA)
        create_group(actor=_SETUP, aor=aor, name=f"Team {aor}", purpose="x", reason=_WHY, now=NOW)
    set_records_schedule(
        actor=_SETUP, component=cast.ero, rule=SHIPPED["ERO"], reason=_WHY, now=NOW
    )
    for agency in (cast.agency, cast.other_agency):
        create_reason_code(
            actor=_SETUP, agency=agency, code="amber", label="AMBER", reason=_WHY, now=NOW
        )
        set_log_on_policy(
            actor=_SETUP, agency=agency, wanted={"idle_minutes": 15}, reason=_WHY, now=NOW
        )
        publish_rules(actor=_SETUP, agency=agency, text="Rules.", reason=_WHY, now=NOW)
        create_course(
            actor=_SETUP,
            agency=agency,
            code="own",
            title="Own course",
            covers=["system_use"],
            validity_months=None,
            is_required=False,
            reason=_WHY,
            now=NOW,
        )
    source = create_source(
        actor=_SETUP,
        code="TOLL",
        name="Toll road",
        kind="toll_road",
        state="US-DE",
        reason=_WHY,
        now=NOW,
    )
    create_feed_key(actor=_SETUP, source=source, label="gate", reason=_WHY, now=NOW)
    return World(cast, {**cast.everybody, "officer": officer})


# --- who sees whose -------------------------------------------------------------------------------


def _aor_of(found: Any) -> int | None:
    """The AOR an object belongs to: its own, or that of its person."""
    if hasattr(found, "aor_id"):
        return found.aor_id  # type: ignore[no-any-return]
    return found.user.aor_id if hasattr(found, "user") else None


def _agency_of(found: Any) -> int | None:
    if hasattr(found, "agency_id"):
        return found.agency_id  # type: ignore[no-any-return]
    return found.user.agency_id if hasattr(found, "user") else None


Sees = Callable[[Member, Any], bool]


def everything(_: Member, __: Any) -> bool:
    return True


def own_area(who: Member, found: Any) -> bool:
    return _agency_of(found) == who.agency_id and _aor_of(found) == who.aor_id


def own_agency_or_everybodys(who: Member, found: Any) -> bool:
    return _agency_of(found) in {None, who.agency_id}


def vendors_people(_: Member, found: User) -> bool:
    overseers = {"agency_manager", "auditor", "contracting_officer", "privacy_officer"}
    return found.agency_id is None or set(found.roles) <= overseers


def vendors_requests(_: Member, found: Any) -> bool:
    return found.entered_by is not None and found.entered_by.agency_id is None


# model: {part of the cast: which objects}; whoever is not named sees none of it.
_TABLE: dict[str, dict[str, Sees]] = {
    "accounts.agency": {"vendor": everything},
    "accounts.component": {"vendor": everything},
    "accounts.aor": {"vendor": everything},
    "accounts.reasoncode": {"vendor": everything},
    "accounts.recordsschedule": {"vendor": everything},
    "accounts.logonpolicy": {"vendor": everything},
    "accounts.user": {"manager": own_area, "vendor": vendors_people},
    "accounts.accessrequest": {"manager": own_area, "vendor": vendors_requests},
    "accounts.usergroup": {"manager": own_area},
    "accounts.termination": {"manager": own_area, "vendor": everything},
    "accounts.rulesofbehavior": {"manager": own_agency_or_everybodys, "vendor": everything},
    "accounts.trainingcourse": {"manager": own_agency_or_everybodys, "vendor": everything},
    "accounts.trainingrecord": {"manager": own_area},
    "accounts.certification": {"manager": own_area},
    "accounts.helprequest": {"vendor": everything},
    "queries.offense": {"vendor": everything},
    "ingest.errorreport": {"vendor": everything},
    "ingest.geodataset": {"vendor": everything},
    "ingest.jurisdictionrule": {"vendor": everything},
    "ingest.quarantinejob": {"vendor": everything},
    "ingest.source": {"vendor": everything},
    "ingest.camera": {"vendor": everything},
    "ingest.feedkey": {"vendor": everything},
    "ingest.batch": {"vendor": everything},
    "ingest.quarantinedread": {"vendor": everything},
}


def _pages() -> Iterator[tuple[str, "GovernedAdmin[Any]"]]:
    for model, page in admin.site._registry.items():
        assert isinstance(page, GovernedAdmin)
        yield model._meta.label_lower, page


def test_every_list_of_the_admin_stands_in_the_table() -> None:
    assert {label for label, _ in _pages()} == set(_TABLE)


@dataclass
class Visit:
    """One person trying addresses; what did not answer as it should is kept."""

    client: Client
    opened: int = 0
    wrong: list[tuple[str, str, int]] = field(default_factory=list)

    def look(self, address: str, *, allowed: bool) -> None:
        self.opened += allowed
        got = self.client.get(address).status_code
        if got not in ({200} if allowed else {403, 404}):
            self.wrong.append(("GET", address, got))

    def act(self, address: str, *, allowed: bool) -> None:
        """With nothing filled in: who may act is told what is missing, and nothing happens."""
        self.look(address, allowed=allowed)
        got = self.client.post(address, {}).status_code
        if got not in ({422} if allowed else {403, 404}):
            self.wrong.append(("POST", address, got))


@pytest.mark.parametrize("who", _PEOPLE)
def test_everybody_sees_and_does_what_the_table_says_and_no_more(world: World, who: str) -> None:
    member = world.people[who]
    visit = Visit(client_for(member))
    before = _without_log(database_contents())
    for label, page in _pages():
        _visit_list(visit, member, label, page, sees=_TABLE[label].get(who))
    assert not visit.wrong, "\n".join(map(str, visit.wrong))
    assert (visit.opened > 0) is (who in {"manager", "vendor"})
    assert _without_log(database_contents()) == before


def _visit_list(
    visit: Visit, member: Member, label: str, page: "GovernedAdmin[Any]", *, sees: Sees | None
) -> None:
    """A list, each object on it, and each act about the list or about one of them."""
    base = f"admin:{label.replace('.', '_')}"
    visit.look(reverse(f"{base}_changelist"), allowed=sees is not None)
    for act in page.pages:
        if not act.of_object:
            may = bool(act.permissions & member.person.permissions)
            visit.act(reverse(f"{base}_{act.name}"), allowed=may)
    # Who has no such list is refused whatever the object.
    for found in _some(page.model)[: None if sees else 3]:
        allowed = sees is not None and sees(member, found)
        looks = ("change", "history") if hasattr(found, "history") else ("change",)
        for look in looks:
            visit.look(reverse(f"{base}_{look}", args=[found.pk]), allowed=allowed)
        for act in page.pages:
            if act.of_object:
                may = allowed and bool(act.permissions & member.person.permissions)
                visit.act(reverse(f"{base}_{act.name}", args=[found.pk]), allowed=may)


def _some(model: type[models.Model]) -> list[Any]:
    """Everybody; of other rows two of each place and origin, since pages tell no more apart. Of
    those that only a feed makes there may be none."""
    rows = list(model._default_manager.all())
    if model is User:
        return rows
    kinds = defaultdict(list)
    for found in rows:
        kinds[_agency_of(found), _aor_of(found), getattr(found, "entered_by_id", None)].append(
            found
        )
    return [found for alike in kinds.values() for found in alike[:2]]


def _without_log(tables: dict[str, str]) -> dict[str, str]:
    """All but what looking and being refused leave behind."""
    left = ("audit.", "django_session", "accounts_failedlogons", "accounts_knownplace")
    return {name: content for name, content in tables.items() if not name.startswith(left)}


def test_lists_name_nobody_of_other_places(world: World) -> None:
    client = client_for(world.cast.manager)
    for label, page in _pages():
        if "manager" not in _TABLE[label]:
            continue
        text = client.get(reverse(f"admin:{label.replace('.', '_')}_changelist")).text
        for stranger in (world.cast.colleague, world.cast.other, world.cast.vendor):
            assert stranger.full_name not in text, page
        for place in ("Chicago", "Dallas", "Team Chicago", "OTHER"):
            assert place not in text, (page, place)


# --- bad input ------------------------------------------------------------------------------------


def test_filters_and_searches_leak_nothing_of_others(world: World) -> None:
    client = client_for(world.cast.manager)
    chicago = Aor.objects.get(name="Chicago")
    for query in (
        {"aor__id__exact": chicago.pk},
        {"q": world.cast.colleague.full_name},
        {"q": world.cast.other.username},
        {"state": "closed"},
    ):
        text = client.get("/admin/accounts/user/", query).text
        assert f"/user/{world.cast.colleague.pk}/" not in text
        assert f"/user/{world.cast.other.pk}/" not in text
    for probe in ({"password__startswith": "a"}, {"agency__log__id": "x"}):
        assert client.get("/admin/accounts/user/", probe).status_code in {400, 302}


@pytest.mark.parametrize("who", ["manager", "vendor"])
def test_no_filter_leads_to_other_rows(world: World, who: str) -> None:
    """ACC-9, QRY-2: a list is asked by its own filters' values, never by what these lead to."""
    client = client_for(world.people[who])
    probed = 0
    for label, page in _pages():
        address = _list_of(label)
        if client.get(address).status_code != 200:
            continue
        for lookup in _probes(page):
            answer = client.get(address, {lookup: "a"})
            assert answer.status_code in {302, 400}, f"{address}?{lookup}=a"
            probed += 1
    assert probed > 30


_HOSTILE = (
    *(("", value) for value in ("\0", "(", "9" * 40, "\ud800", "é" * 3000)),
    *((ending, "(") for ending in ("__exact", "__id__exact", "__isnull")),
)


@pytest.mark.parametrize("who", ["manager", "vendor"])
def test_every_filter_answers_whatever_stands_in_the_address(world: World, who: str) -> None:
    client = client_for(world.people[who])
    followed = 0
    for label, page in _pages():
        address = _list_of(label)
        first = client.get(address)
        # A list that is a page of our own, without Django's filters, has no `cl`.
        if first.status_code != 200 or "cl" not in (first.context or {}):
            continue
        changelist = first.context["cl"]
        for spec in changelist.filter_specs:
            # Enough of a long list, its first, which is "all", among them.
            for choice in islice(spec.choices(changelist), 12):
                chosen = client.get(address + choice["query_string"])
                assert chosen.status_code == 200, address + choice["query_string"]
                followed += 1
        for item in page.list_filter:
            for ending, value in _HOSTILE:
                query = {f"{parameter_of(item)}{ending}": value.encode("utf-8", "surrogatepass")}
                assert client.get(address, query).status_code < 500, f"{address} {query}"
    assert followed > 20


def _list_of(label: str) -> str:
    return reverse(f"admin:{label.replace('.', '_')}_changelist")


def _probes(page: "GovernedAdmin[Any]") -> Iterator[str]:
    """Questions about what a list's filters lead to, one relation far and two."""
    for item in page.list_filter:
        if not isinstance(item, str | tuple):
            continue
        name = parameter_of(item)
        yield f"{name}__regex"
        model = page.model
        field = None
        for part in name.split("__"):
            field = model._meta.get_field(part)
            model = field.related_model or model
        if field is None or not field.is_relation:
            continue
        for near in model._meta.get_fields():
            if not near.is_relation:
                yield f"{name}__{near.name}__startswith"
            else:
                yield f"{name}__{near.name}__pk"
                yield f"{name}__{near.name}__id__gt"


def test_a_deleted_persons_session_opens_nothing(world: World) -> None:
    manager = world.people["manager"]
    make_user(
        "manager-two",
        "Second",
        [Role.AGENCY_MANAGER],
        component=world.cast.ero,
        aor=world.cast.new_york,
    )
    client = client_for(manager)
    assert client.get("/admin/").status_code == 200

    delete_user(actor=_SETUP, user=manager, reason=_WHY, now=NOW)

    for _ in range(2):
        answer = client.get("/admin/accounts/user/")
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/")
        answer = client.post(f"/admin/accounts/user/{world.cast.investigator.pk}/suspend/")
        assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("who", ["manager", "vendor"])
def test_nobody_changes_their_own_role(world: World, who: str) -> None:
    member = world.people[who]
    client = client_for(member)
    address = f"/admin/accounts/user/{member.pk}/edit/"
    before = list(member.roles)
    for roles in (["agency_manager", "investigator"], ["auditor"], ["vendor_administrator"], []):
        answer = client.post(
            address,
            {
                "full_name": member.full_name,
                "email": member.email,
                "title": "",
                "roles": roles,
                "timezone": member.timezone,
                "aor": member.aor_id or "",
                "component": member.component_id or "",
                "supervisor": "",
                "reason": _WHY,
            },
        )
        assert answer.status_code in {403, 422}
    assert User.objects.get(pk=member.pk).roles == before


def test_a_refused_act_is_recorded_with_its_rule(world: World) -> None:
    client = client_for(world.cast.manager)
    with recorded():
        answer = client.post(
            f"/admin/accounts/user/{world.cast.manager.pk}/suspend/", {"reason": _WHY}
        )
    assert answer.status_code == 403
    [event] = events_of(Kind.ADMIN_REFUSED, actor=world.cast.manager.pk)
    assert event.fields["outcome_code"] == "not_oneself"


def test_a_reason_of_spaces_changes_nothing(world: World) -> None:
    client = client_for(world.cast.manager)
    found = Termination.objects.get(user=world.cast.investigator)
    answer = client.post(f"/admin/accounts/termination/{found.pk}/withdraw/", {"reason": "   "})
    assert answer.status_code == 422
    found.refresh_from_db()
    assert found.state == "open"
