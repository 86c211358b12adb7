"""Contracts with a document, brought to their signing by the real commands."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

from commands.document import Documents, DocumentStore
from commands.legal import LegalCommands
from commands.policy import Policies
from commands.signing import SigningCommands
from db.contract import Contract
from db.policy import current_policy
from db.process import Task
from db.signing import Signature, Signing
from launch.cast import PASSWORD
from tests.workflows.office import YUAN, Office


def a_page(text: str = "Contract of sale", pages: int = 1) -> bytes:
    """A small PDF with a line of text on each page."""
    parts = [b"<< /Type /Catalog /Pages 2 0 R >>"]
    kids = " ".join(f"{4 + 2 * no} 0 R" for no in range(pages))
    parts.append(f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>".encode())
    parts.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    for no in range(pages):
        page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> "
        parts.append((page + f"/Contents {5 + 2 * no} 0 R >>").encode())
        drawn = f"BT /F1 18 Tf 72 760 Td ({text} {no + 1}) Tj ET".encode()
        parts.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn))
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(parts) + 1, start)
    return bytes(out)


async def publish_rules(office: Office, signing: dict[str, object]) -> None:
    async with office.db.session() as session:
        version, document = await current_policy(session, "contract")
    admin = await office.actor("gu.ming")
    await Policies(office.db).publish(admin, uuid4().hex, "contract", document | {"signing": signing}, follows=version)


class SigningOffice:
    """One contract with a document, and its signing."""

    def __init__(self, office: Office, contract: Contract) -> None:
        self.office = office
        self.contract = contract
        self.commands = SigningCommands(office.tasks)

    @classmethod
    async def approved(
        cls,
        office: Office,
        *,
        amount: int = 40_000 * YUAN,
        by: str = "zhao.min",
        rules: dict[str, object] | None = None,
        content: bytes | None = None,
        on_paper: bool = False,
    ) -> SigningOffice:
        """Approved by the regional manager alone; the customer signs only where `rules` of signing say so.

        `on_paper`: legal, who is asked about what could not be read, has read it so.
        """
        await publish_rules(office, {"customer": False} | (rules or {}))
        _, contract = await office.negotiating(amount)
        case = cls(office, contract)
        await case.submit(content)
        if on_paper:
            await office.open_task("review_contract", line_id=contract.line_id)
            await LegalCommands(office.desk).conclude(
                await office.actor("tang.wen"), uuid4().hex, contract.id, version=1, outcome="clear",
                comment="纸本已读", conditions=[], met={}, read=True,
            )  # fmt: skip
        await office.decide(by, await office.open_task("approve", line_id=contract.line_id), "approve")
        return case

    async def submit(self, content: bytes | None = None) -> str:
        office, actor = self.office, await self.office.actor("li.wei")

        async def chunks() -> AsyncIterator[bytes]:
            yield content or a_page()

        store = DocumentStore(office.settings.home / "documents")
        document = (await Documents(office.db, store).add(actor, "合同.pdf", chunks())).hash
        found = await office.until(lambda: office.row(Contract, id=self.contract.id, status="draft"), "a draft")
        await office.contracts.submit(
            actor, uuid4().hex, found.id, version=found.version, amount=found.amount, document=document
        )
        return document

    async def asked(self, name: str) -> Task:
        """The task of this person, once they are asked."""
        key = f"person:{self.office.people[name]}"

        async def look() -> Task | None:
            tasks = await self.office.rows(Task, kind="sign_contract", status="open", line_id=self.contract.line_id)
            return next((task for task in tasks if key in task.holders), None)

        return await self.office.until(look, f"{name} to be asked to sign")

    async def sign(self, name: str, task: Task, *, password: str = PASSWORD, key: str | None = None) -> None:
        await self.commands.sign(
            await self.office.actor(name), key or uuid4().hex, task.id,
            document=task.params["document"], password=password,
        )  # fmt: skip

    async def signing(self, **where: object) -> Signing:
        return await self.office.until(
            lambda: self.office.row(Signing, contract_id=self.contract.id, **where), f"a signing with {where}"
        )

    async def places(self) -> list[Signature]:
        signing = await self.signing()
        return sorted(await self.office.rows(Signature, signing_id=signing.id), key=lambda one: one.no)
