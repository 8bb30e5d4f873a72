"""`POST /api/v1/reads/` and receipts, as camera software calls them (ING-2, ING-4; interfaces)."""

import hashlib
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import Client, override_settings

from ingest import selectors
from ingest.models import Batch
from ingest.rules import MAX_READS_PER_DELIVERY
from ingest.services.sources import pause_source, revoke_feed_key
from lprsvc.lib.ids import uuid7
from tests.ingest.feed import (
    ACTOR,
    CLOSE_UP,
    NOW,
    SCENE,
    WHY,
    Feed,
    hits,
    make_feed,
    payload,
)

URL = "/api/v1/reads/"


def assert_problem(response: Any, status: int, code: str) -> str:
    """RFC 9457, with a detail that people can act on."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert (problem["status"], problem["code"]) == (status, code)
    return str(problem["detail"])


def test_one_read_as_json_is_stored(feed: Feed) -> None:
    response = feed.post(payload())
    assert response.status_code == 200
    (read,) = hits()
    assert response.json() == {
        "receipt": str(read.batch_id),
        "stored": 1,
        "duplicate": 0,
        "quarantined": 0,
        "refused": 0,
        "reads": [{"index": 0, "outcome": "stored", "id": str(read.id), "reason": None}],
    }


def test_list_of_reads_has_an_outcome_each(feed: Feed) -> None:
    body = feed.post([payload(), payload(), payload(plate=""), 7]).json()
    assert [(read["index"], read["outcome"], read["reason"]) for read in body["reads"]] == [
        (0, "stored", None),
        (1, "duplicate", None),
        (2, "quarantined", "no_plate"),
        (3, "quarantined", "payload_invalid"),
    ]


@pytest.mark.parametrize("content_type", ["application/x-ndjson", "application/ndjson"])
def test_lines_of_json_are_stored(feed: Feed, content_type: str) -> None:
    lines = b"\n\n".join(orjson.dumps(payload(plate=plate)) for plate in ("A1", "A2", "A3"))
    assert feed.post(lines + b"\r\n", content_type).json()["stored"] == 3


@pytest.mark.parametrize("as_file", [True, False])
def test_multipart_brings_photographs_as_parts(feed: Feed, as_file: bool) -> None:
    photos = [{"role": "scene", "part": "s1"}, {"role": "plate", "part": "p1"}]
    reads = orjson.dumps([payload(photos=photos), payload(plate="A2", photos=photos)])
    form = {
        "reads": SimpleUploadedFile("reads.json", reads) if as_file else reads.decode(),
        "s1": SimpleUploadedFile("1.jpg", SCENE),
        "p1": SimpleUploadedFile("anything", CLOSE_UP),
    }
    assert feed.post(form, "multipart").json()["stored"] == 2
    assert bytes(hits()[0].scene_sha256) == hashlib.sha256(SCENE).digest()


def test_multipart_takes_lines_of_json(feed: Feed) -> None:
    lines = b"\n".join(orjson.dumps(payload(plate=plate)) for plate in ("A1", "A2"))
    assert feed.post({"reads": SimpleUploadedFile("r", lines)}, "multipart").json()["stored"] == 2


def test_part_that_is_missing_sends_its_read_to_quarantine(feed: Feed) -> None:
    photos = [{"role": "scene", "part": "s1"}, {"role": "plate", "part": "p1"}]
    form = {"reads": orjson.dumps(payload(photos=photos)).decode()}
    (read,) = feed.post(form, "multipart").json()["reads"]
    assert (read["outcome"], read["reason"]) == ("quarantined", "photographs_missing")


def test_file_on_our_disk_is_nothing_a_request_can_name(feed: Feed) -> None:
    photos = [{"role": "scene", "file": "/etc/passwd"}, {"role": "plate", "file": "x"}]
    (read,) = feed.post(payload(photos=photos)).json()["reads"]
    assert read["reason"] == "photographs_missing"


# --- bodies that can't be read -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "content_type", "where"),
    [
        (b" ", "application/json", "empty"),
        (b'{"plate": "ABC",}', "application/json", "line 1, column 16"),
        (b'[\n{},\n{"plate": NaN}]', "application/json", "line 3"),
        (b'{"plate": "\xff"}', "application/json", "line 1"),
        (b'{"plate":"A"}\n{"plate"\n', "application/x-ndjson", "line 2"),
    ],
)
def test_malformed_body_is_refused_with_where(
    feed: Feed, body: bytes, content_type: str, where: str
) -> None:
    assert where in assert_problem(feed.post(body, content_type), 400, "malformed")
    assert not Batch.objects.exists()


def test_multipart_without_reads_is_malformed(feed: Feed) -> None:
    response = feed.post({"other": "1"}, "multipart")
    assert "reads" in assert_problem(response, 400, "malformed")


def test_multipart_without_boundary_is_malformed(feed: Feed) -> None:
    response = feed.post(b"--x", "multipart/form-data")
    assert_problem(response, 400, "malformed")


def test_limit_of_reads_holds_to_the_read(feed: Feed) -> None:
    line = b"{}\n"
    at_limit = feed.post(line * MAX_READS_PER_DELIVERY, "application/x-ndjson")
    assert at_limit.json()["quarantined"] == MAX_READS_PER_DELIVERY
    over: list[Any] = [{}] * (MAX_READS_PER_DELIVERY + 1)
    assert_problem(feed.post(over), 413, "too_much")
    lines = feed.post(line * (MAX_READS_PER_DELIVERY + 1), "application/x-ndjson")
    assert_problem(lines, 413, "too_much")


def test_long_body_is_refused_unread(feed: Feed) -> None:
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1_000):
        assert_problem(feed.post(b"x" * 1_001), 413, "too_much")
        big = {"reads": "{}", "s1": SimpleUploadedFile("1.jpg", b"x" * 2_000)}
        assert_problem(feed.post(big, "multipart"), 413, "too_much")


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate"])
def test_packed_body_is_refused(feed: Feed, encoding: str) -> None:
    response = feed.post(b"\x1f\x8b", HTTP_CONTENT_ENCODING=encoding)
    assert encoding in assert_problem(response, 415, "unsupported")


def test_body_of_unknown_length_is_refused(feed: Feed) -> None:
    response = feed.post(payload(), HTTP_TRANSFER_ENCODING="chunked")
    assert_problem(response, 411, "length_required")


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", ""])
def test_other_content_types_are_refused(feed: Feed, content_type: str) -> None:
    response = feed.post(orjson.dumps(payload()), content_type)
    assert "application/json" in assert_problem(response, 415, "unsupported")


# --- who may -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header", ["", "Token", "Token ", "Token wrong", "Token é", "Bearer {0}", "Token {0}x"]
)
def test_wrong_key_is_refused(feed: Feed, header: str) -> None:
    headers = {"Authorization": header.format(feed.issued.secret)}
    response = Client().post(URL, payload(), content_type="application/json", headers=headers)
    assert_problem(response, 401, "feed_key_wrong")
    assert response["WWW-Authenticate"].startswith("Token")


# ING-1
def test_revoked_key_is_refused_at_once(feed: Feed) -> None:
    revoke_feed_key(actor=ACTOR, feed_key=feed.issued.key, reason=WHY, now=NOW)
    assert_problem(feed.post(payload()), 401, "feed_key_wrong")


# ING-1
def test_paused_source_is_refused_at_once(feed: Feed) -> None:
    pause_source(actor=ACTOR, source=feed.source, reason=WHY, now=NOW)
    assert "paused" in assert_problem(feed.post(payload()), 403, "source_paused")


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "head", "options"])
def test_other_methods_are_refused(feed: Feed, method: str) -> None:
    response = getattr(Client(), method)(URL, headers=feed.headers())
    assert response.status_code == 405
    assert response["Allow"] == "POST"


# --- when something is away --------------------------------------------------------------------


# ING-4: nothing is acknowledged that is not kept.
def test_storage_that_is_away_gives_503(feed: Feed, photograph_folder: Path) -> None:
    photograph_folder.write_text("no folder can be made here")
    assert_problem(feed.post(payload()), 503, "storage_unavailable")
    assert not Batch.objects.exists()


def test_database_that_is_away_gives_503(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(selectors, "find_feed_key", fail)
    assert_problem(feed.post(payload()), 503, "database_unavailable")


# --- receipts ----------------------------------------------------------------------------------


def test_receipt_can_be_asked_for_again(feed: Feed) -> None:
    receipt = feed.post([payload(), payload(plate="")]).json()
    response = Client().get(f"/api/v1/receipts/{receipt['receipt']}/", headers=feed.headers())
    assert response.status_code == 200
    kept = response.json()
    assert {name: kept[name] for name in ("receipt", "stored", "quarantined")} == {
        "receipt": receipt["receipt"],
        "stored": 1,
        "quarantined": 1,
    }
    held = receipt["reads"][1]
    assert held.pop("detail") == "The read has no plate."
    assert kept["reads"] == [held]


def test_receipt_of_another_source_looks_like_none(feed: Feed) -> None:
    receipt = feed.post(payload()).json()["receipt"]
    other = make_feed("NY-TOLL").headers()
    theirs = Client().get(f"/api/v1/receipts/{receipt}/", headers=other)
    unknown = Client().get(f"/api/v1/receipts/{uuid7()}/", headers=other)
    assert assert_problem(theirs, 404, "not_found") == assert_problem(unknown, 404, "not_found")


def test_receipt_needs_a_key(feed: Feed) -> None:
    receipt = feed.post(payload()).json()["receipt"]
    assert_problem(Client().get(f"/api/v1/receipts/{receipt}/"), 401, "feed_key_wrong")
    response = Client().post(f"/api/v1/receipts/{receipt}/", headers=feed.headers())
    assert_problem(response, 405, "method_not_allowed")
