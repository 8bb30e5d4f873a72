"""Stories that go through several rooms, without a browser."""
