"""Who may do what, to which rows: the one place where access is decided, for API and UI alike."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum, StrEnum

from pydantic import BaseModel, ConfigDict

from domain.refusal import forbidden


class Role(StrEnum):
    SALES = "sales"
    SENIOR_SALES = "senior_sales"
    REGIONAL_MANAGER = "regional_manager"
    SALES_DIRECTOR = "sales_director"
    FINANCE = "finance"
    CFO = "cfo"
    LEGAL = "legal"
    SUPPORT_AGENT = "support_agent"
    SUPPORT_LEAD = "support_lead"
    OPS = "ops"
    ADMINISTRATOR = "administrator"


COMPANY_WIDE = frozenset({
    Role.SALES_DIRECTOR, Role.FINANCE, Role.CFO, Role.LEGAL, Role.OPS, Role.ADMINISTRATOR,
})  # fmt: skip
"""Roles held for the whole company; the others are held in the regions of one's unit."""


class Scope(IntEnum):
    """Which rows an action reaches; a wider scope contains the narrower."""

    OWN = 1
    REGION = 2
    ALL = 3


class Action(StrEnum):
    LEAD_READ = "lead.read"
    LEAD_CREATE = "lead.create"
    LEAD_WORK = "lead.work"
    CUSTOMER_READ = "customer.read"
    DEAL_READ = "deal.read"
    DEAL_CREATE = "deal.create"
    DEAL_WORK = "deal.work"
    CONTRACT_READ = "contract.read"
    CONTRACT_WORK = "contract.work"
    CLAUSE_JUDGE = "clause.judge"
    QUOTE_READ = "quote.read"
    QUOTE_WORK = "quote.work"
    PRODUCT_READ = "product.read"
    PRODUCT_MANAGE = "product.manage"
    INVOICE_READ = "invoice.read"
    INVOICE_WORK = "invoice.work"
    CUSTOMER_WORK = "customer.work"
    CUSTOMER_CREATE = "customer.create"
    CUSTOMER_CLAIM = "customer.claim"
    CUSTOMER_ASSIGN = "customer.assign"
    CUSTOMER_MERGE = "customer.merge"
    CUSTOMER_IMPORT = "customer.import"
    CUSTOMER_EXPORT = "customer.export"
    TICKET_READ = "ticket.read"
    TICKET_CREATE = "ticket.create"
    TICKET_WORK = "ticket.work"
    TICKET_MANAGE = "ticket.manage"
    EQUIPMENT_READ = "equipment.read"
    EQUIPMENT_WORK = "equipment.work"
    COLLECTION_READ = "collection.read"
    COLLECTION_WORK = "collection.work"
    COLLECTION_FOLLOW = "collection.follow"
    TASK_WORK = "task.work"
    TASK_HAND_ON = "task.hand_on"
    TEAM_READ = "team.read"
    REPORT_READ = "report.read"
    PEOPLE_READ = "people.read"
    PEOPLE_MANAGE = "people.manage"
    POLICY_READ = "policy.read"
    POLICY_MANAGE = "policy.manage"
    AUDIT_READ = "audit.read"
    OPS = "ops"


def _grants() -> dict[Role, dict[Action, Scope]]:
    a, own, region, all_ = Action, Scope.OWN, Scope.REGION, Scope.ALL
    everyone = {a.TASK_WORK: all_, a.PEOPLE_READ: all_}  # a task's own holders decide; that is checked with the task
    sales = everyone | {
        a.LEAD_READ: own, a.LEAD_CREATE: own, a.LEAD_WORK: own, a.CUSTOMER_READ: own, a.DEAL_READ: own,
        a.DEAL_CREATE: own, a.DEAL_WORK: own, a.CONTRACT_READ: own, a.CONTRACT_WORK: own, a.COLLECTION_READ: own,
        a.COLLECTION_FOLLOW: own,
        a.QUOTE_READ: own, a.QUOTE_WORK: own, a.INVOICE_READ: own, a.CUSTOMER_WORK: own, a.PRODUCT_READ: all_,
        a.EQUIPMENT_READ: own, a.CUSTOMER_CREATE: own, a.CUSTOMER_CLAIM: own,
    }  # fmt: skip
    manager = dict.fromkeys(sales, region) | everyone | {
        a.PRODUCT_READ: all_,
        a.TASK_HAND_ON: region, a.TEAM_READ: region, a.REPORT_READ: region, a.POLICY_READ: all_,
        a.TICKET_READ: region,
        a.EQUIPMENT_WORK: region,
        a.CUSTOMER_ASSIGN: region, a.CUSTOMER_MERGE: region, a.CUSTOMER_IMPORT: region, a.CUSTOMER_EXPORT: region,
    }  # fmt: skip
    director = dict.fromkeys(manager, all_) | {a.PRODUCT_MANAGE: all_}
    money = everyone | {
        a.CUSTOMER_READ: all_, a.DEAL_READ: all_, a.CONTRACT_READ: all_, a.COLLECTION_READ: all_,
        a.COLLECTION_WORK: all_, a.COLLECTION_FOLLOW: all_, a.POLICY_READ: all_, a.QUOTE_READ: all_,
        a.INVOICE_READ: all_, a.INVOICE_WORK: all_,
        a.CUSTOMER_WORK: all_, a.PRODUCT_READ: all_, a.PRODUCT_MANAGE: all_,
    }  # fmt: skip
    reader = everyone | {
        a.CUSTOMER_READ: all_, a.DEAL_READ: all_, a.CONTRACT_READ: all_, a.QUOTE_READ: all_, a.PRODUCT_READ: all_,
        a.POLICY_READ: all_,
    }  # fmt: skip
    ops = reader | {
        a.LEAD_READ: all_, a.COLLECTION_READ: all_, a.INVOICE_READ: all_, a.REPORT_READ: all_, a.OPS: all_,
        a.AUDIT_READ: all_, a.TICKET_READ: all_,
    }  # fmt: skip
    # An agent reads and answers what the region's people brought; what a colleague has in hand is answered, too.
    agent = everyone | {
        a.CUSTOMER_READ: region, a.TICKET_READ: region, a.TICKET_CREATE: region, a.TICKET_WORK: region,
        a.EQUIPMENT_READ: region, a.EQUIPMENT_WORK: region,
    }  # fmt: skip
    return {
        Role.SALES: sales,
        Role.SENIOR_SALES: sales,
        Role.REGIONAL_MANAGER: manager,
        Role.SALES_DIRECTOR: director,
        Role.FINANCE: money,
        Role.CFO: money | {a.LEAD_READ: all_, a.TEAM_READ: own, a.REPORT_READ: all_},
        Role.LEGAL: reader | {a.CLAUSE_JUDGE: all_},
        Role.SUPPORT_AGENT: agent,
        Role.SUPPORT_LEAD: agent
        | {
            a.TEAM_READ: own,
            a.TICKET_MANAGE: region,
            a.POLICY_READ: all_,
        },
        Role.OPS: ops,
        Role.ADMINISTRATOR: dict.fromkeys(Action, all_),
    }


GRANTS = _grants()

SUBJECT_READ: dict[str, Action] = {
    "contract": Action.CONTRACT_READ,
    "quote": Action.QUOTE_READ,
    "write_off": Action.COLLECTION_READ,
    "refund": Action.COLLECTION_READ,
    "service_hold": Action.COLLECTION_READ,
}
"""What may be asked to be approved, and the action that reads such a record."""

NEEDED: dict[str, frozenset[Action]] = {
    "approve": frozenset(SUBJECT_READ.values()),
    "answer_question": frozenset(SUBJECT_READ.values()),
    "first_contact": frozenset({Action.LEAD_READ, Action.LEAD_WORK}),
    "assign_lead": frozenset({Action.LEAD_READ, Action.LEAD_WORK}),
    "review_match": frozenset({Action.LEAD_READ, Action.LEAD_WORK}),
    "submit_contract": frozenset({Action.CONTRACT_READ, Action.CONTRACT_WORK}),
    "review_contract": frozenset({Action.CONTRACT_READ}),
    "sign_contract": frozenset({Action.CONTRACT_READ}),
    "choose_signatory": frozenset({Action.CONTRACT_READ, Action.CONTRACT_WORK}),
    "confirm_term": frozenset({Action.CONTRACT_READ, Action.CONTRACT_WORK}),
    "decide_term": frozenset({Action.CONTRACT_READ, Action.CONTRACT_WORK}),
    "prepare_invoice": frozenset({Action.INVOICE_READ, Action.INVOICE_WORK}),
    "record_payment": frozenset({Action.COLLECTION_READ, Action.COLLECTION_WORK}),
    "stage_task": frozenset({Action.DEAL_READ}),
    "ticket_overdue": frozenset({Action.TICKET_READ}),
    "extend_customer": frozenset({Action.CUSTOMER_READ, Action.CUSTOMER_ASSIGN}),
}
"""Each kind of human task, and what else one must be allowed to do it: the case behind it is seen and worked."""


class Authority(BaseModel):
    """What one person may do by themselves: their roles, and the regions they hold them in."""

    model_config = ConfigDict(frozen=True)

    id: str
    roles: frozenset[Role] = frozenset()
    regions: frozenset[str] = frozenset()

    def scope(self, action: Action) -> Scope | None:
        """The widest scope any of the roles gives for the action; None: not at all."""
        return max((s for role in self.roles if (s := GRANTS[role].get(action))), default=None)

    def _reaches(self, action: Action, owner: str | None, region: str | None) -> bool:
        scope = self.scope(action)
        if scope is None:
            return False
        return scope == Scope.ALL or owner == self.id or (scope == Scope.REGION and region in self.regions)

    @property
    def holder_keys(self) -> frozenset[str]:
        """The keys a human task may be open to so that this person holds it themselves."""
        wide = {role_key(r) for r in self.roles if r in COMPANY_WIDE}
        regional = {role_key(r, g) for r in self.roles if r not in COMPANY_WIDE for g in self.regions}
        return frozenset({person_key(self.id)} | wide | regional)


class StandIn(Authority):
    """An absent person whose tasks an actor takes: those of some `kinds`; empty: of all."""

    kinds: frozenset[str] = frozenset()

    def takes(self, kind: str) -> bool:
        return not self.kinds or kind in self.kinds

    def lends(self, action: Action) -> bool:
        """Whether the tasks taken need the absent person's reach for this action."""
        return any(self.takes(kind) and action in actions for kind, actions in NEEDED.items())


class Actor(Authority):
    """Who acts, as known at this moment; made fresh for each command and carried into the workflow.

    `acting_for` are the absent people whom the actor stands in for, `handed_over` the kinds of task that others have
    while the actor is away.
    """

    acting_for: tuple[StandIn, ...] = ()
    handed_over: frozenset[str] = frozenset()

    def require(self, action: Action) -> Scope:
        """Raises Refused (403) where no role allows the action, nor one lent by somebody absent."""
        scope = max((s for lender in self.lenders(action) if (s := lender.scope(action))), default=None)
        if scope is None:
            raise forbidden(action)
        return scope

    def lenders(self, action: Action) -> list[Authority]:
        """Whose reach the actor has for the action: their own, and that of the absent whose tasks need it."""
        return [self, *(absent for absent in self.acting_for if absent.lends(action))]

    def reaches(self, action: Action, *, owner: str | None, region: str | None) -> bool:
        """Whether the action may touch a row of this owner and region."""
        return any(lender._reaches(action, owner, region) for lender in self.lenders(action))

    @property
    def keys_at_hand(self) -> frozenset[str]:
        """Own holder keys and those of the absent: whose news concern the actor."""
        return self.holder_keys.union(*(absent.holder_keys for absent in self.acting_for))


def person_key(person_id: str) -> str:
    return f"person:{person_id}"


def person_in(key: str) -> str | None:
    """The person whom a task's key names; None for a role's key."""
    return key.removeprefix("person:") if key.startswith("person:") else None


def role_key(role: Role, region: str | None = None) -> str:
    """A role in a region; company-wide roles are held without one whatever region is given."""
    return f"role:{role}:{'*' if role in COMPANY_WIDE or region is None else region}"


def superiors(role: Role) -> Iterable[Role]:
    """The roles above a role, nearest first: where its work goes when it is not done, or is one's own request."""
    return _LADDER[role]


_UP_SALES = (Role.REGIONAL_MANAGER, Role.SALES_DIRECTOR, Role.ADMINISTRATOR)
_LADDER: dict[Role, tuple[Role, ...]] = {
    Role.SALES: _UP_SALES,
    Role.SENIOR_SALES: _UP_SALES,
    Role.REGIONAL_MANAGER: _UP_SALES[1:],
    Role.SALES_DIRECTOR: _UP_SALES[2:],
    Role.FINANCE: (Role.CFO, Role.ADMINISTRATOR),
    Role.CFO: (Role.ADMINISTRATOR,),
    Role.LEGAL: (Role.ADMINISTRATOR,),
    Role.SUPPORT_AGENT: (Role.SUPPORT_LEAD, Role.ADMINISTRATOR),
    Role.SUPPORT_LEAD: (Role.ADMINISTRATOR,),
    Role.OPS: (Role.ADMINISTRATOR,),
    Role.ADMINISTRATOR: (),
}
