"""`throughline contract verify`: whether a signed contract is still as it was signed, without a server."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer

from launch.contract_check import contract
from launch.failure import LaunchFailed

SAID = {
    "signed": "Signed, and unchanged since the last signature.",
    "partly": "Unchanged since the last signature, but not everybody has signed yet.",
    "changed": "Do not rely on this file: it was changed after it was signed.",
    "mixed": "Do not rely on this file: some of its signatures were not issued by this authority.",
    "foreign": "Signed, but not here: the certificates were not issued by this authority.",
    "unsigned": "This file carries no signatures.",
}
ENDS = {"signed": 0, "partly": 2}
"""Exit codes of a file whose every signature holds."""
__all__ = ["contract", "verify"]

HONEST = (
    "The certificates prove that the file is the one that was signed, and who confirmed it in Throughline. They are "
    "not qualified electronic signatures, and the times are those of its server."
)


@contract.command()
def verify(
    file: Annotated[Path, typer.Argument(help="The signed PDF.", show_default=False)],
    ca: Annotated[
        Path | None,
        typer.Option(
            help="The authority's certificate (PEM), instead of those under <home>/signing.", show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Say who signed a contract, when, and whether anything was changed since.

    Needs no server and no secret: only the authority's certificate. Ends with 0 where everybody has signed and every
    signature holds, with 2 where places are still empty, else 1.
    """
    from commands.sealing import read_signed
    from commands.verify import verdict_of
    from domain.refusal import Refused
    from locales.refusals import refusal_text

    if not file.is_file():
        raise LaunchFailed(f"{file} is no file.")
    try:
        read = asyncio.run(read_signed(file, _roots(ca)))
    except Refused as refused:
        raise LaunchFailed(f"{file}: {refusal_text(refused, 'en')}") from refused
    verdict = verdict_of(read)
    if as_json:
        typer.echo(json.dumps(verdict.told(), ensure_ascii=False))
    else:
        typer.echo(f"{SAID[verdict.state]}\n")
        other = "not issued here" if verdict.state in ("foreign", "mixed") else "does not hold"
        for one in verdict.signatures:
            holds = "holds" if one.good and one.trusted else other
            at = one.at.isoformat(" ", "seconds") if one.at else "no time"
            typer.echo(f"  {one.name or 'nobody named'} ({one.organisation})  {at}  {holds}")
        typer.echo(f"\nSHA-256 {verdict.hash}")
        if verdict.state in ENDS:
            typer.echo(HONEST)
    raise typer.Exit(ENDS.get(verdict.state, 1))


def _roots(ca: Path | None) -> list[str]:
    from settings import Settings

    folder = Settings().home / "signing"
    files = [ca] if ca else sorted(folder.glob("*.pem"))
    if not files:
        raise LaunchFailed(f"No authority's certificate under {folder}: name one with --ca.")
    try:
        roots = [path.read_text(encoding="ascii") for path in files]
    except (OSError, UnicodeDecodeError) as error:
        raise LaunchFailed(f"The certificate cannot be read: {error}.") from error
    if not all("BEGIN CERTIFICATE" in root for root in roots):
        raise LaunchFailed("The authority's certificate is to be PEM: -----BEGIN CERTIFICATE-----.")
    return roots
