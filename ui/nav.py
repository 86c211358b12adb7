"""The rail: which pages there are, and which of them a person may open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from domain.access import Action, Actor, Role
from domain.findable import findable
from locales import LANGUAGES, N_, translate
from ui.viewer import Viewer


@dataclass(frozen=True)
class Entry:
    """One page. `go` is the letter that opens it after G; `short` its label in the phone's bar, where it has one.

    `count` names the figure beside it (`counts["inbox"]`); the badge is red while `counts["inbox_overdue"]` is not 0.
    """

    label: str
    href: str
    icon: str
    needs: Action | None = None
    go: str = ""
    short: str = ""
    count: str = ""

    @cached_property
    def words(self) -> str:
        """What the palette finds it by: its label in every language, and pinyin in full and by initials."""
        return findable(*(translate(language).gettext(self.label) for language in LANGUAGES))


@dataclass(frozen=True)
class Section:
    label: str
    entries: tuple[Entry, ...]


SECTIONS = (
    Section("", (
        Entry(N_("Approvals"), "/inbox", "inbox", Action.TASK_WORK, go="i", short=N_("Approvals"), count="inbox"),
        Entry(N_("My tasks"), "/tasks", "circle-check", Action.TASK_WORK, go="t", short=N_("Tasks"), count="tasks"),
        Entry(N_("Team"), "/team", "layers", Action.TEAM_READ),
    )),
    Section(N_("Sales"), (
        Entry(N_("Leads"), "/leads", "megaphone", Action.LEAD_READ, go="l"),
        Entry(N_("Deals"), "/deals", "kanban", Action.DEAL_READ, go="d", short=N_("Deals")),
        Entry(N_("Products"), "/products", "package", Action.PRODUCT_READ),
        Entry(N_("Contracts"), "/contracts/ending", "calendar-clock", Action.CONTRACT_READ),
        Entry(N_("Collections"), "/collections", "wallet", Action.COLLECTION_READ, go="p"),
    )),
    Section(N_("Customers"), (
        Entry(N_("Customers"), "/customers", "building-2", Action.CUSTOMER_READ, go="c", short=N_("Customers")),
        Entry(N_("Next steps"), "/follow-ups", "phone", Action.CUSTOMER_WORK),
        Entry(N_("Customer pool"), "/pool", "waves", Action.CUSTOMER_CLAIM, go="w"),
        Entry(N_("Imports"), "/customers/import", "upload", Action.CUSTOMER_IMPORT),
        Entry(N_("Duplicates"), "/customers/duplicates", "merge", Action.CUSTOMER_MERGE),
        Entry(N_("Allocation"), "/allocations", "shuffle", Action.CUSTOMER_ASSIGN),
    )),
    Section(N_("Service"), (
        Entry(
            N_("My queue"), "/tickets", "life-buoy", Action.TICKET_READ, go="q", short=N_("Tickets"), count="tickets"
        ),
        Entry(N_("SLA board"), "/tickets/board", "gauge", Action.TICKET_READ, go="s"),
        Entry(N_("Triage"), "/tickets/triage", "split", Action.TICKET_WORK),
        Entry(N_("Mail without a ticket"), "/tickets/mail", "inbox", Action.TICKET_MANAGE),
        Entry(N_("Shifts"), "/shifts", "calendar-clock", Action.TICKET_WORK),
        Entry(N_("Equipment"), "/equipment", "factory", Action.EQUIPMENT_READ),
        Entry(N_("Webhooks and mail"), "/leads/hooks", "webhook", Action.TICKET_MANAGE),
    )),
    Section(N_("Insight"), (
        Entry(N_("Won and lost"), "/reports/deals", "trophy", Action.REPORT_READ),
        Entry(N_("Customer report"), "/reports/customers", "building-2", Action.REPORT_READ),
        Entry(N_("Routing accuracy"), "/reports/routing", "target", Action.TICKET_MANAGE),
        Entry(N_("Satisfaction"), "/reports/satisfaction", "star", Action.TICKET_MANAGE),
        Entry(N_("Approval report"), "/reports/approvals", "chart-column", Action.REPORT_READ),
        Entry(N_("Service report"), "/reports/service", "timer", Action.TICKET_READ),
        Entry(N_("Clauses"), "/reports/clauses", "scale", Action.CLAUSE_JUDGE),
    )),
    Section(N_("Admin"), (
        Entry(N_("Policies"), "/policies", "shield-check", Action.POLICY_READ),
        Entry(N_("Webhooks"), "/webhooks", "webhook", Action.POLICY_MANAGE),
        Entry(N_("People"), "/people", "users", Action.PEOPLE_READ),
        Entry(N_("Audit log"), "/audit", "history", Action.AUDIT_READ),
        Entry(N_("Health"), "/health", "heart-pulse", Action.OPS, go="h"),
    )),
)  # fmt: skip


@dataclass(frozen=True)
class Rail:
    """What one person sees of it. `current` is the entry of the page being shown."""

    sections: tuple[Section, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    current: str = ""

    @property
    def entries(self) -> list[Entry]:
        return [entry for section in self.sections for entry in section.entries]

    @property
    def phone(self) -> list[Entry]:
        """The phone's bar has five places, and the last is for all the rest."""
        return [entry for entry in self.entries if entry.short][:4]


def rail(viewer: Viewer, path: str, counts: Mapping[str, int]) -> Rail:
    actor = Actor(id=viewer.id, roles=frozenset(Role(role) for role in viewer.roles))
    allowed = [
        Section(section.label, tuple(entry for entry in section.entries if may_open(actor, entry)))
        for section in SECTIONS
    ]
    sections = tuple(section for section in allowed if section.entries)
    hrefs = [entry.href for section in sections for entry in section.entries]
    current = max((href for href in hrefs if path == href or path.startswith(href + "/")), key=len, default="")
    return Rail(sections, counts, current)


def may_open(actor: Actor, entry: Entry) -> bool:
    return entry.needs is None or actor.scope(entry.needs) is not None
