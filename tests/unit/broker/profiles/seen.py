"""What the tests of profiles proved in this run: by profile, a claim and the test."""

PROVED: dict[str, dict[str, str]] = {}
