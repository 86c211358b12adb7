"""Which field of a lead a column of a file is: guessed from its heading in either language, said by a person."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

FIELDS = {
    "company": "公司 公司名称 企业 企业名称 客户 客户名称 单位 单位名称 "
    "company companyname organization organisation account accountname customer",
    "name": "姓名 联系人 联系人姓名 名字 称呼 name fullname contact contactname contactperson",
    "phone": "电话 手机 手机号 手机号码 联系电话 电话号码 联系方式 "
    "phone mobile tel telephone phonenumber mobilephone cell",
    "email": "邮箱 邮件 电子邮箱 电子邮件 邮箱地址 email mail emailaddress",
    "message": "留言 需求 备注 说明 内容 需求描述 message note notes comment comments enquiry inquiry description",
    "budget": "预算 金额 预计金额 budget amount value",
    "region": "大区 区域 地区 region area territory",
    "product": "产品 意向产品 product interest",
    "industry": "行业 所属行业 industry sector",
    "size": "规模 公司规模 人数 员工人数 size companysize employees headcount",
    "intent": "意向 意向程度 购买意向 intent intention",
    "language": "语言 language lang",
    "campaign": "活动 市场活动 campaign utmcampaign event",
    "source": "来源 线索来源 渠道 source utmsource channel",
}
"""Each field, and what its column is called in files."""
JOINED = ("name", "message")
NEEDED = ("company", "name")
IGNORED, CUSTOM = "", "custom"
KEY_MOST = 60


def guess(headings: Sequence[str]) -> list[str]:
    """For each column its field, or `IGNORED`; a field is given to the first column that is called like it."""
    given: list[str] = []
    for heading in headings:
        said = plain(heading)
        fits = next((field for field, words in FIELDS.items() if said in words.split() and field not in given), IGNORED)
        given.append(fits)
    return given


def picked(
    mapping: Sequence[str], headings: Sequence[str], cells: Sequence[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """A row's own fields, and those kept as custom ones under their heading. A field said twice holds both."""
    own: dict[str, str] = {}
    custom: dict[str, str] = {}
    for field, heading, cell in zip(mapping, headings, cells, strict=False):
        if not cell or field == IGNORED:
            continue
        if field == CUSTOM:
            custom[custom_key(heading)] = cell
        else:
            joined = field in own and field in JOINED
            own[field] = f"{own[field]} {cell}" if joined else own.get(field, cell)
    return own, custom


def custom_key(heading: str) -> str:
    return "_".join(re.findall(r"\w+", unicodedata.normalize("NFKC", heading).casefold()))[:KEY_MOST] or "column"


def region_of(text: str, regions: Mapping[str, Sequence[str]]) -> str | None:
    """The code of the region that is called so in any language; `regions`: what each code is called."""
    said = plain(text)
    return next((code for code, names in regions.items() if said in {plain(code), *map(plain, names)}), None)


def plain(text: str) -> str:
    """What is left of a heading to be compared: letters and digits, without width and case."""
    return "".join(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())).replace("_", "")
