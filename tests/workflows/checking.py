"""Contracts with a document, submitted by the real commands, and the papers they are made of."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import typst

from commands.document import Documents, DocumentStore
from db.contract import Contract
from db.contract_check import ContractCheck, ContractFinding
from tests.workflows.office import Office


def a_contract(
    *clauses: str, total: str = "180000.00", buyer: str = "蓝港食品有限公司", seller: str = "云程科技有限公司"
) -> bytes:
    """A Chinese contract as PDF: parties, total, and each of `clauses` as an article of its own."""
    articles = "\n\n".join(f"{no}. {clause}" for no, clause in enumerate(clauses, 2))
    text = (
        f"甲方(采购方): {buyer}\n\n乙方(供应商): {seller}\n\n= 采购合同\n\n"
        f"1. 本合同总价为人民币{total}元。\n\n{articles}\n\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "contract.typ"
        source.write_text(
            '#set text(font: "Noto Sans CJK SC")\n' + text.replace("。\n\n2", "。\n\n2"), encoding="utf-8"
        )
        made: bytes = typst.compile(source)
    return made


async def submit_document(office: Office, contract: Contract, content: bytes, *, lost: bool = False) -> str:
    """The hash of the document, submitted as the contract's next version; `lost` from the store before it is read."""
    actor = await office.actor("li.wei")

    async def chunks() -> AsyncIterator[bytes]:
        yield content

    store = DocumentStore(office.settings.home / "documents")
    document = (await Documents(office.db, store).add(actor, "合同.pdf", chunks())).hash
    if lost:
        store.path(document).unlink()
    await office.contracts.submit(
        actor, uuid4().hex, contract.id, version=contract.version, amount=contract.amount, document=document
    )
    return document


async def checked(office: Office, contract: Contract) -> tuple[ContractCheck, dict[str, ContractFinding]]:
    """The check of the newest version, its findings by kind."""
    check = await office.until(lambda: office.row(ContractCheck, contract_id=contract.id), "the check")
    return check, {each.kind: each for each in await office.rows(ContractFinding, check_id=check.id)}
