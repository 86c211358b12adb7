"""The fields a customer has: those of the product, and those a company adds, each of one kind of value."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from domain.access import Role

FieldType = Literal[
    "text", "long_text", "number", "integer", "money", "percent", "date", "datetime", "time", "yes_no", "choice",
    "choices", "phone", "email", "url", "address", "person", "people", "department", "rating", "location", "files",
    "customer", "formula", "serial",
]  # fmt: skip


class Label(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    zh: str
    en: str


class Field(BaseModel):
    """`key` names the value: a column of the customer where `builtin`, else a key of its `custom`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
    label: Label
    type: FieldType
    builtin: bool = False
    required: bool = False
    unique: bool = False
    options: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    """Kinds of customer that have it; none: all."""
    hidden_from: frozenset[Role] = frozenset()
    masked_for: frozenset[Role] = frozenset()


def _own(key: str, zh: str, en: str, kind: FieldType = "text", **more: bool) -> Field:
    return Field(key=key, label=Label(zh=zh, en=en), type=kind, builtin=True, **more)


BUILT_IN: tuple[Field, ...] = (
    _own("name", "客户名称", "Name", required=True),
    _own("tax_number", "统一社会信用代码", "Credit code", unique=True),
    _own("phone", "电话", "Phone", "phone"),
    _own("email", "邮箱", "E-mail", "email"),
    _own("domain", "网站域名", "Web domain"),
    _own("industry", "行业", "Industry"),
    _own("province", "省份", "Province"),
    _own("city", "城市", "City"),
    _own("address", "地址", "Address", "address"),
    _own("source", "来源", "Source"),
    _own("tags", "标签", "Tags", "choices"),
)
"""The columns of `db.customer.Customer` that people fill in."""
