"""Fixtures: the broker, the program, the recorded data."""

import os
import shutil
from pathlib import Path

import pytest

from support.broker import Mosquitto
from support.phusa import TOP, Phusa, binary


def pytest_report_header():
    return [f"phusa: {binary()}", f"recorded data: {shared_data_folder() or 'none'}"]


def shared_data_folder() -> Path | None:
    given = os.environ.get("PHUSA_SHARED_DATA")
    folder = Path(given) if given else TOP.parent / "shared" / "data"
    return folder if folder.is_dir() else None


@pytest.fixture(scope="session", autouse=True)
def programs():
    if not binary().exists():
        pytest.exit(f"{binary()} is not there: run `swift build -c release`, or set PHUSA_BIN", returncode=2)
    if shutil.which("mosquitto") is None:
        pytest.exit("mosquitto is not installed: apt-get install mosquitto", returncode=2)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    folder = shared_data_folder()
    if folder is None:
        pytest.skip("the recorded data is not on this machine (../shared/data or PHUSA_SHARED_DATA)")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory, request) -> Path:
    return tmp_path_factory.mktemp(request.module.__name__)


@pytest.fixture(scope="module")
def broker(folder):
    mosquitto = Mosquitto(folder / "broker")
    mosquitto.start()
    yield mosquitto
    mosquitto.stop()


@pytest.fixture(scope="module")
def start_phusa(folder, broker):
    """Makes instances of `phusa run`, and ends at the latest with the module whatever is still running."""
    made = []

    def make(name: str = "phusa", **options) -> Phusa:
        phusa = Phusa(folder / name, options.pop("broker", broker), **options)
        made.append(phusa)
        return phusa

    yield make
    for phusa in made:
        phusa.discard()
