"""An independent publisher (paho), which keeps going through restarts of the broker."""

import threading
import time
from collections.abc import Iterable

import paho.mqtt.client as mqtt

from support.waiting import wait_until


class Publisher:
    """Publishes at QoS 1 with a bounded number of unacknowledged messages. Sends them again after a reconnection."""

    def __init__(self, port: int, window: int = 500, name: str = "fleet"):
        self._window = threading.Semaphore(window)
        self._stopping = threading.Event()
        self.acknowledged = 0
        self.sent = 0
        client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=name, clean_session=False, protocol=mqtt.MQTTv311
        )
        client.max_inflight_messages_set(window)
        client.max_queued_messages_set(0)
        client.reconnect_delay_set(min_delay=1, max_delay=1)
        client.on_publish = self._on_publish
        client.connect("127.0.0.1", port, keepalive=30)
        client.loop_start()
        self._client = client
        wait_until(client.is_connected, 20, "the publisher is connected")

    def _on_publish(self, client, userdata, message_id, reason, properties) -> None:
        self.acknowledged += 1
        self._window.release()

    def publish(self, topic: str, payload: bytes, patience: float = 120) -> None:
        deadline = time.monotonic() + patience
        while not self._window.acquire(timeout=1):
            if self._stopping.is_set():
                return
            assert time.monotonic() < deadline, "the broker acknowledges nothing"
        self._client.publish(topic, payload, qos=1)
        self.sent += 1

    def publish_all(self, messages: Iterable[tuple[str, bytes]], rate: float | None = None) -> None:
        start = time.monotonic()
        for count, (topic, payload) in enumerate(messages, start=1):
            if self._stopping.is_set():
                return
            self.publish(topic, payload)
            if rate and count % 200 == 0:
                time.sleep(max(0.0, start + count / rate - time.monotonic()))

    def finish(self, seconds: float = 120) -> None:
        wait_until(lambda: self.acknowledged >= self.sent, seconds, "the broker has acknowledged all messages")

    def close(self) -> None:
        self._stopping.set()
        self._client.disconnect()
        self._client.loop_stop()
