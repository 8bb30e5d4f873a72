"""What people see when nobody foresaw the fault."""

from unittest.mock import patch

import pytest
from django.test import Client

from tests.cast import new_client


@pytest.fixture
def client() -> Client:
    client = new_client()
    client.raise_request_exception = False
    return client


def test_fault_in_what_every_page_needs_still_shows_a_page(client: Client) -> None:
    with patch("lprsvc.navigation.settings") as broken:
        del broken.SERVICE_NAME
        response = client.get("/accounts/login/")
    assert response.status_code == 500
    assert "no result was shown" in response.content.decode()
    assert "SERVICE_NAME" not in response.content.decode()


def test_fault_of_the_api_is_a_problem_document(client: Client) -> None:
    with patch("ingest.selectors.find_feed_key", side_effect=ZeroDivisionError("inside")):
        response = client.post("/api/v1/reads/", headers={"Authorization": "Token x"})
    assert (response.status_code, response["Content-Type"]) == (500, "application/problem+json")
    assert response.json()["code"] == "internal"
    assert "inside" not in response.content.decode()
