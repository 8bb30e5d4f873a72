"""The operators' manual, docs/feeds.md: what it says to type works, and no format is left out."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from ingest.files.inbox import DONE, FAILED, WORKING
from ingest.formats.feeds import FORMATS
from tests.ingest.feed import Feed

MANUAL = (Path(settings.BASE_DIR) / "docs" / "feeds.md").read_text("utf-8")
EXAMPLES = re.findall(r"```bash\n(curl .+?)\n```", MANUAL, re.DOTALL)


def typed(command: str, feed: Feed) -> Any:
    """What the service answers to a `curl` of the manual."""
    secret = feed.issued.secret
    words = shlex.split(command.replace("$LPR", "").replace("$KEY", secret))[1:]
    address, options = words[0], list(zip(words[1::2], words[2::2], strict=True))
    headers = dict(value.split(": ", 1) for flag, value in options if flag == "-H")
    content_type = headers.pop("Content-Type", "application/json")
    forms = dict(value.split("=", 1) for flag, value in options if flag == "-F")
    if forms:
        return Client().post(address, forms, headers=headers)
    (body,) = (value for flag, value in options if flag == "-d")
    return Client().post(address, body, content_type=content_type, headers=headers)


@pytest.mark.parametrize("command", EXAMPLES, ids=lambda command: command.split("/")[4])
def test_what_the_manual_says_to_type_is_answered_with_a_receipt(feed: Feed, command: str) -> None:
    response = typed(command, feed)
    assert response.status_code == 200, response.content
    assert response.json()["receipt"]
    reasons = {read["reason"] for read in response.json()["reads"]}
    # Understood as far as an example without pictures can be.
    assert not reasons & {"payload_invalid", "time_invalid", "time_missing", "no_plate"}


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_has_its_address_and_an_example(name: str) -> None:
    assert f"`/api/v1/feeds/{name}/`" in MANUAL
    assert any(f"/api/v1/feeds/{name}/" in command for command in EXAMPLES)


@pytest.mark.parametrize("name", [WORKING, DONE, FAILED])
def test_folders_are_called_as_in_the_manual(name: str) -> None:
    assert f"`{name}/" in MANUAL
