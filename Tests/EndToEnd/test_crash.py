"""kill -9 at random moments, and restarts of the broker: every published reading is stored exactly once."""

import random
import threading
import time
from collections import Counter

import pytest

from support import readings
from support.broker import Mosquitto
from support.publisher import Publisher
from support.waiting import wait_until

MESSAGES = 200_000
DEVICES = 500
KILLS = 20
SEED = 20_261_121


def publish_in_background(publisher: Publisher, seed: int) -> threading.Thread:
    thread = threading.Thread(
        target=lambda: publisher.publish_all(readings.fleet(MESSAGES, DEVICES, seed)), name="fleet", daemon=True
    )
    thread.start()
    return thread


def expect_every_reading_once(phusa) -> None:
    """Compares the readings in the table with the published ones, one by one, and asks phusa for its own balance."""
    table = phusa.table("coverage").delta().to_pyarrow_table(columns=["device", "seq", "lane", "journal_offset"])
    columns = (table.column(name).to_pylist() for name in ("device", "seq"))
    stored = Counter(zip(*columns, strict=True))
    expected = readings.identities(MESSAGES, DEVICES)
    missing = expected - stored.keys()
    doubled = {identity: count for identity, count in stored.items() if count > 1}
    strange = stored.keys() - expected
    print(f"stored {stored.total():,}, missing {len(missing)}, doubled {len(doubled)}, strange {len(strange)}")
    assert not missing, f"{len(missing)} acknowledged readings are lost, such as {sorted(missing)[:5]}"
    assert not doubled, f"{len(doubled)} readings are stored more than once, such as {sorted(doubled.items())[:5]}"
    assert not strange, f"{len(strange)} readings were never published, such as {sorted(strange)[:5]}"
    places = zip(table.column("lane").to_pylist(), table.column("journal_offset").to_pylist(), strict=True)
    assert len(set(places)) == MESSAGES, "two rows claim to come from the same place of the journal"
    assert phusa.table("dead_letters").row_count() == 0
    phusa.verify()
    coverage = next(stream for stream in phusa.audit()["streams"] if stream["stream"] == "coverage")
    print(f"{coverage['duplicate']:,} readings came twice, since phusa died before their acknowledgement left")
    assert coverage["duplicate"] > 0, "no kill has hit a message under way: the test shows nothing"


def kill_again_and_again(phusa, publisher: Publisher, source: random.Random, after_kill) -> None:
    """Kills phusa at moments spread by chance over the whole time of publishing, and starts it again at once."""
    moments = sorted(source.uniform(0.02, 0.98) * MESSAGES for _ in range(KILLS))
    for number, moment in enumerate(moments, start=1):
        wait_until(lambda moment=moment: publisher.acknowledged >= moment, 120, "publishing goes on", every=0.005)
        # The count says when in the stream, this says where in phusa's own cycle.
        time.sleep(source.uniform(0, 0.3))
        phusa.kill()
        print(f"kill {number} of {KILLS} after {publisher.acknowledged:,} messages", flush=True)
        after_kill(number)
        phusa.start()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("lanes", [1, 3])
def test_twenty_kills_lose_nothing_and_double_nothing(start_phusa, lanes):
    source = random.Random(SEED + lanes)
    phusa = start_phusa(f"killed-{lanes}", sets=(f"lanes={lanes}", f"node=killed-{lanes}"))
    phusa.start_and_wait_until_subscribed()
    publisher = Publisher(phusa.broker.port)
    try:
        fleet = publish_in_background(publisher, SEED)
        kill_again_and_again(phusa, publisher, source, after_kill=lambda number: None)
        fleet.join(120)
        publisher.finish()
    finally:
        publisher.close()
    assert publisher.acknowledged == MESSAGES
    phusa.wait_for_rows(MESSAGES, "coverage", seconds=90)
    phusa.stop()
    expect_every_reading_once(phusa)


@pytest.mark.timeout(300)
def test_twenty_kills_and_two_restarts_of_the_broker(start_phusa, folder):
    source = random.Random(SEED + 1)
    broker = Mosquitto(folder / "restarted-broker")
    broker.start()
    restarts = []

    def restart_broker_twice(number: int) -> None:
        # Once while phusa is down, once while it runs.
        if number == 7:
            broker.restart()
            restarts.append("phusa was down")
        elif number == 14:
            phusa.start()
            time.sleep(source.uniform(0, 0.3))
            broker.restart()
            restarts.append("phusa was up")
            phusa.kill()

    phusa = start_phusa("killed-with-broker", broker=broker)
    try:
        phusa.start_and_wait_until_subscribed()
        publisher = Publisher(broker.port)
        try:
            fleet = publish_in_background(publisher, SEED + 1)
            kill_again_and_again(phusa, publisher, source, after_kill=restart_broker_twice)
            fleet.join(120)
            publisher.finish()
        finally:
            publisher.close()
        assert restarts == ["phusa was down", "phusa was up"]
        phusa.wait_for_rows(MESSAGES, "coverage", seconds=90)
        phusa.stop()
        expect_every_reading_once(phusa)
    finally:
        phusa.discard()
        broker.stop()
