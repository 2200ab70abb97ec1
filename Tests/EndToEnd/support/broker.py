"""A real mosquitto of our own on a free loopback port."""

import getpass
import signal
import socket
import subprocess
from pathlib import Path

from support.waiting import wait_until

CONFIGURATION = """\
listener {port} 127.0.0.1
allow_anonymous true
user {user}
persistence true
persistence_location {folder}/
max_inflight_messages 0
max_queued_messages 0
max_queued_bytes 0
log_dest file {log}
log_type error
log_type warning
log_type notice
log_type information
log_type subscribe
connection_messages true
{more}"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Mosquitto:
    """mosquitto 2.0.11 saves its sessions when it ends, so a restart is a SIGTERM and a new start."""

    def __init__(self, folder: Path, more: str = ""):
        self.folder = folder
        self.port = free_port()
        self.log = folder / "mosquitto.log"
        self.configuration = folder / "mosquitto.conf"
        self.process: subprocess.Popen | None = None
        folder.mkdir(parents=True, exist_ok=True)
        text = CONFIGURATION.format(port=self.port, user=getpass.getuser(), folder=folder, log=self.log, more=more)
        self.configuration.write_text(text)

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["mosquitto", "-c", self.configuration], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_until(self._answers, 20, "mosquitto answers on its port")

    def _answers(self) -> bool:
        assert self.process.poll() is None, f"mosquitto ended: {self.read_log()[-2000:]}"
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
                raise
        self.process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def read_log(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def subscriptions(self) -> int:
        """How many times a client has subscribed so far, by mosquitto's own log ("<time>: <client> <qos> <filter>")."""
        lines = (line.split(": ", 1)[-1].split(" ") for line in self.read_log().splitlines())
        return sum(1 for words in lines if len(words) == 3 and words[1] in ("0", "1", "2"))
