"""Two versions of a policy beside each other, or a version and the draft: what changed, old and new."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.services import Provided
from db.policy import find_version, versions
from db.policy_draft import find_draft
from domain.access import Action
from domain.clause.standard import is_standard
from domain.policy import model_of
from domain.policy_diff import Difference, ValueChange, compare
from domain.policy_draft import has_table, rows_of
from domain.refusal import not_found
from locales import N_
from ui.clause_changes import Said, clause_changes
from ui.environment import pages_of
from ui.names import names
from ui.pipeline_words import policy_name
from ui.policy_editor import people_named, words_for
from ui.policy_sheet import SheetRow, read_cell, row_currency, sheet, then_of
from ui.policy_words import RULES, PolicyWords
from ui.problem_words import ProblemWords, readable_columns
from ui.render import page

router = APIRouter(prefix="/policies", include_in_schema=False, dependencies=[Depends(require(Action.POLICY_READ))])

HITS = {"first": N_("the first row that fits"), "collect": N_("every row that fits")}
Version = Annotated[int | None, Query(ge=1, le=2**31 - 1)]


@router.get("/{kind}/compare")
async def compare_versions(
    request: Request,
    kind: Annotated[str, Path(max_length=60)],
    actor: CurrentActor,
    services: Provided,
    old: Version = None,
    new: Version = None,
) -> Response:
    """Without `old` the version in force, without `new` the draft (for who may edit it)."""
    if model_of(kind) is None:
        raise not_found("policy")
    if new is None:
        actor.require(Action.POLICY_MANAGE)
    async with services.db.session(actor.id) as session:
        before = await find_version(session, kind, old)
        after = await find_version(session, kind, new) if new else await find_draft(session, kind)
        if after is None:
            raise not_found("draft")
        met = people_named(kind, before.document) | people_named(kind, after.document)
        called = await names(session, pages_of(request).language(request), met)
        known = await versions(session, kind)
    words = words_for(request, called)
    found = compare(kind, before.document, after.document)
    return await page(
        request,
        "policy/compare.html",
        kind=kind,
        title=policy_name(kind, before.document, words.language),
        old=before.version,
        new=new,
        known=known,
        found=found,
        words=words,
        added=_rows(found.added, after.document, words),
        removed=_rows(found.removed, before.document, words),
        moved=_rows(found.moved, after.document, words),
        cells=_cells(found, before.document, after.document, words),
        values=clause_changes(before.document, after.document, words)
        if is_standard(kind)
        else [said for each in found.values if (said := _value(each, words))],
    )


def _rows(ids: tuple[str, ...], document: Mapping[str, Any], words: PolicyWords) -> list[SheetRow]:
    if not has_table(document):
        return []
    return [row for row in sheet(document, words).rows if row.id in ids]


def _cells(found: Difference, old: Mapping[str, Any], new: Mapping[str, Any], words: PolicyWords) -> list[Said]:
    columns = {column.key: column for column in (*readable_columns(old), *readable_columns(new))}
    now = {str(row.get("id")): row for row in rows_of(new)}
    was = {str(row.get("id")): row for row in rows_of(old)}
    order = list(now)
    said: list[Said] = []
    for change in found.cells:
        row = words._(N_("Row %(no)d"), no=order.index(change.row) + 1)
        if change.of == "then":
            texts = [_steps(rows[change.row], words) for rows in (was, now)]
            said.append(Said(words.listed((row, words._(N_("Steps")))), *texts))
        elif change.of == "note":
            said.append(Said(words.listed((row, words._(N_("Note")))), str(change.old), str(change.new)))
        else:
            texts = [
                _cell(columns, change.part, cell, row_currency(rows[change.row]), words)
                for cell, rows in ((change.old, was), (change.new, now))
            ]
            said.append(Said(words.listed((row, words.fact(change.part))), *texts))
    return said


def _cell(columns: Mapping[str, Any], key: str, cell: Any, currency: str | None, words: PolicyWords) -> str:
    read = read_cell(cell) if cell is not None else None
    if read is None or key not in columns:
        return words._(N_("any"))
    return words.cell(columns[key], read, currency)


def _steps(row: Mapping[str, Any], words: PolicyWords) -> str:
    return "\n".join(
        " · ".join(filter(None, (f"{no}. {step['role']}", step["end"], step["note"])))
        for no, step in enumerate(then_of(row, words), start=1)
    )


def _value(change: ValueChange, words: PolicyWords) -> Said | None:
    """A rule or a column in its own words; anything else as it stands in the document."""
    both = (change.old, change.new)
    match change.where.split("."):
        case ["rules", name] if name in RULES:
            about, values = RULES[name]
            return Said(words._(about), *(words._(values.get(str(value), "–")) for value in both))
        case ["table", "hit"]:
            return Said(words._(N_("Decides:")), *(words._(HITS.get(str(value), "–")) for value in both))
        case ["table", "columns", key, "key"]:
            there = words._(N_("there"))
            return Said(_column(key, words), *(there if value is not None else "" for value in both))
        case ["table", "columns", _, _] if None in both:
            return None  # comes and goes with its column
        case ["table", "columns", key, part]:
            return Said(words.listed((_column(key, words), part)), *map(str, both))
        case _:
            place = ProblemWords(words, []).place(change.where)
            return Said(place, *("" if value is None else str(value) for value in both))


def _column(key: str, words: PolicyWords) -> str:
    return words._(N_("Column %(fact)s"), fact=words.fact(key))
