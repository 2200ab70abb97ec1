"""A journal at its limit: the lane hands back to the broker, which keeps what comes, and nothing is lost."""

import pytest

from support import readings
from support.publisher import Publisher

MESSAGES = 20_000
DEVICES = 200
# Room for some 3,500 messages, which a commit every second frees again. The packet limit keeps the batches small.
LIMITS = ("journal.limit=1MiB", "commit.interval=1s", "broker.packet_limit=64KiB")


@pytest.mark.parametrize("file_size", ["128KiB", "256KiB"])
def test_nothing_is_lost_when_the_journal_is_full(start_phusa, file_size):
    phusa = start_phusa(f"full-{file_size}", sets=(*LIMITS, f"journal.file={file_size}", f"node=full-{file_size}"))
    phusa.start_and_wait_until_subscribed()
    publisher = Publisher(phusa.broker.port, window=2_000)
    try:
        publisher.publish_all(readings.fleet(MESSAGES, DEVICES, seed=9))
        publisher.finish()
    finally:
        publisher.close()
    phusa.wait_for_rows(MESSAGES, "coverage", seconds=30)
    phusa.stop()
    table = phusa.table("coverage").arrow()
    stored = set(zip(table.column("device").to_pylist(), table.column("seq").to_pylist(), strict=True))
    assert table.num_rows == MESSAGES
    assert stored == readings.identities(MESSAGES, DEVICES)
    phusa.audit()
    times = phusa.log.read_text().count("no room: left the broker")
    print(f"the lane has left the broker {times} times")
    assert times > 0, "the limit was never reached: the test shows nothing"
