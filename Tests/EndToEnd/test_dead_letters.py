"""What was refused comes back once the schema takes it: once, whatever is killed in between."""

import json
import random
import shutil
import signal
import subprocess
import time
from datetime import UTC, datetime, timedelta

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from support import readings
from support.phusa import TOP, binary, run_phusa
from support.publisher import Publisher
from support.waiting import wait_until

GOOD = 200
# Refused until the schema knows the technology, …
LATER = 300
# … of which so many come in pairs, one message with a good reading and two refused ones each.
PAIRS = 60
# Wrong for ever.
WRONG = 20
KILLS = 8
GOOD_READING = readings.reading("told", 1, datetime.now(UTC), random.Random(8))


def schemas_with(folder, technologies: list[str]):
    """A copy of the project's definitions in which coverage takes these technologies."""
    if not folder.exists():
        shutil.copytree(TOP / "Schemas", folder)
    file = folder / "streams" / "coverage" / "v1.schema.json"
    schema = json.loads(file.read_text())
    schema["properties"]["technology"]["enum"] = technologies
    file.write_text(json.dumps(schema, indent=2))
    return folder


def messages() -> list[tuple[str, bytes]]:
    source = random.Random(5)
    start = datetime.now(UTC) - timedelta(minutes=50)
    made = []

    def reading(device: str, number: int, **members) -> dict:
        return readings.reading(device, number, start + timedelta(seconds=number), source) | members

    for number in range(GOOD):
        made.append(("good", [reading("good", number, technology="4G")]))
    for number in range(LATER - 2 * PAIRS):
        made.append(("later", [reading("later", number, technology="6G")]))
    for number in range(PAIRS):
        pair = [reading("pair", 2 * number + place, technology="6G") for place in range(2)]
        made.append(("pair", [pair[0], reading("pair-good", number, technology="5G"), pair[1]]))
    for number in range(WRONG):
        made.append(("wrong", [reading("wrong", number, technology="4G", rsrp=12)]))
    random.Random(6).shuffle(made)
    topic = readings.TOPIC.format
    return [(topic(device=device), readings.encode(all if len(all) > 1 else all[0])) for device, all in made]


@pytest.fixture(scope="module")
def refused(start_phusa, folder):
    """A stopped phusa whose dead letters the schema takes by now, but for the wrong ones."""
    schemas = schemas_with(folder / "schemas", ["4G", "5G"])
    phusa = start_phusa("replay", schemas=schemas)
    phusa.start_and_wait_until_subscribed()
    publisher = Publisher(phusa.broker.port)
    try:
        publisher.publish_all(messages())
        publisher.finish()
    finally:
        publisher.close()
    phusa.wait_for_rows(GOOD + PAIRS, "coverage")
    phusa.wait_for_rows(LATER + WRONG, "dead_letters")
    phusa.stop()
    schemas_with(schemas, ["4G", "5G", "6G"])
    return phusa


def letters(phusa, *arguments) -> list[dict]:
    done = run_phusa("dead-letters", "ls", "--data", phusa.data, "--limit", "0", "--format", "json", *arguments)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def replay(phusa, *arguments) -> dict:
    done = run_phusa("dead-letters", "replay", "--config", phusa.configuration, "--format", "json", *arguments)
    assert done.returncode in (0, 1), done.stderr
    result = json.loads(done.stdout)
    assert done.returncode == (1 if result["refused"] else 0), result
    return result


def stored(phusa) -> list[tuple[str, int]]:
    table = phusa.table("coverage").arrow()
    return sorted(zip(table.column("device").to_pylist(), table.column("seq").to_pylist(), strict=True))


def test_the_choice_is_narrowed(refused):
    assert len(letters(refused)) == LATER + WRONG
    assert len(letters(refused, "--reason", "enum")) == LATER
    assert len(letters(refused, "--device", "pair")) == 2 * PAIRS
    assert len(letters(refused, "--topic", "telemetry/+/coverage/wrong")) == WRONG
    assert len(letters(refused, "--since", "1h")) == LATER + WRONG
    assert letters(refused, "--until", "1h") == []
    first = letters(refused, "--reason", "range")[0]
    one = ("--lane", first["lane"], "--offset", first["offset"])
    assert letters(refused, *one) == [first]
    shown = run_phusa("dead-letters", "show", "--data", refused.data, *one, "--format", "json")
    assert json.loads(json.loads(shown.stdout)["payload"])["rsrp"] == 12
    text = run_phusa("dead-letters", "show", "--data", refused.data, *one).stdout
    assert "/rsrp" in text and "^" in text, text
    everything = run_phusa("dead-letters", "replay", "--config", refused.configuration)
    assert everything.returncode == 2, "nothing is replayed by accident"


def test_a_command_that_is_wrong_changes_nothing(refused, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(TOP / "Schemas", broken)
    (broken / "streams" / "coverage" / "stream.yaml").write_text("stream: [")
    before = letters(refused)
    for command in (["replay"], ["drop", "--because", "thử"]):
        ask = ["dead-letters", *command, "--config", refused.configuration]
        for schemas in (tmp_path / "none", broken):
            assert run_phusa(*ask, "--everything", "--schemas", schemas).returncode == 2
        unknown = run_phusa(*ask, "--stream", "nosuch")
        assert unknown.returncode == 2 and "There is no stream nosuch" in unknown.stderr, unknown.stderr
        nothing = run_phusa(*ask, "--offset", "99999")
        assert nothing.returncode == 1 and "no such dead letter" in nothing.stderr, nothing.stderr
    assert not (refused.data / "journal" / "replay").exists(), "nothing was asked for"
    assert letters(refused) == before


def test_each_is_stored_once_whatever_is_killed(refused):
    phusa = refused
    source = random.Random(7)
    command = [binary(), "dead-letters", "replay", "--config", phusa.configuration, "--reason", "enum", "--limit", "35"]
    phusa.start_and_wait_until_subscribed()
    for number in range(KILLS):
        asked = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # Anywhere between the first byte of the request and the last commit.
        time.sleep(source.random() * 1.5)
        if number % 2:
            asked.kill()
        phusa.kill()
        if number % 4 == 2:
            asked.wait(60)  # Nobody else runs: it folds by itself.
        phusa.start_and_wait_until_subscribed()
        asked.wait(90)
    result = replay(phusa, "--reason", "enum")
    assert result["refused"] == 0
    # What a killed command had asked for may be folded after this one looked.
    wait_until(lambda: not letters(phusa, "--reason", "enum"), 30, "nothing is left to replay")
    phusa.stop()
    expected = [("good", number) for number in range(GOOD)]
    expected += [("later", number) for number in range(LATER - 2 * PAIRS)]
    expected += [("pair", number) for number in range(2 * PAIRS)]
    expected += [("pair-good", number) for number in range(PAIRS)]
    assert stored(phusa) == sorted(expected)
    marks = phusa.table("dead_letter_marks").rows()
    assert len(marks) == LATER, "each has one mark"
    assert all(mark["mark"] == "replayed" and mark["stored"] == 1 for mark in marks)
    assert phusa.table("dead_letters").row_count() == LATER + WRONG, "nothing was added and nothing removed"
    report = phusa.audit()
    coverage = next(stream for stream in report["streams"] if stream["stream"] == "coverage")
    assert coverage["stored"] + coverage["replayed"]["stored"] == len(expected)
    assert coverage["replayed"]["received"] == LATER
    phusa.verify()


def test_what_is_refused_again_stays_open_and_makes_no_pile(refused):
    phusa = refused
    for _ in range(2):
        result = replay(phusa, "--everything")
        assert (result["letters"], result["refused"]) == (WRONG, WRONG)
        assert result["refused_by_reason"] == {"range": WRONG}
    assert phusa.table("dead_letters").row_count() == LATER + WRONG
    assert {letter["state"] for letter in letters(phusa)} == {"refused-again"}
    phusa.audit()


def test_what_waited_is_told_with_what_became_of_it(refused):
    phusa = refused

    def ask_and_kill() -> None:
        """A replay that nobody carries out: the running phusa stands still, and then is gone."""
        phusa.start_and_wait_until_subscribed()
        phusa.process.send_signal(signal.SIGSTOP)
        asked = run_phusa(
            "dead-letters", "replay", "--config", phusa.configuration, "--reason", "range", "--wait", "2s"
        )
        assert asked.returncode == 1 and "They wait in the journal" in asked.stderr, asked.stderr
        phusa.kill()

    ask_and_kill()
    result = replay(phusa, "--reason", "range")
    assert (result["letters"], result["waiting"], result["refused"]) == (0, WRONG, WRONG)
    ask_and_kill()
    drop = ("dead-letters", "drop", "--config", phusa.configuration, "--reason", "range", "--because", "thử")
    dropped = run_phusa(*drop)
    assert dropped.returncode == 1 and f"{WRONG} dead letters waited for a replay, and were not" in dropped.stdout
    assert {letter["state"] for letter in letters(phusa, "--reason", "range")} == {"refused-again"}
    phusa.audit()


def test_what_is_there_already_counts_as_a_duplicate(refused):
    """A replay of what the device has sent again by itself, long after every window."""
    phusa = refused
    rows = phusa.table("dead_letters").rows()
    again = next(row for row in rows if row["reason"] == "enum" and row["reading_index"] is None)
    phusa.start_and_wait_until_subscribed()
    publisher = Publisher(phusa.broker.port)
    try:
        # The same reading is in the table since its replay; another of its kind is new.
        publisher.publish(again["topic"], again["payload"])
        publisher.finish()
    finally:
        publisher.close()
    wait_until(lambda: ledger(phusa, "lane0")["duplicate"] == 1, 30, "the reading counts as a duplicate")
    phusa.stop()
    phusa.audit()


def ledger(phusa, lane: str) -> dict:
    sums: dict[str, int] = {}
    for row in phusa.table("ledger").rows():
        if row["lane"] == lane:
            for name in ("received", "stored", "duplicate", "refused"):
                sums[name] = sums.get(name, 0) + row[name]
    return sums


def test_what_nobody_needs_is_dropped_with_a_reason(refused):
    phusa = refused
    done = run_phusa(
        "dead-letters", "drop", "--config", phusa.configuration, "--device", "wrong", "--because", "đo thử",
        "--format", "json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"dropped": WRONG, "waiting": 0}
    assert letters(phusa) == []
    kept = letters(phusa, "--all")
    assert len(kept) == LATER + WRONG
    assert [letter["mark"]["sentence"] for letter in kept if letter["state"] == "dropped"] == ["đo thử"] * WRONG
    assert phusa.audit()["dropped_dead_letters"] == WRONG


def test_a_replay_carries_the_version_that_the_sender_named(refused, tmp_path):
    phusa = refused
    topic, payload = readings.TOPIC.format(device="told"), readings.encode(GOOD_READING)
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="told", protocol=mqtt.MQTTv5)
    properties = Properties(PacketTypes.PUBLISH)
    properties.UserProperty = ("schema-version", "9")
    phusa.start_and_wait_until_subscribed()
    client.connect("127.0.0.1", phusa.broker.port)
    client.loop_start()
    try:
        client.publish(topic, payload, qos=1, properties=properties).wait_for_publish(20)
        phusa.wait_for_rows(LATER + WRONG + 1, "dead_letters")
    finally:
        client.disconnect()
        client.loop_stop()
    [letter] = letters(phusa)
    assert (letter["reason"], letter["told_version"]) == ("unknown-version", "9")
    result = replay(phusa, "--everything")
    assert result["refused_by_reason"] == {"unknown-version": 1}, "told again, refused again"
    # A new version helps only if it is the one that was told.
    for file, passing in (("v2.schema.json", 0), ("v9.schema.json", 1)):
        shutil.copy(TOP / "Schemas/streams/coverage/v1.schema.json", tmp_path / file)
        done = run_phusa(
            "schema", "rehearse", tmp_path / file, "--stream", "coverage", "--data", phusa.data, "--schemas",
            TOP / "Schemas", "--format", "json",
        )  # fmt: skip
        found = json.loads(done.stdout)
        assert (found["would_pass"], found["still_refused"]) == (passing, 1 - passing), found
    phusa.stop()
    phusa.audit()
