"""Recorded data through a real broker: what other engines read from the tables is what Python computes from the CSV."""

import shutil
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, timedelta, timezone

import pyarrow
import pytest

from support import profiles, recorded
from support.phusa import TOP, run_phusa
from support.tables import Table

pytestmark = pytest.mark.timeout(600)

QUEENSLAND = timezone(timedelta(hours=10))
RADIO = dict.fromkeys(("rsrp", "rsrq", "sinr", "rssi", "nr_rsrp", "nr_rsrq", "nr_sinr"), 1)
NOTHING = 2_147_483_647

GENERATIONS = {
    "5G": "5G",
    "LTE": "4G",
    "UMTS": "3G",
    "HSPA+": "3G",
    "HSUPA": "3G",
    "HSDPA": "3G",
    "GPRS": "2G",
    "EDGE": "2G",
}


def generation(mode: str) -> str:
    return GENERATIONS[mode]


CORK = recorded.Recording(
    stream="coverage",
    file="telemetry/cell_5g_ucc_cork_driving.csv.gz",
    fields={
        "device": ("trace", str),
        "ts": ("Timestamp", recorded.moment("%Y.%m.%d_%H.%M.%S", UTC)),
        "lon": ("Longitude", recorded.number),
        "lat": ("Latitude", recorded.number),
        "speed_kmh": ("Speed", recorded.number),
        "operator": ("Operatorname", str),
        "local_cell": ("CellID", recorded.number),
        "mode": ("NetworkMode", str),
        "technology": ("NetworkMode", generation),
        "rsrp": ("RSRP", recorded.number),
        "rsrq": ("RSRQ", recorded.number),
        "sinr": ("SNR", recorded.number),
        "cqi": ("CQI", recorded.number),
        "rssi": ("RSSI", recorded.number),
        "download_kbps": ("DL_bitrate", recorded.number),
        "upload_kbps": ("UL_bitrate", recorded.number),
        "state": ("State", str),
        "ping_ms": ("PINGAVG", recorded.number),
        "ping_min_ms": ("PINGMIN", recorded.number),
        "ping_max_ms": ("PINGMAX", recorded.number),
        "ping_stdev_ms": ("PINGSTDEV", recorded.number),
        "loss_percent": ("PINGLOSS", recorded.number),
        "cell": ("RAWCELLID", recorded.number),
        "nr_rsrp": ("NRxRSRP", recorded.number),
        "nr_rsrq": ("NRxRSRQ", recorded.number),
    },
    constants={},
    sentinels={
        "rsrp": {-200, NOTHING},
        "rsrq": {-204, NOTHING},
        "sinr": {-30, NOTHING},
        "rssi": {NOTHING},
        "cqi": {NOTHING},
        "cell": {NOTHING},
        "nr_rsrp": {-200, -205, NOTHING},
        "nr_rsrq": {-204, -225, NOTHING},
    },
    digits=RADIO
    | {"lat": 6, "lon": 6, "speed_kmh": 1, "download_kbps": 1, "upload_kbps": 1, "loss_percent": 2}
    | {"ping_ms": 3, "ping_min_ms": 3, "ping_max_ms": 3, "ping_stdev_ms": 3},
)
BRISBANE = recorded.Recording(
    stream="broadband",
    file="telemetry/fixed_speedtest_brisbane.csv.gz",
    fields={
        "ts": ("datetimestart", recorded.moment("%Y-%m-%d %H:%M:%S", QUEENSLAND)),
        "ended": ("datetimestop", recorded.moment("%Y-%m-%d %H:%M:%S", QUEENSLAND)),
        "provider": ("provider", str),
        "server": ("server", str),
        "distance_km": ("distance", recorded.number),
        "ping_ms": ("ping", recorded.number),
        "download_mbps": ("download", recorded.number),
        "upload_mbps": ("upload", recorded.number),
    },
    constants={"device": "brisbane-line-1"},
    sentinels={"ping_ms": {1_800_000}},
    digits={"distance_km": 3, "ping_ms": 3, "download_mbps": 3, "upload_mbps": 3},
)
RECORDINGS = [CORK, BRISBANE]
TRACE = ("ingest_time", "lane", "journal_offset")


def publish_arguments(recording: recorded.Recording, shared_data, port: int) -> list[str]:
    """The command that a person would type: `field=COLUMN:type` for every field."""
    topic = f"telemetry/test/{recording.stream}/recorded"
    arguments = ["publish", shared_data / recording.file, "--topic", topic, "--broker-host", "127.0.0.1"]
    arguments += ["--broker-port", str(port), "--qos", "1", "--progress", "none"]
    for name, (column, parse) in recording.fields.items():
        kind = {str: "string", recorded.number: "number", generation: "string"}.get(parse, "time")
        arguments += ["--map", f"{name}={column}:{kind}"]
        if parse == generation:
            arguments += ["--translate", f"{name}:" + ",".join(f"{mode}={made}" for mode, made in GENERATIONS.items())]
    for name, value in recording.constants.items():
        arguments += ["--set", f"{name}={value}"]
    return [*arguments, *TIME_ARGUMENTS[recording.stream]]


TIME_ARGUMENTS = {
    "coverage": ["--time-format", "%Y.%m.%d_%H.%M.%S", "--time-zone", "+00:00"],
    "broadband": ["--time-format", "%Y-%m-%d %H:%M:%S", "--time-zone", "+10:00"],
}


@pytest.fixture(scope="module")
def schemas(tmp_path_factory):
    """The project's own definitions with a clock wide enough for readings of years ago. Nothing else is changed."""
    folder = tmp_path_factory.mktemp("wide-clock") / "Schemas"
    shutil.copytree(TOP / "Schemas", folder)
    for recording in RECORDINGS:
        file = folder / "streams" / recording.stream / "stream.yaml"
        text = file.read_text()
        assert "past: 30d" in text
        file.write_text(text.replace("past: 30d", "past: 7300d"))
    return folder


@pytest.fixture(scope="module")
def arrived(start_phusa, shared_data, schemas):
    """Publishes both recordings with `phusa publish`, waits until all of it is in the tables, and ends phusa."""
    phusa = start_phusa("recorded", schemas=schemas)
    phusa.start_and_wait_until_subscribed()
    expectations = {}
    for recording in RECORDINGS:
        started = time.monotonic()
        done = run_phusa(*publish_arguments(recording, shared_data, phusa.broker.port), seconds=240)
        assert done.returncode == 0, done.stderr
        print(f"{recording.stream}: published in {time.monotonic() - started:.1f} s", flush=True)
        schema = TOP / "Schemas" / "streams" / recording.stream / "v1.schema.json"
        expectations[recording.stream] = recorded.recompute(shared_data / recording.file, schema, recording)
    kept = sum(len(expected.rows) + expected.refused.total() for expected in expectations.values())
    # One line tested hourly for 18 months lies in 12,332 partitions, each a file of its own to be synced.
    phusa.wait_for_rows(kept, "coverage", "broadband", "dead_letters", seconds=240)
    phusa.stop(seconds=180)
    return phusa, expectations


@dataclass(frozen=True)
class Case:
    recording: recorded.Recording
    expected: recorded.Expectation
    table: Table
    # The whole table as delta-rs gives it, read once: the line of Brisbane lies in thousands of hourly files.
    arrow: pyarrow.Table


@pytest.fixture(scope="module", params=RECORDINGS, ids=lambda recording: recording.stream)
def case(request, arrived) -> Case:
    phusa, expectations = arrived
    table = phusa.table(request.param.stream)
    return Case(request.param, expectations[request.param.stream], table, table.queried())


def with_partitions(rows: list[dict]) -> list[dict]:
    """Adds what the pipeline says of a row: its partition and the version of the schema that it satisfied."""
    return [
        row
        | {"date": row["ts"].astimezone(UTC).date(), "hour": row["ts"].astimezone(UTC).hour, "schema_version": "1"}
        for row in rows
    ]


def test_every_row_of_the_file_was_read(case):
    assert case.expected.total == {"coverage": 103_545, "broadband": 23_654}[case.recording.stream]


def test_engines_agree_with_python_on_every_column(case):
    """Count, nulls, distinct values, sum, minimum and maximum of every column."""
    arrow = case.arrow
    columns = [name for name in arrow.column_names if name not in TRACE]
    summed = profiles.summed_columns(arrow) - {"hour"}
    wanted = profiles.of_rows(with_partitions(case.expected.rows), columns, summed)
    found = {
        "delta-rs": profiles.of_arrow(arrow, columns, summed),
        "Polars": profiles.of_polars(case.table.polars(), columns, summed),
        "DuckDB": profiles.of_duckdb(case.table, columns, summed),
    }
    for name, values in wanted.items():
        print(name, *values)
    wrong = {engine: profiles.differences(wanted, profile) for engine, profile in found.items()}
    assert not any(wrong.values()), wrong


def test_every_field_of_the_file_has_its_column(case):
    names = set(case.arrow.column_names)
    fields = set(case.recording.fields) | set(case.recording.constants)
    assert fields | {"date", "hour"} | set(TRACE) <= names


def test_every_row_is_the_recorded_one(case):
    """Stronger than sums: the readings themselves, compared one by one."""
    names = [*case.recording.fields, *case.recording.constants]

    def key(row: dict) -> tuple:
        return tuple(profiles.comparable(row.get(name)) for name in names)

    stored = sorted((key(row) for row in case.arrow.select(names).to_pylist()), key=repr)
    wanted = sorted((key(row) for row in case.expected.rows), key=repr)
    wrong = [pair for pair in zip(stored, wanted, strict=False) if pair[0] != pair[1]]
    assert not wrong, f"{len(wrong)} rows differ, the first: stored {wrong[0][0]}, recorded {wrong[0][1]}"
    assert len(stored) == len(wanted)


def test_refused_rows_are_in_dead_letters_by_reason(arrived):
    phusa, expectations = arrived
    for stream, expected in expectations.items():
        letters = phusa.table("dead_letters").rows() if phusa.table("dead_letters").exists() else []
        found = Counter(letter["reason"] for letter in letters if letter["stream"] == stream)
        assert found == expected.refused
    assert all(letter["pointer"] and letter["payload"] for letter in letters)


def test_every_row_comes_from_its_own_place_in_the_journal(case):
    lanes, offsets = case.arrow.column("lane").to_pylist(), case.arrow.column("journal_offset").to_pylist()
    assert len(set(zip(lanes, offsets, strict=True))) == case.arrow.num_rows


def test_the_ledger_says_the_same(arrived):
    phusa, expectations = arrived
    phusa.audit()
    phusa.verify()
    rows = phusa.table("ledger").rows()
    for stream, expected in expectations.items():
        sums = Counter()
        for row in rows:
            if row["stream"] == stream:
                sums.update({name: row[name] for name in ("received", "stored", "duplicate", "refused")})
        assert sums["received"] == expected.total
        assert sums["stored"] == len(expected.rows)
        assert sums["duplicate"] == expected.duplicates
        assert sums["refused"] == expected.refused.total()
