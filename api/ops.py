"""For operators: how the installation is."""

from fastapi import APIRouter, Depends

from api.auth import require
from api.services import Provided
from commands.health import Health, look
from domain.access import Action

router = APIRouter(prefix="/api/ops", tags=["ops"], dependencies=[Depends(require(Action.OPS))])


@router.get("/health")
async def get_health(services: Provided) -> Health:
    """The servers, the workers, what waits, and which cases are stuck and why. A part that does not answer is null."""
    return await look(services.settings, services.db, services.temporal)
