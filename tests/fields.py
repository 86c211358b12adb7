"""The fields of a company that has one of every type, and how its policy is published in a test."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from commands.policy import Policies
from db.policy import current_policy
from domain.access import Actor
from domain.customer_field import DEFAULT
from domain.field import TYPES


def own(key: str, kind: str, **more: Any) -> dict[str, Any]:
    if kind in ("choice", "choices"):
        gold, silver = {"zh": "金牌", "en": "Gold"}, {"zh": "银牌", "en": "Silver"}
        more.setdefault("options", [{"value": "gold", "label": gold}, {"value": "silver", "label": silver}])
    if kind == "formula":
        more.setdefault("formula", "integer_field * 2")
    if kind == "serial":
        more.setdefault("pattern", "KH-{no:4}")
    return {"key": key, "label": {"zh": f"{key} 字段", "en": f"Own {key}"}, "type": kind, **more}


EVERY_TYPE = [own(f"{kind}_field", kind) for kind in TYPES]


async def publish_fields(policies: Policies, administrator: Actor, *own_fields: dict[str, Any], **more: Any) -> None:
    async with policies.db.session() as session:
        version, _ = await current_policy(session, "customer_field")
    document = {**DEFAULT, "fields": list(own_fields), **more}
    await policies.publish(administrator, uuid4().hex, "customer_field", document, follows=version)
