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
    COLLECTION_READ = "collection.read"
    COLLECTION_WORK = "collection.work"
    TASK_WORK = "task.work"
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
    }  # fmt: skip
    manager = everyone | dict.fromkeys(sales, region) | {a.TASK_WORK: all_, a.PEOPLE_READ: all_, a.POLICY_READ: all_}
    director = dict.fromkeys(manager, all_)
    money = everyone | {
        a.CUSTOMER_READ: all_, a.DEAL_READ: all_, a.CONTRACT_READ: all_, a.COLLECTION_READ: all_,
        a.COLLECTION_WORK: all_, a.POLICY_READ: all_,
    }  # fmt: skip
    reader = everyone | {a.CUSTOMER_READ: all_, a.DEAL_READ: all_, a.CONTRACT_READ: all_, a.POLICY_READ: all_}
    return {
        Role.SALES: sales,
        Role.SENIOR_SALES: sales,
        Role.REGIONAL_MANAGER: manager,
        Role.SALES_DIRECTOR: director,
        Role.FINANCE: money,
        Role.CFO: money | {a.LEAD_READ: all_},
        Role.LEGAL: reader,
        Role.SUPPORT_AGENT: everyone | {a.CUSTOMER_READ: region},
        Role.SUPPORT_LEAD: everyone | {a.CUSTOMER_READ: region},
        Role.OPS: reader | {a.LEAD_READ: all_, a.COLLECTION_READ: all_, a.OPS: all_, a.AUDIT_READ: all_},
        Role.ADMINISTRATOR: dict.fromkeys(Action, all_),
    }


GRANTS = _grants()


class Actor(BaseModel):
    """Who acts, as known at this moment; made fresh for each command and carried into the workflow.

    `acting_for` is the person whose tasks the actor may also take (a substitute).
    """

    model_config = ConfigDict(frozen=True)

    id: str
    roles: frozenset[Role] = frozenset()
    regions: frozenset[str] = frozenset()
    acting_for: frozenset[str] = frozenset()

    def scope(self, action: Action) -> Scope | None:
        """The widest scope any of the actor's roles gives for the action; None: not at all."""
        return max((s for role in self.roles if (s := GRANTS[role].get(action))), default=None)

    def require(self, action: Action) -> Scope:
        """Raises Refused (403) where no role allows the action."""
        scope = self.scope(action)
        if scope is None:
            raise forbidden(action)
        return scope

    def reaches(self, action: Action, *, owner: str | None, region: str | None) -> bool:
        """Whether the action may touch a row of this owner and region."""
        scope = self.scope(action)
        if scope is None:
            return False
        return scope == Scope.ALL or owner == self.id or (scope == Scope.REGION and region in self.regions)

    @property
    def holder_keys(self) -> frozenset[str]:
        """The keys a human task may be open to so that this actor may act on it."""
        persons = {person_key(p) for p in {self.id, *self.acting_for}}
        wide = {role_key(r) for r in self.roles if r in COMPANY_WIDE}
        regional = {role_key(r, g) for r in self.roles if r not in COMPANY_WIDE for g in self.regions}
        return frozenset(persons | wide | regional)


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
