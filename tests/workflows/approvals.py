"""A scene for approval stories: a policy of the given steps, a request under it, and its approvers by name."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from commands.policy import Policies
from db.base import new_id
from db.contract import Approval
from db.policy import current_policy
from db.process import Task
from domain.approval import DEFAULT
from domain.approval_path import PathStep, read_path
from domain.process import Command
from tests.workflows.office import Office
from workflows.approval import ApprovalStart, ApprovalWorkflow, approval_workflow_id
from workflows.process import Process


class Request:
    """One request, submitted by li.wei of the east unless told otherwise."""

    def __init__(self, office: Office, approval_id: str) -> None:
        self.office = office
        self.id = approval_id

    async def row(self) -> Approval:
        found = await self.office.row(Approval, id=self.id)
        assert found is not None
        return found

    async def path(self) -> list[tuple[str, str]]:
        return [(step["step"]["key"], step["status"]) for step in (await self.row()).path]

    async def steps(self) -> list[PathStep]:
        return read_path((await self.row()).path)

    async def asked(self, *names: str) -> list[Task]:
        """The tasks open now, one for each of these people or holder keys; waits until exactly they are asked."""
        wanted = sorted(self.key(name) for name in names)

        async def look() -> list[Task] | None:
            tasks = await self.office.rows(Task, record_id=self.id, kind="approve", status="open")
            return tasks if sorted("+".join(sorted(task.holders)) for task in tasks) == wanted else None

        found = await self.office.until(look, f"{wanted} to be asked")
        return sorted(found, key=lambda task: wanted.index("+".join(sorted(task.holders))))

    def key(self, name: str) -> str:
        people = self.office.people
        return "+".join(sorted(f"person:{people[one]}" if one in people else one for one in name.split("+")))

    async def decides(self, name: str, outcome: str = "approve", comment: str | None = None, **more: Any) -> None:
        actor = await self.office.actor(name)
        tasks = await self.office.rows(Task, record_id=self.id, kind="approve", status="open")
        task = next(task for task in tasks if not actor.holder_keys.isdisjoint(task.holders))
        await self.office.tasks.decide(
            actor, uuid4().hex, task.id, outcome=outcome, version=task.version, comment=comment, **more
        )

    async def ends(self, status: str) -> Approval:
        return await self.office.until(lambda: self.office.row(Approval, id=self.id, status=status), status)


def step(key: str, *who: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"key": key, "who": list(who), "allowed": "PT8H", **more}


def role(name: str) -> dict[str, Any]:
    return {"by": "role", "role": name}


class Scene:
    def __init__(self, office: Office) -> None:
        self.office = office

    def person(self, name: str) -> dict[str, Any]:
        return {"by": "person", "person": self.office.people[name]}

    async def policy(self, *steps: dict[str, Any], **rules: Any) -> int:
        """Publishes one whose every request takes these steps."""
        columns = [{"key": "kind", "type": "enum", "values": ["contract"]}]
        table = {"engine": 1, "hit": "first", "columns": columns,
                 "rows": [{"id": "every", "when": {}, "then": {"steps": list(steps)}}]}  # fmt: skip
        return await self.publish({"engine": 1, "table": table, "rules": rules})

    async def publish(self, document: dict[str, Any] = DEFAULT) -> int:
        async with self.office.db.session() as session:
            version, _ = await current_policy(session, "approval")
        admin = await self.office.actor("gu.ming")
        return await Policies(self.office.db).publish(admin, uuid4().hex, "approval", document, follows=version)

    async def request(self, by: str = "li.wei", amount: int = 1_000_000, **facts: Any) -> Request:
        approval_id, people = new_id(), self.office.people
        start = ApprovalStart(
            approval_id=approval_id, reply_to="contract/nobody", subject_kind="contract", subject_id=new_id(),
            subject_version=1, line_id=new_id(), customer_id=None, region_id=people["east"], submitted_by=people[by],
            title="冷链可视化", amount=amount, currency="CNY", facts=facts,
        )  # fmt: skip
        opened = Command(actor=await self.office.actor(by), key=uuid4().hex)
        await self.office.desk.processes.open(
            ApprovalWorkflow.run, start, approval_workflow_id(approval_id), Process.opened, opened
        )
        return Request(self.office, approval_id)

    async def asks(self, *steps: dict[str, Any], by: str = "li.wei", **rules: Any) -> Request:
        """A request under a policy of these steps and rules."""
        await self.policy(*steps, **rules)
        return await self.request(by)
