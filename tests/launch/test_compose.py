"""docker-compose.yml, held against the Compose specification and what it promises. No engine runs it here."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from settings import Settings

FILE = Path(__file__).parents[2] / "docker-compose.yml"
RUN_ONCE = {"temporal-schema", "temporal-namespace", "migrate"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return loaded


def test_it_is_valid_under_the_compose_specification() -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(FILE)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def test_what_runs_for_good_is_restarted_and_says_whether_it_is_well(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        if name in RUN_ONCE:
            assert service["restart"].startswith("on-failure"), name
        else:
            assert service["restart"] == "unless-stopped", name
            assert name == "temporal-ui" or "healthcheck" in service, name


def test_everything_waits_for_what_it_needs(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for service in services.values():
        for needed, how in service.get("depends_on", {}).items():
            once = needed in RUN_ONCE
            assert how["condition"] == ("service_completed_successfully" if once else "service_healthy")
            assert once or "healthcheck" in services[needed]


def test_passwords_and_keys_come_from_files_only(compose: dict[str, Any]) -> None:
    assert all(secret["file"].startswith("./secrets/") for secret in compose["secrets"].values())
    environments = [service.get("environment", {}) for service in compose["services"].values()]
    named = {name for environment in environments for name in environment if re.search("PASSWORD|PWD|KEY", name)}
    assert named == {"POSTGRES_PASSWORD_FILE"}
    assert not re.search(r"://\w+:[^@/]+@", FILE.read_text())


def test_every_setting_it_gives_exists(compose: dict[str, Any]) -> None:
    known = {f"THROUGHLINE_{name}".upper() for name in Settings.model_fields}
    for name in ("web", "worker", "migrate"):
        service = compose["services"][name]
        given = {key for key in service["environment"] if key.startswith("THROUGHLINE_")}
        assert given | {secret.upper() for secret in service["secrets"]} <= known


def test_temporal_can_grow_and_is_the_version_that_is_embedded(compose: dict[str, Any]) -> None:
    temporal = compose["services"]["temporal"]
    assert temporal["environment"]["NUM_HISTORY_SHARDS"] == "512"
    said = subprocess.run(
        [str(Path(sys.executable).with_name("temporal")), "--version"], capture_output=True, text=True, check=True
    ).stdout
    server, ui = re.findall(r"(?:Server|UI) ([\d.]+)", said)
    assert f":-{server}}}" in temporal["image"]
    assert f":-{ui}}}" in compose["services"]["temporal-ui"]["image"]
