"""The check of a contract's version: its document is read, what it says is judged, and both are kept as rows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.process import ProcessActivities
from db.clause_history import agreed, expected, place_of
from db.contract_check import CheckToKeep, ContractCheck, ContractFinding, kept_check
from db.customer_signpost import living
from db.engine import Database
from db.policy import documents
from domain.clause.history import unusual
from domain.clause.page import State
from domain.clause.standard import ClauseStandard, Risk, highest
from domain.clause.total import differing
from domain.policy import load

MOST_READINGS = 3
"""A document with which as many readings came to nothing is unreadable."""
PULSE = 3.0
"""Seconds between two signs of life: a worker that was killed is missed, a withdrawal is heard."""
_AWAY = (OperationalError, InterfaceError, PoolTimeout)
"""PostgreSQL cannot be reached: the document is not to blame."""


class CheckRequest(BaseModel):
    """`document` is a hash of the document store, `amount` what was submitted, in minor units of `currency`; `kind` and
    `standard` the policy that holds and its version."""

    contract_id: str
    version_no: int
    document: str
    deal_id: str
    customer_id: str
    region_id: str
    amount: int
    currency: str
    kind: str
    standard: int


class FindingRef(BaseModel):
    """`by_ocr`: it rests on what OCR read."""

    id: str
    kind: str
    value: str
    level: str
    unusual: list[dict[str, Any]] = []
    by_ocr: bool = False


class CheckOutcome(BaseModel):
    """`state` as domain.clause.page.State: only `text` was read whole. `level` is the highest of the findings, and
    high of whatever was not read: that is never no risk. `by_ocr`: OCR has read scanned pages of it."""

    check_id: str
    state: str
    level: str
    findings: list[FindingRef] = []
    limit: str = ""
    by_ocr: bool = False


class Reader(Protocol):
    """Reads a file: rows as `activities.clause_rows.rows` makes them."""

    async def __call__(self, path: Path, file: str, standard: dict[str, Any] | None) -> list[dict[str, Any]]: ...


class Shelf(Protocol):
    """Where the document store has a file of this hash."""

    def __call__(self, digest: str) -> Path: ...


class ClauseActivities(ProcessActivities):
    def __init__(self, db: Database, zone: str, shelf: Shelf, reader: Reader) -> None:
        super().__init__(db, zone)
        self.shelf = shelf
        self.reader = reader

    @activity.defn
    async def check_document(self, asked: CheckRequest) -> CheckOutcome:
        """Once for each version: what was kept stays, and a repeat answers the same. Tried again while PostgreSQL is
        away; a document that ended `MOST_READINGS` tries is kept as unreadable."""
        return await self.beating(lambda spent: self._check(asked, spent))

    async def beating(self, read: Callable[[int], Awaitable[CheckOutcome]]) -> CheckOutcome:
        """`read`, told how many tries came to nothing before, with signs of life meanwhile."""
        spent = int(next(iter(activity.info().heartbeat_details), 0))
        beating = asyncio.create_task(_beat(spent + 1))
        try:
            return await read(spent)
        except _AWAY:
            activity.heartbeat(spent)
            raise
        finally:
            beating.cancel()
            with suppress(asyncio.CancelledError):
                await beating

    async def _check(self, asked: CheckRequest, spent: int) -> CheckOutcome:
        async with self.db.session() as session:
            if known := await kept_check(session, asked.contract_id, asked.version_no):
                return outcome_of(known)
            standard = (await documents(session, asked.kind, [asked.standard]))[asked.standard]
        rows = _NOT_READ if spent >= MOST_READINGS else await self._rows(asked, standard)
        measure = load(ClauseStandard, standard)
        said = rows[0]
        found = [*rows[1:], *_carried(said, measure)]
        found = await self.compared(asked, found, measure)
        async with self.db.session(f"workflow:{activity.info().workflow_id}") as session:
            await CheckToKeep(
                contract_id=asked.contract_id, version_no=asked.version_no, document=asked.document,
                standard_kind=asked.kind, standard_version=asked.standard, our_party=said.get("our_party", ""),
                state=said["state"], limit=said.get("limit", ""), carries=said.get("carries", []),
                by_ocr=said.get("by_ocr", False), period=said.get("period"), pages=said["pages"],
                level=_level(said["state"], found),
            ).keep(session, found)  # fmt: skip
            kept = await kept_check(session, asked.contract_id, asked.version_no)
            assert kept is not None  # noqa: S101 - just written
            return outcome_of(kept)

    async def compared(
        self, asked: CheckRequest, found: list[dict[str, Any]], measure: ClauseStandard
    ) -> list[dict[str, Any]]:
        """With what does not agree with the deal, and of each finding what is unusual about it."""
        async with self.db.session() as session:
            found = found + await _against_the_deal(session, asked, found, measure)
            await _compare(session, asked, found, measure)
        return found

    async def _rows(self, asked: CheckRequest, standard: dict[str, Any]) -> list[dict[str, Any]]:
        path = self.shelf(asked.document)
        if not await asyncio.to_thread(path.is_file):
            return [{**_NOT_READ[0], "limit": "missing"}]
        return await self.reader(path, asked.document, standard)


_NOT_READ: list[dict[str, Any]] = [{"kind": "_document", "state": State.UNREADABLE.value, "pages": 0}]


async def _beat(begun: int) -> None:
    """Says first how many readings have begun, so that a try that ends everything counts as well."""
    while True:
        activity.heartbeat(begun)
        await asyncio.sleep(PULSE)


def _carried(said: dict[str, Any], standard: ClauseStandard) -> list[dict[str, Any]]:
    """What runs or hides in the file is a finding as well, of no page."""
    return [
        {"kind": "hidden_text", "value": carried, "page": None, "quote": None, "rects": [],
         "risk": standard.risk("hidden_text", carried).value}
        for carried in said.get("carries", []) if carried in ("javascript", "attachments", "unshown", "unknown")
    ]  # fmt: skip


async def _against_the_deal(
    session: AsyncSession, asked: CheckRequest, found: list[dict[str, Any]], standard: ClauseStandard
) -> list[dict[str, Any]]:
    """A finding where the contract names its total, for each sum that this should be and is not."""
    totals = [row for row in found if row["kind"] == "total_amount"]
    wanted = await expected(session, asked.deal_id, asked.currency)
    if not any(asked.amount in ways for ways in wanted.values()):
        wanted["submitted"] = {asked.amount}
    return [
        totals[0] | {"kind": "amount_mismatch", "value": name, "note": note,
                     "risk": standard.risk("amount_mismatch", name).value}
        for name, note in differing([row["value"] for row in totals], asked.currency, wanted)
    ]  # fmt: skip


async def _compare(
    session: AsyncSession, asked: CheckRequest, found: list[dict[str, Any]], standard: ClauseStandard
) -> None:
    """Says of each finding what is unusual about it."""
    kinds = sorted({row["kind"] for row in found})
    customer_id = await living(session, asked.customer_id)
    place = await place_of(session, customer_id, asked.region_id, asked.amount)
    before = await agreed(session, asked.contract_id, customer_id, kinds)
    for row in found:
        row["unusual"] = unusual(row["kind"], row["value"], standard, place, before)


def _level(state: str, found: list[dict[str, Any]]) -> str:
    return Risk.HIGH.value if state != State.TEXT else highest(row["risk"] for row in found)


def outcome_of(kept: tuple[ContractCheck, Sequence[ContractFinding]]) -> CheckOutcome:
    check, findings = kept
    return CheckOutcome(
        check_id=check.id, state=check.state, level=check.level, limit=check.limit, by_ocr=check.by_ocr,
        findings=[
            FindingRef(id=each.id, kind=each.kind, value=each.value, level=each.level, unusual=each.unusual,
                       by_ocr=each.by_ocr)
            for each in findings
        ],
    )  # fmt: skip
