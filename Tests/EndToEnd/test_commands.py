"""What commands say and how they end when something is wrong with what they read or where they write."""

import json
import subprocess

import pytest

from support import readings
from support.phusa import binary, run_phusa
from support.publisher import Publisher

MESSAGES = 20


@pytest.fixture(scope="module")
def data(start_phusa):
    """A data folder with a few rows and a dead letter."""
    phusa = start_phusa("commands", sets=("node=commands",))
    phusa.start_and_wait_until_subscribed()
    publisher = Publisher(phusa.broker.port)
    try:
        publisher.publish_all(readings.fleet(MESSAGES, 2, seed=1))
        publisher.publish(readings.TOPIC.format(device="bad"), b"{}")
        publisher.finish()
    finally:
        publisher.close()
    phusa.wait_for_rows(MESSAGES + 1, "coverage", "dead_letters")
    phusa.stop()
    return phusa.data


PRINTING = [
    ("--help",),
    ("--version",),
    ("run", "--settings"),
    ("audit", "--data", "DATA"),
    ("audit", "--data", "DATA", "--format", "json"),
    ("table", "ls", "--data", "DATA"),
    ("table", "show", "coverage", "--data", "DATA"),
    ("table", "cat", "coverage", "--data", "DATA"),
    ("table", "cat", "coverage", "--data", "DATA", "--format", "json"),
    ("table", "sql", "--data", "DATA"),
    ("table", "verify", "--data", "DATA"),
]


@pytest.mark.parametrize("command", PRINTING, ids=" ".join)
def test_a_command_that_cannot_print_fails(command, data):
    arguments = [str(data) if word == "DATA" else word for word in command]
    with open("/dev/full", "wb") as full:
        done = subprocess.run([binary(), *arguments], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 1, done.stderr
    assert "No space left on device" in done.stderr
    # And it would have had something to print.
    assert run_phusa(*arguments).returncode == 0
    assert run_phusa(*arguments).stdout


@pytest.fixture
def lines(tmp_path):
    file = tmp_path / "lines.ndjson"
    topics = ["telemetry/hcm/coverage/a", "telemetry/+/coverage/b", "", "telemetry/hcm/\u0000/c", "telemetry/hcm/coverage/d"]
    file.write_text("".join(json.dumps({"topic": topic, "payload": "{}"}) + "\n" for topic in topics))
    return file


def publish(broker, file, *options):
    place = ("--broker-host", "127.0.0.1", "--broker-port", broker.port)
    return run_phusa("publish", file, *place, "--format", "json", "--progress", "none", *options)


def test_publish_names_the_lines_whose_topic_is_bad_and_sends_the_others(broker, lines):
    done = publish(broker, lines)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    print(done.stderr)
    for line, about in ((2, "+ or #"), (3, "empty"), (4, "control character")):
        assert any(f"line {line}:" in text and about in text for text in done.stderr.splitlines()), done.stderr
    assert summary["published"] == 2


def test_publish_strict_stops_at_the_line_whose_topic_is_bad(broker, lines):
    done = publish(broker, lines, "--strict")
    assert done.returncode == 1
    assert f"{lines.name}, line 2: its topic has + or #" in done.stderr
