"""The public lead forms: what visitors send through them becomes leads; managers see to where they may stand."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import BaseModel

from commands.lead import LeadCommands
from commands.lead_intake import NewLead
from commands.throttle import Throttle
from db.audit import record
from db.engine import Database
from db.lead_form import LeadForm, find_form, form_to_change, make_default_forms, regions
from db.person import OrgUnit
from db.policy import current_policy
from domain.access import Action, Actor
from domain.contact import phone_number
from domain.lead import FormLengths, LeadPolicy
from domain.person import email_address
from domain.policy import load
from domain.refusal import Refused, forbidden, invalid
from domain.text import one_line

ORIGINS_MAX = 20
KEPT = 5.0
"""Seconds: an enquiry then costs one transaction, and another process hears of a change to a form this late."""
UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
UTM_MAX = 200


class Enquiry(BaseModel):
    """What a visitor sent. `website` is a field nobody sees: only a machine fills it in."""

    name: str = ""
    company: str = ""
    phone: str = ""
    email: str = ""
    message: str = ""
    region: str = ""
    consent: bool = False
    website: str = ""
    utm: dict[str, str] = {}


@dataclass(frozen=True)
class OpenForm:
    """A form as its visitors meet it. `choices`: the regions to choose from; none where the form has its own."""

    form: LeadForm
    choices: list[OrgUnit]
    region: str
    lengths: FormLengths


async def open_default_forms(db: Database) -> None:
    """Gives each region that has no form its own; may be called by several processes at once."""
    async with db.session() as session:
        await make_default_forms(session)


class LeadForms:
    def __init__(self, leads: LeadCommands) -> None:
        self.leads = leads
        self.db = leads.desk.db
        self.country = leads.desk.settings.country
        self._open: dict[str, tuple[float, OpenForm]] = {}
        self._throttle = Throttle("too_many_enquiries", per_minute=leads.desk.settings.form_rate)

    async def open(self, form_key: str) -> OpenForm:
        """Remembered for `KEPT`. Raises Refused (404) where there is no such form, or it is closed."""
        now = time.monotonic()
        known = self._open.get(form_key)
        if known is None or known[0] < now - KEPT:
            known = self._open[form_key] = (now, await self._read(form_key))
        return known[1]

    async def _read(self, form_key: str) -> OpenForm:
        async with self.db.session("public") as session:
            form = await find_form(session, form_key)
            everywhere = await regions(session)
            policy = load(LeadPolicy, (await current_policy(session, LeadPolicy.kind))[1])
        own = next((unit.code for unit in everywhere if unit.id == form.region_id), "")
        return OpenForm(form, [] if own else everywhere, own, policy.form)

    async def submit(self, form_key: str, enquiry: Enquiry, *, key: str, address: str, origin: str | None) -> None:
        """Takes an enquiry in as a lead, once per `key`.

        Raises Refused: 404 no such form, 429 too many from this address, 403 a site that may not send it, 422 naming
        the field. A machine that filled in `website` is thanked, and nothing is kept.
        """
        self._throttle.take(address)
        found = await self.open(form_key)
        if origin is not None and origin not in found.form.origins:
            raise Refused("origin_not_allowed", 403, origin=origin)
        lead = self._lead(enquiry, found)
        if not enquiry.website:
            await self.leads.capture(lead, f"{form_key}/{key}")

    def _lead(self, enquiry: Enquiry, found: OpenForm) -> NewLead:
        sent = {name: one_line(getattr(enquiry, name)) for name in ("name", "company", "phone", "email")}
        sent["message"] = enquiry.message.strip()
        for name, value in sent.items():
            most = getattr(found.lengths, name)
            if len(value) > most:
                raise invalid("field_too_long", name, most=most)
            if not value and name in ("name", "company"):
                raise invalid("field_needed", name)
        if not sent["phone"] and not sent["email"]:
            raise invalid("contact_needed", "phone")
        phone = phone_number(sent["phone"], self.country) if sent["phone"] else None
        email = email_address(sent["email"]) if sent["email"] else None
        if not enquiry.consent:
            raise invalid("consent_needed", "consent")
        return NewLead(
            source="form", company=sent["company"], name=sent["name"], phone=phone, email=email,
            message=sent["message"] or None, region=_region(enquiry, found),
            utm={name: given[:UTM_MAX] for name in UTM if (given := enquiry.utm.get(name))},
        )  # fmt: skip

    async def change(self, actor: Actor, form_key: str, *, origins: Sequence[str], active: bool) -> None:
        """Raises Refused: 403 for a form of another region, 422 for what is not a site's origin."""
        checked = sorted({_origin(text) for text in origins if text.strip()})
        if len(checked) > ORIGINS_MAX:
            raise invalid("too_many_origins", "origins", most=ORIGINS_MAX)
        async with self.db.session(actor.id) as session:
            form = await form_to_change(session, form_key)
            if not may_manage(actor, form):
                raise forbidden(Action.LEAD_WORK)
            form.origins, form.active = checked, active
            await record(session, actor.id, "ChangeLeadForm", f"lead_form/{form_key}", origins=checked, active=active)
        self._open.pop(form_key, None)


def may_manage(actor: Actor, form: LeadForm) -> bool:
    """Whoever works all leads of the form's region; the form for every region is for those who work all."""
    return actor.reaches(Action.LEAD_WORK, owner=None, region=form.region_id)


def _region(enquiry: Enquiry, found: OpenForm) -> str:
    if found.region:
        return found.region
    if enquiry.region not in {unit.code for unit in found.choices}:
        raise invalid("region_unknown", "region", region=enquiry.region)
    return enquiry.region


def _origin(text: str) -> str:
    """https://www.example.com, as a browser sends it: no path, no user, no default port."""
    parts = urlsplit(text.strip().rstrip("/").lower())
    rest = parts.path or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in ("http", "https") or rest or not re.fullmatch(r"[a-z0-9.-]+(:\d{1,5})?", parts.netloc):
        raise invalid("origin_invalid", "origins")
    default = ":443" if parts.scheme == "https" else ":80"
    return f"{parts.scheme}://{parts.netloc.removesuffix(default)}"
