"""The embedded Temporal server."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from domain.search import SEARCH_ATTRIBUTES
from launch.failure import LaunchFailed
from launch.search_attributes import register_search_attributes
from launch.temporal import EmbeddedTemporal


@asynccontextmanager
async def temporal_on(home: Path, attributes: dict[str, str] = SEARCH_ATTRIBUTES) -> AsyncIterator[EmbeddedTemporal]:
    server = EmbeddedTemporal(home, durability="normal", base_url="http://127.0.0.1:8000", search_attributes=attributes)
    try:
        await server.start()
        yield server
    finally:
        await server.stop()


async def test_ready_means_that_workflows_start_and_are_kept_for_a_month(home: Path) -> None:
    async with temporal_on(home) as server:
        client = await Client.connect(server.address)
        due = SearchAttributePair(SearchAttributeKey.for_datetime("CrmDue"), datetime.now().astimezone())
        await client.start_workflow(
            "Lead", id="lead/1", task_queue="nobody", search_attributes=TypedSearchAttributes([due])
        )
        namespace = await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace="default"))
        assert namespace.config.workflow_execution_retention_ttl.ToTimedelta() == timedelta(days=30)


async def test_killed_with_minus_nine_it_comes_back_at_the_same_address_with_its_workflows(home: Path) -> None:
    async with temporal_on(home) as server:
        client = await Client.connect(server.address)
        handle = await client.start_workflow("Lead", id="lead/1", task_queue="nobody")
        os.kill(server.child.pid, signal.SIGKILL)
        await server.child.wait()
        await server.start()
        assert (await handle.describe()).run_id == handle.first_execution_run_id


async def test_a_search_attribute_that_a_later_version_adds_is_there_on_old_data(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with temporal_on(home, {"CrmStage": "Keyword"}):
        pass
    async with temporal_on(home) as server:
        monkeypatch.setenv("TEMPORAL_ADDRESS", server.address)
        await register_search_attributes()
        await register_search_attributes()
        client = await Client.connect(server.address)
        known = await client.operator_service.list_search_attributes(ListSearchAttributesRequest(namespace="default"))
        assert set(SEARCH_ATTRIBUTES) <= set(known.custom_attributes)


async def test_a_server_that_is_away_is_said_with_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    with pytest.raises(LaunchFailed, match=r"Temporal at 127\.0\.0\.1:1 did not do what was asked"):
        await register_search_attributes()
