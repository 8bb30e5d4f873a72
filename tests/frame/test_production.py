"""The web process as an operator runs it: production's settings, real pages, behind a TLS proxy."""

import http.client
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import pytest

from lprsvc.runtime import commands
from lprsvc.runtime.places import ROOT
from tests.cast import PASSWORD, Cast
from tests.harness.mail import free_port
from tests.harness.plugin import this_database, this_key_space, this_run
from tests.harness.processes import running_process

HOST = "lpr.example"


class Browser:
    """A browser of somebody's, as far as headers and cookies go."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: SimpleCookie = SimpleCookie()

    def ask(
        self, path: str, form: dict[str, str] | None = None, scheme: str = "https"
    ) -> tuple[int, str]:
        """Status and body of the answer; cookies are kept. `form`: it is sent by POST."""
        connection = http.client.HTTPConnection(commands.HOST, self.port, timeout=20)
        sent = {"Host": HOST, "X-Forwarded-Proto": scheme, "X-Forwarded-For": "192.0.2.7"}
        sent["Cookie"] = "; ".join(f"{key}={one.value}" for key, one in self.cookies.items())
        if form is not None:
            sent |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "Referer": f"https://{HOST}{path}",
            }
        body = urlencode(form) if form is not None else None
        connection.request("POST" if body else "GET", path, body, sent)
        answer = connection.getresponse()
        text = answer.read().decode()
        for cookie in answer.msg.get_all("Set-Cookie", []):
            assert "Secure" in cookie, cookie
            self.cookies.load(cookie)
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        connection.close()
        return answer.status, text

    def send(self, path: str, **form: str) -> tuple[int, str]:
        """Fill in the form of the page at `path` and send it."""
        _, page = self.ask(path)
        hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
        return self.ask(path, dict(hidden) | form)


@pytest.fixture
def browser(committed_db: None, cast: Cast, tmp_path: Path) -> Iterator[Browser]:
    """Somebody's browser, and the service in production on this test's database."""
    given = this_run().environment(this_database(), this_key_space())
    environment = {
        **commands.inherited_environment(),
        **given,
        "LPRSVC_ENV": "production",
        "LPRSVC_DATA_DIR": str(tmp_path),
        "SECRET_KEY": "k3J!9vQz_8mN2pXw#7sRt5uYb1cLd6fGh4jKq0aZe-WxCvBnMxy",
        "ALLOWED_HOSTS": f"{HOST},{commands.HOST}",
        "LPRSVC_BASE_URL": f"https://{HOST}",
        "EMAIL_URL": "smtp://mail.example",
        "TRUSTED_PROXY_COUNT": "1",
        "WEB_WORKERS": "1",
    }
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"],
        cwd=ROOT,
        env={**os.environ, **environment},
        check=True,
    )
    port = free_port()
    command = commands.web(environment, port)
    with running_process(command, tmp_path, lambda _: commands.answers(port)):
        yield Browser(port)


def test_every_kind_of_page_opens_in_production(browser: Browser, cast: Cast) -> None:  # SAF-3
    assert browser.ask("/", scheme="http")[0] == 301
    status, _ = browser.send("/accounts/login/", login="investigator", password=PASSWORD)
    assert status == 302
    status, page = browser.send("/accounts/rules/", decision="affirm")
    assert (status, page) == (302, "")
    for address in ("/", "/queries/new/", "/queries/", "/alerts/", "/rules/", "/help/"):
        assert browser.ask(address)[0] == 200, address
    assert browser.ask("/admin/")[0] == 403
    for address in ("/dev/mail/", "/no/such/"):
        assert browser.ask(address)[0] == 404, address
    assert "In-box" not in browser.ask("/")[1]
