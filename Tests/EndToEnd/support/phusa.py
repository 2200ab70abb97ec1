"""The program under test, as a process."""

import json
import os
import signal
import subprocess
from pathlib import Path

from support.broker import Mosquitto
from support.tables import Table
from support.waiting import wait_until

TOP = Path(__file__).resolve().parents[3]

CONFIGURATION = """\
broker:
  host: 127.0.0.1
  port: {port}
data: {data}
schemas: {schemas}
commit:
  interval: 500ms
"""


def binary() -> Path:
    given = os.environ.get("PHUSA_BIN")
    return Path(given).resolve() if given else TOP / ".build" / "release" / "phusa"


def run_phusa(*arguments, seconds: float = 60, **options) -> subprocess.CompletedProcess:
    """Runs a phusa command to its end and returns what it printed."""
    command = [binary(), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=seconds, **options)


class Phusa:
    """`phusa run` with its data in a folder of its own."""

    def __init__(self, folder: Path, broker: Mosquitto, schemas: Path = TOP / "Schemas", sets: tuple[str, ...] = ()):
        folder.mkdir(parents=True, exist_ok=True)
        self.data = folder / "data"
        self.log = folder / "phusa.log"
        self.configuration = folder / "phusa.yaml"
        self.broker = broker
        self.process: subprocess.Popen | None = None
        self.command = [binary(), "run", "--config", self.configuration]
        for assignment in sets:
            self.command += ["--set", assignment]
        self.configuration.write_text(CONFIGURATION.format(port=broker.port, data=self.data, schemas=schemas))

    def start(self) -> None:
        with self.log.open("a") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def start_and_wait_until_subscribed(self, seconds: float = 30) -> None:
        before = self.broker.subscriptions()
        self.start()
        wait_until(lambda: self._subscribed_since(before), seconds, "phusa has subscribed")

    def _subscribed_since(self, before: int) -> bool:
        assert self.process.poll() is None, f"phusa ended with {self.process.returncode}:\n{self.tail_of_log()}"
        return self.broker.subscriptions() > before

    def tail_of_log(self) -> str:
        return self.log.read_text(errors="replace")[-4000:]

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """kill -9: nothing in the process gets a chance to tidy up."""
        assert self.is_running(), f"phusa ended by itself with {self.process.poll()}:\n{self.tail_of_log()}"
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self, seconds: float = 60) -> None:
        """SIGTERM: what was received is committed, and the exit code is 0."""
        assert self.is_running(), f"phusa ended by itself:\n{self.tail_of_log()}"
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(seconds)
        assert code == 0, f"phusa ended with {code} after SIGTERM:\n{self.tail_of_log()}"

    def discard(self) -> None:
        if self.is_running():
            self.process.kill()
            self.process.wait(10)

    def table(self, name: str) -> Table:
        return Table(self.data / "tables" / name)

    def wait_for_rows(self, count: int, *names: str, seconds: float = 60) -> None:
        def rows() -> int:
            return sum(self.table(name).row_count() for name in names)

        def enough() -> bool:
            assert self.is_running(), f"phusa ended by itself:\n{self.tail_of_log()}"
            return rows() >= count

        try:
            wait_until(enough, seconds, f"{count} rows in {', '.join(names)}", every=0.25)
        except AssertionError as error:
            raise AssertionError(f"{error}; there are {rows()}\n{self.tail_of_log()}") from error

    def audit(self) -> dict:
        """Has phusa count everything again; fails unless received = stored + duplicate + refused."""
        return self._checked("audit")

    def verify(self) -> dict:
        """Has phusa read every segment back and hold it against the log; fails unless all is sound."""
        return self._checked("table", "verify", "--progress", "none")

    def _checked(self, *command: str) -> dict:
        done = run_phusa(*command, "--data", self.data, "--format", "json", seconds=120)
        assert done.returncode == 0, f"{command} says no ({done.returncode}):\n{done.stdout}\n{done.stderr}"
        return json.loads(done.stdout)
