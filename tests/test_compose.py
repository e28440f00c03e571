"""docker-compose.yml, checked without an engine: its keys, its references, and the rules it must keep.

The keys are the part of the Compose Specification that this file uses, with the form each must have, so that a misspelt
key fails here instead of being passed over on the day it is needed.
"""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from tests.compose_file import ENVIRONMENT, ROOT, MissingVariable, granted, load, services

WORDS, TEXT, TABLE = (list, str, dict)
TOP_KEYS = {"name": TEXT, "services": TABLE, "networks": TABLE, "volumes": TABLE, "secrets": TABLE}
SERVICE_KEYS = {
    "build": TEXT, "cap_drop": WORDS, "command": WORDS, "depends_on": TABLE, "environment": TABLE,
    "healthcheck": TABLE, "image": TEXT, "init": bool, "networks": WORDS, "ports": WORDS, "read_only": bool,
    "restart": TEXT, "secrets": WORDS, "security_opt": WORDS, "shm_size": TEXT, "stop_grace_period": TEXT,
    "tmpfs": WORDS, "user": TEXT, "volumes": WORDS,
}  # fmt: skip
HEALTHCHECK_KEYS = {"test": WORDS, "interval": TEXT, "timeout": TEXT, "retries": int, "start_period": TEXT}
BIND_KEYS = {"type": TEXT, "source": TEXT, "target": TEXT, "read_only": bool, "bind": TABLE}
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}

SERVICES = services()
OURS = [name for name, service in SERVICES.items() if service.get("build") == "."]
every_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)


def misfits(node: dict[str, Any], keys: Mapping[str, type]) -> list[str]:
    return [key for key, value in node.items() if key not in keys or not isinstance(value, keys[key])]


def test_it_has_the_four_services() -> None:
    assert list(SERVICES) == ["postgres", "migrate", "casework", "letters"]


def test_its_keys_are_those_of_the_specification() -> None:
    top = {key: value for key, value in load().items() if not key.startswith("x-")}
    assert not misfits(top, TOP_KEYS)  # `version` is none of them


@every_service
def test_a_services_keys_are_those_of_the_specification(service: dict[str, Any]) -> None:
    assert not misfits(service, SERVICE_KEYS)
    assert not misfits(service.get("healthcheck", {}), HEALTHCHECK_KEYS)
    assert service.get("restart") in {"no", "unless-stopped"}
    for value in service.get("environment", {}).values():
        assert isinstance(value, str | int), "YAML reads a bare on, off, yes or no as a boolean, which is refused"
    for volume in service.get("volumes", []):
        assert isinstance(volume, str) or not misfits(volume, BIND_KEYS)


@every_service
def test_whatever_a_service_names_is_there(service: dict[str, Any]) -> None:
    top = load()
    assert set(service["networks"]) <= set(top["networks"])
    assert set(granted(service).values()) <= set(top["secrets"])
    named = {volume.partition(":")[0] for volume in service.get("volumes", []) if isinstance(volume, str)}
    assert named <= set(top["volumes"])
    for other, how in service.get("depends_on", {}).items():
        assert how["condition"] in CONDITIONS
        assert how["condition"] != "service_healthy" or SERVICES[other]["healthcheck"]


def test_nothing_is_declared_for_nobody() -> None:
    top = load()
    assert {secret for service in SERVICES.values() for secret in granted(service).values()} == set(top["secrets"])
    assert {network for service in SERVICES.values() for network in service["networks"]} == set(top["networks"])


@every_service
def test_a_service_can_do_as_little_as_possible(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])
    assert service["stop_grace_period"] == "40s"


def test_ours_run_as_the_images_user() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert {f"USER {SERVICES[name]['user']}" for name in OURS} <= set(dockerfile.splitlines())


@every_service
def test_ports_are_open_to_this_machine_only(service: dict[str, Any]) -> None:
    top = load()
    for port in service.get("ports", []):
        assert port.startswith("127.0.0.1:")
        # A port of a container on internal networks alone is not published at all.
        assert any(not top["networks"][network].get("internal") for network in service["networks"])


def test_only_the_services_leave_the_internal_network() -> None:
    assert load()["networks"]["inside"] == {"internal": True}
    assert {name for name, service in SERVICES.items() if service["networks"] != ["inside"]} == {"casework", "letters"}


def test_postgres_keeps_its_data_where_version_18_looks_for_it() -> None:
    assert SERVICES["postgres"]["image"] == "postgres:18"
    assert SERVICES["postgres"]["volumes"] == ["postgres:/var/lib/postgresql"]


@every_service
def test_what_stays_up_says_whether_it_is_ready(service: dict[str, Any]) -> None:
    assert ("healthcheck" in service) == (service["restart"] == "unless-stopped")


def test_each_service_is_asked_by_its_own_command() -> None:
    for name in ("casework", "letters"):
        assert SERVICES[name]["healthcheck"]["test"][:3] == ["CMD", name, "ready"]
        assert SERVICES[name]["command"][:2] == [name, "up"]


def test_secrets_are_files_of_one_folder() -> None:
    school = ENVIRONMENT["SCHOOL"]
    for name, secret in load()["secrets"].items():
        expected = name.replace("record.key", f"{school}.record.key")
        assert secret == {"file": f"./secrets/{expected}"}, "environment secrets are refused where read_only is set"


@every_service
def test_no_secret_stands_in_the_environment(service: dict[str, Any]) -> None:
    environment = service.get("environment", {})
    for name, value in environment.items():
        assert not re.search(r"://[^/@]*:[^/@]*@", str(value)), f"{name} holds a password"
        if name.endswith("_FILE"):
            folder, _, file = str(value).rpartition("/")
            assert (folder, file in granted(service)) == ("/run/secrets", True), f"{name} names a file not given"
        else:
            assert not re.search("PASSWORD|TOKEN|SECRET|KEY$", name)


def test_each_service_gets_the_keys_it_needs_and_no_other() -> None:
    keys = {name: {key for key in granted(SERVICES[name]) if not key.endswith(".password")} for name in SERVICES}
    school = ENVIRONMENT["SCHOOL"]
    assert keys["postgres"] == set()
    assert keys["migrate"] == {"master.key", f"{school}.record.key", "letters.token"}
    assert keys["casework"] == {"master.key", f"{school}.record.key"}
    assert keys["letters"] == {"letters.master.key", "letters.token"}
    assert all(SERVICES[name]["environment"]["KEYS_DIR"] == "/run/secrets" for name in OURS)


def test_only_migrate_may_be_more_than_the_application() -> None:
    with_superuser = {name for name in OURS if "postgres.password" in granted(SERVICES[name])}
    as_owner = {name for name in OURS if any("OWNER" in variable for variable in SERVICES[name]["environment"])}
    assert with_superuser == as_owner == {"migrate"}


def test_each_service_is_given_its_own_database_alone() -> None:
    assert not [variable for variable in SERVICES["casework"]["environment"] if variable.startswith("LETTERS_DATABASE")]
    assert not [variable for variable in SERVICES["letters"]["environment"] if variable.startswith("DATABASE")]


def test_state_lies_in_a_volume_or_in_memory() -> None:
    """Where the root is read-only, LOCAL_DIR must be on a mount."""
    for name in OURS:
        service = SERVICES[name]
        mounts = {volume.partition(":")[2] for volume in service.get("volumes", []) if isinstance(volume, str)}
        assert service["environment"]["LOCAL_DIR"] in mounts | set(service["tmpfs"])
        assert "/tmp" in service["tmpfs"]


def test_a_schools_name_and_origin_must_be_said() -> None:
    for missing in ("SCHOOL_TITLE", "SCHOOL_ORIGIN"):
        with pytest.raises(MissingVariable, match=missing):
            load({name: value for name, value in ENVIRONMENT.items() if name != missing})
