"""Temporal's namespace learns the search attributes that every workflow of ours carries."""

from __future__ import annotations

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.service import RPCError

from domain.search import SEARCH_ATTRIBUTES
from launch.failure import LaunchFailed


async def register_search_attributes(client: Client) -> None:
    """Add those that are missing: of a later version, or on a server of one's own.

    A workflow cannot be started with one that its namespace does not know. Raises LaunchFailed where the server does
    not let us, as Temporal Cloud does not.
    """
    operator = client.operator_service
    known = await operator.list_search_attributes(ListSearchAttributesRequest(namespace=client.namespace))
    missing = {name: kind for name, kind in SEARCH_ATTRIBUTES.items() if name not in known.custom_attributes}
    if not missing:
        return
    kinds = {name: IndexedValueType.Value(f"INDEXED_VALUE_TYPE_{kind.upper()}") for name, kind in missing.items()}
    try:
        await operator.add_search_attributes(
            AddSearchAttributesRequest(namespace=client.namespace, search_attributes=kinds)
        )
    except RPCError as error:
        wanted = ", ".join(f"{name} ({kind})" for name, kind in missing.items())
        raise LaunchFailed(
            f"Temporal does not let us add search attributes ({error.message}): "
            f"add these to the namespace {client.namespace} yourself: {wanted}."
        ) from None
