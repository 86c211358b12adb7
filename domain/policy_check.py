"""What is to be said about a policy document before it is published: what makes it unfit, and what looks unmeant."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from domain.allocation_policy import AllocationPolicy
from domain.approval import ApprovalPolicy, PassOn, Step
from domain.approver import Approver, HeadApprover, PersonApprover, RoleApprover
from domain.cell import In, NotIn
from domain.customer_assignment import HOME, CustomerAssignmentPolicy
from domain.customer_pool import PoolPolicy
from domain.document import PolicyDocument, Problem, Strict
from domain.lead import LeadPolicy
from domain.lead_assignment import LeadAssignmentPolicy, RoleGroup
from domain.pipeline import PipelinePolicy
from domain.policy import known_model, load
from domain.refusal import Refused
from domain.routing import RoutingPolicy
from domain.sla import SlaPolicy
from domain.stage_action import MailAction, PaymentReminderAction, TaskAction, WebhookAction
from domain.table_check import Overlap, check_table


class Findings(Strict):
    """`problems` keep the document from being published. `warnings` do not: rows that never fire, approvers nobody is.

    `overlaps` are pairs of rows that take the same case, with an example; under `first` the upper one decides.
    """

    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    overlaps: tuple[Overlap, ...] = ()


class Reference(NamedTuple):
    """Something outside the document that it names: a role, a person's id, a unit's code, the key of another thing.

    A seller is a person who has to sell in `region`; empty: in some region.
    """

    what: Literal["role", "person", "seller", "unit", "calendar", "letter", "webhook", "region", "skill"]
    key: str
    where: str
    region: str = ""


def examine(kind: str, document: Mapping[str, Any]) -> tuple[PolicyDocument | None, Findings]:
    """The policy where it is well-formed, and all that can be said of it without looking around.

    Takes as long as `check_table`. Raises Refused `policy_kind_unknown`.
    """
    model = known_model(kind)
    try:
        policy = load(model, document)
    except Refused as refused:
        return None, Findings(problems=tuple(Problem.model_validate(p) for p in refused.params["problems"]))
    problems = tuple(policy.problems())
    table = getattr(policy, "table", None)
    if table is None:
        return policy, Findings(problems=problems)
    check = check_table(table)
    order = [row.id for row in table.rows]
    unreachable = tuple(
        Problem(where=f"table.rows.{order.index(row)}", code="row_unreachable", what=f"Row {row} never decides a case.")
        for row in check.unreachable or ()
        if not isinstance(policy, SlaPolicy)  # to which it is a problem
    )
    differing = tuple(pair for pair in check.overlaps or () if _differ(table, *pair.rows))
    return policy, Findings(problems=problems, warnings=unreachable, overlaps=differing)


def _differ(table: Any, upper: str, lower: str) -> bool:
    """Two rows with the same outcome may overlap as they like."""
    return bool(table.row(upper).then != table.row(lower).then)


def references(policy: PolicyDocument) -> Iterator[Reference]:
    """What the policy names, each with its place."""
    if isinstance(policy, PipelinePolicy):
        yield from _of_stages(policy)
    if isinstance(policy, LeadPolicy | PoolPolicy) and policy.calendar is not None:
        yield Reference("calendar", policy.calendar, "calendar")
    if isinstance(policy, LeadAssignmentPolicy):
        yield from _assigned(policy)
    if isinstance(policy, SlaPolicy):
        yield from _promised(policy)
    if isinstance(policy, RoutingPolicy):
        yield from _routed(policy)
    if isinstance(policy, AllocationPolicy):
        for no, one in enumerate(policy.weekly):
            yield Reference("region", one.region, f"weekly.{no}.region")
    if isinstance(policy, CustomerAssignmentPolicy):
        yield from _placed(policy)
    if not isinstance(policy, ApprovalPolicy):
        return
    for no, row in enumerate(policy.table.rows):
        for at, step in enumerate(row.then.steps):
            yield from _named(step, f"table.rows.{no}.then.steps.{at}")


def _of_stages(policy: PipelinePolicy) -> Iterator[Reference]:
    for no, stage in enumerate(policy.stages):
        for when in ("entry", "leave"):
            for at, action in enumerate(getattr(stage, when)):
                place = f"stages.{no}.{when}.{at}"
                if isinstance(action, MailAction):
                    yield Reference("letter", action.template, place)
                elif isinstance(action, WebhookAction):
                    yield Reference("webhook", action.target, place)
                elif isinstance(action, TaskAction | PaymentReminderAction) and action.who != "owner":
                    yield Reference("role", action.who, place)


def _assigned(policy: LeadAssignmentPolicy) -> Iterator[Reference]:
    for no, row in enumerate(policy.table.rows):
        for at, one in enumerate(row.then.to):
            where = f"table.rows.{no}.then.to.{at}"
            if isinstance(one, PersonApprover):
                yield Reference("person", one.person, where)
            elif isinstance(one, RoleGroup):
                yield Reference("role", one.role, where)


def _placed(policy: CustomerAssignmentPolicy) -> Iterator[Reference]:
    for no, row in enumerate(policy.table.rows):
        for at, one in enumerate(row.then.follow):
            where = f"table.rows.{no}.then.follow.{at}"
            if one.region != HOME:
                yield Reference("region", one.region, f"{where}.region")
            if one.person is not None:
                yield Reference("seller", one.person, f"{where}.person", one.region if one.region != HOME else "")


def _routed(policy: RoutingPolicy) -> Iterator[Reference]:
    for no, queue in enumerate(policy.queues):
        for skill in queue.skills:
            yield Reference("skill", skill, f"queues.{no}.skills")
        if queue.lead is not None:
            yield Reference("person", queue.lead.person, f"queues.{no}.lead")
    for no, row in enumerate(policy.table.rows if policy.table else ()):
        if isinstance(cell := row.when.get("region"), In | NotIn):
            for region in cell.values:
                yield Reference("region", str(region), f"table.rows.{no}.when.region")


def _promised(policy: SlaPolicy) -> Iterator[Reference]:
    for no, row in enumerate(policy.table.rows):
        yield Reference("calendar", row.then.calendar, f"table.rows.{no}.then.calendar")


def _named(step: Step, where: str) -> Iterator[Reference]:
    if step.calendar is not None:
        yield Reference("calendar", step.calendar, f"{where}.calendar")
    asked: list[tuple[str, Approver]] = [(f"{where}.who.{no}", one) for no, one in enumerate(step.who)]
    asked += [(f"{where}.copy_to.{no}", one) for no, one in enumerate(step.copy_to)]
    if isinstance(step.timeout, PassOn):
        asked.append((f"{where}.timeout.to", step.timeout.to))
    for place, one in asked:
        if isinstance(one, RoleApprover):
            yield Reference("role", one.role, place)
        elif isinstance(one, PersonApprover):
            yield Reference("person", one.person, place)
        elif isinstance(one, HeadApprover) and one.unit is not None:
            yield Reference("unit", one.unit, place)
