"""Writes seeded coverage readings as NDJSON: devices that walk and drive through wards, in order of arrival."""

import math
import random
import sys
from datetime import UTC, datetime, timedelta

WARDS = [
    ("26734", 10.781, 106.704), ("26740", 10.777, 106.699), ("26743", 10.767, 106.695), ("26752", 10.756, 106.687),
    ("26758", 10.761, 106.706), ("26767", 10.786, 106.686), ("26776", 10.801, 106.738), ("26791", 10.852, 106.754),
    ("26824", 10.843, 106.767), ("26833", 10.879, 106.763), ("26848", 10.822, 106.775), ("26857", 10.801, 106.811),
    ("00004", 21.039, 105.836), ("00008", 21.054, 105.846), ("00025", 21.036, 105.817), ("00070", 21.028, 105.850),
]  # fmt: skip
OPERATORS = ["45201", "45202", "45204", "45205"]
OPERATOR_SHARES = [20, 22, 50, 8]
START = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)
PERIOD_SECONDS = 5.0


class Device:
    def __init__(self, number: int, random: random.Random):
        ward, lat, lon = random.choice(WARDS)
        city = "han" if ward.startswith("0") else "hcm"
        self.name = f"{city}-cov-{number:05d}"
        self.ward = ward
        self.seq = random.randrange(1, 40_000)
        self.lat = lat + random.gauss(0, 0.004)
        self.lon = lon + random.gauss(0, 0.004)
        self.heading = random.uniform(0, 2 * math.pi)
        self.usual_speed = random.choice([4.5, 4.5, 22.0, 31.0])
        self.speed = self.usual_speed
        self.operator = random.choices(OPERATORS, OPERATOR_SHARES)[0]
        self.technology = "5G" if random.random() < 0.4 else "4G"
        self.usual_rsrp = random.gauss(-95, 7)
        self.rsrp = self.usual_rsrp
        self.cell = random.randrange(1_000_000, 268_435_455)
        self.phase = random.uniform(0, PERIOD_SECONDS)

    def step(self, random: random.Random) -> None:
        gauss = random.gauss
        self.seq += 1
        self.heading += gauss(0, 0.25)
        self.speed = max(0.0, self.speed + 0.2 * (self.usual_speed - self.speed) + gauss(0, 1.5))
        degrees = self.speed / 3.6 * PERIOD_SECONDS / 111_320
        self.lat += degrees * math.cos(self.heading)
        self.lon += degrees * math.sin(self.heading) / 0.98
        self.rsrp += 0.1 * (self.usual_rsrp - self.rsrp) + gauss(0, 2.2)
        if random.random() < 0.02:
            self.cell = random.randrange(1_000_000, 268_435_455)

    def line(self, at: datetime, random: random.Random) -> str:
        rsrp = min(-44, max(-139, round(self.rsrp)))
        quality = (rsrp + 95) / 4 + random.gauss(0, 1.5)
        rsrq = min(-3.0, max(-19.5, round((quality / 2 - 11) * 2) / 2))
        sinr = min(40.0, max(-20.0, round((quality + 13) * 2) / 2))
        ts = at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
        return (
            f'{{"ts":"{ts}","device":"{self.name}","seq":{self.seq},"lat":{self.lat:.6f},"lon":{self.lon:.6f},'
            f'"operator":"{self.operator}","technology":"{self.technology}","rsrp":{rsrp},"rsrq":{rsrq},'
            f'"sinr":{sinr},"cell":{self.cell},"speed_kmh":{self.speed:.1f},"ward":"{self.ward}"}}\n'
        )


def generate(path: str, count: int, seed: int, device_count: int = 4_000) -> None:
    source = random.Random(seed)
    devices = [Device(number, source) for number in range(device_count)]
    remaining = count
    turn = 0
    with open(path, "w") as file:
        while remaining > 0:
            start = START + timedelta(seconds=turn * PERIOD_SECONDS)
            offsets = [device.phase + source.gauss(0, 0.15) for device in devices]
            order = sorted(range(device_count), key=offsets.__getitem__)[:remaining]
            for number in order:
                device = devices[number]
                device.step(source)
                file.write(device.line(start + timedelta(seconds=offsets[number]), source))
            remaining -= len(order)
            turn += 1


if __name__ == "__main__":
    generate(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
