"""Test vectors that others published, from the folder that VECTORS_DIR names; without one, tests skip and say so."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

OWN = Path(__file__).parent / "vectors"
"""Vectors made for this project with tools that share no code with it; its README says how."""


def published(path: str) -> Path:
    """Return a file of the published vectors."""
    folder = os.environ.get("VECTORS_DIR")
    if not folder:
        pytest.skip("VECTORS_DIR does not name a folder of published test vectors")
    return Path(folder) / path


def read(path: str) -> Any:
    return json.loads(published(path).read_text("utf-8"))


def own(path: str) -> Any:
    return json.loads((OWN / path).read_text("utf-8"))
