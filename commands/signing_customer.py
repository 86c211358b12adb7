"""Signing by link: the other party looks at the contract, asks for a code, and signs, declines or hands it back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from sqlalchemy import func, update

from commands.credentials import Visitor
from commands.desk import Desk
from commands.document import DocumentStore
from commands.page_image import PageImages
from commands.signing import origin_of
from commands.signing_link import (
    CODE_DIGITS,
    CODE_LASTS,
    CODE_PAUSE,
    CODE_TRIES,
    MOST_CODES,
    TOKEN,
    InvitationLinks,
    token_hash,
    veiled,
)
from commands.signing_picture import DRAWN, LARGEST_SEAL, SEALED, drawing_of, redrawn
from commands.throttle import Throttle
from db.audit import record
from db.base import new_id
from db.contract import Contract
from db.customer import Contact, Customer
from db.outbox import enqueue
from db.record import Document
from db.scope import visible
from db.signing import Signature, Signing, signatures_of
from db.signing_invitation import SigningAnswer, SigningInvitation, invitation_of
from domain.access import Actor
from domain.process import Answer
from domain.refusal import Refused, invalid, not_found
from workflows.signing import SigningWorkflow, signing_workflow_id
from workflows.signing_customer import InviteSigner, SignerAnswers, SignerCommand, TakeBackInvitation

PER_MINUTE = 120
"""Requests from one address: a long contract's pages come one by one."""
SIGNER = Actor(id="system")
"""Who acts where nobody signed in."""
Outcome = Literal["signed", "declined", "handed_back"]


@dataclass(frozen=True)
class SigningCase:
    """What the link shows. `status`: open, sealing (they signed a moment ago), replaced, expired, or how the signing
    ended."""

    invitation: SigningInvitation
    signing: Signing
    number: str
    customer: str
    contact: Contact
    document: Document
    status: str

    @property
    def hash(self) -> str:
        return self.invitation.document if self.status != "signed" else self.signing.document or self.signing.source

    @property
    def sent_to(self) -> str:
        return veiled(self.contact.email or "")

    @property
    def code_runs(self) -> bool:
        sent = self.invitation.code_sent_at
        return sent is not None and sent + CODE_LASTS > datetime.now(UTC) and self.invitation.code_tries < CODE_TRIES


@dataclass(frozen=True)
class Said:
    """What the form sent. `drawing` is a data address of a PNG, `seal` the bytes of a file."""

    code: str
    outcome: Outcome
    name: str = ""
    title: str = ""
    method: Literal["typed", "drawn"] = "typed"
    drawing: str = ""
    seal: bytes = b""
    remarks: str = ""
    consent: bool = False


class SigningsByLink:
    def __init__(self, desk: Desk, store: DocumentStore, pages: PageImages, links: InvitationLinks) -> None:
        self.desk = desk
        self.store = store
        self.pages = pages
        self.links = links
        self._throttle = Throttle("too_many_tries", per_minute=PER_MINUTE)

    async def read(self, token: str, visitor: Visitor) -> SigningCase:
        """Raises Refused: 404 link_unknown, 429 too_many_tries."""
        self._throttle.take(visitor.address)
        if not TOKEN.fullmatch(token):
            raise Refused("link_unknown", 404)
        async with self.desk.db.session("public") as session:
            invitation = await invitation_of(session, token_hash(token))
            if invitation is None:
                raise Refused("link_unknown", 404)
            signing = await session.get(Signing, invitation.signing_id)
            contact = await session.get(Contact, invitation.contact_id)
            document = await session.get(Document, invitation.document)
            if signing is None or contact is None or document is None:
                raise Refused("link_unknown", 404)
            contract = await session.get(Contract, signing.contract_id)
            customer = await session.get(Customer, signing.customer_id)
            theirs = next((one for one in await signatures_of(session, [signing.id]) if one.kind == "customer"), None)
        return SigningCase(
            invitation=invitation, signing=signing, number=contract.number if contract else "", contact=contact,
            customer=customer.name if customer else "", document=document,
            status=_status(invitation, signing, theirs),
        )  # fmt: skip

    async def page(self, case: SigningCase, number: int) -> Path:
        """The picture of one page. Raises Refused: 404, 422 where it cannot be drawn."""
        return await self.pages.image_of(await self._document(case), self.store.path(case.hash), number)

    async def page_count(self, case: SigningCase) -> int:
        return (await self.pages.look_at(await self._document(case), self.store.path(case.hash))).pages

    async def _document(self, case: SigningCase) -> Document:
        async with self.desk.db.session("public") as session:
            document = await session.get(Document, case.hash)
        if document is None:
            raise not_found("document")
        return document

    async def opened(self, case: SigningCase, visitor: Visitor) -> None:
        """Noted once, by the page's own request: a machine that follows links in mails runs no page."""
        if case.status == "open" and case.invitation.opened_at is None:
            async with self.desk.db.session("public") as session:
                seen = update(SigningInvitation).where(SigningInvitation.id == case.invitation.id)
                await session.execute(seen.values(opened_at=func.now()))
            await self._tell(case, visitor, SigningWorkflow.signer_opened, "opened")

    async def send_code(self, case: SigningCase, visitor: Visitor) -> None:
        """By mail to the contact. Raises Refused: 409 where the link is over, 429 code_just_sent or codes_used_up."""
        _must_be_open(case)
        now = datetime.now(UTC)
        async with self.desk.db.session("public") as session:
            row = await session.get_one(SigningInvitation, case.invitation.id, with_for_update=True)
            if row.code_sent_at and row.code_sent_at + CODE_PAUSE > now:
                raise Refused("code_just_sent", 429, seconds=int((row.code_sent_at + CODE_PAUSE - now).seconds) + 1)
            if row.code_no >= MOST_CODES:
                raise Refused("codes_used_up", 429)
            row.code_no, row.code_tries, row.code_sent_at = row.code_no + 1, 0, now
            no, key = row.code_no, f"signing/{row.id}/code/{row.code_no}"
            await enqueue(session, key, "signing_code", {"invitation": row.id, "no": no})
        await self._tell(case, visitor, SigningWorkflow.code_sent, f"code/{no}")

    async def answer(self, case: SigningCase, visitor: Visitor, said: Said) -> Answer:
        """Once. Raises Refused: 422 with the field, 409 where the link is over."""
        _must_be_open(case)
        _check(said)
        await self._prove(case, visitor, said.code)
        drawn = await redrawn(drawing_of(said.drawing), "drawing", DRAWN) if said.method == "drawn" else b""
        signs = said.outcome == "signed"
        mark = await self._keep(drawn) if signs and drawn else None
        seal = await self._keep(await redrawn(said.seal, "seal", SEALED)) if signs and said.seal else None
        answer = {
            "id": new_id(), "signing_id": case.signing.id, "invitation_id": case.invitation.id,
            "outcome": said.outcome, "name": said.name.strip(), "title": said.title.strip(),
            "method": said.method if signs else None, "mark": mark, "seal": seal, "remarks": said.remarks.strip(),
            "sent_to": case.sent_to,
        }  # fmt: skip
        async with self.desk.db.session("public") as session:
            session.add(SigningAnswer(**answer))
            await record(session, "public", f"signing.{said.outcome}", f"signing/{case.signing.id}",
                         address=visitor.address)  # fmt: skip
        asked = SignerAnswers(
            actor=SIGNER, key=f"answer/{answer['id']}", invitation_id=case.invitation.id, answer_id=answer["id"],
            document=case.invitation.document, outcome=said.outcome, method=answer["method"], sent_to=case.sent_to,
            remarks=said.remarks.strip() or None, origin=origin_of(self.desk.settings, visitor),
        )  # fmt: skip
        return await self.desk.processes.update(
            signing_workflow_id(case.signing.id), SigningWorkflow.signer_answers, asked
        )

    async def _prove(self, case: SigningCase, visitor: Visitor, code: str) -> None:
        """Every try is counted before it is looked at. Raises Refused (422) wrong_code, code_needed."""
        async with self.desk.db.session("public") as session:
            row = await session.get_one(SigningInvitation, case.invitation.id, with_for_update=True)
            late = row.code_sent_at is None or row.code_sent_at + CODE_LASTS < datetime.now(UTC)
            spent = row.code_tries >= CODE_TRIES
            row.code_tries += 1
            right = not (late or spent) and self.links.fits(row.id, row.code_no, code)
            if right:
                row.code_tries -= 1
            else:
                await record(session, "public", "signing.wrong_code", f"signing/{case.signing.id}",
                             address=visitor.address)  # fmt: skip
        if late or spent:
            raise invalid("code_spent" if spent else "code_late", "code")
        if not right:
            raise invalid("code_wrong", "code", left=CODE_TRIES - row.code_tries)

    async def _keep(self, picture: bytes) -> str:
        async def chunks() -> AsyncIterator[bytes]:
            yield picture

        return (await self.store.put(chunks(), lambda head: None))[0]

    async def _tell(self, case: SigningCase, visitor: Visitor, command: object, what: str) -> None:
        asked = SignerCommand(
            actor=SIGNER, key=f"{what}/{case.invitation.id}", invitation_id=case.invitation.id,
            origin=origin_of(self.desk.settings, visitor),
        )  # fmt: skip
        await self.desk.processes.update(signing_workflow_id(case.signing.id), command, asked)


class InvitationCommands:
    """What the contract's owner does about the other party's signature."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def invite(self, actor: Actor, key: str, signing_id: str, *, contact_id: str, language: str = "") -> Answer:
        """A link for this contact, who must have a mail address; an earlier one ends. Raises Refused."""
        async with self.desk.db.session(actor.id) as session:
            signing: Signing = await visible(session, actor, "signing", signing_id)
            contact = await session.get(Contact, contact_id)
        if contact is None or contact.customer_id != signing.customer_id or not contact.email:
            raise invalid("contact_without_mail", "contact_id")
        return await self.desk.update(
            actor, key, "signing", signing_id, SigningWorkflow.invite, InviteSigner,
            contact_id=contact_id, language=language,
        )  # fmt: skip

    async def take_back(self, actor: Actor, key: str, signing_id: str) -> Answer:
        return await self.desk.update(actor, key, "signing", signing_id, SigningWorkflow.take_back, TakeBackInvitation)


def _status(invitation: SigningInvitation, signing: Signing, theirs: Signature | None) -> str:
    if signing.status == "with_customer":
        if signing.invitation_id != invitation.id:
            return "replaced"
        if theirs and theirs.status == "sealing":
            return "sealing"
        return "expired" if invitation.expires_at <= datetime.now(UTC) else "open"
    if signing.status != "signed" and signing.invitation_id != invitation.id:
        return "replaced"
    return signing.status


def _must_be_open(case: SigningCase) -> None:
    if case.status != "open":
        raise Refused(
            {"replaced": "link_replaced", "expired": "signing_link_expired", "sealing": "signed_already"}.get(
                case.status, "signing_over"
            ),
            409,
        )


def _check(said: Said) -> None:
    """What can be seen without the code; so that no try is lost for it."""
    if not said.code.strip().isdigit() or len(said.code.strip()) != CODE_DIGITS:
        raise invalid("code_form", "code")
    if not said.name.strip():
        raise invalid("field_needed", "name")
    if said.outcome != "signed" and not said.remarks.strip():
        raise invalid("comment_needed", "remarks")
    if said.outcome == "signed":
        if not said.consent:
            raise invalid("signing_consent_needed", "consent")
        if said.method == "drawn" and not said.drawing:
            raise invalid("drawing_empty", "drawing")
        if len(said.seal) > LARGEST_SEAL:
            raise Refused("picture_too_large", 413, field="seal", most=LARGEST_SEAL // 1024)
