"""What an approver does with a task: decide, let somebody else decide, have others sign too, ask, be answered."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field, StringConstraints
from starlette.responses import Response

from api.auth import Visiting, require
from db.process import Task
from domain.access import Action
from domain.ids import RecordId
from domain.process import Answer
from domain.refusal import invalid
from locales import N_
from ui.task_form import Acting

router = APIRouter(prefix="/tasks", include_in_schema=False, dependencies=[Depends(require(Action.TASK_WORK))])

Act = Annotated[Acting, Depends()]
Remark = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)]

DECIDED = {
    "approve": N_("Approved: %(title)s"),
    "return": N_("Returned: %(title)s"),
    "reject": N_("Rejected: %(title)s"),
}
ADDED = {
    "before": N_("They decide first, then you are asked again: %(title)s"),
    "after": N_("They are asked after you."),
}


class Decision(BaseModel):
    """`to` and `condition` stand in the confirmations of a return and an approval; other outcomes leave them out."""

    outcome: Literal["approve", "return", "reject"]
    version: Annotated[int, Field(ge=1, le=2**31 - 1)]
    comment: Remark = ""
    condition: Remark = ""
    to: Annotated[str, Field(max_length=60)] = ""
    signature: Annotated[str, Field(max_length=200)] = ""
    code: Annotated[str, Field(max_length=20)] = ""


class Handing(BaseModel):
    to: RecordId | Literal[""] = ""
    why: Remark = ""


class Signers(BaseModel):
    people: Annotated[list[RecordId], Field(max_length=10)] = []
    where: Literal["before", "after"]
    mode: Literal["any", "all", "in_order"] = "all"
    why: Remark = ""


class Said(BaseModel):
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]


@router.post("/{task_id}/decision")
async def decide(acting: Act, visitor: Visiting) -> Response:
    outcome = str((await acting.request.form()).get("outcome"))

    async def act(typed: Decision, task: Task) -> Answer:
        return await acting.services.tasks.decide(
            acting.actor, acting.key, task.id, outcome=typed.outcome, version=typed.version, visitor=visitor,
            comment=typed.comment or None,
            condition=typed.condition or None if typed.outcome == "approve" else None,
            to=typed.to or None if typed.outcome == "return" else None,
            signature=typed.signature or None, code=typed.code.replace(" ", "") or None,
        )  # fmt: skip

    return await acting.do(Decision, act, DECIDED.get(outcome, ""))


@router.post("/{task_id}/delegate")
async def delegate(acting: Act) -> Response:
    async def act(typed: Handing, task: Task) -> Answer:
        return await acting.services.tasks.delegate(
            acting.actor, acting.key, task.id, to=chosen(typed.to), why=typed.why or None
        )

    return await acting.do(Handing, act, N_("Delegated: %(title)s"), dialog="delegate")


@router.post("/{task_id}/signers")
async def add_signers(acting: Act) -> Response:
    where = str((await acting.request.form()).get("where"))

    async def act(typed: Signers) -> Answer:
        if not typed.people:
            raise invalid("field_needed", "people")
        return await acting.services.tasks.add_signer(
            acting.actor, acting.key, acting.task_id,
            people=typed.people, where=typed.where, mode=typed.mode, why=typed.why or None,
        )  # fmt: skip

    if where == "after":
        return await acting.keep(Signers, act, ADDED["after"], dialog="signers")
    return await acting.do(Signers, lambda typed, _: act(typed), ADDED["before"], dialog="signers")


@router.post("/{task_id}/question")
async def ask(acting: Act) -> Response:
    async def act(typed: Said) -> Answer:
        return await acting.services.tasks.ask(acting.actor, acting.key, acting.task_id, typed.text)

    return await acting.keep(Said, act, N_("Asked. The answer comes to you here."), dialog="question")


@router.post("/{task_id}/answer")
async def answer(acting: Act) -> Response:
    async def act(typed: Said, task: Task) -> Answer:
        return await acting.services.tasks.answer(acting.actor, acting.key, task.id, typed.text)

    return await acting.do(Said, act, N_("Answered: %(title)s"))


def chosen(person: str) -> str:
    """Raises Refused where nobody is."""
    if not person:
        raise invalid("field_needed", "to")
    return person
