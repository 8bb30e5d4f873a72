"""Somebody comes to have access: request → approval → mail → registration → log-on → rules."""

import re
from email.message import EmailMessage

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import AccessRequest, AccessRequestState, User
from accounts.selectors import current_rules_for
from audit.kinds import Kind
from audit.models import Event
from tests.accounts.access_world import ANSWERS, CHOSEN
from tests.accounts.test_access_forms import PDF
from tests.cast import Cast, client_for, new_client
from tests.harness.mail import Inbox
from tests.harness.processes import Running

_NORA = "nora.ek@example.test"


def _to(inbox: Inbox, address: str, count: int) -> list[EmailMessage]:
    """The mails to an address, once `count` have come in all."""
    return [one for one in inbox.wait_for(count) if one["X-Envelope-To"] == address]


def _text(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    text: str = body.get_content()
    return text


def test_from_the_request_to_the_first_log_on(
    cast: Cast, running_worker: Running, smtp_server: Inbox
) -> None:
    """ACC-1, ACC-3, ACC-4, ACC-5."""
    nora, manager = new_client(), client_for(cast.manager)

    # She asks, with the scan of the signed form, and her manager is told by mail.
    asked = nora.post(
        "/access/agency/EXAMPLE/",
        {
            "full_name": "Nora Ek",
            "email": _NORA,
            "title": "Deportation Officer",
            "aor": cast.new_york.pk,
            "need": "Fugitive cases.",
            "form": SimpleUploadedFile("signed.pdf", PDF),
        },
    )
    assert asked["Location"] == "/access/sent/"
    [told] = _to(smtp_server, cast.manager.email, 1)
    request = AccessRequest.objects.get()
    assert f"/admin/accounts/accessrequest/{request.pk}/change/" in _text(told)
    assert "Nora" not in told["Subject"]

    # He reads the form and approves.
    page = f"/admin/accounts/accessrequest/{request.pk}/"
    assert manager.get(f"{page}form/").content == PDF
    decided = manager.post(
        f"{page}approve/",
        {
            "roles": ["investigator"],
            "component": cast.ero.pk,
            "supervisor": str(cast.supervisor.pk),
            "timezone": "America/New_York",
            "reason": "in my unit",
        },
    )
    assert decided.status_code == 302

    # The key comes by mail, as text and as HTML.
    [letter] = _to(smtp_server, _NORA, 2)
    text = _text(letter)
    found = re.search(r"^Registration key: (\S+)\s*$", text, re.MULTILINE)
    assert found is not None
    key = found[1]
    html = letter.get_body(("html",))
    assert html is not None
    assert key in html.get_content()
    assert f"/accounts/register/#{key}" in text
    assert key not in letter["Subject"]
    request.refresh_from_db()
    assert request.state == AccessRequestState.KEY_SENT

    # With it she chooses how she logs on.
    chosen = {
        "email": _NORA,
        "key": key,
        "username": "nora.ek",
        "password1": CHOSEN,
        "password2": CHOSEN,
    }
    for number, (question, answer) in enumerate(ANSWERS, start=1):
        chosen |= {f"question_{number}": question, f"answer_{number}": answer}
    registered = nora.post("/accounts/register/", chosen)
    assert registered["Location"] == "/accounts/login/"

    # The same key again opens nothing, whoever has it.
    again = new_client().post("/accounts/register/", chosen | {"username": "somebody-else"})
    assert again.status_code == 422

    # She logs on as everybody does, and sees the rules before anything else.
    logged = nora.post("/accounts/login/", {"login": "nora.ek", "password": CHOSEN})
    assert logged["Location"] == "/accounts/rules/"
    assert nora.get("/queries/new/")["Location"].startswith("/accounts/login/")
    rules = current_rules_for(cast.agency.pk)
    assert rules is not None
    nora.post("/accounts/rules/", {"decision": "affirm", "rules": rules.pk})
    assert nora.get("/").status_code == 200

    # The log tells the whole story, and no secret.
    user = User.objects.get(username="nora.ek")
    events = list(Event.objects.filter(log_id=cast.agency.log_id).order_by("id"))
    told_kinds = [event.kind for event in events if "nora" in str(event.fields).lower()]
    for kind in (Kind.NOTICE_SENT, Kind.CREDENTIAL_REGISTERED, Kind.SESSION_LOGIN):
        assert kind in told_kinds or kind in {
            event.kind for event in events if event.actor == f"user:{user.pk}"
        }
    written = str([event.fields for event in events])
    assert key not in written
    assert CHOSEN not in written
