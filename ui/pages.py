"""The pages, each area a router of its own. A new area is a module here and an entry in ui/nav.py."""

from __future__ import annotations

from ui import account, audit, person, sign_in

ROUTERS = (sign_in.router, account.router, person.router, audit.router)
