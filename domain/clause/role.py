"""What contracts call a party by what it does: who supplies, who buys, and words that tell neither."""

from __future__ import annotations

SUPPLIERS = frozenset([
    "卖方", "供方", "供货方", "供应商", "供应方", "出卖人", "出卖方", "销售方", "服务方", "服务商", "服务提供方",
    "服务提供商",
    "受托方", "受托人", "承包方", "承包人", "总包方", "承揽人", "承揽方", "开发方", "开发商", "研发方", "许可方",
    "许可人", "授权方",
    "出租方", "出租人", "承运方", "承运人", "设计方", "实施方", "提供方", "提供商", "施工方", "加工方", "制造方",
    "中标人", "服务人", "保管人", "保管方", "分包人", "分包方", "顾问", "顾问方", "云服务商", "设计人", "监理人",
    "咨询方", "咨询人", "研究开发人", "让与人", "供货人", "供货商", "制作方", "培训方", "维保方", "运维方", "承建方",
    "成交供应商", "运营方", "supplier", "vendor", "seller", "provider", "service provider", "licensor", "contractor",
    "subcontractor", "consultant", "developer", "manufacturer", "integrator",
    "carrier", "lessor", "host", "warehouseman", "bailee", "franchisor", "hosting provider", "logistics provider",
])  # fmt: skip
CUSTOMERS = frozenset([
    "买方", "需方", "购方", "购买方", "采购方", "采购人", "采购商", "买受人", "买受方", "委托方", "委托人", "发包方",
    "发包人",
    "定作方", "定作人", "被许可方", "被许可人", "被授权方", "承租方", "承租人", "客户", "用户", "使用方", "使用人",
    "经销商", "经销方",
    "代理商", "订购方", "订购人", "订货方", "托运人", "托运方", "招标人", "建设方", "建设单位", "业主", "业主方",
    "付款方", "存货人", "存货方", "受让人", "订货人", "购货方", "需求方", "采购单位", "委托单位", "使用单位",
    "customer", "client", "buyer", "purchaser", "licensee", "reseller", "distributor", "subscriber", "employer",
    "dealer",
    "end user", "lessee", "shipper", "hirer", "bailor", "franchisee",
])  # fmt: skip
NEUTRAL = frozenset([
    "甲方", "乙方", "丙方", "丁方", "company", "landlord", "tenant", "principal", "owner", "authority", "party a",
    "party b",
])  # fmt: skip
