"""A contract's approvers sign it one after the other; what they signed cannot be changed behind their back."""

from __future__ import annotations

import asyncio

from commands.document import DocumentStore
from commands.sealing import Sealer
from db.contract import Contract
from db.deal import Deal
from db.signing import SigningCertificate
from tests.workflows.office import Office
from tests.workflows.signings import SigningOffice, a_page


async def test_who_approved_signs_and_the_deal_hears_of_it(office: Office) -> None:
    case = await SigningOffice.approved(office)
    await case.sign("zhao.min", await case.asked("zhao.min"))
    await case.signing(status="signed")
    contract = await office.until(lambda: office.row(Contract, id=case.contract.id, status="signed"), "its end")
    await office.until(lambda: office.row(Deal, id=contract.deal_id, contract_status="signed"), "the deal to hear")


async def test_what_is_sealed_holds_and_begins_with_what_was_approved(office: Office) -> None:
    case = await SigningOffice.approved(office)
    asked = await case.asked("zhao.min")
    await case.sign("zhao.min", asked)
    signing = await case.signing(status="signed")
    store = DocumentStore(office.settings.home / "documents")
    assert signing.document is not None
    content = await asyncio.to_thread(store.path(signing.document).read_bytes)
    assert content.startswith(a_page())
    seen = await Sealer(office.settings).read(store.path(signing.document))
    assert [(one["name"], one["good"]) for one in seen["signatures"]] == [("赵敏", True)]
    assert seen["empty"] == []
    ours = (await case.places())[0]
    assert (ours.status, ours.name, ours.method, ours.document) == ("signed", "赵敏", "password", signing.document)
    assert (await office.rows(SigningCertificate))[0].key.count("PRIVATE") == 0
