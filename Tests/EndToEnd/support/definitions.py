"""Stream definitions of the tests' own."""

import json
from pathlib import Path

DEFINITION = """\
stream: {name}
title: {{ en: {name}, vi: {name} }}
schema: {schema}
time: /ts
identity: [{identity}]
duplicate_window: 36500d
clock: {{ future: 5m, past: 36500d }}
sources:
{sources}
"""

TEXT = {"type": "string"}
TIME = {"type": "string", "format": "date-time"}
NUMBER = {"type": ["number", "null"]}
INTEGER = {"type": ["integer", "null"]}


def schema(properties: dict, required=("ts", "device")) -> str:
    members = {"ts": TIME, "device": TEXT} | properties
    return json.dumps({"type": "object", "required": list(required), "properties": members}, indent=2)


def write_stream(
    folder: Path, name: str, sources: str, properties: dict, *, identity="/device, /ts", version="1", required=("ts", "device")
) -> None:
    """Adds a stream, or a version of its schema, to the definition folder."""
    stream = folder / "streams" / name
    stream.mkdir(parents=True, exist_ok=True)
    file = f"v{version}.schema.json"
    (stream / file).write_text(schema(properties, required))
    (stream / "stream.yaml").write_text(
        DEFINITION.format(name=name, schema=file, identity=identity, sources=sources.rstrip())
    )
