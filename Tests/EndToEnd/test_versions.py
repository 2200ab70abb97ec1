"""A definition gains columns while its table has rows: old and new segments together, by every reader."""

import json
import subprocess

import polars as pl
import pytest

from support import profiles
from support.definitions import INTEGER, NUMBER, TEXT, write_stream
from support.phusa import run_phusa
from support.publisher import Publisher

SOURCE = "  - { topic: lamp/+, format: json }"
COUNT = 400


def payloads(first: int, **members) -> list[tuple[str, bytes]]:
    return [
        (
            f"lamp/{number % 7}",
            json.dumps(
                {"ts": f"2026-11-21T{number // 60 % 24:02}:{number % 60:02}:00Z", "device": f"d{number}"}
                | {name: value(number) for name, value in members.items()}
            ).encode(),
        )
        for number in range(first, first + COUNT)
    ]


@pytest.fixture(scope="module")
def phusa(folder, start_phusa, broker):
    """The pipeline has run with version 1, and then again with version 1.1, which adds two members."""
    schemas = folder / "Schemas"
    write_stream(schemas, "lamp", SOURCE, {"power": NUMBER, "lit": {"type": "boolean"}}, required=("ts", "device", "lit"))
    phusa = start_phusa(schemas=schemas)
    publisher = Publisher(broker.port)
    phusa.start_and_wait_until_subscribed()
    publisher.publish_all(payloads(0, power=lambda n: n / 4, lit=lambda n: n % 2 == 0))
    phusa.wait_for_rows(COUNT, "lamp")
    phusa.stop()
    write_stream(
        schemas, "lamp", SOURCE, {"mode": TEXT, "power": NUMBER, "lit": {"type": "boolean"}, "faults": INTEGER}, version="1.1"
    )
    phusa.start_and_wait_until_subscribed()
    publisher.publish_all(payloads(COUNT, power=lambda n: n / 4, mode=lambda n: f"m{n % 3}", faults=lambda n: n))
    phusa.wait_for_rows(2 * COUNT, "lamp")
    yield phusa
    phusa.discard()


def expected() -> list[dict]:
    old = [{"device": f"d{n}", "power": n / 4, "lit": n % 2 == 0, "schema_version": "1"} for n in range(COUNT)]
    new = [
        {"device": f"d{n}", "power": n / 4, "mode": f"m{n % 3}", "faults": n, "schema_version": "1.1"}
        for n in range(COUNT, 2 * COUNT)
    ]
    # What version 1 takes is taken by 1.1 too, but it was stored before there was one.
    return old + new


def test_all_readers_see_old_and_new_segments_as_one_table(phusa):
    columns = ("device", "power", "lit", "mode", "faults", "schema_version")
    summed = {"power", "faults"}
    wanted = profiles.of_rows(expected(), columns, summed)
    table = phusa.table("lamp")
    found = {
        "delta-rs": profiles.of_arrow(table.arrow(), columns, summed),
        "polars": profiles.of_polars(pl.scan_delta(str(table.path)), columns, summed),
        "duckdb": profiles.of_duckdb(table, columns, summed),
    }
    for reader, profile in found.items():
        assert profiles.differences(wanted, profile) == [], reader


def test_the_new_columns_stand_at_the_end_and_the_program_reads_its_table_too(phusa):
    names = [field.name for field in phusa.table("lamp").arrow().schema]
    assert set(names[-2:]) == {"mode", "faults"}
    log = phusa.log.read_text()
    assert log.count("the definition has further columns") == 1
    printed = run_phusa(
        "table", "cat", "lamp", "--data", phusa.data, "--limit", 0, "--columns", "device,faults", "--format", "json"
    )
    rows = [json.loads(line) for line in printed.stdout.splitlines()]
    assert len(rows) == 2 * COUNT and sum(row["faults"] is None for row in rows) == COUNT
    phusa.verify()
    phusa.audit()


def test_a_message_can_tell_its_version(phusa, broker):
    before = phusa.table("dead_letters").row_count()
    message = b'{"ts":"2026-11-21T08:00:00Z","device":"teller"}'
    for version in ("1", "9"):
        subprocess.run(
            [
                "mosquitto_pub", "-h", "127.0.0.1", "-p", str(broker.port), "-V", "mqttv5", "-q", "1", "-t", "lamp/teller",
                "-D", "PUBLISH", "user-property", "schema-version", version, "-m", message,
            ],
            check=True, timeout=30,
        )  # fmt: skip
    phusa.wait_for_rows(before + 2, "dead_letters")
    letters = [row for row in phusa.table("dead_letters").arrow().to_pylist() if row["topic"] == "lamp/teller"]
    # Without `lit`, which version 1 requires and 1.1 does not.
    assert {(row["reason"], row["schema_version"]) for row in letters} == {("required", "1"), ("unknown-version", "1.1")}


def test_a_column_of_another_type_is_refused_at_the_start(phusa, folder, start_phusa):
    phusa.stop()
    write_stream(
        folder / "Schemas", "lamp", SOURCE, {"mode": TEXT, "power": TEXT, "lit": {"type": "boolean"}, "faults": INTEGER},
        version="2",
    )  # fmt: skip
    for version in ("1", "1.1"):
        (folder / "Schemas/streams/lamp" / f"v{version}.schema.json").unlink()
    phusa.start()
    assert phusa.process.wait(30) != 0
    assert "column power is double in the existing table, not string" in phusa.tail_of_log()
