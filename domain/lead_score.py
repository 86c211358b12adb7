"""What a lead is worth looking at first: points by a table, each with its reason, and the grade they make."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.decision_table import DecisionTable, NoRowFits, decide
from domain.document import Label, PolicyDocument, Strict, fault, refuse_faults
from domain.lead import GRADES, Grade
from domain.lead_fact import CERTAIN, FACTS, collect_mistakes, column_mistakes, known

MOST = 1_000


class Points(Strict):
    """Added to a lead's score where the row fits; below zero they are taken off."""

    points: Annotated[int, Field(ge=-MOST, le=MOST)]
    reason: Label


class Grades(Strict):
    """The least points for each grade; what has fewer than `c` is a D."""

    a: Annotated[int, Field(ge=-MOST, le=10 * MOST)]
    b: Annotated[int, Field(ge=-MOST, le=10 * MOST)]
    c: Annotated[int, Field(ge=-MOST, le=10 * MOST)]

    @model_validator(mode="after")
    def fall_from_a_to_c(self) -> Self:
        if not self.a > self.b > self.c:
            refuse_faults(self, [fault((), "grades_order", "A needs more points than B, and B more than C.")])
        return self

    def of(self, points: int) -> Grade:
        return next((g for g, least in zip(GRADES, (self.a, self.b, self.c), strict=False) if points >= least), "D")


class Reckoned(BaseModel):
    """One row that fired, as it is kept with the lead, so that it can be read when the policy has changed."""

    model_config = ConfigDict(frozen=True)

    row: str
    points: int
    zh: str
    en: str


class Score(BaseModel):
    model_config = ConfigDict(frozen=True)

    points: int
    grade: Grade
    reasons: tuple[Reckoned, ...] = ()


def _range(**limits: int) -> dict[str, Any]:
    return {"op": "range", **limits}


def _in(*values: str | bool) -> dict[str, Any]:
    return {"op": "in", "values": list(values)}


def _row(row: str, points: int, zh: str, en: str, **when: dict[str, Any]) -> dict[str, Any]:
    return {"id": row, "when": when, "then": {"points": points, "reason": {"zh": zh, "en": en}}}


def _enum(key: str, *values: str, nullable: bool = True) -> dict[str, Any]:
    return {"key": key, "type": "enum", "values": list(values), "open": True, "nullable": nullable}


_WAN = 10_000 * 100
DEFAULT: dict[str, Any] = {
    "engine": 1,
    "grades": {"a": 70, "b": 45, "c": 20},
    "table": {
        "engine": 1,
        "hit": "collect",
        "columns": [
            _enum("source", "form", "api", "hand", nullable=False),
            _enum("size"),
            _enum("intent"),
            {"key": "budget", "type": "money", "nullable": True, "min": 0},
            {"key": "touches", "type": "int", "min": 0},
            {"key": "came_back", "type": "int", "min": 0},
            {"key": "in_working_time", "type": "bool"},
            {"key": "has_phone", "type": "bool"},
        ],
        "rows": [
            _row("budget_large", 40, "预算 30 万元以上", "Budget of ¥300,000 or more", budget=_range(ge=30 * _WAN)),
            _row("budget_medium", 25, "预算 10 万到 30 万元", "Budget of ¥100,000 to ¥300,000",
                 budget=_range(ge=10 * _WAN, lt=30 * _WAN)),
            _row("budget_small", 10, "预算 10 万元以下", "Budget below ¥100,000", budget=_range(lt=10 * _WAN)),
            _row("size_large", 20, "大型企业", "Large company", size=_in("large")),
            _row("size_medium", 10, "中型企业", "Medium-sized company", size=_in("medium")),
            _row("intent_buy", 30, "近期要采购", "Wants to buy soon", intent=_in("buy")),
            _row("intent_compare", 15, "正在比较方案", "Compares offers", intent=_in("compare")),
            _row("phone", 10, "留了电话", "Left a phone number", has_phone=_in(True)),
            _row("by_itself", 10, "自己找上门", "Came by themselves", source=_in("form", "mail", "hook")),
            _row("met", 15, "销售亲自接触的", "Met by one of us", source=_in("hand")),
            _row("working_time", 5, "工作时间来的", "Came in working time", in_working_time=_in(True)),
            _row("again", 10, "不止一次联系我们", "Turned to us more than once", touches=_range(ge=2)),
            _row("often", 10, "多次联系我们", "Turned to us five times or more", touches=_range(ge=5)),
            _row("came_back", 15, "关闭后又回来", "Came back after it was closed", came_back=_range(ge=1)),
        ],
    },
}  # fmt: skip


class LeadScorePolicy(PolicyDocument):
    """Every row of the table that fits adds its points; a lead no row fits has none."""

    kind: ClassVar[str] = "lead_score"
    default: ClassVar[dict[str, Any]] = DEFAULT

    table: DecisionTable[Points]
    grades: Grades

    @model_validator(mode="after")
    def adds_up_known_facts(self) -> Self:
        refuse_faults(self, [*collect_mistakes(self.table), *column_mistakes(self.table, FACTS, CERTAIN)])
        return self

    def score(self, facts: Mapping[str, Any]) -> Score:
        """Facts that a lead does not have count as not known. Raises Refused as `decide` does for what is malformed."""
        try:
            decision = decide(self.table, known(self.table, facts))
        except NoRowFits:
            return Score(points=0, grade=self.grades.of(0))
        reasons = tuple(
            Reckoned(row=row, points=then.points, zh=then.reason.zh, en=then.reason.en)
            for row, then in zip(decision.fired, decision.outcomes, strict=True)
        )
        total = sum(reason.points for reason in reasons)
        return Score(points=total, grade=self.grades.of(total), reasons=reasons)
