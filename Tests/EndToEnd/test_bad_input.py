"""Bad messages become dead letters with reason, place and bytes; the good ones around them are stored."""

import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from support import readings
from support.phusa import TOP, run_phusa
from support.publisher import Publisher

LIMIT_BYTES = 256 * 1024
GOOD_BETWEEN = 40
DEVICES = 10
NOW = datetime.now(UTC)
GOOD = readings.reading("hcm-bad-00001", 7, NOW, random.Random(1))
PAIR = "hcm-bad-pair"
TOPIC = readings.TOPIC.format(device="hcm-bad-00001")


def changed(**members) -> bytes:
    return readings.encode(GOOD | members)


def without(*names: str) -> bytes:
    return readings.encode({name: value for name, value in GOOD.items() if name not in names})


def with_text(before: str, after: str) -> bytes:
    """The good reading with one place of its bytes changed."""
    text = readings.encode(GOOD).decode()
    assert before in text
    return text.replace(before, after, 1).encode("latin-1")


@dataclass(frozen=True)
class Bad:
    name: str
    payload: bytes
    reason: str
    pointer: str = ""
    byte_offset: int | None = None
    topic: str = TOPIC
    # Where the stream is known, it is named; None: the topic belongs to no stream.
    stream: str | None = "coverage"
    # What the sentence must mention.
    about: str = ""


WHOLE = readings.encode(GOOD)
# The pipeline takes in every topic of the city, so that a mistyped one is kept and not overheard.
EVERY_TOPIC = "broker.subscribe=telemetry/#"
IN_NAME = WHOLE.index(b"hcm-bad-") + 4
# Two good readings of a device of their own, and a bad one between them.
MANY = b"[" + changed(device=PAIR) + b"," + changed(rsrp=12) + b"," + changed(device=PAIR, seq=8) + b"]"
DEEP = b'{"ts":' + b"[" * 5000 + b"]" * 5000 + b"}"
CASES = [
    Bad("empty", b"", "empty"),
    Bad("plain text", b"rsrp=-95;rsrq=-11", "not-json", byte_offset=0),
    Bad("word in place of a value", b'{"ts": oops}', "not-json", byte_offset=7),
    Bad("two documents", WHOLE + b"\n" + WHOLE, "not-json", byte_offset=len(WHOLE) + 1),
    Bad("cut in a string", WHOLE[: WHOLE.index(b"hcm-bad") + 5], "truncated"),
    Bad("cut after a comma", WHOLE[: WHOLE.index(b',"seq"') + 1], "truncated"),
    Bad("last brace missing", WHOLE[:-1], "truncated"),
    Bad("byte that is not UTF-8", WHOLE.replace(b"hcm-bad-", b"hcm-\xff\xfe-", 1), "invalid-utf8", byte_offset=IN_NAME),
    Bad("surrogate in UTF-8", WHOLE.replace(b"hcm-bad-", b"hcm-\xed\xa0\x80-", 1), "invalid-utf8", byte_offset=IN_NAME),
    Bad("deep nesting", DEEP, "too-deep"),
    Bad("duplicate key", with_text('"seq":7', '"seq":7,"device":"other"'), "duplicate-key", "/device"),
    Bad("payload over the limit", changed(note="x" * LIMIT_BYTES), "too-large"),
    Bad("number beyond a double", with_text('"speed_kmh":', '"speed_kmh":1e999,"x":'), "number-out-of-range"),
    Bad("not an object", b'"reading"', "type", ""),
    Bad("one of many readings in a message", MANY, "range", "/1/rsrp"),
    Bad("number as text", changed(rsrp="-95"), "type", "/rsrp"),
    Bad("fraction where an integer is due", changed(seq=7.5), "type", "/seq"),
    Bad("time as number", changed(ts=1_795_248_000), "type", "/ts"),
    Bad("above the range", changed(rsrp=-30), "range", "/rsrp"),
    Bad("below the range", changed(rsrq=-43.5), "range", "/rsrq"),
    Bad("between the steps", changed(rsrp=-95.25), "multiple-of", "/rsrp"),
    Bad("device missing", without("device"), "required", "", about="device"),
    Bad("longitude missing", without("lon"), "required", "", about="lon"),
    Bad("time missing", without("ts"), "required", "", about="ts"),
    Bad("not in the list", changed(technology="6G"), "enum", "/technology"),
    Bad("ward lost its zero", changed(ward="4"), "pattern", "/ward"),
    Bad("device without a name", changed(device=""), "length", "/device"),
    Bad("time without zone", changed(ts="2026-11-21T08:00:00"), "format", "/ts"),
    Bad("clock ahead", changed(ts=readings.timestamp(NOW + timedelta(hours=2))), "clock-future", "/ts"),
    Bad("clock behind", changed(ts=readings.timestamp(NOW - timedelta(days=40))), "clock-past", "/ts"),
    Bad("clock of 1970", changed(ts="1970-01-01T00:00:07.000Z"), "clock-past", "/ts"),
    Bad("unknown topic", WHOLE, "unknown-topic", topic="telemetry/hcm/coverag/hcm-bad-00001", stream=None),
    Bad("unknown topic, not JSON", b"\x00\x01\x02\xff", "unknown-topic", topic="telemetry/hcm", stream=None),
]  # fmt: skip


@pytest.fixture(scope="module")
def letters(start_phusa):
    """Publishes every bad message among good ones; returns the dead letters by topic and payload."""
    phusa = start_phusa("bad-input", sets=(EVERY_TOPIC,))
    phusa.start_and_wait_until_subscribed()
    pid = phusa.process.pid
    good = readings.fleet(GOOD_BETWEEN * (len(CASES) + 1), DEVICES, seed=3)
    publisher = Publisher(phusa.broker.port)
    try:
        for case in CASES:
            for _ in range(GOOD_BETWEEN):
                publisher.publish(*next(good))
            publisher.publish(case.topic, case.payload)
        publisher.publish_all(good)
        publisher.finish()
    finally:
        publisher.close()
    phusa.wait_for_rows(publisher.sent + 2, "coverage", "dead_letters", seconds=60)
    assert phusa.process.pid == pid and phusa.is_running(), "bad input must not end or restart phusa"
    assert phusa.broker.subscriptions() == 1, "bad input must not cost the connection"
    phusa.stop()
    rows = phusa.table("dead_letters").rows()
    found = {}
    for row in rows:
        found.setdefault((row["topic"], row["payload"]), []).append(row)
    return phusa, rows, found


def test_the_good_messages_are_stored(letters):
    phusa, rows, _ = letters
    table = phusa.table("coverage").arrow()
    stored = set(zip(table.column("device").to_pylist(), table.column("seq").to_pylist(), strict=True))
    assert stored == readings.identities(GOOD_BETWEEN * (len(CASES) + 1), DEVICES) | {(PAIR, 7), (PAIR, 8)}
    assert table.num_rows == len(stored)
    assert len(rows) == len(CASES), sorted({row["reason"] for row in rows})
    phusa.audit()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_bad_message_is_kept_with_its_reason_and_place(letters, case):
    _, _, found = letters
    kept = found.get((case.topic, case.payload), [])
    assert len(kept) == 1, f"{len(kept)} dead letters with the bytes of this message"
    letter = kept[0]
    print(f"{letter['reason']} at {letter['pointer']!r}: {letter['sentence']}")
    assert letter["reason"] == case.reason, letter["sentence"]
    assert (letter["pointer"] or "") == case.pointer, letter["sentence"]
    assert letter["stream"] == case.stream
    assert len(letter["sentence"]) > 10, "a sentence for a person"
    assert case.about in letter["sentence"]
    assert letter["lane"] and letter["journal_offset"] is not None
    assert abs(letter["ingest_time"] - NOW) < timedelta(minutes=30)
    if case.byte_offset is not None:
        assert letter["byte_offset"] == case.byte_offset, letter["sentence"]


def test_decode_says_the_same_as_the_pipeline(letters, folder):
    """A fleet developer sees with `phusa decode` what the pipeline would say."""
    for number, case in enumerate(CASES):
        if case.stream is None:
            continue
        file = folder / f"payload-{number}.json"
        file.write_bytes(case.payload)
        done = run_phusa("decode", "--schemas", TOP / "Schemas", "--stream", "coverage", file)
        assert done.returncode == 1, (case.name, done.stdout, done.stderr)
        assert case.reason in done.stdout + done.stderr, (case.name, done.stdout, done.stderr)
    file = folder / "payload-good.json"
    file.write_bytes(WHOLE)
    done = run_phusa("decode", "--schemas", TOP / "Schemas", "--stream", "coverage", file)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["device"] == GOOD["device"]
