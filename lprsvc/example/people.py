"""The example agencies and their people, whose fixed password is fit for nothing else."""

from dataclasses import dataclass

# Long enough for the service's own password rule; printed by `make run`.
EXAMPLE_PASSWORD = "seven-artificial-cars"  # noqa: S105  no secret: it is printed
_DOMAIN = "example.test"


@dataclass(frozen=True, slots=True)
class ExampleComponent:
    """A part of an agency, with how far back it may ask (None: by the offense) and the rule that
    says so."""

    code: str
    name: str
    max_lookback_years: int | None
    lookback_source: str


@dataclass(frozen=True, slots=True)
class ExampleAor:
    """An area of responsibility and its time zone."""

    name: str
    timezone: str


@dataclass(frozen=True, slots=True)
class ExampleAgency:
    """An agency with its components, AORs and reason codes (code, label)."""

    code: str
    name: str
    timezone: str
    components: tuple[ExampleComponent, ...]
    aors: tuple[ExampleAor, ...]
    reason_codes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ExamplePerson:
    """One who can log on. `agency`, `component`, `aor` and `supervisor` are codes and user names,
    empty where the person has none; `roles` are values of `accounts.roles.Role`."""

    username: str
    full_name: str
    title: str
    agency: str
    component: str
    aor: str
    roles: tuple[str, ...]
    supervisor: str
    timezone: str

    @property
    def email(self) -> str:
        """An address that no mail server will ever deliver to."""
        return f"{self.username}@{_DOMAIN}"


_FIVE_YEARS = "PIA DHS/ICE/PIA-039(a), p. 7: ERO may query no more than five years back"
_BY_OFFENSE = "PIA DHS/ICE/PIA-039(a), p. 7: HSI by the offense's statute of limitations"
_REASONS = (
    ("criminal-investigation", "Criminal investigation"),
    ("civil-enforcement", "Civil immigration enforcement"),
    ("fugitive", "Fugitive operations"),
    ("missing-person", "Missing person"),
    ("human-trafficking", "Human trafficking"),
    ("smuggling", "Smuggling"),
)

AGENCIES: tuple[ExampleAgency, ...] = (
    ExampleAgency(
        code="EXAMPLE",
        name="Example Agency",
        timezone="America/New_York",
        components=(
            ExampleComponent("ERO", "Enforcement and Removal Operations", 5, _FIVE_YEARS),
            ExampleComponent("HSI", "Homeland Security Investigations", None, _BY_OFFENSE),
        ),
        aors=(
            ExampleAor("New York", "America/New_York"),
            ExampleAor("Chicago", "America/Chicago"),
        ),
        reason_codes=_REASONS,
    ),
    ExampleAgency(
        code="OTHER",
        name="Other Agency",
        timezone="America/Chicago",
        components=(
            ExampleComponent("INV", "Investigations", 5, "Other Agency order 1: five years"),
        ),
        aors=(ExampleAor("Dallas", "America/Chicago"),),
        reason_codes=_REASONS[:1] + _REASONS[3:5],
    ),
)

_NEW_YORK, _CHICAGO = "America/New_York", "America/Chicago"

# Supervisors come before their people, so that each can be made in this order.
PEOPLE: tuple[ExamplePerson, ...] = (
    ExamplePerson("supervisor", "Sam Okafor", "Supervisory Detention and Deportation Officer",
                  "EXAMPLE", "ERO", "New York", ("supervisor", "investigator"), "", _NEW_YORK),
    ExamplePerson("investigator", "Alice Moreno", "Deportation Officer", "EXAMPLE", "ERO",
                  "New York", ("investigator",), "supervisor", _NEW_YORK),
    ExamplePerson("investigator2", "Bob Lindqvist", "Special Agent", "EXAMPLE", "HSI", "Chicago",
                  ("investigator",), "supervisor", _CHICAGO),
    ExamplePerson("manager", "Grace Whitfield", "Management and Program Analyst", "EXAMPLE", "ERO",
                  "New York", ("agency_manager",), "", _NEW_YORK),
    ExamplePerson("auditor", "Ivan Castellano", "Professional Responsibility", "EXAMPLE", "", "",
                  ("auditor",), "", _NEW_YORK),
    ExamplePerson("vendor", "Vera Lund", "Vendor administrator", "", "", "",
                  ("vendor_administrator",), "", _NEW_YORK),
    ExamplePerson("other-investigator", "Oscar Delgado", "Investigator", "OTHER", "INV", "Dallas",
                  ("investigator",), "", _CHICAGO),
)  # fmt: skip
