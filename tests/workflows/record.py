"""Records the histories that test_replay holds the processes against: python -m tests.workflows.record

One finished line with a returned version and two approvers, and a lead that was passed on and dismissed. Until 1.0 they
may be recorded anew when a process changes; from then on a change is patched.
"""

from __future__ import annotations

import asyncio
import tempfile
from datetime import date
from pathlib import Path
from uuid import uuid4

from pydantic import SecretStr

from db.collection import Collection
from db.engine import Database
from db.lead import Lead
from db.migrate import upgrade
from db.process import Process
from launch.cast import load_cast
from launch.embedded import embedded_servers, temporary_home
from settings import Settings
from tests.workflows.office import YUAN, Office, open_office

HISTORIES = Path(__file__).parent / "histories"


async def finished_line(office: Office) -> str:
    """Returns the id of a line from lead to cash."""
    deal, contract = await office.submitted(180_000 * YUAN)
    manager = await office.open_task("approve", line_id=deal.line_id)
    await office.days_pass(0.5)
    await office.decide("zhao.min", manager, "return", "账期太长")
    await office.open_task("submit_contract", line_id=deal.line_id)
    await office.contracts.submit(
        await office.actor("li.wei"), uuid4().hex, contract.id, version=2, amount=180_000 * YUAN
    )
    for approver in ("zhao.min", "xu.jing"):
        await office.decide(approver, await office.open_task("approve", line_id=deal.line_id), "approve")
    await office.deal_when(deal.id, contract_status="approved")
    await office.move(deal.id, "won")
    collection = await office.until(lambda: office.row(Collection, deal_id=deal.id), "the collection")
    await office.days_pass(9)
    for _ in range(2):
        await office.collections.record_payment(
            await office.actor("he.jie"), uuid4().hex, collection.id,
            amount=90_000 * YUAN, received_on=date(2026, 11, 20), reference=None,
        )  # fmt: skip
    await office.until(lambda: office.row(Process, record_id=deal.id, outcome="paid"), "the end of the line")
    return deal.line_id


async def dismissed_lead(office: Office) -> str:
    """Returns the id of a lead that was passed on, then dismissed."""
    lead = await office.lead()
    await office.days_pass(4.1 / 24)

    async def passed_on() -> Lead | None:
        found = await office.row(Lead, id=lead.id)
        return found if found and found.owner_id != lead.owner_id else None

    await office.until(passed_on, "the next owner")
    await office.leads.dismiss(await office.actor("zhao.min"), uuid4().hex, lead.id, reason="重复")
    await office.until(lambda: office.row(Process, record_id=lead.id, outcome="closed"), "the end")
    return lead.id


async def record(office: Office, line_id: str, name: str) -> None:
    for process in await office.rows(Process, line_id=line_id):
        history = await office.env.client.get_workflow_handle(process.workflow_id).fetch_history()
        number = len(list(HISTORIES.glob(f"{name}-{process.kind}-*.json"))) + 1
        (HISTORIES / f"{name}-{process.kind}-{number}.json").write_text(history.to_json())


async def main() -> None:
    HISTORIES.mkdir(exist_ok=True)
    for old in HISTORIES.glob("*.json"):
        old.unlink()
    with temporary_home() as home, tempfile.TemporaryDirectory() as own:
        async with embedded_servers(home) as servers:
            await asyncio.to_thread(upgrade, servers.database_url)
            db = Database(servers.database_url)
            async with db.session() as session:
                people = await load_cast(session)
            settings = Settings(home=Path(own), database_url=SecretStr(servers.database_url))
            for story, name in ((finished_line, "finished-line"), (dismissed_lead, "dismissed-lead")):
                async with open_office(db, people, settings) as office:
                    await record(office, await story(office), name)
            await db.close()


if __name__ == "__main__":
    asyncio.run(main())
