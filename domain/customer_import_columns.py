"""Which field of a customer a column of a file is: guessed from its heading in either language, and from its cells."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from domain.lead_columns import plain

if TYPE_CHECKING:
    from domain.customer_field import CustomerFieldPolicy, Field

OWN = "custom."
"""Before the key of a company's own field."""
IGNORED = ""
UNREAD = "\ue000unread"
"""The last cell of what stands for a line that could not be read, where the others could."""
UNREADABLE = "files"
"""The type of which a file's cell holds no value."""
HEADINGS: Mapping[str, str] = {
    "name": "客户名称 客户 公司 公司名称 企业 企业名称 单位 单位名称 名称 "
    "name company companyname customer customername account accountname organization organisation",
    "tax_number": "统一社会信用代码 信用代码 社会信用代码 税号 纳税人识别号 "
    "taxnumber taxid creditcode uscc usci vatnumber",
    "phone": "电话 公司电话 座机 联系电话 电话号码 手机 手机号 手机号码 联系手机 "
    "phone tel telephone companyphone mobile cell",
    "email": "邮箱 公司邮箱 电子邮箱 电子邮件 email mail emailaddress",
    "domain": "网站 网址 域名 网站域名 官网 website domain url homepage",
    "industry": "行业 所属行业 industry sector",
    "province": "省 省份 所在省 province state",
    "city": "市 城市 所在城市 city town",
    "address": "地址 公司地址 联系地址 详细地址 address street",
    "source": "来源 客户来源 渠道 source channel",
    "tags": "标签 tags tag labels",
    "tier": "等级 客户等级 级别 tier grade level",
    "region": "大区 区域 战区 region area territory",
    "owner": "负责人 归属人 所属销售 业务员 跟进人 owner salesperson accountowner assignedto",
    "contact_name": "联系人 联系人姓名 姓名 contact contactname contactperson fullname",
    "contact_phone": "联系人电话 联系人手机 contactphone contactmobile",
    "contact_email": "联系人邮箱 contactemail",
    "contact_title": "职务 职位 联系人职务 title jobtitle position",
}
"""Each field, and what its column is called in files."""
CONTENT = (
    ("email", re.compile(r"[^@\s,;]+@[^@\s,;]+\.[A-Za-z]{2,}")),
    ("tax_number", re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}")),
    ("phone", re.compile(r"(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}|(?:\+?86[- ]?)?0\d{2,3}[- ]?\d{7,8}")),
    ("domain", re.compile(r"(?:https?://)?(?:www\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}/?", re.IGNORECASE)),
    ("name", re.compile(r".{2,}(?:公司|集团|厂|银行|学校|医院|研究院|大学|Ltd\.?|Inc\.?|LLC|GmbH)", re.IGNORECASE)),
)
"""How the cells of a column look whose heading says nothing."""
REMARK = re.compile(r"[(\[（【［][^)\]）】］]*[)\]）】］]")
"""What a heading says besides, in brackets: 必填, a unit."""
ENOUGH = 0.6
"""Share of the filled cells that must look like a field."""


class Known(NamedTuple):
    """A field that a column may be, and what it is called: for a person and in files."""

    key: str
    zh: str
    en: str


def choices(known: Sequence[Field]) -> list[Known]:
    """The fields of a customer, the company's own among them, then what an import knows beside them."""
    own = [
        Known(column_of(one), one.label.zh, one.label.en) for one in known if not one.made and one.type != UNREADABLE
    ]
    beside = [
        Known("tier", "等级", "Tier"), Known("region", "区域", "Region"), Known("owner", "负责人", "Owner"),
        Known("contact_name", "联系人", "Contact"), Known("contact_phone", "联系人电话", "Contact's phone"),
        Known("contact_email", "联系人邮箱", "Contact's e-mail"),
        Known("contact_title", "联系人职务", "Contact's title"),
    ]  # fmt: skip
    return own + beside


def never(known: Sequence[Field]) -> list[tuple[Known, Literal["files", "made"]]]:
    """The fields that no column may be, each with the reason: it holds files, or is filled by itself."""
    return [
        (Known(column_of(one), one.label.zh, one.label.en), "made" if one.made else "files")
        for one in known
        if one.made or one.type == UNREADABLE
    ]


def column_of(field: Field) -> str:
    """What a column of a file is mapped to for this field."""
    return field.key if field.builtin else OWN + field.key


def must_have(policy: CustomerFieldPolicy, mode: str) -> list[Field]:
    """What a new customer cannot be without; nothing where only those there are updated."""
    from domain.customer_field import fields  # only here: who reads rows starts without it

    kind = policy.kinds[0].key
    return [one for one in fields(policy) if mode != "update" and one.required and one.has(kind)]


def guess(headings: Sequence[str], rows: Sequence[Sequence[str]], choices: Sequence[Known]) -> list[str]:
    """For each column its field, or `IGNORED`; each field once, by its heading first, then by how its cells look."""
    given = [IGNORED] * len(headings)
    for no, heading in enumerate(headings):
        said = {plain(heading), plain(REMARK.sub("", heading))} - {""}
        fits = (
            one.key
            for one in choices
            if said.intersection((*HEADINGS.get(one.key, "").split(), plain(one.zh), plain(one.en)))
        )
        given[no] = next((key for key in fits if key not in given), IGNORED)
    known = {one.key for one in choices}
    for no in range(len(headings)):
        if given[no] == IGNORED:
            cells = [row[no] for row in rows if no < len(row) and row[no]]
            given[no] = next((key for key in _alike(cells) if key in known and key not in given), IGNORED)
    return given


def is_heading(cell: str) -> bool:
    """Whether a column of the product's own fields is called so in files."""
    return any(plain(REMARK.sub("", cell)) in words.split() for words in HEADINGS.values())


def _alike(cells: Sequence[str]) -> list[str]:
    return [key for key, form in CONTENT if cells and sum(map(bool, map(form.fullmatch, cells))) >= ENOUGH * len(cells)]
