"""A contract's approvers sign it one after the other; what they signed cannot be changed behind their back."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from activities.sealing import SealedDocument, SealWork
from commands.document import DocumentStore
from commands.sealing import Sealer
from db.absence import Absence
from db.contract import Contract
from db.deal import Deal
from db.process import Task
from db.signing import Seal, SigningCertificate, SigningEvent
from domain.absence import AbsencePlan
from domain.refusal import Refused
from tests.workflows.office import YUAN, Office
from tests.workflows.signings import SigningOffice, a_page

LARGE = 180_000 * YUAN
"""What the regional manager and the CFO approve, one after the other."""


async def both_asked(office: Office) -> SigningOffice:
    """Approved by both; the manager is asked to sign."""
    case = await SigningOffice.approved(office, amount=LARGE)
    await office.decide("xu.jing", await office.open_task("approve", line_id=case.contract.line_id), "approve")
    return case


async def test_they_sign_in_the_order_they_approved_and_it_holds(office: Office) -> None:
    case = await both_asked(office)
    first = await case.asked("zhao.min")
    assert [task.holders for task in await office.rows(Task, kind="sign_contract", status="open")] == [first.holders]
    with pytest.raises(Refused) as wrong:
        await case.sign("zhao.min", first, password="not this one")
    assert (wrong.value.code, wrong.value.field) == ("wrong_password", "password")
    with pytest.raises(Refused) as refused:
        await case.sign("xu.jing", first)
    assert refused.value.status in (403, 404), "it is not their turn"

    key = uuid4().hex
    await case.sign("zhao.min", first, key=key)
    await case.sign("zhao.min", first, key=key)  # the same click once more
    with pytest.raises(Refused) as again:
        await case.sign("zhao.min", first)
    assert again.value.code == "already_decided"
    second = await case.asked("xu.jing")
    with pytest.raises(Refused) as stale:
        await case.sign("xu.jing", Task(id=second.id, params=second.params | {"document": "0" * 64}))
    assert stale.value.code == "document_changed"
    admin = await office.actor("gu.ming")
    with pytest.raises(Refused) as twice:
        await office.tasks.hand_on(admin, uuid4().hex, second.id, to=office.people["zhao.min"], why=None)
    assert twice.value.code == "signed_already"
    await case.sign("xu.jing", second)

    signing = await case.signing(status="signed")
    contract = await office.until(lambda: office.row(Contract, id=case.contract.id, status="signed"), "its end")
    await office.until(lambda: office.row(Deal, id=contract.deal_id, contract_status="signed"), "the deal to hear")
    await holds(office, case, ["赵敏", "徐静"])
    ours = (await case.places())[0]
    assert (ours.status, ours.name, ours.method) == ("signed", "赵敏", "password")
    assert all("PRIVATE" not in one.key for one in await office.rows(SigningCertificate))
    told = {one.kind for one in await office.rows(SigningEvent, signing_id=signing.id)}
    assert {"opened", "confirmed", "sealed", "signed"} <= told


async def holds(office: Office, case: SigningOffice, names: list[str]) -> None:
    """The newest document begins with what was approved, and carries these signatures, all good."""
    signing, sealer = await case.signing(), Sealer(office.settings)
    path = DocumentStore(office.settings.home / "documents").path(signing.document or "")
    assert (await asyncio.to_thread(path.read_bytes)).startswith(a_page())
    seen = await sealer.read(path)
    assert [(one["name"], one["good"], one["changed"]) for one in seen["signatures"]] == [
        (name, True, False) for name in names
    ]


async def test_the_same_signer_four_times_at_once_signs_once(office: Office) -> None:
    case = await SigningOffice.approved(office)
    asked = await case.asked("zhao.min")
    ends = await asyncio.gather(*(case.sign("zhao.min", asked) for _ in range(4)), return_exceptions=True)
    assert ends.count(None) == 1, ends
    assert {end.code for end in ends if isinstance(end, Refused)} <= {"already_decided", "too_many_attempts"}
    signing = await case.signing(status="signed")
    assert len(await office.rows(Seal, signing_id=signing.id)) == 1
    await holds(office, case, ["赵敏"])


async def test_a_lost_deal_takes_the_contract_out_of_everybodys_hands(office: Office) -> None:
    case = await SigningOffice.approved(office)
    asked = await case.asked("zhao.min")
    await office.move(case.contract.deal_id, "lost", reason="price")
    await case.signing(status="withdrawn")
    await office.until(lambda: office.row(Contract, id=case.contract.id, status="withdrawn"), "its end")
    with pytest.raises(Refused) as refused:
        await case.sign("zhao.min", asked)
    assert refused.value.status == 409


async def test_what_cannot_be_sealed_comes_back_for_another_version(office: Office) -> None:
    case = await SigningOffice.approved(office, content=b"%PDF-1.7\n" + b"nothing that opens " * 20, on_paper=True)
    await case.sign("zhao.min", await case.asked("zhao.min"))
    await case.signing(status="failed")
    contract = await office.until(lambda: office.row(Contract, id=case.contract.id, status="draft"), "another version")
    assert contract.version == 2
    await office.open_task("submit_contract", line_id=contract.line_id)


async def test_a_worker_that_dies_after_sealing_neither_loses_nor_doubles_a_signature(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    seals, real = 0, Sealer.seal

    async def dying(self: Sealer, work: SealWork) -> SealedDocument:
        """The first seal is in the store, and nobody comes to say so."""
        nonlocal seals
        seals += 1
        sealed = await real(self, work)
        if seals == 1:
            raise RuntimeError("killed")
        return sealed

    monkeypatch.setattr(Sealer, "seal", dying)
    case = await both_asked(office)
    await case.sign("zhao.min", await case.asked("zhao.min"))
    await case.sign("xu.jing", await case.asked("xu.jing"))
    signing = await case.signing(status="signed")
    assert len(await office.rows(Seal, signing_id=signing.id)) == 2
    assert seals == 3, "the lost one was nobody's, and was made anew"
    await holds(office, case, ["赵敏", "徐静"])


async def test_a_substitute_signs_in_their_own_name_for_who_is_away(office: Office) -> None:
    case = await SigningOffice.approved(office)
    asked = await case.asked("zhao.min")
    with pytest.raises(Refused) as nobody:
        await case.sign("lin.yue", asked)
    assert nobody.value.status in (403, 404), "nobody is away yet"
    zhao, now = await office.actor("zhao.min"), await office.env.get_current_time()
    plan = AbsencePlan(
        starts_at=now - timedelta(minutes=1), ends_at=now + timedelta(days=3),
        substitute=f"person:{office.people['lin.yue']}",
    )  # fmt: skip
    away = (await office.absences.plan(zhao, uuid4().hex, zhao.id, plan)).result["absence_id"]
    await office.until(lambda: office.row(Absence, id=away, stage="away"), "the absence to begin")
    await case.sign("lin.yue", asked)
    await case.signing(status="signed")
    place = (await case.places())[0]
    assert (place.person_id, place.by, place.behalf_of) == (zhao.id, office.people["lin.yue"], zhao.id)
    signing, sealer = await case.signing(), Sealer(office.settings)
    path = DocumentStore(office.settings.home / "documents").path(signing.document or "")
    seen = await sealer.read(path)
    assert [one["name"] for one in seen["signatures"]] == [place.name], "in their own name"
    confirmed = next(one for one in await office.rows(SigningEvent, signing_id=signing.id) if one.kind == "confirmed")
    assert confirmed.detail["behalf_of"] == zhao.id
