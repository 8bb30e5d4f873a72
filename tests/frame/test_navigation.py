"""Where each person may go, and what every page is headed with."""

from dataclasses import replace
from uuid import UUID

import pytest
from django.test import RequestFactory
from django.urls import NoReverseMatch, get_resolver, reverse
from pytest_django import Settings

from accounts.people import Person
from accounts.roles import Role, permissions_of
from lprsvc import navigation


def person(*roles: Role) -> Person:
    """Somebody with these roles."""
    return Person(
        id="user:1",
        name="Alice",
        log_id=UUID(int=1),
        agency="EXAMPLE",
        aor="New York",
        component="ERO",
        roles=tuple(roles),
        user_id=UUID(int=2),
        permissions=permissions_of(tuple(roles)),
    )


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (
            Role.INVESTIGATOR,
            [
                "Home",
                "New query",
                "Recent queries",
                "Alerts",
                "Error reports",
                "My training",
                "In-box",
            ],
        ),
        (Role.SUPERVISOR, ["Home", "Reviews", "Log", "In-box"]),
        (Role.AGENCY_MANAGER, ["Home", "Reviews", "Coverage", "Log", "Administration", "In-box"]),
        (Role.AUDITOR, ["Home", "Coverage", "Log", "In-box"]),
        (Role.CONTRACTING_OFFICER, ["Home", "Coverage", "In-box"]),
        (Role.PRIVACY_OFFICER, ["Home", "Amendments", "In-box"]),
        (Role.VENDOR_ADMINISTRATOR, ["Home", "Coverage", "Log", "Administration", "In-box"]),
    ],
)
def test_links_are_those_the_role_may_open(role: Role, expected: list[str]) -> None:
    """SAF-1: nobody is shown a door that is shut to them."""
    assert [link.label for link in navigation.links_for(person(role), "/")] == expected


def test_links_mark_the_section_of_the_page() -> None:
    links = navigation.links_for(person(Role.INVESTIGATOR), "/alerts/matches/1/")

    assert [link.label for link in links if link.current] == ["Alerts"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/queries/new/", "New query"),
        ("/queries/", "Recent queries"),
        ("/queries/x/", "Recent queries"),
    ],
)
def test_links_tell_asking_from_what_was_asked(path: str, expected: str) -> None:
    links = navigation.links_for(person(Role.INVESTIGATOR), path)

    assert [link.label for link in links if link.current] == [expected]


def test_links_mark_the_closest_section() -> None:
    both = person(Role.INVESTIGATOR, Role.SUPERVISOR)
    links = navigation.links_for(both, "/queries/reviews/x/")

    assert [link.label for link in links if link.current] == ["Reviews"]


def test_what_waits_is_counted_once_and_only_where_it_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def count(who: Person) -> int:
        asked.append(who.name)
        return 3

    entries = [replace(entry, waiting=count) for entry in navigation.ENTRIES]
    monkeypatch.setattr(navigation, "ENTRIES", entries)
    links = navigation.links_for(person(Role.SUPERVISOR), "/")
    assert asked == []
    assert [links[1].waiting(), links[1].waiting()] == [3, 3]
    assert asked == ["Alice"]


def test_links_mark_home_on_the_start_page_only() -> None:
    links = navigation.links_for(person(Role.AUDITOR), "/log/")

    assert [link.label for link in links if link.current] == ["Log"]


class _ProductionUrls:
    """The addresses of production: without the in-box."""

    urlpatterns = [
        entry for entry in get_resolver().url_patterns if str(entry.pattern) != "dev/mail/"
    ]


@pytest.mark.parametrize("path", ["/", "/log/", "/accounts/rules/", "/queries/x/"])
def test_in_box_is_neither_shown_nor_looked_for_in_production(
    settings: Settings, path: str
) -> None:
    settings.ENVIRONMENT = "production"
    settings.ROOT_URLCONF = _ProductionUrls
    with pytest.raises(NoReverseMatch):
        reverse("dev_mail")

    links = navigation.links_for(person(Role.AUDITOR), path)

    assert [link.label for link in links] == ["Home", "Coverage", "Log"]


def test_frame_before_log_on_has_no_navigation() -> None:
    context = navigation.navigation(RequestFactory().get("/accounts/login/"))

    assert context["person"] is None
    assert context["navigation"] == []


def test_frame_names_role_and_place() -> None:
    request = RequestFactory().get("/")
    request.person = person(Role.INVESTIGATOR, Role.SUPERVISOR)  # type: ignore[attr-defined]

    context = navigation.navigation(request)

    assert context["person_role"] == "Investigator, Supervisor"
    assert context["person_place"] == "EXAMPLE, ERO, New York"


def test_log_on_page_names_the_people_of_the_example_and_of_nothing_else(
    rf: RequestFactory, settings: Settings
) -> None:
    shown = {}
    for environment in ("example", "test", "production"):
        settings.ENVIRONMENT = environment
        shown[environment] = navigation.navigation(rf.get("/accounts/login/"))
    people = dict(shown["example"]["example_people"])
    assert people["investigator"] == "Deportation Officer, EXAMPLE, ERO, New York"
    assert shown["example"]["example_password"]
    for environment in ("test", "production"):
        assert not {"example_people", "example_password"} & set(shown[environment])


def test_people_of_the_example_are_on_no_other_page(rf: RequestFactory, settings: Settings) -> None:
    settings.ENVIRONMENT = "example"
    assert "example_people" not in navigation.navigation(rf.get("/rules/"))
