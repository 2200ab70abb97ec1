"""`phusa audit` and `phusa table verify` are worth something only if they notice what is wrong."""

import json
import random
import shutil
from pathlib import Path

import deltalake
import pytest

from support import readings
from support.phusa import run_phusa
from support.publisher import Publisher

MESSAGES = 5_000
DEVICES = 50


@pytest.fixture(scope="module")
def sound(start_phusa):
    """A data folder without fault."""
    phusa = start_phusa("sound")
    phusa.start_and_wait_until_subscribed()
    publisher = Publisher(phusa.broker.port)
    try:
        publisher.publish_all(readings.fleet(MESSAGES, DEVICES, seed=5))
        for _ in range(10):
            publisher.publish(readings.TOPIC.format(device="x"), b"not a reading")
        publisher.finish()
    finally:
        publisher.close()
    phusa.wait_for_rows(MESSAGES + 10, "coverage", "dead_letters")
    phusa.stop()
    phusa.audit()
    phusa.verify()
    return phusa.data


@pytest.fixture
def data(sound, tmp_path) -> Path:
    return shutil.copytree(sound, tmp_path / "data")


def findings_of(command: list[str], data: Path) -> str:
    done = run_phusa(*command, "--data", data, "--format", "json")
    print(done.stdout[-500:], done.stderr[-500:])
    assert done.returncode == 1, f"{command} noticed nothing: {done.stdout}"
    return done.stdout + done.stderr


AUDIT, VERIFY = ["audit"], ["table", "verify", "--progress", "none"]


def test_the_audit_notices_a_row_that_another_engine_deleted(data):
    table = deltalake.DeltaTable(str(data / "tables" / "coverage"))
    table.delete("device = 'hcm-cov-00007' AND seq = 3")
    report = json.loads(findings_of(AUDIT, data))
    assert not report["balanced"]
    assert len(report["findings"]) == 1 and "coverage" in report["findings"][0]


def test_the_audit_notices_a_row_that_is_there_twice(data):
    table = deltalake.DeltaTable(str(data / "tables" / "coverage"))
    row = table.to_pyarrow_table().slice(17, 1)
    deltalake.write_deltalake(table, row, mode="append")
    assert "coverage" in findings_of(AUDIT, data)


def test_the_audit_notices_a_dead_letter_that_is_gone(data):
    table = deltalake.DeltaTable(str(data / "tables" / "dead_letters"))
    first = min(table.to_pyarrow_table().column("journal_offset").to_pylist())
    table.delete(f"journal_offset = {first}")
    assert "dead_letters" in findings_of(AUDIT, data)


def test_a_missing_segment_is_noticed(data):
    segment = sorted((data / "tables" / "coverage").rglob("*.parquet"))[0]
    segment.unlink()
    assert segment.name in findings_of(VERIFY, data)
    assert segment.name in findings_of(AUDIT, data)


@pytest.mark.parametrize("seed", range(8))
def test_a_damaged_segment_is_noticed(data, seed):
    """One bit in the pages, at a place of chance."""
    source = random.Random(seed)
    segment = source.choice(sorted((data / "tables" / "coverage").rglob("*.parquet")))
    content = bytearray(segment.read_bytes())
    footer = int.from_bytes(content[-8:-4], "little") + 8
    place = source.randrange(4, (len(content) - footer) // 2)
    content[place] ^= 1 << source.randrange(8)
    segment.write_bytes(content)
    assert segment.name in findings_of(VERIFY, data), f"bit at {place} of {len(content)}"
