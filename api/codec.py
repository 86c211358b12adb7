"""The codec endpoint of the Temporal UI: operators read there what only ciphertext leaves our processes as."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from cryptography.exceptions import InvalidTag
from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from temporalio.api.common.v1 import Payloads

from api.auth import CurrentActor, require, same_origin
from api.services import Provided
from db.audit import record
from domain.access import Action
from domain.refusal import Refused

router = APIRouter(prefix="/temporal-codec", include_in_schema=False, dependencies=[Depends(require(Action.OPS))])

MOST = 2_000
"""Payloads a call may carry: a page of a workflow's history."""


async def payloads_of(request: Request) -> Payloads:
    """Temporal's JSON form of payloads. Raises Refused (422) for anything else."""
    try:
        sent = ParseDict(json.loads(await request.body()), Payloads())
    except (ValueError, ParseError, RecursionError):
        raise Refused("bad_request", 422) from None
    if len(sent.payloads) > MOST:
        raise Refused("bad_request", 422)
    return sent


@router.post("/{direction}")
async def convert(
    direction: Literal["decode", "encode"],
    request: Request,
    sent: Annotated[Payloads, Depends(payloads_of)],
    actor: CurrentActor,
    services: Provided,
) -> JSONResponse:
    """Answers each payload decrypted or encrypted; one that is not ours, or was changed, stays as it is.

    Only our own pages may call it: the session's cookie comes along, and nothing else proves who asks.
    """
    same_origin(request)
    codec = services.temporal.data_converter.payload_codec
    assert codec is not None  # noqa: S101 - commands.temporal.connect gives one
    converted = Payloads()
    for payload in sent.payloads:
        try:
            converted.payloads.extend(await getattr(codec, direction)([payload]))
        except InvalidTag:
            converted.payloads.append(payload)
    async with services.db.session(actor.id) as session:
        await record(session, actor.id, f"temporal.{direction}", "temporal", payloads=len(sent.payloads))
    return JSONResponse(MessageToDict(converted))
