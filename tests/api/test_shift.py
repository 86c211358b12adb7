"""Shifts and skills through the API: by leads of support for the units they reach, and nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import SignIn

pytestmark = pytest.mark.usefixtures("worker")


def shift(people: dict[str, str], changes: dict[str, Any] | None = None) -> dict[str, Any]:
    week = {"mon": [{"start": "09:00", "end": "18:00"}]}
    plain = {"name": "Day", "unit_id": people["east-support"], "zone": "Asia/Shanghai", "week": week}
    return plain | {"people": [people["gao.fei"]]} | (changes or {})


async def test_a_lead_adds_changes_and_removes_a_shift_once_per_key(sign_in: SignIn, people: dict[str, str]) -> None:
    lead = await sign_in("shen.yu")
    key = {"Idempotency-Key": "shift-once-" + "1" * 20}
    made = [await lead.post("/api/shifts", json=shift(people), headers=key) for _ in range(2)]
    assert [one.status_code for one in made] == [201, 201]
    assert made[0].json() == made[1].json()
    address = f"/api/shifts/{made[0].json()['id']}"
    assert (await lead.put(address, json=shift(people, {"name": "Late"}))).status_code == 204
    shown = (await lead.get(address)).json()
    assert (shown["name"], shown["people"]) == ("Late", [people["gao.fei"]])
    assert (await (await sign_in("gao.fei")).put(address, json=shift(people))).status_code == 403
    assert (await lead.delete(address)).status_code == 204
    assert (await lead.get(address)).status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"zone": "Mars/Olympus"}, None),
        ({"week": {}}, None),
        ({"starts_on": "2026-02-02", "ends_on": "2026-02-01"}, None),
        ({"unit": "company"}, "unit_id"),
        ({"person": "li.wei"}, "people"),
    ],
)
async def test_what_is_no_shift_is_refused(
    sign_in: SignIn, people: dict[str, str], changes: dict[str, Any], field: str | None
) -> None:
    lead = await sign_in("shen.yu")
    if "unit" in changes:
        changes = {"unit_id": people["south"]}
    if "person" in changes:
        changes = {"people": [people["li.wei"]]}
    refused = await lead.post("/api/shifts", json=shift(people, changes), headers={"Idempotency-Key": "x" * 20})
    assert refused.status_code == 422
    if field:
        assert [one["field"] for one in refused.json()["errors"]] == [field]


async def test_skills_are_said_by_the_lead_of_the_region(sign_in: SignIn, people: dict[str, str]) -> None:
    lead, address = await sign_in("shen.yu"), f"/api/people/{people['gao.fei']}/skills"
    said = {"skills": {"repair": 3}, "languages": {"en": 2}}
    assert (await lead.put(address, json=said)).status_code == 204
    assert (await lead.get(address)).json() == said
    assert (await lead.put(address, json={"skills": {"repair": 4}})).status_code == 422
    stranger = f"/api/people/{people['xie.ting']}/skills"
    assert (await lead.put(stranger, json=said)).status_code == 403
    assert (await lead.put(address, json={})).status_code == 204


async def test_only_who_manages_policies_trains_and_one_at_a_time(sign_in: SignIn) -> None:
    lead, admin = await sign_in("shen.yu"), await sign_in("gu.ming")
    key = {"Idempotency-Key": "train-" + "1" * 20}
    assert (await lead.post("/api/ticket-models/train", headers=key)).status_code == 403
    assert (await admin.post("/api/ticket-models/train", headers=key)).status_code == 202
    assert (await admin.get("/api/ticket-models")).json() == []
    assert (await admin.get("/api/ticket-triage")).status_code == 200
