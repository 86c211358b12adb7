"""The path of one approval: its steps with the seats in them, and what each decision makes of the whole.

Pure: the workflow finds people, keeps time and asks them; here stands whose turn it is and when the line has ended.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter

from domain.approval import Step

SeatStatus = Literal["waiting", "open", "approved", "returned", "rejected", "withdrawn"]
StepStatus = Literal["pending", "open", "approved", "returned", "rejected", "withdrawn", "skipped", "void"]
Outcome = Literal["approved", "returned", "rejected"]


class Seat(BaseModel):
    """One approver's place in a step: a person, or several of whom any may decide.

    `holders` are keys of domain.access; `ladder` those still above them, `pass_to` who is asked when time is up.
    `came` says how the holders came to it: policy, above (nobody or oneself was found), earlier (already approved by
    the same person), delegated, handed_on, passed, left. `behalf_of` is the absent person whom `by` stood in for.
    """

    holders: list[str]
    ladder: list[str] = []
    pass_to: list[str] = []
    came: str = "policy"
    status: SeatStatus = "waiting"
    task_id: str | None = None
    opened_at: datetime | None = None
    due_at: datetime | None = None
    by: str | None = None
    behalf_of: str | None = None
    at: datetime | None = None
    comment: str | None = None
    condition: str | None = None


class PathStep(BaseModel):
    """`reason` is the policy row that asked for it, empty for a signer whom `added_by` asked for.

    `version` of the subject is what an approval carried over was given to.

    `note` says what is not as the policy's step has it: nobody, own, twice (skipped or passed over), carried (approved
    with an earlier version), no_row (the table does not understand the case). `copies` are the holder keys that hear
    of its approval. A step is `void` where a later one returned to it: it stands in the path again below.
    """

    step: Step
    reason: str = ""
    added_by: str | None = None
    added_why: str | None = None
    status: StepStatus = "pending"
    note: str = ""
    seats: list[Seat] = []
    copies: list[str] = []
    version: int | None = None

    @property
    def key(self) -> str:
        return self.step.key

    @property
    def last(self) -> Seat | None:
        """The seat that was decided last."""
        decided = [(seat.at, seat) for seat in self.seats if seat.at]
        return max(decided, key=lambda one: one[0])[1] if decided else None


_PATH = TypeAdapter(list[PathStep])


def read_path(rows: Sequence[Mapping[str, Any]]) -> list[PathStep]:
    """A path as it stands in an approval's row."""
    return _PATH.validate_json(json.dumps(rows))


def current(path: list[PathStep]) -> PathStep | None:
    """The step whose turn it is; None: the line is at its end."""
    return next((step for step in path if step.status in ("pending", "open")), None)


def seats(path: list[PathStep]) -> Iterator[tuple[PathStep, Seat]]:
    return ((step, seat) for step in path for seat in step.seats)


def seat_of(path: list[PathStep], task_id: str) -> tuple[PathStep, Seat] | None:
    return next(((step, seat) for step, seat in seats(path) if seat.task_id == task_id), None)


def to_open(step: PathStep) -> list[Seat]:
    """The seats to be asked now: all that wait, or the next one where they go in order."""
    waiting = [seat for seat in step.seats if seat.status == "waiting"]
    if step.step.mode != "in_order":
        return waiting
    return [] if any(seat.status == "open" for seat in step.seats) else waiting[:1]


def decide(step: PathStep, seat: Seat, outcome: Outcome) -> list[str]:
    """Takes a seat's decision. Gives the tasks of the seats in the step that are no longer asked.

    A return or a rejection by one decides the step; so does an approval where any one is enough.
    """
    seat.status = outcome
    if outcome == "approved" and step.step.mode != "any" and any(s.status in ("waiting", "open") for s in step.seats):
        return []
    step.status = outcome
    return _lift(step)


def skip(step: PathStep, note: str) -> None:
    step.status, step.note = "skipped", note


def insert(path: list[PathStep], added: PathStep, beside: PathStep, where: Literal["before", "after"]) -> list[str]:
    """Puts an added signer's step into the path. Before an open step, that step waits and asks again afterwards.

    Gives the tasks of those no longer asked for the time being.
    """
    at = next(no for no, step in enumerate(path) if step is beside)
    path.insert(at if where == "before" else at + 1, added)
    return _pause(beside) if where == "before" else []


def return_to(path: list[PathStep], to: PathStep, by: PathStep) -> None:
    """A later step sends the case back to an earlier one: from there to itself, all are asked anew.

    What was decided stays in the path, and the steps stand in it again after their first time.
    """
    first, last = (next(no for no, step in enumerate(path) if step is one) for one in (to, by))
    again = [step for step in path[first : last + 1] if step.status != "void"]
    for step in again:
        if step is not by:
            step.status = "void"
    fresh = [step.model_copy(update={"status": "pending", "note": "", "seats": []}) for step in again]
    path[last + 1 : last + 1] = fresh


def earlier_steps(path: list[PathStep], step: PathStep) -> list[PathStep]:
    """Those that a step may return to, in order."""
    before = path[: next(no for no, one in enumerate(path) if one is step)]
    return [one for one in before if one.status == "approved"]


def end(path: list[PathStep]) -> None:
    """Nothing is asked any more: the line ended before these steps had their turn."""
    for step in path:
        if step.status in ("pending", "open"):
            step.status = "withdrawn"
            _lift(step)


def carry(path: list[PathStep], earlier: list[PathStep]) -> None:
    """Takes over the approvals that an earlier version got before it was returned."""
    kept = {step.key: step for step in earlier if step.status == "approved" and not step.added_by}
    for step in path:
        before = kept.get(step.key)
        if before is None or before.step != step.step:
            return
        step.status, step.note, step.seats, step.version = "approved", "carried", before.seats, before.version


def given_to(path: list[PathStep], version: int) -> list[PathStep]:
    """The path with the version that each approval was given to."""
    return [step.model_copy(update={"version": step.version or version}) for step in path]


def moved(path: list[PathStep], route: list[PathStep]) -> tuple[list[PathStep], list[str]]:
    """The path under another route: what was decided stays, and nobody is asked again for what they are asked now.

    Signers whom somebody added keep their turn. Gives also the tasks of those no longer asked.
    """
    decided = [step for step in path if step.status not in ("pending", "open")]
    undecided = [step for step in path if step.status in ("pending", "open")]
    done = {step.key for step in decided if step.status in ("approved", "skipped") and not step.added_by}
    ahead: list[PathStep] = []
    for step in route:
        if step.key not in done:
            asked = next((one for one in undecided if _asks_the_same(one, step)), None)
            if asked is not None:
                asked.step, asked.reason = step.step, step.reason
            ahead.append(asked or step)
    before: PathStep | None = None
    for step in undecided:
        at = next((no for no, one in enumerate(ahead, 1) if one is before), 0)
        if step.added_by:
            ahead.insert(at, step)
        if any(step is one for one in ahead):
            before = step
    lifted = [task for step in ahead[1:] for task in _pause(step)]
    gone = [step for step in undecided if all(step is not kept for kept in ahead)]
    return [*decided, *ahead], lifted + [task for step in gone for task in _pause(step)]


def _asks_the_same(one: PathStep, other: PathStep) -> bool:
    return (one.key, one.step.who, one.step.mode) == (other.key, other.step.who, other.step.mode)


def approvers(path: list[PathStep]) -> list[str]:
    """Who has approved so far, in order."""
    return [seat.by for step, seat in seats(path) if step.status != "void" and seat.status == "approved" and seat.by]


def conditions(path: list[PathStep]) -> list[str]:
    """Under which it was approved so far; those of steps that are asked anew no longer count."""
    return [seat.condition for step, seat in seats(path) if step.status != "void" and seat.condition]


def _lift(step: PathStep) -> list[str]:
    lifted = [seat for seat in step.seats if seat.status in ("waiting", "open")]
    for seat in lifted:
        seat.status = "withdrawn"
    return [seat.task_id for seat in lifted if seat.task_id]


def _pause(step: PathStep) -> list[str]:
    """Lets a step wait for its turn again. Gives the tasks of those who were asked."""
    lifted = [seat for seat in step.seats if seat.status == "open"]
    tasks = [seat.task_id for seat in lifted if seat.task_id]
    for seat in lifted:
        seat.status, seat.task_id = "waiting", None
    step.status = "pending"
    return tasks
