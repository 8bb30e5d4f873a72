"""`POST /api/v1/feeds/<format>/`, as vendors' software calls it (ING-2, ING-4; interfaces)."""

import logging
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from ingest.formats.feeds import FORMATS
from ingest.models import Batch, QuarantinedRead
from ingest.services.sources import pause_source, revoke_feed_key
from ingest.storage import put_photographs
from tests.ingest.feed import ACTOR, NOW, SCENE, WHY, Feed, hits
from tests.ingest.test_api import assert_problem
from tests.ingest.vendors import (
    openalpr_group,
    openalpr_heartbeat,
    openalpr_results,
    stream_result,
    stream_webhook,
)


def post(
    feed: Feed,
    name: str,
    body: Any,
    content_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
    **query: str,
) -> Any:
    """Deliver; `camera` in the address names the fixed camera unless told otherwise."""
    address = f"/api/v1/feeds/{name}/"
    query.setdefault("camera", "FIXED")
    headers = feed.headers() if headers is None else headers
    query_string = "&".join(f"{key}={value}" for key, value in query.items())
    if isinstance(body, dict) and content_type == "multipart":
        return Client().post(f"{address}?{query_string}", body, headers=headers)
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    return Client().post(
        f"{address}?{query_string}", data, content_type=content_type, headers=headers
    )


def part(name: str, data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def test_group_is_stored_and_its_receipt_kept(feed: Feed) -> None:
    body = post(feed, "openalpr", openalpr_group()).json()
    (read,) = hits()
    assert (body["stored"], body["reads"][0]["id"]) == (1, str(read.id))
    assert read.camera.code == "FIXED"
    batch = Batch.objects.get(pk=body["receipt"])
    assert (batch.format, batch.stored, batch.feed_key) == ("openalpr", 1, feed.issued.key)


def test_multipart_brings_the_picture(feed: Feed) -> None:
    form = {
        "json": orjson.dumps(stream_webhook()).decode(),
        "upload": part("image.jpg", SCENE),
    }
    assert post(feed, "platerecognizer", form, "multipart").json()["stored"] == 1
    assert hits()[0].plate_is_derived


def test_picture_without_a_file_name_comes_through(feed: Feed) -> None:
    """Some cameras send a picture as a plain field."""
    boundary = b"frontier"
    document = orjson.dumps(stream_webhook())
    body = b"".join(
        b'--frontier\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name, data)
        for name, data in ((b"json", document), (b"upload", SCENE))
    )
    content_type = f"multipart/form-data; boundary={boundary.decode()}"
    response = post(feed, "platerecognizer", body + b"--frontier--\r\n", content_type)
    assert response.json()["stored"] == 1


@pytest.mark.parametrize("content_type", ["text/plain", "application/octet-stream", "", "x/y"])
def test_body_is_read_whatever_it_says_it_is(feed: Feed, content_type: str) -> None:
    assert post(feed, "openalpr", openalpr_group(), content_type).json()["stored"] == 1


def test_several_messages_come_as_a_list(feed: Feed) -> None:
    messages = [openalpr_group(), openalpr_heartbeat(), {"openalpr_webhook": "test"}]
    body = post(feed, "openalpr", messages).json()
    assert (body["stored"], body["heartbeats"]) == (1, 2)
    assert body["note"] == "heartbeat; test of the address"


def test_what_is_no_read_has_a_receipt_too(feed: Feed) -> None:
    body = post(feed, "openalpr", {"openalpr_webhook": "test"}).json()
    assert (body["reads"], body["note"]) == ([], "test of the address")
    kept = Client().get(f"/api/v1/receipts/{body['receipt']}/", headers=feed.headers()).json()
    assert kept["note"] == "test of the address"


# --- redelivery ----------------------------------------------------------------------------------


def test_redelivery_is_a_duplicate_and_never_an_error(feed: Feed) -> None:  # ING-4
    first = post(feed, "openalpr", openalpr_group()).json()
    again = post(feed, "openalpr", openalpr_group())
    assert again.status_code == 200
    assert (again.json()["duplicate"], again.json()["stored"]) == (1, 0)
    assert again.json()["reads"][0]["id"] == first["reads"][0]["id"]


@pytest.mark.parametrize(
    "changes",
    [
        {"epoch_start": openalpr_group()["epoch_start"] + 40},
        {"best_plate_number": "A8C123"},
        {"best_region": "us-nj"},
        {"uuids": [openalpr_group()["best_uuid"]], "best_uuid": "", "best_plate_number": "B1"},
    ],
)
def test_same_sighting_told_otherwise_makes_no_second_read(
    feed: Feed, changes: dict[str, Any]
) -> None:  # ING-4
    first = post(feed, "openalpr", openalpr_group()).json()["reads"][0]["id"]
    (read,) = post(feed, "openalpr", openalpr_group(**changes)).json()["reads"]
    assert (read["outcome"], read["reason"]) == ("quarantined", "redelivered_changed")
    assert first in QuarantinedRead.objects.get().detail
    assert (len(hits()), len(hits("A8C123")), len(hits("B1"))) == (1, 0, 0)


def test_preview_after_its_group_is_a_duplicate(feed: Feed) -> None:
    post(feed, "openalpr", openalpr_group())
    preview = openalpr_group(is_preview=True, best_plate_number="A8C123")
    (read,) = post(feed, "openalpr", preview).json()["reads"]
    assert (read["outcome"], read["id"]) == ("duplicate", str(hits()[0].id))


def test_preview_before_its_group_is_not_stored(feed: Feed) -> None:
    preview = openalpr_group(is_preview=True, best_plate_number="A8C123")
    (read,) = post(feed, "openalpr", preview).json()["reads"]
    assert (read["outcome"], read["reason"]) == ("quarantined", "preview")
    assert post(feed, "openalpr", openalpr_group()).json()["stored"] == 1
    assert (len(hits()), hits("A8C123")) == (1, [])


def test_ids_of_one_delivery_are_compared_too(feed: Feed) -> None:
    messages = [openalpr_group(), openalpr_group(best_plate_number="A8C123"), openalpr_group()]
    outcomes = [read["outcome"] for read in post(feed, "openalpr", messages).json()["reads"]]
    assert outcomes == ["stored", "quarantined", "duplicate"]


# --- what is not understood ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b'{"data_type": "alpr_gr', "line 1"),
        (b'{"data_type": NaN}', "line 1"),
        (b'{"x": "\xff\xfe"}', "line 1"),
        (b"plate=ABC123", "line 1"),
        (b"[" * 5_000 + b"]" * 5_000, "line 1"),
        (b'{"new": {"kind": ["of", "message"]}}', "data_type"),
        (b"[[[[]]]]", "an object"),
    ],
)
def test_what_nobody_understands_waits_in_quarantine(
    feed: Feed, body: bytes, detail: str
) -> None:  # ING-5
    answer = post(feed, "openalpr", body)
    assert answer.status_code == 200
    (read,) = answer.json()["reads"]
    assert (read["outcome"], read["reason"]) == ("quarantined", "payload_invalid")
    entry = QuarantinedRead.objects.get()
    assert detail in entry.detail
    assert entry.payload["original"] is not None


def test_pictures_of_what_nobody_understands_are_kept(feed: Feed) -> None:  # ING-5
    form = {"json": "{", "upload": part("a.jpg", SCENE)}
    post(feed, "platerecognizer", form, "multipart")
    (photo,) = QuarantinedRead.objects.get().payload["photos"]
    assert photo["role"] == "upload"
    assert len(photo["sha256"]) == 64


def test_empty_body_is_malformed(feed: Feed) -> None:
    assert_problem(post(feed, "openalpr", b" "), 400, "malformed")
    form = {"other": part("a.jpg", SCENE)}
    response = post(feed, "platerecognizer", form, "multipart")
    assert "json" in assert_problem(response, 400, "malformed")


def test_too_many_plates_are_refused_whole(feed: Feed) -> None:
    results = openalpr_results()["results"] * 60
    response = post(feed, "openalpr", openalpr_results(results=results))
    assert "120 plates" in assert_problem(response, 413, "too_much")
    assert_problem(post(feed, "openalpr", [{}] * 5_001), 413, "too_much")
    assert not Batch.objects.exists()


def test_unknown_format_is_not_found(feed: Feed) -> None:
    assert_problem(post(feed, "nobodys", {}), 404, "not_found")


def test_camera_nobody_knows_is_named_with_all_its_names(feed: Feed) -> None:
    post(feed, "openalpr", openalpr_group(), camera="")
    detail = QuarantinedRead.objects.get().detail
    assert "“AGENT7/1414799424” or “1414799424” or “Gantry”" in detail


# --- the key -------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["token", "header", "address"])
def test_key_is_taken_from_three_places(feed: Feed, place: str) -> None:
    secret = feed.issued.secret
    headers = {"token": {"Authorization": f"Token {secret}"}, "header": {"X-API-Key": secret}}
    query = {"key": secret} if place == "address" else {}
    response = post(feed, "openalpr", openalpr_group(), headers=headers.get(place, {}), **query)
    assert response.json()["stored"] == 1


@pytest.mark.parametrize("name", sorted(FORMATS))
@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({}, {}),
        ({}, {"key": "wrong"}),
        ({"X-API-Key": "wrong"}, {}),
        ({"Authorization": "Token wrong"}, {}),
        ({"Authorization": "Bearer {0}"}, {}),
        ({"Authorization": "Token wrong"}, {"key": "{0}"}),
    ],
)
def test_wrong_key_opens_no_format(
    feed: Feed, name: str, headers: dict[str, str], query: dict[str, str]
) -> None:
    secret = feed.issued.secret
    headers = {key: value.format(secret) for key, value in headers.items()}
    query = {key: value.format(secret) for key, value in query.items()}
    assert_problem(post(feed, name, {}, headers=headers, **query), 401, "feed_key_wrong")
    assert not Batch.objects.exists()


def test_key_of_our_own_interface_stays_in_its_header(feed: Feed) -> None:
    for headers, query in (({"X-API-Key": feed.issued.secret}, ""), ({}, feed.issued.secret)):
        response = Client().post(
            f"/api/v1/reads/?key={query}", {}, content_type="application/json", headers=headers
        )
        assert_problem(response, 401, "feed_key_wrong")


def test_key_in_the_address_is_never_logged(  # SAF-3
    feed: Feed, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = feed.issued.secret
    for body, method in ((b"{", "POST"), (b"", "POST"), (b"", "GET")):
        address = f"/api/v1/feeds/openalpr/?key={secret}"
        Client().generic(method, address, body, content_type="application/json")
    Client().post(f"/api/v1/feeds/nobodys/?key={secret}", {}, content_type="application/json")
    assert secret not in caplog.text
    assert secret not in repr(list(QuarantinedRead.objects.values()))


# ING-1
def test_revoked_key_and_paused_source_deliver_nothing(feed: Feed) -> None:
    pause_source(actor=ACTOR, source=feed.source, reason=WHY, now=NOW)
    assert_problem(post(feed, "openalpr", openalpr_group()), 403, "source_paused")
    revoke_feed_key(actor=ACTOR, feed_key=feed.issued.key, reason=WHY, now=NOW)
    assert_problem(post(feed, "openalpr", openalpr_group()), 401, "feed_key_wrong")


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "head", "options"])
def test_other_methods_are_refused(feed: Feed, method: str) -> None:
    response = getattr(Client(), method)("/api/v1/feeds/openalpr/", headers=feed.headers())
    assert (response.status_code, response["Allow"]) == (405, "POST")


def test_redelivered_picture_is_stored_once(feed: Feed) -> None:
    form = {"json": orjson.dumps(stream_webhook(stream_result(), stream_result(plate="xyz9")))}
    for _ in range(2):
        parts = {name: value.decode() for name, value in form.items()}
        post(feed, "platerecognizer", parts | {"upload": part("a.jpg", SCENE)}, "multipart")
    assert [bytes(read.scene_sha256) for read in hits()] == [bytes(hits("XYZ9")[0].scene_sha256)]


def test_sighting_that_another_delivery_stored_meanwhile_is_looked_at_anew(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ING-4: both looked before either stored; the key is the database's to give once."""
    waiting = [openalpr_group(best_plate_number="A8C123")]

    def overtaken(photographs: Any) -> None:
        if waiting:
            assert post(feed, "openalpr", waiting.pop()).json()["stored"] == 1
        put_photographs(photographs)

    monkeypatch.setattr("ingest.services.reads.put_photographs", overtaken)
    (read,) = post(feed, "openalpr", openalpr_group()).json()["reads"]
    assert (read["outcome"], read["reason"]) == ("quarantined", "redelivered_changed")
    assert (len(hits("A8C123")), hits()) == (1, [])
