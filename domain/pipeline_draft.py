"""Drafting a pipeline: each edit takes the document as it is and gives the document changed, fit or not."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from domain.pipeline import FACTS
from domain.refusal import invalid, not_found

Document = dict[str, Any]
Json = Mapping[str, Any]


def stages_of(document: Json) -> list[dict[str, Any]]:
    """The stages that can be read as such."""
    stages = document.get("stages")
    return [stage for stage in stages if isinstance(stage, dict)] if isinstance(stages, list) else []


def stage_of(document: Json, key: str) -> dict[str, Any]:
    """Raises Refused (404) where the draft has no such stage, any more."""
    found = next((stage for stage in stages_of(document) if stage.get("key") == key), None)
    if found is None:
        raise not_found("stage")
    return found


def _with(document: Json, stages: list[dict[str, Any]], **more: Any) -> Document:
    made = copy.deepcopy({**document, "stages": stages, **more})
    asked = {fact for stage in stages for fact in _facts(stage.get("gate"))}
    made["facts"] = [
        FACTS[key].model_dump(mode="json", exclude_defaults=True) for key in FACTS if key in asked
    ]  # fmt: skip
    return made


def _facts(tree: object) -> Iterator[str]:
    """What a gate asks for."""
    if isinstance(tree, list):
        for one in tree:
            yield from _facts(one)
    elif isinstance(tree, dict):
        if isinstance(tree.get("fact"), str):
            yield tree["fact"]
        for form in ("all", "any", "not"):
            yield from _facts(tree.get(form))


def keep_stage(document: Json, key: str, stage: Json, messages: Json) -> Document:
    """In the place of the stage of this key; a new one comes last of the open ones. `messages` are its gate's words."""
    stages = stages_of(document)
    at = next((no for no, one in enumerate(stages) if one.get("key") == key), None)
    if at is not None:
        stages[at] = dict(stage)
    else:
        open_ones = sum(1 for one in stages if one.get("kind", "open") == "open")
        stages.insert(open_ones, dict(stage))
    replaced = {gone: to for gone, to in _replaced(document).items() if gone != stage.get("key")}
    said = document.get("messages")
    return _with(document, stages, messages={**(said if isinstance(said, dict) else {}), **messages}, replaced=replaced)


def _replaced(document: Json) -> dict[str, Any]:
    replaced = document.get("replaced")
    return dict(replaced) if isinstance(replaced, dict) else {}


def move_stage(document: Json, key: str, by: int) -> Document:
    """An open stage one earlier or later among the open ones."""
    stages = stages_of(document)
    stage = stage_of(document, key)
    at = stages.index(stage)
    to = at + by
    if 0 <= to < len(stages) and stages[to].get("kind", "open") == "open" and stage.get("kind", "open") == "open":
        stages.insert(to, stages.pop(at))
    return _with(document, stages)


def remove_stage(document: Json, key: str) -> Document:
    """Raises Refused (422) for the won and the lost one, and for the last open one."""
    stages = stages_of(document)
    stage = stage_of(document, key)
    if stage.get("kind", "open") != "open" or sum(1 for one in stages if one.get("kind", "open") == "open") == 1:
        raise invalid("stage_needed", "stage")
    kept = [one for one in stages if one is not stage]
    replaced = {gone: to for gone, to in _replaced(document).items() if to != key}
    return _with(document, kept, replaced=replaced)


def set_replaced(document: Json, replaced: Mapping[str, str]) -> Document:
    """Where the deals of stages that are gone belong; an empty text: they stay under their version."""
    return _with(document, stages_of(document), replaced={gone: to for gone, to in replaced.items() if to})
