"""How leads come in at the demo company: a form built for its site, a webhook, a mail address, and somebody who asks
again."""

from __future__ import annotations

from sqlalchemy import select

from commands.document import DocumentStore
from commands.lead import LeadCommands
from commands.lead_form import LeadForms
from commands.lead_hook import LeadHooks
from commands.lead_intake import NewLead
from commands.lead_mail import LeadMail
from commands.ticket_file import TicketFiles
from commands.ticket_intake import TicketIntake
from db.actor import actor_of
from db.lead_form import LeadForm, make_default_forms
from db.lead_hook import LeadHook
from domain.lead_form import DEFAULT, Choice, FormDesign, FormField, Words
from keys import master_key
from settings import Settings

FORM = "官网咨询"
HOOK = "企业微信获客助手"
SAMPLE = """{"event": "add_external_contact",
 "external_contact": {"name": "柳青", "corp_name": "青禾农业有限公司", "mobile": "13900139010"},
 "remark": "想了解冷链方案", "state": "展会二维码"}"""
MAPPING = {
    "name": "external_contact.name", "company": "external_contact.corp_name", "phone": "external_contact.mobile",
    "message": "remark", "campaign": "state",
}  # fmt: skip
DESIGN = FormDesign(
    title=Words(zh="预约方案演示", en="Book a demonstration"),
    intro=Words(zh="留下联系方式，一个工作日内回复。", en="Leave your details: we answer within one working day."),
    button=Words(zh="预约", en="Book"),
    consent=Words(zh="我同意贵公司就本次咨询与我联系。", en="You may contact me about this enquiry."),
    source="website", campaign="demo-2026",
    fields=(
        *DEFAULT.fields[:4],
        FormField(key="industry", kind="choice"),
        FormField(key="size", kind="choice", required=True),
        FormField(key="intent", kind="choice"),
        FormField(
            key="x_temperature", kind="choices", label=Words(zh="温区", en="Temperature"),
            choices=(
                Choice(value="chilled", label=Words(zh="冷藏", en="Chilled")),
                Choice(value="frozen", label=Words(zh="冷冻", en="Frozen")),
            ),
        ),
        DEFAULT.fields[4],
    ),
)  # fmt: skip
AGAIN = NewLead(
    source="mail", company="江南印务有限公司", name="钱进", phone="+8613900139001", region="east", campaign="秋季展会",
    message="上次问的车队方案，想约下周演示。", utm={"utm_source": "hello@throughline.example"},
)  # fmt: skip
LIKE = NewLead(
    source="hook", company="江南印务科技", name="沈岚", phone="+8613900139009", region="east", campaign="展会二维码",
    message="想了解车队管理", size="medium", intent="compare", utm={"utm_source": HOOK},
)  # fmt: skip


async def open_ways_in(leads: LeadCommands, settings: Settings, ids: dict[str, str]) -> None:
    """What is missing of them; made by the manager of the east."""
    db = leads.desk.db
    async with db.session("demo") as session:
        await make_default_forms(session)
        manager = await actor_of(session, ids["zhao.min"])
        form = await session.scalar(select(LeadForm).where(LeadForm.name == FORM))
        hook = await session.scalar(select(LeadHook).where(LeadHook.name == HOOK))
    key, region = master_key(settings), ids["east"]
    if form is None:
        files = TicketFiles(db, DocumentStore(settings.home / "documents"))
        forms = LeadForms(leads, TicketIntake(leads.desk), files, key)
        form_key = await forms.add(manager, name=FORM, region_id=region)
        await forms.build(manager, form_key, name=FORM, design=DESIGN, version=1)
        await forms.change(manager, form_key, origins=["https://www.throughline.example"], active=True)
    if hook is None:
        hooks = LeadHooks(leads, key)
        made = await hooks.add(manager, name=HOOK, region_id=region, source="wecom", campaign=None)
        await hooks.change(
            manager, made.key, name=HOOK, source="wecom", campaign=None, mapping=MAPPING, sample=SAMPLE, active=True
        )
        mail = LeadMail(leads)
        await mail.open_box(
            manager, address="hello@throughline.example", region_id=region, source="website", campaign=None
        )


async def ask_again(leads: LeadCommands) -> None:
    """Somebody turns to us a second time, and somebody comes whose company is called nearly the same."""
    await leads.capture(AGAIN, "demo/again")
    await leads.capture(LIKE, "demo/like")
