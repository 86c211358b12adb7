"""How a process is found in the Temporal UI: its search attributes (names in domain.search)."""

from __future__ import annotations

from typing import Any, Protocol

from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

RECORD = SearchAttributeKey.for_keyword("CrmRecord")
LINE = SearchAttributeKey.for_keyword("CrmLine")
REGION = SearchAttributeKey.for_keyword("CrmRegion")
OWNER = SearchAttributeKey.for_keyword("CrmOwner")
STAGE = SearchAttributeKey.for_keyword("CrmStage")
AMOUNT = SearchAttributeKey.for_float("CrmAmount")
DUE = SearchAttributeKey.for_datetime("CrmDue")
TROUBLE = SearchAttributeKey.for_keyword("CrmTrouble")

MINOR_UNITS = 100


class Startable(Protocol):
    """What every start message and every state says about its case; a lead's line is the lead itself."""

    @property
    def line_id(self) -> str: ...
    @property
    def region_id(self) -> str | None: ...
    @property
    def owner_id(self) -> str | None: ...
    @property
    def amount(self) -> int | None: ...


def found_by(case: Startable, record_id: str, stage: str | None) -> dict[SearchAttributeKey[Any], Any]:
    amount = None if case.amount is None else case.amount / MINOR_UNITS
    return {
        RECORD: record_id,
        LINE: case.line_id,
        REGION: case.region_id,
        OWNER: case.owner_id,
        STAGE: stage,
        AMOUNT: amount,
    }


def search_attributes(start: Startable, workflow_id: str) -> TypedSearchAttributes:
    """Those known at the start, so that the process need not write them itself. The stage is the process's to say."""
    record_id = workflow_id.split("/")[1]
    known = found_by(start, record_id, None)
    return TypedSearchAttributes([SearchAttributePair(k, v) for k, v in known.items() if v is not None])
