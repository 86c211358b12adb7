"""What the reasons are called for which deals are won and lost, whichever pipeline lists them."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from db.policy import current_policies, versions
from domain.pipeline import PipelinePolicy, is_pipeline
from domain.policy import load


async def reason_words(session: AsyncSession, language: str) -> dict[tuple[str, str], str]:
    """By outcome (won, lost) and key; of two pipelines that call one differently the first one's words hold.

    A reason that is listed no more keeps the words it had last: deals were closed with it.
    """
    words: dict[tuple[str, str], str] = {}
    current = [policy for policy in await current_policies(session) if is_pipeline(policy.kind)]
    for listed in [current, *[await versions(session, policy.kind) for policy in current]]:
        for policy in listed:
            pipeline = load(PipelinePolicy, policy.document)
            for outcome, reasons in (("won", pipeline.won_reasons), ("lost", pipeline.lost_reasons)):
                for reason in reasons:
                    words.setdefault((outcome, reason.key), reason.name.called(language))
    return words
