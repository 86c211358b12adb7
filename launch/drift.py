"""`throughline doctor`, second half: every case as Temporal knows it held against what people see of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

from temporalio.client import Client

from commands.database import open_database
from commands.doctor import Difference, compare, mend
from db.engine import Database
from domain.refusal import Refused
from launch.finding import Finding
from settings import Settings

WORDS = {
    "row_missing": "it runs, and nobody sees it",
    "row_closed": "it runs, and looks ended",
    "row_behind": "people see an older state of it",
    "lagging": "it cannot write what people see",
    "unanswered": "it runs, and does not answer",
    "workflow_ended": "it has ended, and looks open",
    "workflow_gone": "Temporal does not know it, and it looks open",
}
ADVICE = {
    "lagging": "The worker's log says why; it goes on by itself once that is mended.",
    "unanswered": "See whether workers run, and look at it in the Temporal UI.",
}


async def examine_cases(settings: Settings, client: Client, *, mending: bool) -> AsyncIterator[Finding]:
    """One finding for each difference, then one that sums up. `mending` mends what can be."""
    db = open_database(settings)
    found = 0
    try:
        async for difference in compare(db, client, settings.task_queue):
            found += 1
            mended = mending and await _mended(db, client, settings, difference)
            yield _finding(difference, mended=mended)
    finally:
        await db.close()
    if not found:
        yield Finding("Cases", "every case is seen as it stands")


async def _mended(db: Database, client: Client, settings: Settings, difference: Difference) -> bool:
    try:
        return await mend(db, client, settings.task_queue, difference)
    except Refused:  # no worker took it on in time
        return False


def _finding(difference: Difference, *, mended: bool) -> Finding:
    words = WORDS[difference.kind]
    if mended:
        return Finding(difference.workflow_id, f"{words}: mended")
    return Finding(difference.workflow_id, words, ADVICE.get(difference.kind, "Run `throughline doctor --mend`."))
