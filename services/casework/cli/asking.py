"""What every command that asks casework over HTTP is told, and how it asks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from servicekit.apiclient import ApiClient
    from servicekit.commandline import Output

KEY_HELP: Final = "The file with your key. An embedded server's keys are in .local/keys."


def asking(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of whatever asks over HTTP."""
    for option in (
        click.option("--token-file", type=click.Path(path_type=Path), required=True, metavar="FILE", help=KEY_HELP),
        click.option("--url", metavar="URL", help="Where casework answers, if not where the settings say."),
    ):
        command = option(command)
    return command


def client_of(url: str | None, token_file: Path) -> ApiClient:
    """Return casework as the holder of this key asks it."""
    from casework import bootstrap
    from servicekit import probe
    from servicekit.apiclient import ApiClient

    here = url or probe.url_of(bootstrap.read_settings().need(bootstrap.BIND))
    return ApiClient(here, token_file, refusal=sentence)


def sentence(refusal: Mapping[str, Any]) -> str:
    """Return the service's own sentence, which names the rule, its clause and who may set it aside."""
    return str(refusal.get("says") or f"{refusal['rule']} {refusal['code']} ({refusal['clause']})")


key_option = click.option("--key", help="The Idempotency-Key: the same again if the call has to be repeated.")


def key_of(output: Output, key: str | None) -> str:
    """Return the key that was given, else a new one, told before anything is sent."""
    from servicekit.apiclient import new_idempotency_key

    if key is None:
        key = new_idempotency_key()
        output.note(f"--key {key}: give it again if this call has to be repeated")
    return key
