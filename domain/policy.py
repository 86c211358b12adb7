"""The kinds of policy there are, and the one way a document becomes a policy."""

import json
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any, TypeVar, cast

from pydantic import JsonValue, ValidationError
from pydantic_core import ErrorDetails

from domain.allocation_policy import AllocationPolicy
from domain.approval import ApprovalPolicy
from domain.bank_policy import BankPolicy
from domain.calendar import CalendarPolicy
from domain.clause.standard import ClauseStandard
from domain.collection import PaymentPlanPolicy
from domain.contract import ContractPolicy
from domain.customer_assignment import CustomerAssignmentPolicy
from domain.customer_field import CustomerFieldPolicy
from domain.customer_pool import PoolPolicy
from domain.document import PolicyDocument, Problem
from domain.lead import LeadPolicy
from domain.lead_assignment import LeadAssignmentPolicy
from domain.lead_score import LeadScorePolicy
from domain.letter import LetterPolicy
from domain.macro import MacroPolicy
from domain.order import ServiceTierPolicy
from domain.pipeline import PipelinePolicy
from domain.quote_template import QuotePolicy
from domain.refusal import Refused, invalid
from domain.routing import RoutingPolicy
from domain.sla import SlaPolicy
from domain.ticket import ServicePolicy

P = TypeVar("P", bound=PolicyDocument)
LOADED = 256
"""Documents kept as models in a process."""

KINDS: dict[str, type[PolicyDocument]] = {
    model.kind: model
    for model in (
        ApprovalPolicy,
        CalendarPolicy,
        PipelinePolicy,
        PaymentPlanPolicy,
        LeadPolicy,
        LeadScorePolicy,
        LeadAssignmentPolicy,
        QuotePolicy,
        LetterPolicy,
        ServiceTierPolicy,
        BankPolicy,
        ContractPolicy,
        ClauseStandard,
        SlaPolicy,
        ServicePolicy,
        MacroPolicy,
        RoutingPolicy,
        CustomerFieldPolicy,
        AllocationPolicy,
        CustomerAssignmentPolicy,
        PoolPolicy,
    )
}


def model_of(kind: str) -> type[PolicyDocument] | None:
    """The model of a kind's documents. Each pipeline beside the first is a kind of its own (`pipeline.<key>`), and so
    is the standard of each other kind of contract (`clause_standard.<key>`)."""
    base, _, key = kind.partition(".")
    return KINDS.get(base) if not key or base in (PipelinePolicy.kind, ClauseStandard.kind) else None


def known_model(kind: str) -> type[PolicyDocument]:
    """Raises Refused `policy_kind_unknown`."""
    model = model_of(kind)
    if model is None:
        raise invalid("policy_kind_unknown", "kind", kind=kind, known=sorted(KINDS))
    return model


def canonical(document: Mapping[str, Any]) -> str:
    """The same text for the same document, whatever the order its keys were stored in."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(document: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical document, in hex: names a version's content."""
    return sha256(canonical(document).encode()).hexdigest()


def load(model: type[P], document: Mapping[str, Any]) -> P:
    """A published document as its model. Raises Refused `policy_invalid` with `problems`."""
    try:
        text = canonical(document)
        return cast("P", _read(model, text))
    except ValidationError as error:
        raise unfit(model.kind, problems_of(error)) from error
    except (TypeError, ValueError, RecursionError) as error:
        raise unfit(model.kind, [Problem(where="", code="not_json", what=str(error))]) from error


@lru_cache(maxsize=LOADED)
def _read(model: type[PolicyDocument], text: str) -> PolicyDocument:
    """Every page reads the same few, which nobody can change; reading one anew takes as long as all else on it."""
    return model.model_validate_json(text)


def validate(kind: str, document: Mapping[str, Any]) -> PolicyDocument:
    """A document fit to be published, as its model.

    Raises Refused `policy_kind_unknown`, or `policy_invalid` with every problem found (see `Problem`).
    """
    policy = load(known_model(kind), document)
    problems = policy.problems()
    if problems:
        raise unfit(kind, problems)
    return policy


def require_kind(kind: str) -> None:
    """Raises Refused `policy_kind_unknown`."""
    known_model(kind)


def unfit(kind: str, problems: list[Problem]) -> Refused:
    return Refused("policy_invalid", 422, kind=kind, problems=[p.model_dump(mode="json") for p in problems])


def problems_of(error: ValidationError) -> list[Problem]:
    """What pydantic found wrong, each thing once and where it is."""
    faults = error.errors(include_url=False, include_input=False)
    places = [fault["loc"] for fault in faults]

    def follows_from_another(fault: ErrorDetails) -> bool:
        # pydantic calls a list too short when it could not read the items it has.
        at = fault["loc"]
        return fault["type"] == "too_short" and any(p != at and p[: len(at)] == at for p in places)

    return [_problem(fault) for fault in faults if not follows_from_another(fault)]


def _problem(fault: ErrorDetails) -> Problem:
    params: dict[str, JsonValue] = {k: v for k, v in fault.get("ctx", {}).items() if isinstance(v, str | int)}
    where = ".".join(str(part) for part in fault["loc"])
    return Problem(where=where, code=fault["type"], what=fault["msg"], params=params)
