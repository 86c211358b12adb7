"""What the form that submits a contract's version asks beside amount, file and note: on its page and in its task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from api.services import Services
from db.policy import standards_in_force
from domain.approval import CONTRACT_KIND
from domain.column import Column, EnumColumn
from ui import request_facts
from ui.policy_words import PolicyWords


@dataclass(frozen=True)
class Submission:
    """`facts` the approval policy asks for; `kinds` of contract, (key, words), which that policy or a clause standard
    tells apart."""

    facts: list[request_facts.FactField] = field(default_factory=list)
    kinds: list[tuple[str, str]] = field(default_factory=list)

    def kind_words(self, key: str) -> str:
        return dict(self.kinds).get(key, key)


async def submission_form(session: AsyncSession, words: PolicyWords) -> Submission:
    columns = await request_facts.asked_columns(session)
    by_policy = next((each for each in columns if _tells_kinds(each)), None)
    kinds: dict[str, str] = {}
    if isinstance(by_policy, EnumColumn):
        kinds = {value: words.value(by_policy, value) for value in by_policy.values}
    names = await standards_in_force(session)
    kinds |= {key: name.get("en" if words.language == "en" else "zh") or key for key, name in names.items() if key}
    return Submission(
        request_facts.fields([each for each in columns if each is not by_policy], words), [*kinds.items()]
    )


async def read_submission(request: Request, services: Services, form: Mapping[str, str]) -> dict[str, Any]:
    """`kind` and `facts` of the version, as typed. Raises Refused with the field."""
    async with services.db.session() as session:
        columns = await request_facts.asked_columns(session)
        standards = await standards_in_force(session)
    sent = await request.form()
    chosen = {name: [str(value) for value in sent.getlist(name)] for name in sent}
    others = [each for each in columns if not _tells_kinds(each)]
    facts = request_facts.read(others, form, chosen, services.settings.currency)
    kind = form.get("kind", "")
    if any(isinstance(each, EnumColumn) and kind in each.values for each in columns if _tells_kinds(each)):
        facts[CONTRACT_KIND] = kind
        return {"facts": facts, "kind": kind if kind in standards else ""}
    return {"facts": facts, "kind": kind}


def _tells_kinds(column: Column) -> bool:
    return column.key == CONTRACT_KIND and isinstance(column, EnumColumn)
