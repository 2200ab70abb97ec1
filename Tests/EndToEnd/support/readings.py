"""Coverage readings for tests, and what they should become."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

TOPIC = "telemetry/hcm/coverage/{device}"
WARDS = ["26734", "26740", "26743", "26752", "00004", "00008"]


def timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def reading(device: str, seq: int, moment: datetime, source: random.Random) -> dict:
    return {
        "ts": timestamp(moment),
        "device": device,
        "seq": seq,
        "lat": round(10.7 + source.random() / 5, 6),
        "lon": round(106.6 + source.random() / 5, 6),
        "operator": source.choice(["45201", "45202", "45204", "45205"]),
        "technology": source.choice(["4G", "5G"]),
        "rsrp": source.randint(-139, -45),
        "rsrq": source.randint(-39, -6) / 2,
        "sinr": source.randint(-40, 60) / 2,
        "cell": source.randrange(1, 268_435_455),
        "speed_kmh": source.randrange(0, 800) / 10,
        "ward": source.choice(WARDS),
    }


def encode(document: dict) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def fleet(count: int, devices: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Messages of a fleet: (topic, payload). Device number d sends seq 0, 1, 2 …; all within the last hour."""
    source = random.Random(seed)
    start = datetime.now(UTC) - timedelta(hours=1)
    for number in range(count):
        device, seq = f"hcm-cov-{number % devices:05d}", number // devices
        moment = start + timedelta(seconds=3500 * number / count, milliseconds=source.randrange(1000))
        yield TOPIC.format(device=device), encode(reading(device, seq, moment, source))


def identities(count: int, devices: int) -> set[tuple[str, int]]:
    return {(f"hcm-cov-{number % devices:05d}", number // devices) for number in range(count)}
