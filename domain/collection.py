"""Collecting what an order owes, as a policy: payment plans, when to remind, and what being overdue leads to."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import Field, StringConstraints, model_validator

from domain.document import Duration, Key, Label, PolicyDocument, Strict, duplicates, fault, refuse_faults
from domain.payment_plan import MOST_PARTS, Part, part_faults

Told = Literal["owner", "finance", "manager", "director", "cfo"]
"""Whom an overdue level tells: the collection's owner, or those who hold a role."""
TOLD: tuple[Told, ...] = get_args(Told)

DEFAULT: dict[str, Any] = {
    "engine": 1,
    "plans": {
        "halves": {
            "name": {"zh": "两期各半", "en": "Two halves"},
            "parts": [{"share_bp": 5_000, "days": 7}, {"share_bp": 5_000, "days": 37}],
        },
        "stages": {
            "name": {"zh": "预付、交付、验收 3-4-3", "en": "Advance, delivery, acceptance 3-4-3"},
            "parts": [
                {"share_bp": 3_000, "days": 7},
                {"share_bp": 4_000, "event": "delivery", "days": 15},
                {"share_bp": 3_000, "event": "acceptance", "days": 30},
            ],
        },
    },
    "choices": [{"at_least": 200_000_000, "currency": "CNY", "plan": "stages"}, {"plan": "halves"}],
    "rules": {
        "reminders": ["P3D"],
        "reminder_letter": "payment_reminder",
        "levels": [
            {"after": "P1D", "tell": ["owner"]},
            {"after": "P7D", "tell": ["owner", "finance"], "letter": "overdue_1"},
            {"after": "P14D", "tell": ["manager"], "letter": "overdue_2"},
            {"after": "P30D", "tell": ["manager", "cfo"], "letter": "overdue_3", "hold": True},
        ],
    },
}


class PlanVariant(Strict):
    name: Label
    parts: Annotated[tuple[Part, ...], Field(min_length=1, max_length=MOST_PARTS)]

    @model_validator(mode="after")
    def parts_make_the_whole(self) -> Self:
        refuse_faults(self, part_faults(self.parts, "parts"))
        return self


class Choice(Strict):
    """A row of the table that chooses the plan: the first that fits. `at_least` is in minor units of `currency`."""

    at_least: Annotated[int, Field(ge=0, le=10**15)] | None = None
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    tier: Key | None = None
    plan: Key

    @model_validator(mode="after")
    def an_amount_has_a_currency(self) -> Self:
        if self.at_least is not None and self.currency is None:
            refuse_faults(self, [fault(["currency"], "currency_needed", "An amount needs its currency.")])
        return self

    @property
    def fits_all(self) -> bool:
        return self.at_least is None and self.currency is None and self.tier is None

    def fits(self, amount: int, currency: str, tier: str | None) -> bool:
        return (
            (self.at_least is None or amount >= self.at_least)
            and self.currency in (None, currency)
            and self.tier in (None, tier)
        )


class Level(Strict):
    """What happens so long after an instalment was due: who is told, what the customer is sent, whether service stops.

    A service hold is asked for by an approval.
    """

    after: Duration
    tell: Annotated[tuple[Told, ...], Field(max_length=len(TOLD))] = ()
    letter: Key | None = None
    hold: bool = False


class CollectionRules(Strict):
    """`reminders` count back from the end of the day an instalment is due on, levels from it on."""

    reminders: Annotated[tuple[Duration, ...], Field(max_length=5)] = ()
    reminder_letter: Key | None = None
    levels: Annotated[tuple[Level, ...], Field(max_length=12)] = ()

    @model_validator(mode="after")
    def levels_follow_one_another(self) -> Self:
        waits = [level.after for level in self.levels]
        faults = []
        if waits != sorted(set(waits)):
            faults.append(fault(["levels"], "levels_order", "Each level comes later than the one before."))
        if duplicates(self.reminders):
            faults.append(fault(["reminders"], "reminders_twice", "Two reminders come at the same time."))
        refuse_faults(self, faults)
        return self


class PaymentPlanPolicy(PolicyDocument):
    """Which plan an order gets, and the rules its collection follows."""

    kind: ClassVar[str] = "collection"
    default: ClassVar[dict[str, Any]] = DEFAULT

    plans: Annotated[dict[Key, PlanVariant], Field(min_length=1, max_length=50)]
    choices: Annotated[tuple[Choice, ...], Field(min_length=1, max_length=200)]
    rules: CollectionRules

    @model_validator(mode="after")
    def every_order_has_a_plan(self) -> Self:
        faults = [
            fault(["choices", no, "plan"], "plan_unknown", "There is no plan {plan}.", plan=choice.plan)
            for no, choice in enumerate(self.choices)
            if choice.plan not in self.plans
        ]
        if not self.choices[-1].fits_all:
            faults.append(fault(["choices"], "choice_for_all", "The last row must fit every order."))
        refuse_faults(self, faults)
        return self

    def chosen(self, amount: int, currency: str, tier: str | None) -> str:
        """The key of the plan for an order."""
        return next(choice.plan for choice in self.choices if choice.fits(amount, currency, tier))
