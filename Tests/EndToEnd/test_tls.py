"""TLS, where a record can hold more than the packet that is waited for."""

from support import readings
from support.scripted_broker import ScriptedBroker, packet, publish
from support.waiting import wait_until

MESSAGES = 40
DEVICES = 5


def test_messages_in_the_record_of_connack_are_stored_and_acknowledged_once(start_phusa, tmp_path):
    fleet = readings.fleet(MESSAGES, DEVICES, seed=3)
    messages = [publish(topic, number, payload) for number, (topic, payload) in enumerate(fleet, start=1)]
    broker = ScriptedBroker(tmp_path / "broker", packet(0x20, b"\x01\x00\x00") + b"".join(messages))
    settings = ("node=tls", "broker.tls.enabled=true", f"broker.tls.ca_file={broker.certificate}")
    phusa = start_phusa("tls", broker=broker, sets=settings)
    try:
        phusa.start_and_wait_until_subscribed()
        wait_until(lambda: len(broker.acknowledged) >= MESSAGES, 20, "the messages are acknowledged")
        phusa.wait_for_rows(MESSAGES, "coverage", seconds=20)
        phusa.stop()
    finally:
        phusa.discard()
        broker.stop()
    table = phusa.table("coverage").arrow()
    stored = list(zip(table.column("device").to_pylist(), table.column("seq").to_pylist(), strict=True))
    assert sorted(stored) == sorted(readings.identities(MESSAGES, DEVICES))
    assert broker.acknowledged == list(range(1, MESSAGES + 1))
    phusa.audit()
