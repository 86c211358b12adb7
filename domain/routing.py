"""Where a ticket goes: rules first, then what a text model is sure of, then a person; and when nobody is there.

The person within a queue is chosen in `domain.ticket_turn`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import InitErrorDetails

from domain.approver import PersonApprover
from domain.cell import In, NotIn
from domain.column import SetColumn, is_optional
from domain.decision_table import DecisionTable, NoRowFits, decide
from domain.document import Duration, Key, Label, PolicyDocument, Problem, Strict, duplicates, fault, refuse_faults
from domain.lead_fact import known
from domain.order import Tier
from domain.text import ON_ONE_LINE
from domain.ticket_text import plain

FACTS = {
    "ticket_kind": "enum", "channel": "enum", "priority": "enum", "tier": "enum", "product": "enum", "language": "enum",
    "region": "enum", "fault_code": "enum", "keywords": "set", "negative": "bool",
}  # fmt: skip
"""What may be asked of a ticket. `keywords` are those of the policy's lists of words that its text has one of;
`negative` says whether it sounds clearly so."""
CERTAIN = frozenset({"ticket_kind", "channel", "priority", "keywords", "negative"})
"""The facts that every ticket has."""

By = Literal["rules", "model", "person", "triage"]
Percent = Annotated[int, Field(ge=0, le=100)]
Most = Annotated[int, Field(ge=1, le=10_000)]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60), ON_ONE_LINE]


class Guess(BaseModel):
    """A queue, and how likely it is right: 0 to 1."""

    model_config = ConfigDict(frozen=True)

    queue: str
    confidence: float


class RoutingState(BaseModel):
    """What a ticket's process knows of its routing.

    `by`, `row` and `model` say who chose the queue: rules, model or a person. `tried` are the people it came back
    from, in order, `turned` everybody whom a turn gave it to; `given` how many times that was. `queue_since` is when
    it began to wait for somebody, `next_at` when somebody may be there, `back_at` when it comes back untouched.
    """

    by: By | None = None
    row: str | None = None
    model: int | None = None
    confidence: float | None = None
    guesses: list[Guess] = []
    routed: int = 0
    tried: list[str] = []
    turned: list[str] = []
    queue_since: datetime | None = None
    next_at: datetime | None = None
    tell_at: datetime | None = None
    back_at: datetime | None = None
    came_back: int = 0


class Queue(Strict):
    """Agents of the ticket's region who have every one of the skills answer it; `lead` is told when nobody is there,
    else the region's lead of support."""

    key: Key
    name: Label
    skills: Annotated[tuple[Key, ...], Field(max_length=10)] = ()
    lead: PersonApprover | None = None


class Route(Strict):
    """`firm`: the text model never says otherwise. What is not goes by the model where that has proved better."""

    queue: Key
    firm: bool = True


class Capacity(Strict):
    """The most tickets one has in hand at a time; a person's own limit goes first."""

    each: Most = 20
    people: dict[Annotated[str, Field(max_length=60)], Annotated[int, Field(ge=0, le=10_000)]] = {}

    def of(self, person: str) -> int:
        return self.people.get(person, self.each)


def _any_of(*values: str) -> dict[str, Any]:
    return {"op": "any_of", "values": list(values)}


def _in(*values: str) -> dict[str, Any]:
    return {"op": "in", "values": list(values)}


def _queue(key: str, zh: str, en: str, *skills: str) -> dict[str, Any]:
    return {"key": key, "name": {"zh": zh, "en": en}, "skills": list(skills)}


def _row(row: str, queue: str, firm: bool = True, **when: dict[str, Any]) -> dict[str, Any]:
    return {"id": row, "when": when, "then": {"queue": queue, "firm": firm}, "note": ""}


KINDS = ("question", "fault", "complaint", "request", "maintenance")
CHANNELS = ("form", "api", "mail", "hook", "phone", "portal", "device", "timer")
PRIORITIES = ("low", "normal", "high", "urgent")
DEFAULT: dict[str, Any] = {
    "engine": 1,
    "queues": [
        _queue("general", "综合咨询", "General"),
        _queue("repair", "设备维修", "Repair", "repair"),
        _queue("billing", "账单与发票", "Billing"),
        _queue("complaints", "投诉处理", "Complaints", "complaints"),
    ],
    "keywords": {
        "billing": ["发票", "账单", "对账", "付款", "开票", "退款", "invoice", "billing", "payment", "refund",
                    "receipt"],
        "breakdown": ["故障", "坏了", "停机", "报错", "维修", "漏油", "异响", "broken", "breakdown", "error", "repair",
                      "leak", "not working"],
        "complaint": ["投诉", "complaint", "complain"],
    },
    "table": {
        "engine": 1,
        "hit": "first",
        "columns": [
            {"key": "ticket_kind", "type": "enum", "values": list(KINDS)},
            {"key": "channel", "type": "enum", "values": list(CHANNELS)},
            {"key": "tier", "type": "enum", "open": True, "nullable": True},
            {"key": "product", "type": "enum", "open": True, "nullable": True},
            {"key": "language", "type": "enum", "open": True, "nullable": True},
            {"key": "region", "type": "enum", "open": True, "nullable": True},
            {"key": "fault_code", "type": "enum", "open": True, "nullable": True},
            {"key": "keywords", "type": "set", "values": ["billing", "breakdown", "complaint"]},
            {"key": "negative", "type": "bool"},
        ],
        "rows": [
            _row("device", "repair", channel=_in("device", "timer")),
            _row("fault_code", "repair", fault_code={"op": "filled"}),
            _row("complaint", "complaints", ticket_kind=_in("complaint")),
            _row("fault", "repair", ticket_kind=_in("fault", "maintenance")),
            _row("says_complaint", "complaints", firm=False, keywords=_any_of("complaint")),
            _row("says_breakdown", "repair", firm=False, keywords=_any_of("breakdown")),
            _row("says_billing", "billing", firm=False, keywords=_any_of("billing")),
        ],
    },
    "senior_tiers": ["vip"],
    "tell_lead_after": "PT30M",
}  # fmt: skip


class Ruled(BaseModel):
    """What the rules say: the queue and whether the model may say otherwise; the row that says so."""

    model_config = ConfigDict(frozen=True)

    queue: str
    firm: bool
    row: str


class RoutingPolicy(PolicyDocument):
    """The first row that fits gives the queue. Where none fits, the model does if it is `confidence` percent sure and
    has been right at least `least_precision` percent of the time, more often than the rules; else a person decides.

    A text whose sentiment is as bad as `negative` percent or worse makes the ticket of high priority. Customers of
    `senior_tiers` go to agents who have `senior_level` in what the queue needs, where one is on duty. Where nobody can
    take a ticket its lead hears of it after `tell_lead_after`; where all hands are full it is tried again every
    `look_again`.
    """

    kind: ClassVar[str] = "ticket_routing"
    default: ClassVar[dict[str, Any]] = DEFAULT

    queues: Annotated[tuple[Queue, ...], Field(min_length=1, max_length=60)]
    keywords: Annotated[
        dict[Key, Annotated[tuple[Word, ...], Field(min_length=1, max_length=100)]], Field(max_length=60)
    ] = {}
    table: DecisionTable[Route] | None = None
    confidence: Percent = 60
    least_precision: Percent = 80
    negative: Annotated[int, Field(ge=1, le=100)] = 50
    senior_tiers: Annotated[tuple[Key, ...], Field(max_length=20)] = ("vip",)
    senior_level: Annotated[int, Field(ge=1, le=3)] = 3
    capacity: Capacity = Capacity()
    tell_lead_after: Duration | None = None
    look_again: Duration = timedelta(minutes=5)

    @model_validator(mode="after")
    def routes_by_known_facts(self) -> Self:
        faults = [
            fault(["queues"], "queue_doubled", "Two queues have the key {key}.", key=key)
            for key in duplicates([queue.key for queue in self.queues])
        ]
        refuse_faults(self, faults + (self._table_faults(self.table) if self.table else []))
        return self

    def _table_faults(self, table: DecisionTable[Route]) -> list[InitErrorDetails]:
        found = []
        if table.hit != "first":
            found.append(fault(["table", "hit"], "table_first", "Here the first row that fits decides."))
        for no, column in enumerate(table.columns):
            where: list[str | int] = ["table", "columns", no]
            if FACTS.get(column.key) != column.type:
                found.append(fault(where, "ticket_fact_unknown", "A ticket has no such fact: {key}.", key=column.key))
            elif column.key not in CERTAIN and not is_optional(column):
                found.append(fault(where, "ticket_fact_uncertain", "Not every ticket says its {key}.", key=column.key))
            if column.key == "keywords" and isinstance(column, SetColumn):
                found += [
                    fault(where, "keywords_unknown", "There is no list of words called {key}.", key=key)
                    for key in column.values
                    if key not in self.keywords
                ]
        keys = {queue.key for queue in self.queues}
        found += [
            fault(
                ["table", "rows", no, "then", "queue"], "queue_unknown", "There is no queue {key}.", key=row.then.queue
            )
            for no, row in enumerate(table.rows)
            if row.then.queue not in keys
        ]
        return found

    def problems(self) -> list[Problem]:
        """Tiers that no customer is ever of."""
        tiers = get_args(Tier)
        return [
            Problem(
                where=f"table.rows.{no}.when.tier", code="ticket_fact_impossible",
                what=f"No ticket is ever of the tier {strange}.", params={"values": strange},
            )
            for no, row in enumerate(self.table.rows if self.table else ())
            if isinstance(cell := row.when.get("tier"), In | NotIn)
            and (strange := ", ".join(str(value) for value in cell.values if value not in tiers))
        ]  # fmt: skip

    def queue(self, key: str | None) -> Queue | None:
        return next((queue for queue in self.queues if queue.key == key), None)

    def rule(self, facts: Mapping[str, Any]) -> Ruled | None:
        """What the rules say; facts that a ticket does not have count as not known."""
        if self.table is None:
            return None
        try:
            decision = decide(self.table, known(self.table, facts))
        except NoRowFits:
            return None
        return Ruled(queue=decision.outcome.queue, firm=decision.outcome.firm, row=decision.fired[0])

    def keywords_in(self, text: str) -> tuple[str, ...]:
        """The lists one of whose words the text has; `text` as `domain.ticket_text.plain` gives it. A Latin word
        stands by itself or begins one."""
        return tuple(key for key, listed in self._plain.items() if any(_says(text, word) for word in listed))

    @cached_property
    def _plain(self) -> dict[str, list[str]]:
        """The lists as texts are read, so that a word typed in full width or with two blanks is found, too."""
        return {key: [plain(word) for word in listed] for key, listed in self.keywords.items()}


def _says(text: str, word: str) -> bool:
    if not word.isascii():
        return word in text
    at = text.find(word)
    while at >= 0:
        if at == 0 or not (text[at - 1].isascii() and text[at - 1].isalnum()):
            return True
        at = text.find(word, at + 1)
    return False


class Routing(BaseModel):
    """Where a ticket is to go: the queue, or None where a person must say; who or what says so, and what is known."""

    queue: str | None
    by: By
    row: str | None = None
    confidence: float | None = None


def choose_queue(policy: RoutingPolicy, ruled: Ruled | None, guesses: list[Guess], trusted: frozenset[str]) -> Routing:
    """Rules before model before person. `trusted` are the queues that the model has proved to know better than the
    rules do."""
    if ruled is not None and (ruled.firm or policy.queue(ruled.queue) is None):
        return Routing(queue=ruled.queue, by="rules", row=ruled.row)
    best = guesses[0] if guesses else None
    sure = best is not None and best.confidence * 100 >= policy.confidence and best.queue in trusted
    if best is not None and sure and policy.queue(best.queue):
        return Routing(queue=best.queue, by="model", confidence=best.confidence)
    if ruled is not None:
        return Routing(queue=ruled.queue, by="rules", row=ruled.row)
    return Routing(queue=None, by="triage", confidence=best.confidence if best else None)
