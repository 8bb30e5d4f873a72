"""What makes the governance pages worth a look: requests, keys and groups under way."""

from io import BytesIO

from PIL import Image, ImageDraw

from accounts.models import AccessRequest, Agency, Aor, Component, User, UserGroup
from accounts.people import person_for
from accounts.request_forms import RequestForm, check_form
from accounts.services.access import Applicant, Grant, approve_request, submit_request
from accounts.services.groups import add_member, create_group
from audit.actors import Origin
from lprsvc.example.load.setting import REASON, Loading

_FORM_LINES = (
    "REQUEST FOR ACCESS (EXAMPLE)",
    "",
    "Name:   Omar Haddad",
    "Title:  Law Enforcement Specialist",
    "Unit:   Fugitive Operations, New York",
    "",
    "Signed: Omar Haddad",
)
_WAITING = Applicant(
    "Omar Haddad",
    "omar.haddad@example.test",
    "Law Enforcement Specialist",
    "Supports the fugitive operations team; looks up plates for officers in the field.",
)
_APPROVED = Applicant(
    "Priya Nair",
    "priya.nair@example.test",
    "Deportation Officer",
    "Joined the fugitive operations team this month.",
)
_GROUP = "Task Force Harbor"


def load_access(loading: Loading, agency: Agency, people: dict[str, User]) -> None:
    """A request that waits, with its signed form; a key that nobody has used; a group."""
    aor = Aor.objects.select_related("agency").get(agency=agency, name="New York")
    if not AccessRequest.objects.filter(email=_WAITING.email).exists():
        _ask(loading, aor, _WAITING, form=_drawn_form())
        loading.say("asked for access: Omar Haddad")
    if not AccessRequest.objects.filter(email=_APPROVED.email).exists():
        request = _ask(loading, aor, _APPROVED, form=None)
        _approve(loading, request, people)
        loading.say("approved access: Priya Nair")
    if not UserGroup.objects.filter(agency=agency, name=_GROUP).exists():
        _make_group(loading, aor, [people["investigator"], people["supervisor"]])
        loading.say(f"made {_GROUP}")


def _ask(
    loading: Loading, aor: Aor, applicant: Applicant, *, form: RequestForm | None
) -> AccessRequest:
    origin = Origin(client="example")
    return submit_request(aor=aor, applicant=applicant, form=form, origin=origin, now=loading.now)


def _approve(loading: Loading, request: AccessRequest, people: dict[str, User]) -> None:
    approve_request(
        actor=person_for(people["manager"]),
        request=request,
        grant=Grant(
            roles=["investigator"],
            component=Component.objects.get(agency=request.agency, code="ERO"),
            supervisor=people["supervisor"],
            timezone=people["manager"].timezone,
        ),
        reason=REASON,
        now=loading.now,
    )


def _make_group(loading: Loading, aor: Aor, members: list[User]) -> None:
    group = create_group(
        actor=loading.actor,
        aor=aor,
        name=_GROUP,
        purpose="Cargo thefts at the harbor",
        reason=REASON,
        now=loading.now,
    )
    for member in members:
        add_member(actor=loading.actor, group=group, user=member, reason=REASON, now=loading.now)


def _drawn_form() -> RequestForm:
    """A page that looks like a scan of the paper form."""
    page = Image.new("RGB", (850, 1100), "white")
    ImageDraw.Draw(page).multiline_text((90, 90), "\n\n".join(_FORM_LINES), fill="black")
    buffer = BytesIO()
    page.save(buffer, "PNG")
    return check_form(buffer.getvalue(), name="request-haddad.png")
