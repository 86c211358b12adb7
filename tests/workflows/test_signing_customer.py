"""The other party of a contract signs by a link with a one-time code, or does not; each ends right, once."""

from __future__ import annotations

import asyncio
import base64
import io
from datetime import timedelta
from uuid import uuid4

import pytest
from cryptography import x509
from PIL import Image, ImageDraw
from pypdf import PdfReader
from sqlalchemy import select, update

from activities.sealing import SealedDocument, SealWork
from commands.credentials import Visitor
from commands.document import Documents, DocumentStore
from commands.page_image import PageImages
from commands.sealing import Sealer
from commands.signing_customer import InvitationCommands, Said, SigningCase, SigningsByLink
from commands.signing_link import CODE_TRIES, InvitationLinks
from db.contract import Contract
from db.customer import Contact, Customer
from db.letter import Letter
from db.process import Task, TimelineEvent
from db.signing import Seal, Signature, Signing, SigningCertificate, SigningEvent
from db.signing_invitation import SigningAnswer, SigningInvitation
from domain.refusal import Refused
from keys import master_key
from tests.workflows.office import Office
from tests.workflows.signings import SigningOffice

PHONE = Visitor("203.0.113.7", "phone")


class OtherParty:
    """A contract that we have signed, and the customer's contact with a mail box of their own."""

    def __init__(self, case: SigningOffice) -> None:
        self.case, self.office = case, case.office
        store = DocumentStore(self.office.settings.home / "documents")
        pages = PageImages(Documents(self.office.db, store), self.office.settings.home / "pages")
        self.links = InvitationLinks(master_key(self.office.settings))
        self.signings = SigningsByLink(self.office.desk, store, pages, self.links)
        self.owner = InvitationCommands(self.office.desk)

    @classmethod
    async def asked(cls, office: Office, **rules: object) -> OtherParty:
        """It is the customer's turn, and a link is on its way to them."""
        case = await SigningOffice.approved(office, rules={"customer": True, "ours": "none"} | rules)
        party = cls(case)
        await office.open_task("choose_signatory")
        await party.invite()
        return party

    async def invite(self) -> None:
        signing = await self.case.signing()
        async with self.office.db.session() as session:
            found = await session.scalars(select(Contact).where(Contact.customer_id == signing.customer_id))
            contact = found.first()
            assert contact is not None
            contact.email = "zhou.ming@example.com"
        li = await self.office.actor("li.wei")
        await self.owner.invite(li, uuid4().hex, signing.id, contact_id=contact.id, language="en")
        before = len(await self.letters("contract_sign"))
        await self.office.until(lambda: self._another(before), "the letter")

    async def _another(self, before: int) -> bool:
        signing = await self.case.signing()
        row = await self.office.row(SigningInvitation, id=signing.invitation_id)
        return row is not None

    async def letters(self, template: str) -> list[Letter]:
        return await self.office.rows(Letter, template=template)

    async def token(self) -> str:
        signing = await self.case.signing()
        return self.links.token(signing.invitation_id or "")

    async def opened(self, token: str | None = None) -> SigningCase:
        return await self.signings.read(token or await self.token(), PHONE)

    async def code(self) -> str:
        """Asks for one, and reads it in the mail."""
        case = await self.opened()
        await self.signings.send_code(case, PHONE)
        row = await self.office.row(SigningInvitation, id=case.invitation.id)
        assert row is not None
        return self.links.code(row.id, row.code_no)

    async def say(self, code: str, outcome: str = "signed", token: str | None = None, **said: object) -> None:
        fields: dict[str, object] = {"name": "周明", "title": "采购总监", "consent": True} | said
        await self.signings.answer(await self.opened(token), PHONE, Said(code=code, outcome=outcome, **fields))  # type: ignore[arg-type]

    async def closed(self, signing_id: str) -> Signing | None:
        row = await self.office.row(Signing, id=signing_id)
        return row if row and row.closed_at else None

    async def contract(self, **where: object) -> Contract:
        return await self.office.until(
            lambda: self.office.row(Contract, id=self.case.contract.id, **where), f"the contract with {where}"
        )


def a_drawing() -> str:
    picture = Image.new("RGBA", (900, 300))
    ImageDraw.Draw(picture).line([(40, 200), (300, 60), (600, 220)], fill=(20, 33, 61, 255), width=5)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


async def test_signed_on_a_phone_with_a_drawing_and_a_seal_and_the_link_is_used_up(office: Office) -> None:
    party = await OtherParty.asked(office)
    case = await party.opened()
    assert case.status == "open"
    assert case.sent_to == "z***@example.com"
    assert (await party.signings.page(case, 1)).read_bytes()[:4] == b"RIFF"
    seal = base64.b64decode(a_drawing().partition(",")[2])
    code = await party.code()
    await party.say(code, method="drawn", drawing=a_drawing(), seal=seal)
    await party.contract(status="signed")
    answer = (await office.rows(SigningAnswer))[0]
    assert answer.mark
    assert answer.seal
    events = sorted(await office.rows(SigningEvent), key=lambda event: event.at)
    assert len({event.at for event in events}) == len(events), "what happened in one moment keeps its order"
    told = [event.kind for event in events]
    assert told[-3:] == ["confirmed", "sealed", "signed"]
    assert told.index("with_customer") < told.index("invited") < told.index("code_sent")
    theirs = await office.row(Signature, kind="customer", status="signed")
    assert theirs
    assert theirs.at
    held = await office.row(SigningCertificate, holder=f"contact:{theirs.contact_id}")
    assert held
    named = x509.load_pem_x509_certificate(held.certificate.encode()).subject
    customer = await office.row(Customer, id=(await party.contract()).customer_id)
    assert customer
    assert [one.value for one in named.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)] == [customer.name]
    with pytest.raises(Refused, match="signing_over"):
        await party.say(code, token=party.links.token(case.invitation.id))


async def test_a_deal_lost_after_everybody_has_confirmed_leaves_the_contract_signed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The customer was thanked: what they signed is not taken back while it is sealed."""
    lost, real = asyncio.Event(), Sealer.seal

    async def slow(self: Sealer, work: SealWork) -> SealedDocument:
        await lost.wait()
        return await real(self, work)

    monkeypatch.setattr(Sealer, "seal", slow)
    party = await OtherParty.asked(office)
    code = await party.code()
    await party.say(code)
    assert (await party.opened()).status == "sealing"
    with pytest.raises(Refused, match="signed_already"):
        await party.say(code)
    await office.move(party.case.contract.deal_id, "lost", reason="price")
    await office.until(lambda: office.row(TimelineEvent, kind="contract.withdrawn"), "the withdrawal")
    lost.set()
    signing = await party.case.signing(status="signed")
    await party.contract(status="signed")
    assert len(await office.rows(Seal, signing_id=signing.id)) == 1


async def test_five_wrong_codes_end_a_code_and_a_new_one_signs(office: Office) -> None:
    party = await OtherParty.asked(office)
    right = await party.code()
    wrong = f"{(int(right) + 1) % 1_000_000:06}"
    for left in reversed(range(CODE_TRIES)):
        with pytest.raises(Refused, match="code_wrong") as refused:
            await party.say(wrong)
        assert refused.value.params["left"] == left
    with pytest.raises(Refused, match="code_spent"):
        await party.say(right)
    async with office.db.session() as session:  # half a minute later
        await session.execute(
            update(SigningInvitation).values(code_sent_at=SigningInvitation.code_sent_at - timedelta(seconds=31))
        )
    await party.say(await party.code())
    await party.contract(status="signed")


async def test_the_right_code_sent_four_times_at_once_signs_once(office: Office) -> None:
    party = await OtherParty.asked(office)
    code = await party.code()
    ends = await asyncio.gather(*(party.say(code) for _ in range(4)), return_exceptions=True)
    refused = [end.code for end in ends if isinstance(end, Refused)]
    assert ends.count(None) == 1, ends
    assert set(refused) <= {"signed_already", "signing_over"}
    assert len(refused) == 3
    signing = await party.case.signing(status="signed")
    assert len(await office.rows(Seal, signing_id=signing.id)) == 1


async def test_two_codes_in_a_row_are_refused(office: Office) -> None:
    party = await OtherParty.asked(office)
    await party.code()
    with pytest.raises(Refused, match="code_just_sent"):
        await party.code()


async def test_a_link_that_was_sent_again_or_taken_back_is_dead(office: Office) -> None:
    party = await OtherParty.asked(office)
    old = await party.token()
    await party.invite()
    assert (await party.opened(old)).status == "replaced"
    with pytest.raises(Refused, match="link_replaced"):
        await party.say("123456", token=old)
    newest = await party.token()
    li, signing = await office.actor("li.wei"), await party.case.signing()
    await party.owner.take_back(li, uuid4().hex, signing.id)
    await office.open_task("choose_signatory")
    assert (await party.opened(newest)).status == "replaced"


async def test_handed_back_with_remarks_it_is_the_next_versions_draft(office: Office) -> None:
    party = await OtherParty.asked(office)
    token = await party.token()
    code = await party.code()
    with pytest.raises(Refused, match="comment_needed"):
        await party.say(code, "handed_back")
    await party.say(code, "handed_back", remarks="付款 60 天")
    contract = await party.contract(status="draft", version=2)
    assert contract.versions[-1]["outcome"] == "approved"
    await office.open_task("submit_contract")
    assert (await party.opened(token)).status == "handed_back"
    with pytest.raises(Refused, match="signing_over"):
        await party.say(code, token=token)


async def test_declined_ends_the_signing_with_the_reason(office: Office) -> None:
    party = await OtherParty.asked(office)
    await party.say(await party.code(), "declined", remarks="No budget")
    signing = await party.case.signing(status="declined")
    assert signing.remarks == "No budget"


async def test_reminded_once_each_then_over(office: Office) -> None:
    party = await OtherParty.asked(office, reminders=["PT1S", "PT2S"], expires="PT3S")
    token = await party.token()
    await party.case.signing(status="expired")
    assert sorted(one.key.rpartition("/")[2] for one in await party.letters("contract_sign_reminder")) == ["1", "2"]
    assert (await party.opened(token)).status == "expired"
    await party.contract(status="draft")


async def test_only_a_contact_of_the_customer_with_an_address_is_asked(office: Office) -> None:
    case = await SigningOffice.approved(office, rules={"customer": True, "ours": "none"})
    party = OtherParty(case)
    task: Task = await office.open_task("choose_signatory")
    li = await office.actor("li.wei")
    with pytest.raises(Refused, match="contact_without_mail"):
        await party.owner.invite(li, uuid4().hex, task.record_id, contact_id=str(uuid4()))


async def test_both_get_what_was_signed_and_the_record_of_it(office: Office) -> None:
    party = await OtherParty.asked(office)
    await party.say(await party.code(), name="周明 <b>*#x*</b>")
    signing = await party.case.signing(status="signed")
    letter = await office.until(lambda: office.row(Letter, template="contract_signed"), "the letter with both")
    signing = await office.until(lambda: party.closed(signing.id), "its end")
    assert signing.sheet
    assert letter.documents == [signing.document or signing.source, signing.sheet]
    sheet = PdfReader(DocumentStore(office.settings.home / "documents").path(signing.sheet))
    said = "".join(page.extract_text() for page in sheet.pages)
    assert "z***@example.com" in said
    assert signing.source[:40] in said.replace("\n", "")
    assert PHONE.address not in said
