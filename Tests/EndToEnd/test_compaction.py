"""Compaction, checkpoints and clean-ups under load and kill -9: every reading stays once, and every engine reads on."""

import json
import random
import subprocess
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import test_readers
from support import readings
from support.phusa import run_phusa
from support.publisher import Publisher
from support.waiting import wait_until
from test_readers import delta_scan_python  # noqa: F401 (a fixture)

MESSAGES = 60_000
DEVICES = 200
KILLS = 12
SEED = 20_261_122
# Three hours that are over, the same at each sending.
START = datetime.now(UTC) - timedelta(hours=6)
# What is older than seconds is old: compaction, checkpoints and clean-ups go on all the time.
HASTE = (
    "lanes=2",
    "node=compacted",
    "commit.interval=100ms",
    "tables.compact_after=0s",
    "tables.look_every=50ms",
    "tables.checkpoint_every=5",
    "tables.keep_log=2s",
    "tables.niceness=0",
)


def fleet(seed: int):
    source = random.Random(seed)
    for number in range(MESSAGES):
        device, seq = f"hcm-cov-{number % DEVICES:05d}", number // DEVICES
        moment = START + timedelta(seconds=source.randrange(3 * 3600), milliseconds=source.randrange(1000))
        yield readings.TOPIC.format(device=device), readings.encode(readings.reading(device, seq, moment, source))


def lines(phusa, words: str) -> int:
    return phusa.log.read_text(errors="replace").count(words)


@pytest.fixture(scope="module")
def killed(start_phusa):
    source = random.Random(SEED)
    phusa = start_phusa("compacted", sets=HASTE)
    phusa.start_and_wait_until_subscribed()
    publisher = Publisher(phusa.broker.port)
    try:
        thread = threading.Thread(target=lambda: publisher.publish_all(fleet(SEED), rate=4_000), daemon=True)
        thread.start()
        for number in range(1, KILLS + 1):
            moment = number * 0.9 * MESSAGES / (KILLS + 1)
            wait_until(lambda moment=moment: publisher.acknowledged >= moment, 120, "publishing goes on", every=0.005)
            before = lines(phusa, "] compacted\n")
            if number % 2 == 0:
                # Just behind a compaction, so in the next one, or between its commit and the checkpoint.
                wait_until(lambda before=before: lines(phusa, "] compacted\n") > before, 60, "something is compacted", 0.005)
            time.sleep(source.uniform(0, 0.15))
            phusa.kill()
            phusa.start()
        thread.join(120)
        publisher.finish()
    finally:
        publisher.close()
    phusa.wait_for_rows(MESSAGES, "coverage", seconds=90)
    phusa.stop()
    return phusa


def expect_every_reading_once(phusa) -> None:
    table = phusa.table("coverage").delta().to_pyarrow_table(columns=["device", "seq"])
    stored = Counter(zip(table.column("device").to_pylist(), table.column("seq").to_pylist(), strict=True))
    expected = readings.identities(MESSAGES, DEVICES)
    doubled = [identity for identity, count in stored.items() if count > 1]
    assert not expected - stored.keys(), f"{len(expected - stored.keys())} acknowledged readings are lost"
    assert not doubled, f"{len(doubled)} readings are stored more than once, such as {doubled[:5]}"
    assert not stored.keys() - expected, "readings that were never published"
    phusa.verify()
    phusa.audit()


@pytest.mark.timeout(300)
def test_kills_while_segments_are_compacted(killed):
    compactions, checkpoints = lines(killed, "] compacted\n"), lines(killed, "] checkpoint\n")
    print(f"{compactions} compactions, {checkpoints} checkpoints")
    assert compactions >= 20 and checkpoints >= 5
    assert lines(killed, "could not be looked after") == 0, killed.tail_of_log()
    expect_every_reading_once(killed)
    log = killed.data / "tables" / "coverage" / "_delta_log"
    assert not (log / f"{0:020}.json").exists(), "old commits were cleaned up"
    version = json.loads((log / "_last_checkpoint").read_text())["version"]
    assert (log / f"{version:020}.checkpoint.parquet").exists()


@pytest.mark.timeout(300)
def test_every_engine_reads_what_is_left(killed, delta_scan_python):  # noqa: F811
    table = killed.table("coverage")
    figures = test_readers.with_delta_rs(table)
    for name, engine in test_readers.ENGINES.items():
        assert engine(table) == figures, name
    asked = "count(*), count(DISTINCT device), count(DISTINCT date), min(hour), max(hour), max(technology), count(ward)"
    query = f"SELECT {asked} FROM delta_scan('{table.path}')"
    done = subprocess.run(
        [delta_scan_python, test_readers.DELTA_SCAN / "query.py", query], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert test_readers.normal(json.loads(done.stdout)[0]) == test_readers.normal(table.duckdb(asked)[0])


@pytest.mark.timeout(300)
def test_the_commands_compact_and_vacuum(killed):
    table = killed.table("coverage")
    planned = command(killed, "compact", "--older-than", "0s", "--dry-run", "--format", "json")
    done = command(killed, "compact", "--older-than", "0s", "--format", "json")
    assert {(job["table"], job["partition"], job["files"]) for job in json.loads(planned)} == {
        (job["table"], job["partition"], job["files"]) for job in json.loads(done)
    }
    assert len(table.files()) <= 12, "four clock hours at most, in few files"
    for _ in range(2):
        command(killed, "vacuum", "--older-than", "0s", "coverage")
        present = sorted(str(path) for path in table.path.glob("date=*/hour=*/*.parquet"))
        assert present == [uri.replace("%3D", "=") for uri in table.files()]
    expect_every_reading_once(killed)
    refused = run_phusa("table", "compact", "--data", killed.data, "--older-than", "soon")
    assert refused.returncode == 2 and "--older-than soon" in refused.stderr


def command(phusa, *arguments: str) -> str:
    done = run_phusa("table", *arguments, "--data", phusa.data)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.timeout(300)
def test_a_restart_remembers_and_goes_on(killed):
    """Windows of duplicates are filled from compacted segments, and lanes go on at the offsets of a checkpoint."""
    killed.start_and_wait_until_subscribed()
    publisher = Publisher(killed.broker.port)
    try:
        # The same readings once more, as far as the window reaches: they are duplicates.
        publisher.publish_all(fleet(SEED), rate=20_000)
        publisher.finish()
    finally:
        publisher.close()
    wait_until(
        lambda: sum(row["received"] for row in killed.table("ledger").rows()) >= 2 * MESSAGES, 60, "all are counted"
    )
    killed.stop()
    expect_every_reading_once(killed)
