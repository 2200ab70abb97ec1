"""Other engines open the tables as they are, also while commits go on, and all say the same."""

import contextlib
import json
import subprocess
import sys
import threading
from decimal import Decimal
from pathlib import Path

import chdb
import duckdb
import polars as pl
import pyarrow.compute as pc
import pytest

from support import readings
from support.phusa import TOP, run_phusa
from support.publisher import Publisher

MESSAGES = 40_000
DEVICES = 200
RATE = 4_000
DELTA_SCAN = Path(__file__).parent / "delta_scan"

# Every engine is asked for these, in this order; every answer is brought to text, decimals and microseconds.
SQL = """count(*), count(DISTINCT device), count(DISTINCT date), min(hour), max(hour), sum(seq), sum(rsrp), min(rsrq),
    max(sinr), min(lat), max(lon), sum(cell), count(ward), count(nr_rsrp), max(technology)"""


def normal(row) -> list[str]:
    """Numbers without the trailing zeros of their type, everything else as text."""
    return [str(Decimal(str(cell)).normalize() + 0) if is_number(cell) else str(cell) for cell in row]


def is_number(cell) -> bool:
    try:
        Decimal(str(cell))
    except ArithmeticError:
        return False
    return not isinstance(cell, bool)


def with_delta_rs(table) -> list[str]:
    rows = table.arrow()
    column = rows.column
    return normal(
        scalar.as_py() if hasattr(scalar, "as_py") else scalar
        for scalar in (
            rows.num_rows,
            pc.count_distinct(column("device")),
            pc.count_distinct(column("date")),
            pc.min(column("hour")),
            pc.max(column("hour")),
            pc.sum(column("seq")),
            pc.sum(column("rsrp")),
            pc.min(column("rsrq")),
            pc.max(column("sinr")),
            pc.min(column("lat")),
            pc.max(column("lon")),
            pc.sum(column("cell")),
            pc.count(column("ward")),
            pc.count(column("nr_rsrp")),
            pc.max(column("technology")),
        )
    )


def with_polars(table) -> list[str]:
    col = pl.col
    asked = [
        pl.len(),
        col("device").n_unique(),
        col("date").n_unique(),
        col("hour").min(),
        col("hour").max().alias("last hour"),
        col("seq").sum(),
        col("rsrp").sum(),
        col("rsrq").min(),
        col("sinr").max(),
        col("lat").min(),
        col("lon").max(),
        col("cell").sum(),
        col("ward").count(),
        col("nr_rsrp").count(),
        col("technology").max(),
    ]
    return normal(table.polars().select(asked).collect().row(0))


def with_duckdb(table) -> list[str]:
    return normal(table.duckdb(SQL)[0])


def with_clickhouse(table) -> list[str]:
    # ClickHouse reads files below the working directory only.
    with contextlib.chdir(table.path):
        answer = chdb.query(f"SELECT {SQL} FROM deltaLakeLocal('{table.path}')", "JSONCompactEachRow")
    return normal(json.loads(str(answer)))


ENGINES = {"delta-rs": with_delta_rs, "Polars": with_polars, "DuckDB": with_duckdb, "ClickHouse": with_clickhouse}


@pytest.fixture(scope="module")
def finished(start_phusa):
    """Readings arrive for some seconds in many commits, while every engine reads the table again and again."""
    phusa = start_phusa("readers")
    phusa.start_and_wait_until_subscribed()
    table = phusa.table("coverage")
    publisher = Publisher(phusa.broker.port)
    messages = readings.fleet(MESSAGES, DEVICES, seed=11)
    fleet = threading.Thread(target=lambda: publisher.publish_all(messages, rate=RATE), daemon=True)
    seen = {name: [] for name in ENGINES}
    try:
        fleet.start()
        while fleet.is_alive():
            if table.row_count() == 0:
                fleet.join(0.2)
                continue
            for name, engine in ENGINES.items():
                seen[name].append(int(engine(table)[0]))
        publisher.finish()
    finally:
        publisher.close()
    phusa.wait_for_rows(MESSAGES, "coverage")
    phusa.stop()
    return phusa, table, seen


def test_every_engine_reads_while_commits_go_on(finished):
    _, table, seen = finished
    print({name: (len(counts), counts[0], counts[-1]) for name, counts in seen.items()}, table.delta().version())
    for name, counts in seen.items():
        assert len(set(counts)) >= 3, f"{name} saw the table grow only in {counts}"
        assert counts == sorted(counts), f"{name} saw rows disappear: {counts}"
        assert counts[-1] <= MESSAGES


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_gives_the_same_figures(finished, engine):
    _, table, _ = finished
    assert ENGINES[engine](table) == with_delta_rs(table)
    assert ENGINES[engine](table)[0] == str(Decimal(MESSAGES).normalize() + 0)


def test_the_figures_are_those_of_what_was_published(finished):
    _, table, _ = finished
    rows = table.rows()
    assert {(row["device"], row["seq"]) for row in rows} == readings.identities(MESSAGES, DEVICES)
    for row in rows[:: max(1, len(rows) // 500)]:
        assert row["date"] == row["ts"].date() and row["hour"] == row["ts"].hour, "partitions are those of the event"


def test_the_sql_that_phusa_prints(finished):
    phusa, table, _ = finished
    printed = run_phusa("table", "sql", "--data", phusa.data)
    assert printed.returncode == 0, printed.stderr
    connection = duckdb.connect()
    connection.execute(printed.stdout)
    assert normal(connection.execute(f"SELECT {SQL} FROM coverage").fetchall()[0]) == with_delta_rs(table)
    assert connection.execute("SELECT sum(stored) FROM ledger").fetchall() == [(MESSAGES,)]
    assert connection.execute("SELECT count(*) FROM dead_letters").fetchall() == [(0,)]


def test_phusa_reads_its_own_tables(finished):
    phusa, table, _ = finished
    listed = json.loads(run_phusa("table", "ls", "--data", phusa.data, "--format", "json").stdout)
    coverage = next(line for line in listed if line["table"] == "coverage")
    assert coverage["rows"] == MESSAGES and coverage["files"] == len(table.files())
    printed = run_phusa("table", "cat", "coverage", "--data", phusa.data, "--limit", "0", "--format", "json")
    rows = [json.loads(line) for line in printed.stdout.splitlines()]
    assert {(row["device"], row["seq"]) for row in rows} == readings.identities(MESSAGES, DEVICES)
    stored = table.arrow()
    for name in ("rsrp", "rsrq", "sinr", "lat", "cell"):
        total = sum(Decimal(str(row[name])) for row in rows)
        assert total == pc.sum(stored.column(name)).as_py(), name
    phusa.verify()
    phusa.audit()


@pytest.fixture(scope="session")
def delta_scan_python() -> Path:
    """An environment with DuckDB's Delta extension, made once."""
    folder = TOP / ".venv-delta-scan"
    python = folder / "bin" / "python"
    requirements = DELTA_SCAN / "requirements.txt"
    stamp = folder / "installed.txt"
    if not stamp.exists() or stamp.read_text() != requirements.read_text():
        print(f"making {folder.name} …")
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]
        if subprocess.run(install, timeout=240).returncode != 0:
            pytest.skip("the wheel duckdb-extension-delta could not be installed here")
        stamp.write_text(requirements.read_text())
    return python


def test_duckdb_delta_scan(finished, delta_scan_python):
    """DuckDB's own Delta reader. Its wheel is of DuckDB 1.5, which cannot read BYTE_STREAM_SPLIT of whole numbers as
    2.0 does, so it is asked for text and partitions: the log is what this test is about."""
    _, table, _ = finished
    asked = "count(*), count(DISTINCT device), count(DISTINCT date), min(hour), max(hour), max(technology), count(ward)"
    query = f"SELECT {asked} FROM delta_scan('{table.path}')"
    done = subprocess.run(
        [delta_scan_python, DELTA_SCAN / "query.py", query], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert normal(json.loads(done.stdout)[0]) == normal(table.duckdb(asked)[0])


def test_spark(finished):
    from pyspark.sql import SparkSession

    _, table, _ = finished
    spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    try:
        spark.conf.set("spark.sql.session.timeZone", "UTC")
        spark.read.option("basePath", str(table.path)).parquet(*table.files()).createOrReplaceTempView("coverage")
        row = list(spark.sql(f"SELECT {SQL} FROM coverage").collect()[0])
        assert normal(row) == with_delta_rs(table)
    finally:
        spark.stop()
