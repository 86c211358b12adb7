"""The demo company's contracts on paper: with legal, in a second version, being signed, signed and soon to end.

Their processes begin in the midst of it, and the worker goes on: it reads and checks the documents, compares the
versions and seals the first signature, while the first page is already there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from activities.contract import Approver, ContractState, ContractVersion
from activities.contract_term import TermState
from activities.signing import Evidence, Signer, SigningState
from commands.document import DocumentStore
from db.base import new_id
from db.document import remember_document
from domain.contract import ContractPolicy
from domain.contract_term import Terms, agenda
from domain.policy import load
from launch.demo_paper import FOLDER
from workflows.contract_term_message import TermStart
from workflows.signing_message import SignerSpec, SigningStart


@dataclass(frozen=True)
class DemoContract:
    """`papers` are the documents of its versions. `goes_on`: what its processes are in the midst of."""

    papers: tuple[str, ...]
    goes_on: Literal["checking", "signing", "ending", "unconfirmed"]


CONTRACTS = {
    "产线数据采集平台": DemoContract(("platform",), "checking"),
    "冷库远程监控": DemoContract(("monitoring_1", "monitoring_2"), "checking"),
    "机房环境监测": DemoContract(("equipment",), "signing"),
    "厂区安防摄像": DemoContract(("cameras",), "ending"),
    "诊所上线 9 站": DemoContract(("clinics",), "unconfirmed"),
}
"""By the title of their deal."""
SIGNERS = (("zhao.min", "regional_manager"), ("xu.jing", "cfo"))
RETURNED = "付款期 75 天过长，责任上限请改为合同总价。"


async def keep_papers(session: AsyncSession, store: DocumentStore) -> dict[str, str]:
    """Their hashes in the document store, by name; each is kept once."""
    hashes = {}
    for paper in sorted(FOLDER.glob("*.pdf")):
        content = await asyncio.to_thread(paper.read_bytes)
        digest, size = sha256(content).hexdigest(), len(content)
        if not await asyncio.to_thread(store.path(digest).is_file):
            await store.put(_whole(content))
        await remember_document(
            session, hash=digest, name=f"{paper.stem}.pdf", media_type="application/pdf", size=size, added_by="demo"
        )
        hashes[paper.stem] = digest
    return hashes


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content


def contract_state(
    contract: DemoContract, papers: Mapping[str, str], ids: Mapping[str, str], signing_id: str, now: datetime,
    shared: Mapping[str, Any], contract_id: str, deal_id: str,
) -> ContractState:  # fmt: skip
    """Submitted yesterday; what was returned before, two days earlier."""
    last = len(contract.papers)
    versions = [
        ContractVersion(
            no=no, amount=shared["amount"], document=papers[name], by=shared["owner_id"],
            at=now - timedelta(days=1 + 2 * (last - no)), outcome="returned" if no < last else None,
            note=RETURNED if no < last else None,
        )
        for no, name in enumerate(contract.papers, 1)
    ]  # fmt: skip
    state = ContractState(
        record_id=contract_id, deal_id=deal_id, stage="checking", told="checking", version=last, versions=versions,
        opened_at=versions[0].at, **shared,
    )  # fmt: skip
    if contract.goes_on != "checking":
        versions[-1].outcome = "approved"
        state.stage = state.told = "approved" if contract.goes_on == "signing" else "signed"
        state.approvers = [Approver(person_id=ids[name], role=role) for name, role in SIGNERS]
        state.signing_id = signing_id if contract.goes_on == "signing" else None
    state.versions = versions
    return state


def signing_start(
    signing_id: str, contract_id: str, deal_id: str, document: str, ids: Mapping[str, str], now: datetime,
    shared: Mapping[str, Any],
) -> SigningStart:  # fmt: skip
    """The first of ours has confirmed, and waits for the seal; then it is the next one's turn."""
    (first, role), (second, next_role) = SIGNERS
    confirmed = now - timedelta(minutes=40)
    signers = [
        Signer(
            id=new_id(), no=1, kind="ours", person_id=ids[first], role=role, status="sealing", by=ids[first],
            method="password", at=confirmed,
        ),
        Signer(id=new_id(), no=2, kind="ours", person_id=ids[second], role=next_role),
        Signer(id=new_id(), no=3, kind="customer"),
    ]  # fmt: skip
    evidence = [
        Evidence(id=new_id(), at=confirmed - timedelta(hours=2), kind="opened", document=document, revision=1,
                 detail={"signers": len(signers)}),
        Evidence(id=new_id(), at=confirmed, kind="confirmed", who=ids[first], document=document, revision=2,
                 detail={"method": "password", "signature": signers[0].id}),
    ]  # fmt: skip
    parts: dict[str, Any] = {
        "contract_id": contract_id, "deal_id": deal_id, "version_no": 1,
        "reminders": [timedelta(days=3), timedelta(days=7)], "expires": timedelta(days=14), **shared,
    }  # fmt: skip
    state = SigningState(
        record_id=signing_id, source=document, signers=signers, asks_customer=True, evidence=evidence,
        opened_at=confirmed - timedelta(hours=2), **parts,
    )  # fmt: skip
    named = [SignerSpec(person_id=ids[name], role=role) for name, role in SIGNERS]
    return SigningStart(signing_id=signing_id, document=document, signers=named, customer=True, state=state, **parts)


def term_start(
    contract_id: str, deal_id: str, policy: Mapping[str, Any], policy_version: int, zone: str, now: datetime,
    shared: Mapping[str, Any],
) -> TermStart:  # fmt: skip
    """Today is the last day to give notice: it is asked whether to renew it."""
    today = now.astimezone(ZoneInfo(zone)).date()
    signed = now - timedelta(days=335)
    terms = Terms(
        starts_on=today - timedelta(days=335), ends_on=today + timedelta(days=30), notice_days=30, renews_months=12,
        warranty_until=today + timedelta(days=45),
    )  # fmt: skip
    rules = load(ContractPolicy, policy).term
    told = [
        one.key for one in agenda(terms, rules, zone, decided=False, confirmed=True)
        if one.what in ("notice_soon", "warranty_soon") and one.at <= now
    ]  # fmt: skip
    state = TermState(
        record_id=contract_id, deal_id=deal_id, signed_at=signed, zone=zone, policy=dict(policy), terms=terms,
        told=told, prepared=True, confirmed_by=shared["owner_id"], confirmed_at=signed, version=2,
        policies={"contract": policy_version}, opened_at=signed, **shared,
    )  # fmt: skip
    return TermStart(contract_id=contract_id, deal_id=deal_id, signed_at=signed, state=state, **shared)
