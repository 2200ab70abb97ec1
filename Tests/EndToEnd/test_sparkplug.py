"""Sparkplug: a missing birth certificate is asked for, and one that came survives a restart."""

import shutil
import struct
import threading
import time

import paho.mqtt.client as mqtt
import pytest

from support.phusa import TOP, run_phusa
from support.publisher import Publisher
from support.waiting import wait_until

STREAM = """\
stream: boiler
title: { en: Boilers, vi: Lò hơi }
schema: v1.schema.json
time: /ts
identity: [/device, /ts]
duplicate_window: 1h
clock: { future: 5m, past: 30d }
sources:
  - { topic: spBv1.0/plant/+/+, format: sparkplug }
"""
SCHEMA = """\
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "properties": {
    "ts": { "type": "string", "format": "date-time" },
    "device": { "type": "string" },
    "temperature": { "type": "number" }
  },
  "required": ["ts", "device", "temperature"]
}
"""


def varint(number: int) -> bytes:
    made = bytearray()
    while number >= 0x80:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*made, number])


def field(number: int, value) -> bytes:
    """A field of a protobuf message: an integer, a double or bytes."""
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    if isinstance(value, float):
        return varint(number << 3 | 1) + struct.pack("<d", value)
    return varint(number << 3) + varint(value)


def payload(seq: int, value: float, moment: int, name: bytes | None) -> bytes:
    """One metric, temperature: by name and alias in a birth, by alias alone in data."""
    metric = (field(1, name) if name else b"") + field(2, 7) + field(3, moment)
    metric += (field(4, 10) if name else b"") + field(13, value)  # 10: Double
    return field(1, moment) + field(2, metric) + field(3, seq)


@pytest.fixture(scope="module")
def phusa(start_phusa, folder):
    schemas = folder / "schemas"
    (schemas / "streams" / "boiler").mkdir(parents=True)
    (schemas / "streams" / "boiler" / "stream.yaml").write_text(STREAM)
    (schemas / "streams" / "boiler" / "v1.schema.json").write_text(SCHEMA)
    shutil.copytree(TOP / "Schemas" / "areas", schemas / "areas")
    return start_phusa("sparkplug", schemas=schemas, sets=("node=sparkplug",))


def send(phusa, *messages: tuple[str, bytes]) -> None:
    publisher = Publisher(phusa.broker.port)
    try:
        publisher.publish_all((f"spBv1.0/plant/{topic}", content) for topic, content in messages)
        publisher.finish()
    finally:
        publisher.close()


def temperatures(phusa) -> list[float]:
    return sorted(phusa.table("boiler").arrow().column("temperature").to_pylist())


def test_a_missing_birth_is_asked_for_and_a_kept_one_survives(phusa):
    commands = []
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="edge", protocol=mqtt.MQTTv311)
    client.on_message = lambda client, data, message: commands.append(message)
    subscribed = threading.Event()
    client.on_subscribe = lambda *_: subscribed.set()
    client.connect("127.0.0.1", phusa.broker.port)
    client.loop_start()
    wait_until(client.is_connected, 20, "the edge node is connected")
    client.subscribe("spBv1.0/plant/NCMD/+")
    assert subscribed.wait(20)
    now = int(time.time() * 1000)
    try:
        phusa.start_and_wait_until_subscribed()
        send(phusa, ("NDATA/edge1", payload(4, 20.5, now, None)))
        wait_until(lambda: commands, 30, "the birth certificate is asked for")
        assert commands[0].topic == "spBv1.0/plant/NCMD/edge1"
        metric = field(1, b"Node Control/Rebirth")
        assert metric in commands[0].payload and commands[0].payload.endswith(field(4, 11) + field(14, 1))
        send(
            phusa,
            ("NBIRTH/edge1", payload(0, 21.5, now + 1, b"temperature")),
            ("NDATA/edge1", payload(1, 22.5, now + 2, None)),
        )
        phusa.wait_for_rows(2, "boiler")
        phusa.kill()
        phusa.start_and_wait_until_subscribed()
        send(phusa, ("NDATA/edge1", payload(2, 23.5, now + 3, None)))
        phusa.wait_for_rows(3, "boiler")
        phusa.stop()
        # A birth that came, and a crash before anything was committed.
        phusa.command += ["--set", "commit.interval=1h"]
        phusa.start_and_wait_until_subscribed()
        send(
            phusa,
            ("NDATA/edge2", payload(9, 30.5, now, None)),
            ("NBIRTH/edge2", payload(0, 31.5, now + 1, b"temperature")),
            ("NDATA/edge2", payload(1, 32.5, now + 2, None)),
        )
        wait_until(lambda: any(command.topic.endswith("edge2") for command in commands), 30, "it is folded")
        phusa.kill()
        phusa.command = phusa.command[:-2]
        phusa.start_and_wait_until_subscribed()
        phusa.wait_for_rows(5, "boiler")
        # The rejected data of both nodes is readable by now.
        phusa.stop()
    finally:
        client.disconnect()
        client.loop_stop()
    assert temperatures(phusa) == [21.5, 22.5, 23.5, 31.5, 32.5]
    reasons = sorted(row["reason"] for row in phusa.table("dead_letters").rows())
    # The filter of the stream takes the two requests as well, but phusa does not subscribe to commands.
    assert reasons == ["birth-missing", "birth-missing"]
    assert phusa.table("sparkplug_births").row_count() == 2
    phusa.audit()
    phusa.verify()


def test_data_from_before_its_birth_can_be_replayed(phusa):
    done = run_phusa(
        "dead-letters", "replay", "--config", phusa.configuration, "--reason", "birth-missing", "--format", "json"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert temperatures(phusa) == [20.5, 21.5, 22.5, 23.5, 30.5, 31.5, 32.5]
    phusa.audit()
