"""How the company quotes: for how long, what nobody need approve, what stands in a quote, and how its page looks."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, StringConstraints, model_validator

from domain.document import Duration, Key, PolicyDocument, Strict, fault, refuse_faults
from domain.quote import Limits
from domain.quote_page import SOURCE

LONGEST = 60_000


class Free(Strict):
    """Up to these nobody is asked: `discount` at most and `margin` at least in hundredths of a percent, `amount` at
    most in minor units of the company's currency."""

    discount: Annotated[int, Field(ge=0, le=10_000)]
    margin: Annotated[int, Field(ge=-10_000, le=10_000)]
    amount: Annotated[int, Field(ge=0)]


class Offered(Strict):
    """A line that a new quote begins with: a product by its code."""

    product: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    quantity: Annotated[str, StringConstraints(pattern=r"^\d{1,9}(\.\d{1,4})?$")] = "1"


class Template(Strict):
    """What a quote begins with: `lines`, and `terms` in both languages."""

    lines: Annotated[tuple[Offered, ...], Field(max_length=50)] = ()
    terms: Annotated[str, StringConstraints(max_length=4_000)] = ""
    terms_en: Annotated[str, StringConstraints(max_length=4_000)] = ""


DEFAULT: dict[str, Any] = {
    "engine": 1,
    "validity": "P30D",
    "remind": "P3D",
    "free": {"discount": 1_000, "margin": 2_000, "amount": 50_000_000},
    "templates": {
        "standard": {
            "lines": [],
            "terms": "付款方式：合同签订后 7 天内支付 50%，验收后 30 天内支付 50%。\n以上报价含标准实施与一年维护。",
            "terms_en": "Payment: 50% within 7 days of signing, 50% within 30 days of acceptance.\n"
            "Standard implementation and one year of maintenance are included.",
        }
    },
    "page": SOURCE,
}


class QuotePolicy(PolicyDocument):
    """`validity` counts from sending; `remind` is how long before its end the owner is told. `page` is typst source."""

    kind: ClassVar[str] = "quote_template"
    default: ClassVar[dict[str, Any]] = DEFAULT

    validity: Duration
    remind: Duration
    free: Free
    templates: Annotated[dict[Key, Template], Field(min_length=1, max_length=50)]
    page: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)]

    @model_validator(mode="after")
    def reminds_before_it_lapses(self) -> Self:
        if self.remind >= self.validity:
            refuse_faults(self, [fault(["remind"], "remind_late", "Remind before the time allowed is up.")])
        return self

    @property
    def limits(self) -> Limits:
        return Limits(self.free.discount, self.free.margin, self.free.amount)

    def template(self, key: str | None) -> Template:
        return self.templates.get(key or "") or next(iter(self.templates.values()))
