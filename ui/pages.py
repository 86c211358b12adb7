"""The pages, each area a router of its own. A new area is a module here and an entry in ui/nav.py."""

from __future__ import annotations

from ui import sign_in

ROUTERS = (sign_in.router,)
