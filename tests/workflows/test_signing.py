"""A contract's approvers sign it one after the other; what they signed cannot be changed behind their back."""

from __future__ import annotations

from db.contract import Contract
from db.deal import Deal
from tests.workflows.office import Office
from tests.workflows.signings import SigningOffice


async def test_who_approved_signs_and_the_deal_hears_of_it(office: Office) -> None:
    case = await SigningOffice.approved(office)
    await case.sign("zhao.min", await case.asked("zhao.min"))
    await case.signing(status="signed")
    contract = await office.until(lambda: office.row(Contract, id=case.contract.id, status="signed"), "its end")
    await office.until(lambda: office.row(Deal, id=contract.deal_id, contract_status="signed"), "the deal to hear")
