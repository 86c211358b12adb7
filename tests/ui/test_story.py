"""Whatever a process says, of what happened or why it waits, has words; and names, money and dates in them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

import workflows
from db.process import TimelineEvent
from domain.pipeline import DEFAULT, PipelinePolicy
from domain.policy import load
from locales.events import SENTENCES as EVENTS
from locales.formats import Formats
from locales.labels import LABELS
from locales.waits import SENTENCES as WAITS
from ui.names import Names
from ui.stage import Pipelines
from ui.story import ECHOES, ICONS, STATES, Story

SOURCES = [path.read_text() for path in Path(workflows.__file__).parent.glob("*.py")]
SIGNING_ENDS = ("signed", "declined", "handed_back", "expired", "failed", "withdrawn")
VARIABLE = {
    "contract.{ended.outcome}": ("approved", "returned", "rejected", "withdrawn"),
    "contract.signing_{ended.outcome}": SIGNING_ENDS,
    "signing.ended_{state.stage}": SIGNING_ENDS,
    "contract.{said}": ("checked", "not_read", "read_by_ocr"),
    "approval.{kind}": ("question", "answer", "comment"),
    "approval.signer_{asked.where}": ("before", "after"),
    "task.{how}": ("delegated", "handed_on", "handed_over", "passed", "left"),
    "approval.{state.stage}": ("approved", "returned", "rejected", "withdrawn"),
    "task.{t.kind}": LABELS["task"],
    "deal.contract_{state.contract_status}": ("draft", "in_legal", "in_approval"),
    "review.{asked.outcome}": ("clear", "conditions", "return"),
    "collection.{i.status}": ("waiting", "planned", "due", "overdue"),
    "collection.{kind}_asked": ("write_off_asked", "refund_asked", "service_hold_asked"),
    "collection.{request.kind}_refused": ("write_off_refused", "refund_refused", "service_hold_refused"),
    "collection.{request.kind}": ("write_off", "refund", "service_hold"),
    "extension.{state.stage}": ("granted", "refused", "lapsed"),
    "invoice.{state.stage}": ("issued", "withdrawn"),
    "lead.{state.stage}": ("converted", "closed"),
    "term.{due.what}": ("notice_soon", "warranty_soon"),
    "term.decided_{asked.decision}": ("renew", "go_on", "end"),
    "quote.{asked.outcome}": ("accepted", "refused"),
    "quote.{ended.outcome}": ("approved", "returned", "rejected"),
    "ticket.{stage}": ("waiting_customer", "waiting_third"),
    "ticket.{state.stage}": ("triage", "queued", "assigned", "waiting_customer", "waiting_third", "resolved"),
    "quote.{state.stage}": ("draft", "in_approval", "approved", "sent", "refused", "lapsed"),
}


def said(pattern: str) -> set[str]:
    """What the workflows write there, with every value a variable part may have."""
    found = {kind for source in SOURCES for kind in re.findall(pattern, source)}
    assert found
    return {
        kind[: kind.index("{")] + value if "{" in kind else kind for kind in found for value in VARIABLE.get(kind, [""])
    }


def test_every_event_of_a_process_has_a_sentence_and_nothing_else_does() -> None:
    kinds = said(r'\.change\(\s*f?"([^"]+)"')
    assert kinds <= set(EVENTS)
    chosen = {kind for kind in EVENTS if any(f'"{kind}"' in source for source in SOURCES)}  # in a line before
    assert kinds | chosen == set(EVENTS)
    assert set(EVENTS) >= ECHOES | set(STATES)
    assert {kind.partition(".")[0] for kind in EVENTS} <= set(ICONS)


def test_every_reason_to_wait_has_a_sentence() -> None:
    reasons = said(r'reason=f?"([^"]+)"') | {"deal.stalled", "deal.next_step"}  # chosen a line before
    assert reasons <= set(WAITS)


def test_every_kind_of_task_has_a_name() -> None:
    assert said(r'open_task\(\s*"([^"]+)"') <= set(LABELS["task"])


def event(kind: str, **params: object) -> TimelineEvent:
    return TimelineEvent(id="1", at=datetime.now(UTC), kind=kind, actor="system", params=params, line_id="1")


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        (
            "en",
            [
                "Moved from Proposal to Negotiation",
                "Changed: Amount: ¥1,284,000; Close date: Dec 18",
                "Payment of ¥24,000 received on Nov 30",
                "Approval path: Regional manager → CFO",
                "Approval: asked of Finance, Regional manager",
            ],
        ),
        (
            "zh_CN",
            [
                "从“方案报价”移到“谈判”",
                "已修改：金额：¥1,284,000；预计成交日：12月18日",
                "11月30日收到回款¥24,000",
                "审批路径：区域经理 → 首席财务官",
                "审批：待财务、区域经理处理",
            ],
        ),
    ],
)
def test_events_speak_the_readers_language(language: str, sentences: list[str]) -> None:
    pipeline = load(PipelinePolicy, DEFAULT)
    story = Story(
        Formats(language, "Asia/Shanghai"), Names(language, {}, {}), Pipelines(language, {"sales": pipeline}, {}), "CNY"
    )
    year = datetime.now(UTC).year
    told = story.told([
        event("deal.moved", was="proposal", now="negotiation"),
        event("deal.edited", amount="128400000", close_on=f"{year}-12-18"),
        event("collection.payment", amount=2_400_000, received_on=f"{year}-11-30", reference=None),
        event("approval.routed", steps=["regional_manager", "cfo"], policy=1),
        event("task.opened", task="approve", holders=["role:finance:*", "role:regional_manager:gone"]),
    ])  # fmt: skip
    assert [event["what"] for event in told] == sentences


def test_a_stage_that_is_gone_is_called_by_its_last_name() -> None:
    pipeline = load(PipelinePolicy, DEFAULT)
    former = {"sales": {"pilot": {"zh": "试点", "en": "Pilot"}}}
    told = {}
    for language in ("en", "zh_CN"):
        known = Pipelines(language, {"sales": pipeline}, {}, former=former)
        story = Story(Formats(language, "Asia/Shanghai"), Names(language, {}, {}), known, "CNY")
        told[language] = story.told([event("deal.moved", was="proposal", now="pilot")])[0]["what"]
    assert told == {"en": "Moved from Proposal to Pilot", "zh_CN": "从“方案报价”移到“试点”"}
