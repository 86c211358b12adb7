"""The public lead forms: what visitors send through them becomes leads; managers build them."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel

from commands.lead import LeadCommands
from commands.lead_intake import NewLead
from commands.throttle import Throttle
from commands.ticket_file import SentFiles, TicketFiles
from commands.ticket_form import asked_for_help
from commands.ticket_intake import TicketIntake
from db.audit import record
from db.engine import Database
from db.lead_form import LeadForm, add_form, find_form, form_to_change, make_default_forms, regions
from db.person import OrgUnit
from db.policy import current_policy
from domain.access import Action, Actor, Scope
from domain.contact import phone_number
from domain.lead import FormLengths, LeadPolicy
from domain.lead_form import DEFAULT, SUPPORT, FormDesign, Readers, answers, reworded
from domain.money import parse_amount
from domain.person import email_address
from domain.policy import load
from domain.refusal import Refused, forbidden, invalid
from keys import Seal

ORIGINS_MAX = 20
KEPT = 5.0
"""Seconds: an enquiry then costs one transaction, and another process hears of a change to a form this late."""
UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "gclid", "bd_vid", "fbclid")
UTM_MAX = 200
BEHAVIOUR = ("page", "referrer")
TOKEN_LIFE = timedelta(hours=24)
MANAGED = {"lead": Action.LEAD_WORK, "ticket": Action.TICKET_MANAGE}
"""Who does that for a region manages its forms."""


class Enquiry(BaseModel):
    """What a visitor sent. `website` is a field nobody sees: only a machine fills it in. `consented` is the version of
    the consent that was shown."""

    sent: dict[str, str | list[str]] = {}
    region: str = ""
    consent: bool = False
    consented: int | None = None
    language: str = ""
    website: str = ""
    utm: dict[str, str] = {}
    behaviour: dict[str, str] = {}


@dataclass(frozen=True)
class OpenForm:
    """A form as its visitors meet it. `choices`: the regions to choose from; none where the form has its own."""

    form: LeadForm
    design: FormDesign
    choices: list[OrgUnit]
    region: str
    lengths: FormLengths

    @property
    def takes_files(self) -> bool:
        return self.form.makes == "ticket" and self.design.files


async def open_default_forms(db: Database) -> None:
    """Gives each region that has no form its own; may be called by several processes at once."""
    async with db.session() as session:
        await make_default_forms(session)


class LeadForms:
    def __init__(self, leads: LeadCommands, tickets: TicketIntake, files: TicketFiles, key: bytes) -> None:
        self.leads = leads
        self.tickets = tickets
        self.files = files
        self.db = leads.desk.db
        settings = leads.desk.settings
        self.company = settings.company
        self.least = settings.form_seconds
        self.read = Readers(
            phone=lambda text: phone_number(text, settings.country),
            email=email_address,
            money=lambda text, field: parse_amount(text, settings.currency, field),
        )
        self._open: dict[str, tuple[float, OpenForm]] = {}
        self._throttle = Throttle("too_many_enquiries", per_minute=settings.form_rate)
        self._seal = Seal(key, "lead form")

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
        # A ticket's region is its customer's: nobody is asked for it.
        choices = [] if own or form.makes == "ticket" else everywhere
        return OpenForm(form, design_of(form), choices, own, policy.form)

    def token(self, form_key: str) -> str:
        """Stands in the form that is shown: it says when that was, and nobody can make one up."""
        return self._seal.close(form_key, f"{time.time():.3f}")

    def check_token(self, form_key: str, token: str) -> None:
        """Raises Refused (422): form_stale for none of ours or an old one, form_quick for what no person typed."""
        parts = self._seal.open(token, within=TOKEN_LIFE) if token else None
        if parts is None or parts[0] != form_key:
            raise Refused("form_stale", 422)
        if time.time() - float(parts[1]) < self.least:
            raise Refused("form_quick", 422)

    async def submit(
        self, form_key: str, enquiry: Enquiry, *, key: str, address: str, origin: str | None, files: SentFiles = ()
    ) -> None:
        """Takes an enquiry in as a lead, or as a ticket where the form is the service desk's, once per `key`.

        Raises Refused: 404 no such form, 429 too many from this address, 403 a site that may not send it, 422 naming
        the field, 413 for too much. A machine that filled in `website` is thanked, and nothing is kept. `files` come
        last, when all else is right, and only where the form takes some.
        """
        self._throttle.take(address)
        found = await self.open(form_key)
        if origin is not None and origin not in found.form.origins:
            raise Refused("origin_not_allowed", 403, origin=origin)
        own, custom = answers(found.design, enquiry.sent, found.lengths, self.read)
        if not enquiry.consent:
            raise invalid("consent_needed", "consent")
        if enquiry.consented not in (None, found.design.consent_version):
            raise invalid("consent_changed", "consent")  # they are to read it anew
        if found.form.makes == "ticket":
            ticket = asked_for_help(own, custom, found.design, enquiry.language, found.region or None)
            ticket = ticket.model_copy(update={"detail": {"consent": self._consent(enquiry, found)}})
            if not enquiry.website:
                kept = await self.files.keep(files if found.takes_files else ())
                await self.tickets.receive(ticket.model_copy(update={"attachments": kept}), f"form/{form_key}/{key}")
            return
        lead = self._lead(enquiry, found, own, custom)
        if not enquiry.website:
            await self.leads.capture(lead, f"{form_key}/{key}")

    def _consent(self, enquiry: Enquiry, found: OpenForm) -> dict[str, Any]:
        """The words they agreed to."""
        return {
            "form": found.form.key, "version": found.design.consent_version, "language": enquiry.language,
            "text": found.design.agreed(enquiry.language, self.company),
        }  # fmt: skip

    def _lead(self, enquiry: Enquiry, found: OpenForm, own: dict[str, Any], custom: dict[str, Any]) -> NewLead:
        design = found.design
        utm = {name: given[:UTM_MAX] for name in UTM if (given := enquiry.utm.get(name))}
        if design.source:
            utm.setdefault("utm_source", design.source)
        return NewLead(
            source="form", region=_region(enquiry, found), amount=own.pop("budget", None), custom=custom, utm=utm,
            campaign=design.campaign or utm.get("utm_campaign"), language=enquiry.language or None,
            behaviour={name: given[:500] for name in BEHAVIOUR if (given := enquiry.behaviour.get(name))},
            consent=self._consent(enquiry, found), form_key=found.form.key, **own,
        )  # fmt: skip

    # --- building ---------------------------------------------------------------------------------------------

    async def add(self, actor: Actor, *, name: str, region_id: str | None, makes: str = "lead") -> str:
        """A new form with a key of its own in its address, closed until somebody opens it. Raises Refused (403)."""
        action = MANAGED.get(makes, Action.LEAD_WORK)
        if not actor.reaches(action, owner=None, region=region_id):
            raise forbidden(action)
        if not name:
            raise invalid("field_needed", "name")
        async with self.db.session(actor.id) as session:
            design = (SUPPORT if makes == "ticket" else DEFAULT).model_dump(mode="json")
            key = await add_form(session, name=name, region_id=region_id, design=design, makes=makes)
            await record(session, actor.id, "AddLeadForm", f"lead_form/{key}", name=name)
        return key

    async def build(self, actor: Actor, form_key: str, *, name: str, design: FormDesign, version: int) -> None:
        """Raises Refused: 403 for a form of another region, 409 where somebody changed it meanwhile, 422 by field."""
        if not name:
            raise invalid("field_needed", "name")
        design.check()
        async with self.db.session(actor.id) as session:
            form = await form_to_change(session, form_key)
            if not may_manage(actor, form):
                raise forbidden(MANAGED[form.makes])
            if form.version != version:
                raise Refused("outdated", 409)
            kept = reworded(design_of(form), design)
            form.name, form.design, form.version = name, kept.model_dump(mode="json"), version + 1
            await record(session, actor.id, "BuildLeadForm", f"lead_form/{form_key}", version=version + 1)
        self._open.pop(form_key, None)

    async def change(self, actor: Actor, form_key: str, *, origins: Sequence[str], active: bool) -> None:
        """Raises Refused: 403 for a form of another region, 422 for what is not a site's origin."""
        checked = sorted({_origin(text) for text in origins if text.strip()})
        if len(checked) > ORIGINS_MAX:
            raise invalid("too_many_origins", "origins", most=ORIGINS_MAX)
        async with self.db.session(actor.id) as session:
            form = await form_to_change(session, form_key)
            if not may_manage(actor, form):
                raise forbidden(MANAGED[form.makes])
            form.origins, form.active = checked, active
            await record(session, actor.id, "ChangeLeadForm", f"lead_form/{form_key}", origins=checked, active=active)
        self._open.pop(form_key, None)


def design_of(form: LeadForm) -> FormDesign:
    if form.design:
        return FormDesign.model_validate(form.design)
    return SUPPORT if form.makes == "ticket" else DEFAULT


def may_manage(actor: Actor, form: LeadForm) -> bool:
    """Whoever works all leads, or manages the tickets, of the form's region; the form for every region is for those who
    do so in all."""
    action = MANAGED[form.makes]
    return actor.scope(action) != Scope.OWN and actor.reaches(action, owner=None, region=form.region_id)


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
