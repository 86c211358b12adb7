"""Two versions of a contract beside each other: what changed in findings and clauses, word by word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse

from api.auth import CurrentActor, require
from api.services import Provided
from db.contract_check import ContractFinding
from db.customer import Customer
from domain.access import Action
from domain.ids import RecordId
from locales import N_
from locales.change_words import ChangeWords
from locales.labels import label
from ui.environment import pages_of
from ui.names import names
from ui.render import page

router = APIRouter(prefix="/contracts", include_in_schema=False, dependencies=[Depends(require(Action.CONTRACT_READ))])

No = Annotated[int, Path(ge=1, le=10_000)]
Show = Literal["all", "weighty", "findings"]
SHOWS: dict[Show, str] = {
    "all": N_("All changes"), "weighty": N_("More than wording"), "findings": N_("At findings only"),
}  # fmt: skip
ON_A_PAGE = 150
"""Clauses: more make a page that no browser likes to lay out."""
_KEPT = 110
"""Characters of unchanged words that stay beside a change."""

KINDS = {
    "changed": ("pencil", "info", N_("Changed")),
    "reworded": ("pencil", "", N_("Reworded")),
    "added": ("plus", "ok", N_("Added")),
    "removed": ("trash-2", "bad", N_("Removed")),
    "moved": ("chevrons-up-down", "", N_("Moved")),
}
"""Icon, state and name of each kind of change."""


@dataclass(frozen=True)
class ShownChange:
    """One clause. `words` are (op, text), long unchanged ones shortened; `marks` the findings in it, (name, level)."""

    no: int
    kind: str
    icon: str
    state: str
    called: str
    heading: str
    words: list[tuple[str, str]]
    old_page: int
    new_page: int
    marks: list[tuple[str, str]]

    @property
    def before(self) -> list[tuple[str, str]]:
        return [part for part in self.words if part[0] != "in"]

    @property
    def after(self) -> list[tuple[str, str]]:
        return [part for part in self.words if part[0] != "out"]


@router.get("/{contract_id}/compare")
async def choose(
    contract_id: RecordId, old: Annotated[int, Query(ge=1, le=10_000)], new: Annotated[int, Query(ge=1, le=10_000)]
) -> RedirectResponse:
    """Where the form that chooses two versions leads; in whichever order they were chosen."""
    first, second = sorted((old, new))
    return RedirectResponse(f"/contracts/{contract_id}/compare/{first}/{second}", 303)


@router.get("/{contract_id}/compare/{old}/{new}")
async def compare_versions(
    request: Request, contract_id: RecordId, old: No, new: No, actor: CurrentActor, services: Provided,
    show: Show = "all", part: Annotated[int, Query(ge=1, le=1000)] = 1,
) -> HTMLResponse:  # fmt: skip
    found = await services.comparisons.find(actor, contract_id, old, new)
    language = pages_of(request).language(request)
    async with services.db.session(actor.id) as session:
        customer = await session.get_one(Customer, found.contract.customer_id)
        called = await names(session, language, {found.old["by"], found.new["by"]})
    words = ChangeWords(language, found.contract.currency)
    changes = _shown(found.kept.changes if found.kept else [], found.findings, words)
    chosen = [one for one in changes if one.kind != "moved" and _wanted(one, show)]
    parts = max(1, -(-len(chosen) // ON_A_PAGE))
    part = min(part, parts)
    diff = found.diff.model_dump()
    stood = next((one for one in found.new.get("compared", ()) if one["diff"]["old"] == old), None)
    return await page(
        request, "contract/compare.html",
        contract=found.contract, customer=customer, names=called, diff=diff, kept=found.kept, state=found.diff.state,
        old=_dated(found.old), new=_dated(found.new), versions=[v["no"] for v in found.contract.versions],
        lines=words.lines(diff), findings=[_finding(one, words) for one in diff["findings"] or ()],
        changes=chosen[(part - 1) * ON_A_PAGE : part * ON_A_PAGE], moved=[c for c in changes if c.kind == "moved"],
        shows=SHOWS, show=show, part=part, parts=parts, base=f"/contracts/{contract_id}/compare/{old}/{new}",
        reopens=[label("reopens", reason, language) for reason in stood["reopens"]] if stood else None,
    )  # fmt: skip


def _dated(version: dict[str, Any]) -> dict[str, Any]:
    return version | {"at": datetime.fromisoformat(version["at"])}


def _wanted(change: ShownChange, show: Show) -> bool:
    return {"all": True, "weighty": change.kind != "reworded", "findings": bool(change.marks)}[show]


def _finding(change: dict[str, Any], words: ChangeWords) -> dict[str, Any]:
    kind = change["kind"]
    return {
        "name": label("clause", kind, words.language),
        **{
            which: {
                "value": words.value(kind, change[which]),
                "level": change[f"{which}_level"],
                "risk": label("risk", change[f"{which}_level"], words.language),
            }
            if change[which] is not None
            else None
            for which in ("old", "new")
        },
    }


def _shown(
    changes: Sequence[dict[str, Any]], findings: Iterable[ContractFinding], words: ChangeWords
) -> list[ShownChange]:
    quotes = [(found, "".join((found.quote or "").split())) for found in findings]
    shown = []
    for no, change in enumerate(changes, 1):
        kind = "reworded" if change["kind"] == "changed" and not change["weighty"] else change["kind"]
        icon, state, called = KINDS[kind]
        said = ["".join(change[which].split()) for which in ("old", "new")]
        marks = {
            (label("clause", found.kind, words.language), found.level): None
            for found, quote in quotes
            if quote and kind != "moved" and any(quote in text for text in said)
        }
        shown.append(
            ShownChange(
                no, kind, icon, state, words._(called), change["heading"].replace("\t", " "),
                shortened(change["words"]), change["old_page"], change["new_page"], list(marks),
            )
        )  # fmt: skip
    return shown


def shortened(words: Sequence[Sequence[str]]) -> list[tuple[str, str]]:
    """Of long unchanged words only what stands next to a change."""
    last = len(words) - 1
    if last == 0 and words[0][0] == "same":
        return [("same", words[0][1])]
    out: list[tuple[str, str]] = []
    for at, (op, text) in enumerate(words):
        if op == "same" and len(text) > 2 * _KEPT + 20:
            head = text[:_KEPT] if at > 0 else ""
            tail = text[-_KEPT:] if at < last else ""
            text = f"{head} … {tail}".strip()
        out.append((op, text))
    return out
