"""What happened and why things wait, told to one reader: events and waits with names, money and dates put in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal

from db.process import TimelineEvent
from db.timeline import Told
from domain.access import person_in
from locales import N_, translate
from locales.change_words import change_text
from locales.events import event_text
from locales.formats import Formats
from locales.labels import label
from locales.waits import wait_text
from ui.names import Names
from ui.stage import Pipelines

ICONS = {
    "quote": "file-check", "invoice": "receipt-text",
    "ticket": "life-buoy", "ticket.assigned": "user", "ticket.replied": "send", "ticket.noted": "lock",
    "ticket.customer_wrote": "message-square", "ticket.thanked": "thumbs-up", "ticket.waiting_customer": "pause",
    "ticket.waiting_third": "hourglass", "ticket.went_on": "play", "ticket.resolved": "circle-check",
    "ticket.reopened": "rotate-ccw", "ticket.prioritised": "flag", "ticket.merged": "merge", "ticket.joined": "merge",
    "ticket.tier_changed": "star", "ticket.closed": "ban", "ticket.spam": "ban", "ticket.automatic": "settings",
    "ticket.amber": "clock-alert", "ticket.red": "clock-alert",
    "ticket.breached": "triangle-alert", "ticket.climbed": "triangle-alert", "ticket.due_moved": "timer",
    "lead": "megaphone", "deal": "briefcase", "contract": "file-text", "approval": "shield-check",
    "signing": "file-check", "term": "calendar-clock",
    "review": "scale", "collection": "wallet", "extension": "calendar-clock",
    "task": "circle-check", "absence": "calendar", "import": "upload",
    "deal.moved": "arrow-right", "deal.prioritised": "flag", "deal.stalled_red": "hourglass",
    "deal.stalled_told": "hourglass", "deal.action_done": "zap", "deal.action_failed": "triangle-alert",
    "deal.action_still_failing": "triangle-alert", "deal.action_retried": "refresh-cw", "deal.action_given_up": "x",
    "deal.pipeline_moved": "kanban", "deal.edited": "pencil", "deal.followed_up": "phone", "deal.stalled": "hourglass",
    "deal.order_placed": "package", "deal.reopened": "undo-2", "deal.split": "split", "deal.file_added": "paperclip",
    "deal.service_tier": "star", "task.owner_changed": "users", "lead.contacted": "phone", "lead.tried": "phone",
    "lead.asleep": "moon", "lead.woke": "sun", "lead.late": "clock-alert", "lead.pooled": "inbox",
    "lead.touched": "repeat", "lead.came_back": "rotate-ccw", "lead.reopened": "rotate-ccw", "task.opened": "user",
    "task.reminded": "bell", "contract.compared": "git-compare",
    "task.escalated": "triangle-alert", "approval.question": "message-square", "approval.answer": "message-square",
    "approval.comment": "message-square", "approval.nudged": "bell", "approval.returned_to": "undo-2",
    "approval.signer_before": "user-plus", "approval.signer_after": "user-plus",
    "collection.payment": "banknote", "collection.overdue": "triangle-alert", "collection.payment_abroad": "banknote",
    "collection.reversed": "undo-2", "collection.level": "triangle-alert", "collection.reminder": "bell",
    "collection.promised": "calendar", "collection.promise_broken": "triangle-alert",
    "collection.disputed": "message-square", "collection.replanned": "pencil",
}  # fmt: skip
"""By an event's kind, or by the first part of it."""

STATES = {
    "ticket.amber": "warn", "ticket.red": "bad", "ticket.breached": "bad", "ticket.climbed": "bad",
    "quote.accepted": "ok", "quote.refused": "bad", "quote.lapsed": "warn", "quote.approved": "ok",
    "quote.rejected": "bad", "quote.returned": "warn",
    "task.escalated": "warn", "deal.stalled": "warn", "deal.stalled_red": "bad", "deal.stalled_told": "bad",
    "deal.action_failed": "bad", "deal.action_still_failing": "bad", "lead.late": "warn", "lead.pooled": "warn",
    "collection.overdue": "bad", "ticket.resolved": "ok", "ticket.reopened": "warn",
    "review.clear": "ok", "review.conditions": "warn", "review.return": "warn",
    "term.notice_soon": "warn",
    "contract.not_read": "warn", "contract.returned": "warn", "contract.rejected": "bad", "contract.approved": "ok",
    "contract.signing_signed": "ok", "contract.signing_declined": "bad", "contract.signing_expired": "warn",
    "contract.signing_handed_back": "warn", "contract.signing_failed": "bad", "collection.payment": "ok",
    "collection.paid": "ok", "collection.payment_abroad": "ok", "collection.promise_kept": "ok",
    "collection.promise_broken": "bad", "collection.level": "bad", "collection.reversed": "warn",
    "collection.disputed": "warn", "collection.held": "bad", "collection.written_off": "warn",
}  # fmt: skip

ECHOES = frozenset({
    "deal.quote_changed", "quote.closed", "quote.begun",
    "deal.contract_opened", "deal.contract_changed", "deal.quote_begun", "deal.invoice_drafted",
    "contract.closed", "review.unjudged", "signing.ended_signed", "signing.ended_declined", "signing.ended_handed_back",
    "signing.ended_expired", "signing.ended_failed", "signing.ended_withdrawn", "approval.opened", "approval.approved",
    "approval.returned", "approval.rejected", "approval.withdrawn", "lead.converted", "lead.closed", "lead.rescored",
    "ticket.ended", "term.opened", "term.closed",
    "task.claimed", "task.released", "collection.closed",
})  # fmt: skip
"""What one process says of another, and small steps: told only where every step is asked for."""

RESULTS = frozenset({
    "lead.contacted", "lead.qualified", "lead.dismissed", "lead.asleep", "lead.assigned", "lead.merged",
    "review.clear", "review.conditions", "review.return", "term.confirmed", "term.decided_renew", "term.decided_go_on",
    "term.decided_end",
    "lead.attached", "lead.kept_apart", "contract.submitted", "collection.payment",
    "approval.approved", "approval.returned", "approval.rejected", "approval.returned_to", "approval.answer",
})  # fmt: skip
"""What a task's end brings about is told, not that it ended; of an approval, the contract says how it ended."""

MAIN = Told(not_kinds=ECHOES, results=RESULTS)

DETAILS = ("note", "comment", "reason", "text", "why")

Filter = Literal["", "follow_ups", "stages", "contract", "money", "steps"]

FILTERS: dict[Filter, tuple[str, Told]] = {
    "": (N_("All"), MAIN),
    "stages": (N_("Stage moves"), Told(kinds={"deal.opened", "deal.moved", "deal.reopened", "deal.closed"})),
    "follow_ups": (N_("Follow-ups"), Told(kinds={"deal.followed_up", "lead.contacted", "lead.tried"})),
    "contract": (N_("Contract"), replace(MAIN, processes={"contract", "approval", "quote", "contract_term"})),
    "money": (N_("Money"), replace(MAIN, processes={"collection"}, kinds={"deal.order_placed"})),
    "steps": (N_("Every step"), Told()),
}
"""What a timeline may be narrowed to: its name, and the events it then tells."""


def people_in(events: Iterable[TimelineEvent], waits: Iterable[Mapping[str, Any]] = ()) -> set[str]:
    """Ids of everybody these events and waits speak of."""
    found: set[str] = set()
    for event in events:
        params = event.params
        named = (event.actor, *(params.get(name) for name in ("owner", "late", "by", "behalf_of", "signer")))
        found |= {person for person in named if isinstance(person, str) and len(person) == 36}
        found |= _persons([*params.get("holders", ()), params.get("to", "")])
    for wait in waits:
        found |= _persons(wait.get("holders", ()))
    return found


def _persons(keys: Iterable[str]) -> set[str]:
    return {person for key in keys if (person := person_in(key))}


@dataclass(frozen=True)
class Waited:
    """Why a process stands still: what for, for whom, since when, and when it acts by itself."""

    text: str
    who: str
    since: datetime | None
    due: datetime | None


@dataclass(frozen=True)
class Story:
    """Everything said to one reader. `currency` is that of the amounts in events and waits, `steps` has the names of
    approval steps by key, `contacts` those of the customer's people by id."""

    formats: Formats
    names: Names
    pipelines: Pipelines
    currency: str
    steps: Mapping[str, str] = field(default_factory=dict)
    contacts: Mapping[str, str] = field(default_factory=dict)

    @property
    def language(self) -> str:
        return self.formats.language

    def holders(self, keys: Iterable[str]) -> str:
        return self._(N_(", ")).join(filter(None, map(self.names.holder, keys)))

    def told(
        self, events: Iterable[TimelineEvent], where: Mapping[str, tuple[str, str]] | None = None
    ) -> list[dict[str, Any]]:
        """As the macro `ui.timeline` shows them; `where` has title and address of the case by its line's id."""
        return [self._event(event) | {"where": (where or {}).get(event.line_id)} for event in events]

    def _event(self, event: TimelineEvent) -> dict[str, Any]:
        area = event.kind.partition(".")[0]
        words = self.words(event.params)
        return {
            "id": event.id,
            "icon": ICONS.get(event.kind, ICONS.get(area, "activity")),
            "state": STATES.get(event.kind),
            "what": event_text(event.kind, words, self.language),
            "who": self._who(event),
            "at": event.at,
            "detail": self._detail(event.kind, words),
        }

    def _detail(self, kind: str, words: Mapping[str, str]) -> str | None:
        if kind == "deal.followed_up":  # what it came to, what was said, what comes next
            return " · ".join(filter(None, map(words.get, ("result", "note", "changes")))) or None
        return next((words[name] for name in DETAILS if words.get(name)), None)

    def _who(self, event: TimelineEvent) -> str:
        by, absent = self.names.person(event.actor), self.names.person(event.params.get("behalf_of"))
        return self._(N_("%(by)s for %(absent)s")) % {"by": by, "absent": absent} if absent else by

    def waited(self, wait: Mapping[str, Any]) -> Waited:
        """As its process wrote it (`domain.process.Waiting`)."""
        text = wait_text(wait["reason"], self.words(wait["params"]), self.language)
        since, due = (datetime.fromisoformat(at) if at else None for at in (wait.get("since"), wait.get("due")))
        return Waited(text, self.holders(wait["holders"]), since, due)

    def words(self, params: Mapping[str, Any]) -> dict[str, str]:
        """Parameters as the reader reads them."""
        said = {name: self._said(name, value) for name, value in params.items()}
        changed = [name for name in ("title", "amount", "close_on", "next_step", "next_step_on") if name in params]
        if changed:
            pair = self._(N_("%(field)s: %(value)s"))
            fields = [pair % {"field": label("field", n, self.language), "value": said[n] or "–"} for n in changed]
            said["changes"] = self._(N_("; ")).join(fields)
        return said

    def _said(self, name: str, value: Any) -> str:
        if value is None:
            return ""
        say = self._sayings.get(name)
        return say(value) if say else str(value)

    @property
    def _sayings(self) -> dict[str, Callable[[Any], str]]:
        return {
            "diff": lambda diff: change_text(diff, self.currency, self.language),
            "amount": lambda minor: self.formats.money(int(minor), self.currency),
            "owner": self.names.person,
            "late": self.names.person,
            "signer": self.names.person,
            "problem": lambda code: self.label("seal_problem", code) if code else "",
            "holders": self.holders,
            "to": self.names.holder,
            "was": self.pipelines.name,
            "stage": self.pipelines.name,
            "action": lambda kind: self.label("stage_action", kind),
            "when": lambda when: self.label("stage_when", when),
            "priority": lambda level: self.label("priority", str(level)),
            "now": self.pipelines.name,
            "steps": lambda keys: " → ".join(map(self.step, keys)),
            "step": self.step,
            "why": lambda why: self.label("skipped", why),
            "task": lambda kind: self.label("task", kind),
            "clause": lambda kind: self.label("clause", kind),
            "ruling": lambda decision: self.label("ruling", decision),
            "outcome": lambda outcome: self.label("outcome", outcome),
            "status": lambda status: self.label("outcome", status),
            "part": str,
            "channel": lambda channel: self.label("channel", channel),
            "contact": lambda contact: self.contacts.get(contact) or self._(N_("somebody")),
            "person_role": lambda role: self.label("person_role", role),
            "attitude": lambda attitude: self.label("attitude", attitude),
            "competitor_status": lambda status: self.label("competitor", status),
            "tier": lambda tier: self.label("tier", tier),
            "next_step_on": lambda day: self.formats.day(date.fromisoformat(day)),
            "result": lambda result: self.label("result", result),
            "event": lambda event: self.label("plan_event", event),
            "dispute": lambda reason: self.label("dispute", reason),
            "foreign": lambda money: self.formats.money(int(money[0]), money[1]),
            "on": lambda day: self.formats.day(date.fromisoformat(day)),
            "how": lambda how: self.label("how", how),
            "outcome_of": lambda outcome: self.label("contact_outcome", outcome),
            "how_given": lambda how: self.label("lead_why", how),
            "risk": lambda level: self.label("risk", level),
            "document_state": lambda state: self.label("document_state", state),
            "source": lambda source: self.label("source", source),
            "clock": lambda kind: self.label("clock", kind),
            "due_was": lambda instant: self.formats.exact(datetime.fromisoformat(instant), seconds=True),
            "due_now": lambda instant: self.formats.exact(datetime.fromisoformat(instant), seconds=True),
            "due_why": lambda why: self.label("due_why", why),
            "ladder_act": lambda act: self.label("ladder_act", act),
            "ladder_whom": lambda who: self.label("ladder_whom", who),
            "until": lambda instant: self.formats.day(self.formats.local(datetime.fromisoformat(instant)).date()),
            "since": lambda instant: self.formats.day(datetime.fromisoformat(instant)),
            "close_on": lambda day: self.formats.day(date.fromisoformat(day)),
            "received_on": lambda day: self.formats.day(date.fromisoformat(day)),
        }

    def step(self, key: str) -> str:
        """A step that is not in this reader's story by name is called by its key."""
        if key.startswith("added_"):
            return self._(N_("an added signer"))
        return self.steps.get(key) or self.label("role", key).replace("_", " ")

    def label(self, group: str, key: str) -> str:
        return label(group, key, self.language)

    def _(self, message: str) -> str:
        return translate(self.language).gettext(message)
