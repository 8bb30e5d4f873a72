"""The in-box of the example set-up."""

import stat
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives, send_mail
from django.test import Client

from lprsvc.devmail import inbox
from lprsvc.devmail.urls import patterns

HTML = '<p onclick="x()">Hello</p><script>steal()</script>'


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.EMAIL_BACKEND = "lprsvc.devmail.backend.FolderBackend"
    settings.MAIL_DIR = tmp_path / "mail"
    return tmp_path / "mail"


def send(subject: str = "Déjà lu", to: str = "alice@example.test") -> None:
    message = EmailMultiAlternatives(subject, "Plain\nwords", "lpr@example.test", [to])
    message.attach_alternative(HTML, "text/html")
    assert message.send() == 1


def test_backend_keeps_one_whole_file_a_message_for_the_service_alone(folder: Path) -> None:
    send()
    send("second")
    files = sorted(folder.iterdir())
    assert [file.suffix for file in files] == [".eml", ".eml"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_backend_keeps_nothing_without_recipients(folder: Path) -> None:
    assert send_mail("to nobody", "…", None, []) == 0
    assert not folder.exists()


def test_messages_come_back_newest_first(folder: Path) -> None:
    send("first")
    send("second")
    mails = inbox.list_mails()
    assert [mail.subject for mail in mails] == ["second", "first"]
    assert mails[0].to == ("alice@example.test",)
    assert mails[0].text.split() == ["Plain", "words"]
    assert mails[0].html.strip() == HTML


@pytest.mark.django_db
class TestPages:
    def test_list_and_message_are_open_to_everybody(self, folder: Path) -> None:
        send()
        (mail,) = inbox.list_mails()
        assert "Déjà lu" in Client().get("/dev/mail/").text
        page = Client().get(f"/dev/mail/{mail.id}/")
        assert "alice@example.test" in page.text
        # The message's own HTML is not part of the page, only framed.
        assert "steal()" not in page.text
        assert f'src="/dev/mail/{mail.id}/html/" sandbox' in page.text

    def test_no_mail_yet(self, folder: Path) -> None:
        assert "No mail yet" in Client().get("/dev/mail/").text

    def test_html_can_do_nothing(self, folder: Path) -> None:
        send()
        (mail,) = inbox.list_mails()
        response = Client().get(f"/dev/mail/{mail.id}/html/")
        policy = response["Content-Security-Policy"]
        directives = {part.strip() for part in policy.split(";")}
        assert {"default-src 'none'", "sandbox", "frame-ancestors 'self'"} <= directives
        assert "script-src" not in policy

    def test_unknown_message_is_not_found(self, folder: Path) -> None:
        unknown = "00000000-0000-7000-8000-00000000abcd"
        for path in (f"/dev/mail/{unknown}/", f"/dev/mail/{unknown}/html/"):
            assert Client().get(path).status_code == 404


def test_production_has_no_in_box() -> None:
    assert patterns(is_production=True) == []
    assert {pattern.name for pattern in patterns(is_production=False)} == {
        "dev_mail",
        "dev_mail_message",
        "dev_mail_html",
    }
