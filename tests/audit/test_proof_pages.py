"""What the log's readers see of its proofs, and what they may take away (AUD-4, AUD-5, AUD-6)."""

import io
from pathlib import Path

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.models.people import user_actor_id
from audit import verifier
from audit.kinds import Kind
from audit.models import Event
from audit.services import Recorded
from audit.tree import store
from audit.tree.notes import Signer
from audit.tree.running import Sequencer
from audit.tree.signing import Memory
from tests.audit.test_log_pages import asked
from tests.audited import recorded
from tests.cast import Cast, client_for
from tests.harness.database import Connect, logged_on_as

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
READERS = ["auditor", "manager", "supervisor"]


def sign(folder: Path) -> None:
    with logged_on_as("lpr_sequencer"):
        Sequencer(key=KEY, memory=Memory(folder / "state.json"), clock=lambda: 0.0).step()


@pytest.fixture
def entry(committed_db: None, cast: Cast, tmp_path: Path) -> Recorded:
    """A query of the investigator, signed."""
    entry = asked(cast.investigator.person, "AAA111")
    sign(tmp_path)
    return entry


def origin_of(cast: Cast) -> str:
    return store.get_head(cast.auditor.person.log_id).origin


def test_an_entrys_page_shows_its_place(cast: Cast, entry: Recorded) -> None:
    """AUD-4."""
    page = client_for(cast.auditor).get(reverse("log_event", args=[entry.id]))
    proof = page.context["proof"]
    assert proof.leaf.hash.hex() == entry.leaf_hash
    assert page.context["path"].root[:10] == proof.checkpoint.root.hex()[:10]
    assert b"Draw the path" in page.content


def test_an_entry_not_yet_signed_says_so(committed_db: None, cast: Cast) -> None:
    entry = asked(cast.investigator.person, "AAA111")
    page = client_for(cast.auditor).get(reverse("log_event", args=[entry.id]))
    assert b"Not signed yet" in page.content
    answer = client_for(cast.auditor).get(reverse("log_event_proof", args=[entry.id]))
    assert answer.status_code == 404


@pytest.mark.parametrize("reader", READERS)
def test_a_proof_is_for_whoever_may_read_the_entry(
    cast: Cast, entry: Recorded, reader: str
) -> None:
    """AUD-6: and that it was taken is on record."""
    client = client_for(getattr(cast, reader))
    with recorded() as events:
        answer = client.get(reverse("log_event_proof", args=[entry.id]))
    assert answer.status_code == 200
    assert answer.content.startswith(b"c2sp.org/tlog-proof@v1\nindex ")
    assert [event.kind for event in events] == [Kind.AUDIT_EXPORTED]


@pytest.mark.parametrize("reader", ["vendor"])
def test_a_proof_out_of_scope_looks_like_none(cast: Cast, entry: Recorded, reader: str) -> None:
    """AUD-5."""
    client = client_for(getattr(cast, reader))
    with recorded() as events:
        answer = client.get(reverse("log_event_proof", args=[entry.id]))
    assert answer.status_code == 404
    assert [(event.kind, event.outcome) for event in events] == [(Kind.AUDIT_EXPORTED, "refused")]


def test_a_log_that_holds_is_checked_on_the_page(cast: Cast, entry: Recorded) -> None:
    """AUD-4."""
    client = client_for(cast.auditor)
    with recorded() as events:
        page = client.post(reverse("log_check"))
    assert b"All of it holds" in page.content
    assert events[0].kind == Kind.AUDIT_VERIFIED
    assert events[0].outcome == "ok"
    assert Signer(origin_of(cast), KEY).verifier.name.encode() in page.content


def test_a_log_that_was_changed_is_named_broken(
    cast: Cast, entry: Recorded, connect_as: Connect
) -> None:
    """AUD-4: by the database's own administrator, the triggers off."""
    superuser: psycopg.Connection = connect_as("postgres")
    superuser.execute("ALTER TABLE audit.event DISABLE TRIGGER ALL")
    superuser.execute(
        'UPDATE audit.event SET fields = fields || \'{"plate": "ZZZ999"}\' WHERE id = %s',
        [entry.id],
    )
    superuser.execute("ALTER TABLE audit.event ENABLE TRIGGER ALL")
    client = client_for(cast.auditor)
    with recorded() as events:
        page = client.post(reverse("log_check"))
    assert b"The log does not hold" in page.content
    assert str(entry.id).encode() in page.content
    assert events[0].kind == Kind.AUDIT_VERIFIED
    assert events[0].fields["outcome_code"] == "log_broken"


@pytest.mark.parametrize("change", ["leaf", "checkpoint", "unsigned"])
def test_each_check_can_fail(cast: Cast, entry: Recorded, connect_as: Connect, change: str) -> None:
    superuser = connect_as("postgres")
    sql = {
        "leaf": "UPDATE audit.leaf SET hash = sha256('x') WHERE id = %s",
        "checkpoint": "UPDATE audit.checkpoint SET note = replace(note, chr(10), 'x' || chr(10))"
        " WHERE %s IS NOT NULL",
        "unsigned": "DELETE FROM audit.checkpoint WHERE %s IS NOT NULL",
    }[change]
    table = "leaf" if change == "leaf" else "checkpoint"
    superuser.execute(f"ALTER TABLE audit.{table} DISABLE TRIGGER ALL")
    superuser.execute(sql, [entry.id])
    page = client_for(cast.auditor).post(reverse("log_check"))
    assert b"The log does not hold" in page.content


@pytest.mark.parametrize("reader", [*READERS, "vendor"])
def test_the_proof_page_is_for_the_logs_readers(cast: Cast, entry: Recorded, reader: str) -> None:
    page = client_for(getattr(cast, reader)).get(reverse("log_proof"))
    assert page.status_code == 200
    assert b"can\xe2\x80\x99t prove" in page.content


def test_a_log_is_exported_and_verified_by_commands(
    cast: Cast, entry: Recorded, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """AUD-6: the investigator's part whole, of the rest who acted and no more."""
    path, policy = tmp_path / "log.zip", tmp_path / "policy"
    policy.write_text(f"log {Signer(origin_of(cast), KEY).verifier}\n", "utf-8")
    of_actor = user_actor_id(cast.investigator.pk)
    said = io.StringIO()
    call_command("audit_export", origin_of(cast), str(path), actor=of_actor, stdout=said)
    assert "root" in said.getvalue()
    event = Event.objects.filter(kind=Kind.AUDIT_EXPORTED).latest("at")
    assert event.fields["of_actor"] == of_actor
    with pytest.raises(SystemExit) as ended:
        call_command("audit_verify", str(path), "--policy", str(policy))
    assert ended.value.code == 0
    assert capsys.readouterr().out.strip().startswith("VALID.")
    report = verifier.verify(path, policy=verifier.Policy.parse(policy.read_text("utf-8")))
    assert report.counts["full"] >= 1
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(SystemExit) as ended:
        call_command("audit_verify", str(path))
    assert ended.value.code == 1


@pytest.mark.parametrize("fault", ["unknown log", "file there", "no folder", "not signed"])
def test_an_export_that_can_not_be_made_says_why(
    committed_db: None, cast: Cast, tmp_path: Path, fault: str
) -> None:
    origin, path = origin_of(cast), tmp_path / "log.zip"
    if fault != "not signed":
        asked(cast.investigator.person, "AAA111")
        sign(tmp_path)
    if fault == "unknown log":
        origin = "nobody/here"
    elif fault == "file there":
        path.write_text("mine", "utf-8")
    elif fault == "no folder":
        path = tmp_path / "none" / "log.zip"
    with pytest.raises(CommandError):
        call_command("audit_export", origin, str(path))
    assert fault == "file there" or not list(tmp_path.glob("**/log.zip*"))
