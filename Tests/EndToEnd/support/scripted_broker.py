"""A broker over TLS that says just what a test wants, packed into TLS records as the test wants."""

import socket
import ssl
import struct
import subprocess
import threading
from pathlib import Path

from support.broker import free_port

CONNECT, PUBACK, SUBSCRIBE, PINGREQ = 1, 4, 8, 12


def packet(first_byte: int, body: bytes) -> bytes:
    length, rest = bytearray(), len(body)
    while True:
        length.append(rest & 127 | (128 if rest > 127 else 0))
        rest >>= 7
        if rest == 0:
            return bytes([first_byte]) + bytes(length) + body


def publish(topic: str, packet_id: int, payload: bytes) -> bytes:
    """PUBLISH of MQTT 5 at QoS 1, without properties."""
    name = topic.encode()
    return packet(0x32, struct.pack(">H", len(name)) + name + struct.pack(">HB", packet_id, 0) + payload)


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for the loopback interface that vouches for itself, and its key."""
    certificate, key = folder / "broker.crt", folder / "broker.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", "/CN=broker of a test", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate, key


class ScriptedBroker:
    """Takes one client after another, and sends each `greeting`, CONNACK included, in a single TLS record."""

    def __init__(self, folder: Path, greeting: bytes):
        # 2^14 bytes: RFC 8446, section 5.1.
        assert len(greeting) <= 16_384, "one TLS record"
        folder.mkdir(parents=True, exist_ok=True)
        self.certificate, key = make_certificate(folder)
        self.port = free_port()
        self.acknowledged: list[int] = []
        self._greeting = greeting
        self._subscriptions = 0
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(self.certificate, key)
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def subscriptions(self) -> int:
        return self._subscriptions

    def stop(self) -> None:
        # Ends the wait in accept, which closing alone does not.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def _accept(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            with plain, self._context.wrap_socket(plain, server_side=True) as client:
                self._serve(client)

    def _serve(self, client: ssl.SSLSocket) -> None:
        with client.makefile("rb") as stream:
            while head := stream.read(1):
                body = stream.read(self._length(stream))
                kind = head[0] >> 4
                if kind == CONNECT:
                    client.sendall(self._greeting)
                elif kind == SUBSCRIBE:
                    client.sendall(packet(0x90, body[:2] + b"\x00\x01"))
                    self._subscriptions += 1
                elif kind == PUBACK:
                    self.acknowledged.append(struct.unpack(">H", body[:2])[0])
                elif kind == PINGREQ:
                    client.sendall(b"\xd0\x00")

    @staticmethod
    def _length(stream) -> int:
        length, shift = 0, 0
        while True:
            byte = stream.read(1)[0]
            length |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return length
