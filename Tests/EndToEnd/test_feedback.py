"""Fleets are told what was refused and why: rate-limited, in their language, and not again after a crash."""

import json
import random
import threading
from datetime import UTC, datetime, timedelta

import paho.mqtt.client as mqtt
import pytest

from support import readings
from support.phusa import run_phusa
from support.publisher import Publisher
from support.waiting import wait_until

NOW = datetime.now(UTC)
GOOD = readings.reading("hcm-fb-1", 1, NOW, random.Random(1))


class Subscriber:
    """A fleet that listens for what it did wrong."""

    def __init__(self, port: int, filter: str, name: str = "listener"):
        self.messages: list[tuple[str, dict, mqtt.MQTTMessage]] = []
        self._lock = threading.Lock()
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv5)
        subscribed = threading.Event()
        client.on_message = self._on_message
        client.on_subscribe = lambda *_: subscribed.set()
        client.connect("127.0.0.1", port)
        client.loop_start()
        wait_until(client.is_connected, 20, "the listener is connected")
        client.subscribe(filter, qos=1)
        assert subscribed.wait(20)
        self._client = client

    def _on_message(self, client, userdata, message) -> None:
        with self._lock:
            self.messages.append((message.topic, json.loads(message.payload), message))

    def count(self) -> int:
        with self._lock:
            return len(self.messages)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def publish(phusa, messages) -> None:
    publisher = Publisher(phusa.broker.port)
    try:
        publisher.publish_all(messages)
        publisher.finish()
    finally:
        publisher.close()


def message(device: str, **members) -> tuple[str, bytes]:
    return readings.TOPIC.format(device=device), readings.encode(GOOD | {"device": device} | members)


@pytest.mark.parametrize("language", ["en", "vi", "both"])
def test_a_subscriber_hears_why(start_phusa, language):
    phusa = start_phusa(
        f"feedback-{language}",
        sets=(
            "feedback.topic={topic}/refused",
            f"feedback.language={language}",
            f"node=fb-{language}",
            "feedback.qos=1",
        ),
    )
    phusa.start_and_wait_until_subscribed()
    listener = Subscriber(phusa.broker.port, "telemetry/+/coverage/+/refused", f"listener-{language}")
    try:
        ahead = readings.timestamp(NOW + timedelta(hours=3))
        array = b"[" + message("d3")[1] + b"," + message("d3", technology="6G")[1] + b"]"
        publish(
            phusa,
            [
                message("d1"),
                message("d1", rsrp=12),
                message("d2", ts=ahead),
                (readings.TOPIC.format(device="d3"), array),
                (readings.TOPIC.format(device="d4"), b"{"),
            ],
        )
        wait_until(lambda: listener.count() >= 4, 30, "four notes have come")
        phusa.wait_for_rows(2, "coverage")
        phusa.stop()
    finally:
        listener.close()
    notes = {topic.split("/")[3]: note for topic, note, _ in listener.messages}
    assert set(notes) == {"d1", "d2", "d3", "d4"} and listener.count() == 4
    assert all(raw.properties.ContentType == "application/json" for _, _, raw in listener.messages)
    assert {device: note["reason"] for device, note in notes.items()} == {
        "d1": "range", "d2": "clock-future", "d3": "enum", "d4": "truncated",
    }  # fmt: skip
    assert notes["d1"]["pointer"] == "/rsrp" and notes["d1"]["stream"] == "coverage"
    assert notes["d1"]["topic"] == readings.TOPIC.format(device="d1")
    assert notes["d3"]["pointer"] == "/1/technology" and notes["d3"]["reading"] == 1
    sentence = notes["d1"]["sentence"]
    english, vietnamese = "/rsrp is 12, the maximum is", "/rsrp có giá trị 12, lớn hơn mức tối đa là"
    if language == "both":
        assert sentence["en"].startswith(english) and sentence["vi"].startswith(vietnamese)
    else:
        assert sentence.startswith(english if language == "en" else vietnamese)
    phusa.audit()


def test_one_device_cannot_flood_and_a_crash_repeats_nothing(start_phusa):
    # Folded, told, and not committed for an hour: after the kill all of it is folded again.
    phusa = start_phusa(
        "feedback-flood",
        sets=(
            "feedback.topic=fleet/{2}/{device}",
            "feedback.per_device_per_minute=5",
            "node=fb-flood",
            "commit.interval=1h",
        ),
    )
    phusa.start_and_wait_until_subscribed()
    listener = Subscriber(phusa.broker.port, "fleet/#", "listener-flood")
    try:
        publish(phusa, [message("noisy", rsrp=number) for number in range(300)] + [message("quiet", rsrp=5)])
        wait_until(lambda: any(topic == "fleet/hcm/quiet" for topic, _, _ in listener.messages), 30, "all is folded")
        noisy = sum(1 for topic, _, _ in listener.messages if topic == "fleet/hcm/noisy")
        # A minute may have ended in between.
        assert noisy in (5, 10), noisy
        before = listener.count()
        phusa.kill()
        phusa.start_and_wait_until_subscribed()
        publish(phusa, [message("later", rsrp=5)])
        wait_until(lambda: any(topic == "fleet/hcm/later" for topic, _, _ in listener.messages), 30, "it goes on")
        assert listener.count() == before + 1, "nothing is told twice"
        phusa.stop()
    finally:
        listener.close()
    assert phusa.table("dead_letters").row_count() == 302
    phusa.audit()


def test_a_topic_that_would_loop_is_refused_at_the_start(start_phusa):
    phusa = start_phusa("feedback-loop", sets=("broker.subscribe=telemetry/#", "feedback.topic={topic}/refused"))
    done = run_phusa(*phusa.command[1:])
    assert done.returncode == 2, done.stderr
    assert "telemetry/#" in done.stderr and "answered again" in done.stderr
    assert not phusa.data.exists(), "nothing was touched"
    done = run_phusa("run", "--set", "feedback.topic={city}/x")
    assert done.returncode == 2 and "{city}" in done.stderr, done.stderr
