"""The harness keeps its promises: real mail, a real worker, a real web process, no way out."""

import smtplib
import socket
import urllib.request
from email.message import EmailMessage

import pytest
from django.core.cache import cache
from django.core.mail import send_mail
from pytest_socket import SocketConnectBlockedError

from tests.harness.mail import Inbox
from tests.harness.processes import Running


def test_mail_goes_through_a_real_conversation(smtp_server: Inbox) -> None:
    send_mail("Hot plate", "ABC 123 was read.", "from@example.test", ["to@example.test"])
    (message,) = smtp_server.wait_for(1)
    assert message["Subject"] == "Hot plate"
    assert message["X-Envelope-To"] == "to@example.test"
    assert message.get_content().strip() == "ABC 123 was read."


def test_mail_server_refuses_when_told(smtp_server: Inbox) -> None:
    smtp_server.refuse_with = "451 later"
    message = EmailMessage()
    message["From"], message["To"] = "from@example.test", "to@example.test"
    with (
        smtplib.SMTP(smtp_server.host, smtp_server.port) as client,
        pytest.raises(smtplib.SMTPDataError, match="later"),
    ):
        client.send_message(message)


def test_nothing_outside_this_machine_can_be_reached() -> None:
    with socket.socket() as outside, pytest.raises((SocketConnectBlockedError, UserWarning)):
        outside.connect(("192.0.2.1", 80))


@pytest.mark.parametrize("turn", [1, 2])
def test_cache_is_empty_at_the_start_of_each_test(turn: int) -> None:
    assert cache.get("left_behind") is None
    cache.set("left_behind", turn)


def test_worker_answers_on_this_tests_broker(running_worker: Running) -> None:
    from lprsvc.celery import app

    (answer,) = app.control.ping(timeout=5, limit=1)
    assert [*answer.values()] == [{"ok": "pong"}]


def test_live_service_answers_over_http(live_service: Running) -> None:
    with urllib.request.urlopen(f"{live_service.url}/healthz") as answer:
        assert answer.status == 200
