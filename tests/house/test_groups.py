"""Tests that share what is dear to prepare run in one process."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.xdist_group("house-groups")


def test_whoever_shares_out_the_run_reads_a_tests_group_behind_its_name(request: pytest.FixtureRequest) -> None:
    shared_out = request.config.getoption("loadgroup", False)
    assert request.node.nodeid.endswith("@house-groups") == shared_out
