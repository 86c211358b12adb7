"""Row scope inside the queries: what a person may see of each kind of record. Counts, lists and pages all use it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select, SelectBase, and_, false, or_, select, true, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from db.collection import Collection
from db.contract import Approval, Contract
from db.contract_term import ContractTerm
from db.customer import Assignment, Customer
from db.deal import Deal
from db.extension import Extension
from db.lead import Lead
from db.process import Task
from db.quote import Invoice, Quote
from db.signing import Signing
from db.ticket import Ticket
from domain.access import SUBJECT_READ, Action, Actor, Authority, Scope, StandIn
from domain.lead_assignment import SELLING
from domain.refusal import not_found

T = TypeVar("T", bound=tuple[Any, ...])
Whose = Literal["mine", "region", "all"]
"""How far a list looks within what its reader may see."""


class Kind(NamedTuple):
    """A kind of record: its table, the action that reads it, and the columns that say whose it is."""

    table: type[Any]
    read: Action
    owner: InstrumentedAttribute[Any]
    region: InstrumentedAttribute[Any]


KINDS: dict[str, Kind] = {
    "lead": Kind(Lead, Action.LEAD_READ, Lead.owner_id, Lead.region_id),
    "deal": Kind(Deal, Action.DEAL_READ, Deal.owner_id, Deal.region_id),
    "contract": Kind(Contract, Action.CONTRACT_READ, Contract.owner_id, Contract.region_id),
    "contract_term": Kind(ContractTerm, Action.CONTRACT_READ, ContractTerm.owner_id, ContractTerm.region_id),
    "approval": Kind(Approval, Action.CONTRACT_READ, Approval.submitted_by, Approval.region_id),
    "invoice": Kind(Invoice, Action.INVOICE_READ, Invoice.owner_id, Invoice.region_id),
    "quote": Kind(Quote, Action.QUOTE_READ, Quote.owner_id, Quote.region_id),
    "signing": Kind(Signing, Action.CONTRACT_READ, Signing.owner_id, Signing.region_id),
    "ticket": Kind(Ticket, Action.TICKET_READ, Ticket.assignee_id, Ticket.region_id),
    "extension": Kind(Extension, Action.CUSTOMER_READ, Extension.owner_id, Extension.region_id),
    "collection": Kind(Collection, Action.COLLECTION_READ, Collection.owner_id, Collection.region_id),
}


def within(actor: Actor, kind: str) -> ColumnElement[bool]:
    """The rows of a kind that this person may see; what one was ever asked to approve, or copied on, is among them."""
    row = KINDS[kind]
    if kind == "approval":
        return or_(*(_approvals_about(actor, action) for action in set(SUBJECT_READ.values())), _read_by(actor))
    reached = reach(actor, row.read, row.owner, row.region)
    if kind == "lead":
        return or_(reached, _pooled(actor))
    if kind == "signing":
        contracts = select(Contract.id).where(Contract.id == Signing.contract_id, within(actor, "contract"))
        return or_(
            reached,
            contracts.exists(),
            select(Task.id).where(Task.record_id == Signing.id, tasks_within(actor)).exists(),
        )
    if row.read in SUBJECT_READ.values():
        asked = select(Approval.id).where(Approval.subject_id == row.table.id, _read_by(actor))
        return or_(reached, asked.exists())
    return reached


def _pooled(actor: Actor) -> ColumnElement[bool]:
    """What lies in the pool of a region is seen by everybody who sells there."""
    if actor.roles.isdisjoint(SELLING):
        return false()
    return and_(Lead.stage == "pooled", Lead.region_id.in_(actor.regions))


def _approvals_about(actor: Actor, action: Action) -> ColumnElement[bool]:
    """Approvals of those kinds of subject that this action reads, as far as it reaches."""
    kinds = [subject for subject, read in SUBJECT_READ.items() if read is action]
    reached = reach(actor, action, KINDS["approval"].owner, KINDS["approval"].region)
    return and_(Approval.subject_kind.in_(kinds), reached)


def _read_by(actor: Actor) -> ColumnElement[bool]:
    keys = {key for read in SUBJECT_READ.values() for lender in actor.lenders(read) for key in lender.holder_keys}
    read: ColumnElement[bool] = Approval.readers.overlap(sorted(keys))
    return read


def reach(
    actor: Actor, action: Action, owner: InstrumentedAttribute[Any], region: InstrumentedAttribute[Any]
) -> ColumnElement[bool]:
    """What one reaches by oneself, or in the place of somebody absent."""
    return or_(*(_reach(lender, action, owner, region) for lender in actor.lenders(action)))


def _reach(
    one: Authority, action: Action, owner: InstrumentedAttribute[Any], region: InstrumentedAttribute[Any]
) -> ColumnElement[bool]:
    match one.scope(action):
        case None:
            return false()
        case Scope.ALL:
            return true()
        case Scope.REGION:
            return or_(owner == one.id, region.in_(one.regions))
        case Scope.OWN:
            return owner == one.id


def narrowed(actor: Actor, kind: str, whose: Whose) -> ColumnElement[bool]:
    """The rows of a kind that this person may see: their own, their regions', or all of them."""
    match whose:
        case "mine":
            return and_(within(actor, kind), KINDS[kind].owner == actor.id)
        case "region":
            return and_(within(actor, kind), KINDS[kind].region.in_(actor.regions))
        case "all":
            return within(actor, kind)


def customers_within(actor: Actor, *, few: bool = False) -> ColumnElement[bool]:
    """A customer is seen through its assignments: own, of own regions, or all; and by the owner of an open deal. One
    that was merged into another is seen by nobody: its rows are the other's. `few`: it is asked of customers one at a
    time, not of all that are walked through, and many may be theirs."""
    return and_(Customer.merged_into.is_(None), _followed(actor, few))


def _followed(actor: Actor, few: bool) -> ColumnElement[bool]:
    whose = reach(actor, Action.CUSTOMER_READ, Assignment.owner_id, Assignment.region_id)
    scope = actor.scope(Action.CUSTOMER_READ)
    if scope == Scope.ALL:
        return whose
    theirs = select(Assignment.customer_id).where(Assignment.customer_id == Customer.id, whose)
    any_of_theirs = theirs.correlate(Customer).exists()  # the list ordered by due days reads assignments itself
    if scope != Scope.OWN:
        return any_of_theirs
    deals = _customers_of_deals(actor)
    if few:
        return or_(any_of_theirs, deals.where(Deal.customer_id == Customer.id).correlate(Customer).exists())
    return Customer.id.in_(select(Assignment.customer_id).where(whose).union_all(deals))


def _customers_of_deals(actor: Actor) -> Select[str]:
    """A deal handed over does not take its customer along, who may be followed for other deals."""
    return select(Deal.customer_id).where(Deal.owner_id == actor.id, Deal.closed_at.is_(None))


class CustomerPaths(NamedTuple):
    """Where all customers of `customers_within` are, and more: in `regions`, or one by one in `others` and `elsewhere`.
    `places`: assignments of all but `others`, each with its customers in order by an index; None: anybody's.
    `all_of_them`: their ids, where one statement knows them, and maybe some more than once."""

    regions: Sequence[str]
    others: SelectBase
    elsewhere: SelectBase | None = None
    places: Sequence[ColumnElement[bool]] | None = None
    all_of_them: SelectBase | None = None


def paths_to_customers(actor: Actor) -> CustomerPaths | None:
    """What an index can begin with. None: they are everywhere."""
    lenders = actor.lenders(Action.CUSTOMER_READ)
    scopes = {one.scope(Action.CUSTOMER_READ) for one in lenders}
    if Scope.ALL in scopes:
        return None
    reached = {region for one in lenders if one.scope(Action.CUSTOMER_READ) == Scope.REGION for region in one.regions}
    owned = select(Assignment.customer_id).where(Assignment.owner_id.in_([one.id for one in lenders]))
    deals = _customers_of_deals(actor)
    if reached:
        return CustomerPaths(sorted(reached), union(owned, deals))
    regions = sorted({region for one in lenders for region in one.regions})
    elsewhere = owned.where(Assignment.region_id.not_in(regions))
    places = [Assignment.owner_id == one.id for one in lenders]
    return CustomerPaths(regions, deals, elsewhere, places, union(owned, deals))


def assignments_apart(actor: Actor) -> list[ColumnElement[bool]]:
    """Those through which customers are seen, in parts that share none: each region's, then each person's elsewhere.
    An index that begins with the region, or with the owner, has a part in its order."""
    lenders = actor.lenders(Action.CUSTOMER_READ)
    if Scope.ALL in {one.scope(Action.CUSTOMER_READ) for one in lenders}:
        return [true()]
    reached = {region for one in lenders if one.scope(Action.CUSTOMER_READ) == Scope.REGION for region in one.regions}
    elsewhere = [Assignment.region_id.not_in(sorted(reached))] if reached else []
    return [
        *(Assignment.region_id == region for region in sorted(reached)),
        *(and_(Assignment.owner_id == one, *elsewhere) for one in sorted({one.id for one in lenders})),
    ]


def tasks_within(actor: Actor) -> ColumnElement[bool]:
    """Tasks one may act on, has decided, or asked for; the records' own scope shows the others with their case."""
    return or_(tasks_held(actor), Task.decided_by == actor.id, Task.from_id == actor.id)


def tasks_held(actor: Actor) -> ColumnElement[bool]:
    """`domain.task.holds`: one's own, and those one has while somebody is away."""
    return or_(Task.holders.overlap(sorted(actor.holder_keys)), tasks_lent(*actor.acting_for))


def tasks_lent(*absent: StandIn) -> ColumnElement[bool]:
    """What the substitute of absent people has of theirs; approvals that one of them asked for are not among it."""
    lent = [and_(Task.holders.overlap(sorted(one.holder_keys)), _of_kinds(one)) for one in absent]
    asked = and_(Task.kind == "approve", Task.from_id.in_([one.id for one in absent if one.takes("approve")]))
    return and_(or_(false(), *lent), asked.is_not(True))


def tasks_taken_by_others(actor: Actor) -> ColumnElement[bool]:
    """`domain.task.taken_by_other`."""
    ours = [or_(Task.claimed_by == actor.id, Task.claimed_for == actor.id)]
    for absent in actor.acting_for:
        ours.append(and_(or_(Task.claimed_by == absent.id, Task.claimed_for == absent.id), _of_kinds(absent)))
    return and_(Task.claimed_by.is_not(None), or_(*ours).is_not(True))


def _of_kinds(absent: StandIn) -> ColumnElement[bool]:
    return Task.kind.in_(sorted(absent.kinds)) if absent.kinds else true()


def scoped(query: Select[T], actor: Actor, kind: str) -> Select[T]:
    return query.where(within(actor, kind))


async def within_sight(session: AsyncSession, actor: Actor, kind: str, record_id: str) -> bool:
    table = KINDS[kind].table
    return await session.scalar(scoped(select(table.id), actor, kind).where(table.id == record_id)) is not None


async def visible(session: AsyncSession, actor: Actor, kind: str, record_id: str) -> Any:
    """The row, if there is one and this person may see it; else Refused (404)."""
    table = KINDS[kind].table
    row = await session.scalar(scoped(select(table), actor, kind).where(table.id == record_id))
    if row is None:
        raise not_found(kind)
    return row
