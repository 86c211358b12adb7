"""The next version of a contract: what changed is known, told, and asked of those whose approval it touches."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from db.contract_version import ContractComparison
from db.process import Notification
from tests.workflows.office import YUAN, Office
from tests.workflows.versions import SALE, VersionOffice

SHORTER = tuple(line.replace("thirty (30)", "twenty (20)") for line in SALE)
SPELT = tuple(line.replace("exclusive", "exclusve") for line in SALE)
MOVED = (*SALE[:1], *SALE[4:], *SALE[1:4])


@pytest.mark.parametrize(
    ("reopens", "lines", "asked", "reasons"),
    [
        (["amount", "clauses"], MOVED, "xu.jing", []),
        (["amount", "clauses"], SHORTER, "zhao.min", ["clauses"]),
        (["findings"], SHORTER, "zhao.min", ["findings"]),
        (["amount"], None, "zhao.min", ["unread"]),
    ],
    ids=["moved", "clauses", "findings", "without"],
)
async def test_approvals_stand_where_nothing_changed_that_opens_them(
    office: Office, reopens: list[str], lines: tuple[str, ...] | None, asked: str, reasons: list[str]
) -> None:
    case = await VersionOffice.begin(office, reopens)
    await case.returned(await case.submit(SALE))
    again = await case.submit(lines)
    await again.asked(asked)
    first = (await again.steps())[0]
    assert (first.note, first.version) == (("carried", 1) if asked == "xu.jing" else ("", None))
    assert (await case.version(2))["compared"][0]["reopens"] == reasons


async def test_another_amount_asks_again_only_where_policy_says_so(office: Office) -> None:
    case = await VersionOffice.begin(office, ["clauses"])
    await case.returned(await case.submit(SALE))
    second = await case.submit(SALE, amount=170_000 * YUAN)
    await second.asked("xu.jing")


async def test_what_changed_adds_up_over_versions(office: Office) -> None:
    """An approval carried once is measured against what it was given to, not against the version between."""
    case = await VersionOffice.begin(office, ["amount", "clauses"])
    await case.returned(await case.submit(SALE))
    second = await case.submit(SPELT)
    await second.asked("xu.jing")
    await second.decides("xu.jing", "return", "再看一遍")
    third = await case.submit(SHORTER)
    await third.asked("zhao.min")
    compared = (await case.version(3))["compared"]
    assert [(one["diff"]["old"], one["reopens"]) for one in compared] == [(2, ["clauses"]), (1, ["clauses"])]


async def test_a_comparison_is_kept_with_its_clauses(office: Office) -> None:
    case = await VersionOffice.begin(office, ["clauses"])
    await case.returned(await case.submit(SALE))
    await (await case.submit(SHORTER)).asked("zhao.min")
    row = await office.row(ContractComparison, contract_id=case.contract.id)
    assert row is not None
    assert (row.state, row.same, row.clauses["changed"]) == ("compared", 5, 1)
    assert row.changes[0]["heading"] == "1.1 Fees"


async def test_all_concerned_hear_of_the_return_and_of_what_changed(office: Office) -> None:
    case = await VersionOffice.begin(office, ["clauses"])
    await case.returned(await case.submit(SALE))
    again = await case.submit(SHORTER, amount=170_000 * YUAN)
    for name in ("zhao.min", "xu.jing"):
        await again.asked(name)
        await again.decides(name)
    await again.ends("approved")

    async def told(name: str, kind: str) -> Notification | None:
        async with office.db.session() as session:
            query = select(Notification).where(
                Notification.person_id == office.people[name], Notification.kind == kind,
                Notification.link == f"/contracts/{case.contract.id}",
            )  # fmt: skip
            return (await session.scalars(query)).first()

    for name in ("zhao.min", "li.wei"):
        back = await office.until(lambda: told(name, "contract.version_returned"), f"{name} to hear of it")  # noqa: B023
        assert back.params["comment"] == "付款期限太长"
    assert await told("xu.jing", "contract.version_returned") is None
    for name in ("zhao.min", "xu.jing"):
        came = await office.until(lambda: told(name, "contract.version_came"), f"{name} to hear of it")  # noqa: B023
        assert (came.params["diff"]["amount_new"], came.params["diff"]["clauses"]["changed"]) == (170_000 * YUAN, 1)
    await office.until(lambda: told("zhao.min", "contract.version_approved"), "the first approver to hear of the end")
