"""Roles as data: what each role may do. One person may hold several (a supervisor who also asks).

Source: PIA "Auditing and Accountability" and footnotes 5 and 24; requirements "People".
"""

from enum import StrEnum

from lprsvc.lib.permissions import Permission as P


class Role(StrEnum):
    """A role a person may hold; the value is what is stored and logged, for ever."""

    INVESTIGATOR = "investigator"
    SUPERVISOR = "supervisor"
    AGENCY_MANAGER = "agency_manager"
    AUDITOR = "auditor"
    CONTRACTING_OFFICER = "contracting_officer"
    PRIVACY_OFFICER = "privacy_officer"
    VENDOR_ADMINISTRATOR = "vendor_administrator"


ROLE_LABELS: dict[Role, str] = {
    Role.INVESTIGATOR: "Investigator",
    Role.SUPERVISOR: "Supervisor",
    Role.AGENCY_MANAGER: "Agency manager",
    Role.AUDITOR: "Auditor",
    Role.CONTRACTING_OFFICER: "Contracting officer",
    Role.PRIVACY_OFFICER: "Privacy officer",
    Role.VENDOR_ADMINISTRATOR: "Vendor administrator",
}

ROLE_PERMISSIONS: dict[Role, frozenset[P]] = {
    Role.INVESTIGATOR: frozenset({P.RUN_QUERIES, P.KEEP_ALERTS}),
    Role.SUPERVISOR: frozenset({P.READ_LOG_TEAM, P.REVIEW_QUERIES}),
    # Reviews the queries of those who have no supervisor.
    Role.AGENCY_MANAGER: frozenset(
        {
            P.READ_LOG_AORS,
            P.MANAGE_USERS,
            P.PUBLISH_RULES,
            P.REVIEW_QUERIES,
            P.ENTER_ADMIN,
            P.VIEW_COVERAGE,
        }
    ),
    Role.AUDITOR: frozenset({P.READ_LOG_AGENCY, P.VIEW_COVERAGE}),
    # Whoever answers for the contract sees whether its line is kept (ING-7).
    Role.CONTRACTING_OFFICER: frozenset({P.VIEW_COVERAGE}),
    # Asks for amendments without seeing a read (QRY-10).
    Role.PRIVACY_OFFICER: frozenset({P.REQUEST_AMENDMENTS}),
    # Never the content of an agency's queries (AUD-5).
    Role.VENDOR_ADMINISTRATOR: frozenset(
        {
            P.MANAGE_AGENCIES,
            P.PUBLISH_RULES,
            P.MANAGE_SOURCES,
            P.REVIEW_READS,
            P.VIEW_COVERAGE,
            P.MANAGE_OFFENSES,
            P.READ_LOG_VENDOR,
            P.ENTER_ADMIN,
        }
    ),
}

# Who may give which role to somebody. An agency manager gives the roles of daily work; whoever
# oversees managers comes from the vendor, on the agency's order, and stands in the agency's log.
ROLES_GIVEN_BY: dict[Role, frozenset[Role]] = {
    Role.INVESTIGATOR: frozenset(),
    Role.SUPERVISOR: frozenset(),
    Role.AGENCY_MANAGER: frozenset({Role.INVESTIGATOR, Role.SUPERVISOR}),
    Role.AUDITOR: frozenset(),
    Role.CONTRACTING_OFFICER: frozenset(),
    Role.PRIVACY_OFFICER: frozenset(),
    Role.VENDOR_ADMINISTRATOR: frozenset(
        {
            Role.AGENCY_MANAGER,
            Role.AUDITOR,
            Role.CONTRACTING_OFFICER,
            Role.PRIVACY_OFFICER,
            Role.VENDOR_ADMINISTRATOR,
        }
    ),
}


def permissions_of(roles: list[str] | tuple[str, ...]) -> frozenset[P]:
    """All that the roles together may do. An unknown role raises ValueError."""
    return frozenset().union(*(ROLE_PERMISSIONS[Role(role)] for role in roles))
