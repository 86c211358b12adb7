"""How far a list looks: one's own records, one's regions', or all; each reader has the tabs that differ for them."""

from __future__ import annotations

from collections.abc import Sequence

from db.scope import Whose
from domain.access import GRANTS, Action, Actor, Scope


def views(actor: Actor, action: Action) -> Sequence[Whose]:
    """From the narrowest to the widest; a single one needs no tabs."""
    scopes = {scope for role in actor.roles if (scope := GRANTS[role].get(action))}
    found: list[Whose] = []
    if scopes & {Scope.OWN, Scope.REGION}:
        found.append("mine")
    if Scope.REGION in scopes:
        found.append("region")
    if Scope.ALL in scopes:
        found.append("all")
    return found


def widest(actor: Actor, action: Action, asked: Whose | None) -> Whose:
    """The tab to show: the one asked for, where the reader has it, else the widest."""
    possible = views(actor, action)
    return asked if asked is not None and asked in possible else possible[-1]
