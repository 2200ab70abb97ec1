"""An error in a configuration, stream or schema file: one message with file and line, exit code 2, nothing started."""

import shutil
from dataclasses import dataclass

import pytest

from support.phusa import TOP, run_phusa


@dataclass(frozen=True)
class Mistake:
    name: str
    file: str
    before: str
    after: str
    # What the message must mention besides the place.
    about: str


STREAM = "Schemas/streams/coverage/stream.yaml"
SCHEMA = "Schemas/streams/coverage/v1.schema.json"
MISTAKES = [
    Mistake("configuration: unknown key", "phusa.yaml", "data:", "dta:", "dta"),
    Mistake("configuration: text for a number", "phusa.yaml", "port: 1", "port: many", "port"),
    Mistake("configuration: not YAML", "phusa.yaml", "data:", "data: [", ""),
    Mistake("stream: unknown key", STREAM, "duplicate_window:", "duplicate_windw:", "duplicate_windw"),
    Mistake("stream: duration without unit", STREAM, "duplicate_window: 1h", "duplicate_window: soon", "_window"),
    Mistake("stream: field that the schema lacks", STREAM, "latitude: /lat", "latitude: /latitude", "/latitude"),
    Mistake("stream: not YAML", STREAM, "clock: {", "clock: {{", ""),
    Mistake("stream: schema file that is not there", STREAM, "v1.schema.json", "v9.schema.json", "v9.schema.json"),
    Mistake("schema: not JSON", SCHEMA, '"rsrp": {', '"rsrp": ', ""),
    Mistake("schema: unknown type", SCHEMA, '"type": ["integer", "null"]', '"type": ["integr", "null"]', "type"),
    Mistake("schema: limit as text", SCHEMA, '"minimum": -156', '"minimum": "-156"', "minimum"),
]  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_is_named_and_nothing_starts(mistake, tmp_path, broker):
    shutil.copytree(TOP / "Schemas", tmp_path / "Schemas")
    configuration = tmp_path / "phusa.yaml"
    configuration.write_text(
        f"broker:\n  host: 127.0.0.1\n  port: {broker.port}\n  client_id: never\n"
        f"data: {tmp_path / 'data'}\nschemas: {tmp_path / 'Schemas'}\n"
    )
    place = tmp_path / mistake.file
    text = place.read_text()
    before = mistake.before.replace("port: 1", f"port: {broker.port}")
    assert before in text, "the test knows the file"
    line = text[: text.index(before)].count("\n") + 1
    place.write_text(text.replace(before, mistake.after, 1))

    done = run_phusa("run", "--config", configuration, seconds=20)

    message = done.stderr.strip()
    print(message)
    assert done.returncode == 2, (done.returncode, message)
    assert mistake.file.rsplit("/", 1)[-1] in message, "names the file"
    assert any(f":{number}" in message or f"line {number}" in message for number in lines_around(line, mistake)), (
        f"names line {line}: {message}"
    )
    assert mistake.about in message
    assert len(message.splitlines()) <= 3, "one message"
    assert "Fatal" not in message and "rror Domain" not in message
    assert not (tmp_path / "data").exists(), "nothing is started"
    assert "as never " not in broker.read_log(), "no connection is made"


def lines_around(line: int, mistake: Mistake) -> list[int]:
    """A parser may notice broken syntax only on one of the next lines; everything else is on its own line."""
    return list(range(line, line + 4)) if mistake.name.split(": ")[1] in ("not YAML", "not JSON") else [line]


def test_a_configuration_file_that_is_not_there(tmp_path):
    done = run_phusa("run", "--config", tmp_path / "nowhere.yaml", seconds=20)
    assert done.returncode == 2
    assert "nowhere.yaml" in done.stderr
    assert not (tmp_path / "data").exists()
