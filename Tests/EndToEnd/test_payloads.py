"""Payloads of every family as their fleets send them, through a real broker; Python recomputes counts and values."""

import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow
import pytest

from support import wire
from support.definitions import INTEGER, NUMBER, TEXT, write_stream
from support.publisher import Publisher

pytestmark = pytest.mark.timeout(600)

FIWARE_FORMS = ("example.json", "example-normalized.json", "example.jsonld", "example-normalized.jsonld")
BASE = datetime(2026, 11, 21, 8, tzinfo=UTC)
MILLISECONDS = int(BASE.timestamp()) * 1000


def definitions(folder: Path) -> Path:
    """One stream for each family; all of them have schemas that say little, so that nothing hides behind a refusal."""
    uplink = {"seq": INTEGER, "temperature": NUMBER}
    write_stream(
        folder, "chirpstack",
        """
  - topic: application/+/device/+/event/+
    format: chirpstack
    map: { /ts: _date, /link: { from: rxInfo.0.rssi } }
        """,
        uplink | {"pressure": NUMBER, "link": INTEGER}, identity="/device, /ts, /seq",
    )  # fmt: skip
    write_stream(
        folder, "helium",
        """
  - topic: helium/+/rx
    format: helium
    map:
      /ts: { from: reported_at, epoch: ms }
      /battery: { from: decoded.payload.vdd, divide: 1000 }
        """,
        uplink | {"humidity": NUMBER, "battery": {"type": ["number", "null"], "multipleOf": 0.001}},
        identity="/device, /ts, /seq",
    )  # fmt: skip
    write_stream(folder, "things", "  - { topic: v3/+/devices/+/up, format: tts }", uplink)
    for name, format_ in (("senml", "senml"), ("senml_cbor", "senml-cbor")):
        write_stream(
            folder, name, f"  - {{ topic: {name}/+, format: {format_}, map: {{ /file: {{ topic: 2 }} }} }}",
            {"file": TEXT}, identity="/file, /device, /ts",
        )  # fmt: skip
    write_stream(
        folder, "fiware",
        """
  - topic: ngsi/+/+
    format: ngsi
    map:
      /ts: { from: ts, zone: Europe/Madrid, part: start }
      /form: { topic: 3 }
        """,
        {"form": TEXT, "type": TEXT, "lat": NUMBER, "lon": NUMBER}, identity="/form, /device",
    )  # fmt: skip
    write_stream(
        folder, "sparkplug", "  - { topic: spBv1.0/#, format: sparkplug }",
        {"seq": INTEGER, "group": TEXT, "flow": NUMBER, "count": INTEGER}, identity="/device, /ts, /seq",
    )  # fmt: skip
    write_stream(
        folder, "tr369", "  - { topic: usp/+, format: tr369, map: { /device: { topic: 2 } } }", {},
        identity="/device, /ts",
    )  # fmt: skip
    write_stream(
        folder, "plain",
        """
  - { topic: plain/json/+, format: json }
  - { topic: plain/cbor/+, format: cbor }
  - topic: speedtest/+
    format: json
    map:
      /device: { topic: 2 }
      /ts: timestamp
      /level: { from: download, divide: 1000000, round: 3 }
    rest: drop
  # Results of other systems, which have neither a device nor always a time.
  - topic: results/+/+
    format: json
    map: { /device: { topic: 3 }, /ts: { from: arrival }, /level: { value: null }, /seq: { value: null } }
        """,
        {"level": {"type": ["number", "null"], "maximum": 1000}, "seq": INTEGER}, identity="/device, /ts, /seq",
    )  # fmt: skip
    return folder


def lorawan(shared_data: Path, name: str) -> list[dict]:
    with gzip.open(shared_data / "telemetry" / name) as file:
        return [json.loads(line, parse_float=Decimal) for line in file if line.strip()]


def raw_lines(shared_data: Path, name: str) -> list[bytes]:
    with gzip.open(shared_data / "telemetry" / name) as file:
        return [line.rstrip(b"\n") for line in file if line.strip()]


CHIRPSTACK = "lorawan_campusiot_sainteynard_chirpstack_v3.ndjson.gz"
HELIUM = "lorawan_campusiot_helium_ems.ndjson.gz"


class Fleet:
    """What is sent, and how many rows and refusals that must make of each stream."""

    def __init__(self, shared_data: Path):
        self.shared = shared_data
        self.messages: list[tuple[str, bytes]] = []
        self.rows: Counter = Counter()
        self.refused: Counter = Counter()
        self.duplicates: Counter = Counter()
        self.add_lorawan()
        self.add_senml()
        self.add_fiware()
        self.add_sparkplug()
        self.add_rest()

    def send(self, stream: str, topic: str, payload: bytes, rows: int = 1, **refused: int) -> None:
        self.messages.append((topic, payload))
        self.rows[stream] += rows
        for reason, count in refused.items():
            self.refused[stream, reason.replace("_", "-")] += count

    def add_lorawan(self) -> None:
        seen = set()
        for line in raw_lines(self.shared, CHIRPSTACK):
            event = json.loads(line)
            # Status events share the recording with uplinks; only those have frames.
            topic = f"application/1/device/{event['devEUI']}/event/"
            if "rxInfo" not in event:
                self.send("chirpstack", topic + "status", line, 0, not_a_reading=1)
                continue
            identity = (event["devEUI"].lower(), event["_date"], event.get("fCnt", 0))
            self.send("chirpstack", topic + "up", line, identity not in seen)
            self.duplicates["chirpstack"] += identity in seen
            seen.add(identity)
        seen = set()
        for line in raw_lines(self.shared, HELIUM):
            event = json.loads(line)
            identity = (event["dev_eui"].lower(), event["reported_at"], event["fcnt"])
            self.send("helium", "helium/ems/rx", line, identity not in seen)
            self.duplicates["helium"] += identity in seen
            seen.add(identity)
        examples = self.shared / "payloads"
        # The examples are of the recordings, or of their kind: sent as other devices' they are new.
        for folder, stream, name in (("chirpstack_v3", "chirpstack", "devEUI"), ("helium", "helium", "dev_eui")):
            example = json.loads((examples / folder / "up_campusiot.json").read_text())
            example[name] = "00000000000000ff"
            topic = "helium/x/rx" if stream == "helium" else "application/1/device/ff/event/up"
            self.send(stream, topic, json.dumps(example).encode())
        version4 = {
            "deviceInfo": {"devEui": "24E124128B0C0001"}, "time": BASE.isoformat(), "_date": BASE.isoformat(),
            "fPort": 2, "object": {"temperature": 31.5}, "rxInfo": [{"rssi": -97}],
        }  # fmt: skip
        self.send("chirpstack", "application/4/device/24e1/event/up", json.dumps(version4).encode())
        join = b'{"deviceInfo":{"devEui":"24E124128B0C0001"}}'
        self.send("chirpstack", "application/4/device/24e1/event/join", join, 0, not_a_reading=1)
        things = {
            "end_device_ids": {"device_id": "d1", "dev_eui": "70B3D57ED0000001"}, "received_at": BASE.isoformat(),
            "uplink_message": {
                "f_cnt": 3, "f_port": 1, "decoded_payload": {"temperature": 20.25}, "received_at": BASE.isoformat(),
            },
        }  # fmt: skip
        self.send("things", "v3/app@tenant/devices/d1/up", json.dumps(things).encode())

    def add_senml(self) -> None:
        """The RFC's examples; their own resolved forms say which values there are."""
        self.senml_values: Counter = Counter()
        for file in sorted((self.shared / "payloads" / "senml").glob("ex*.gen.resolved.json")):
            number = file.name.split(".")[0]
            resolved = json.loads(file.read_text(), parse_float=Decimal)
            values = sum(Decimal(record["v"]) for record in resolved if "v" in record)
            pack = json.loads((file.parent / f"{number}.gen.json").read_text(), parse_float=Decimal)
            sources = [("senml", f"{number}.gen.json")]
            if (file.parent / f"{number}.gen.cbor").exists():
                sources.append(("senml_cbor", f"{number}.gen.cbor"))
            for stream, name in sources:
                payload = (file.parent / name).read_bytes()
                self.messages.append((f"{stream}/{number}", payload))
                self.senml_values[stream] += values
                self.rows[stream] += len(senml_readings(pack))

    def add_fiware(self) -> None:
        folder = self.shared / "payloads" / "fiware"
        for model in sorted(path for path in folder.iterdir() if path.is_dir()):
            for form in FIWARE_FORMS:
                self.send("fiware", f"ngsi/{model.name}/{form}", (model / form).read_bytes())
        models = ("WasteContainer", "Streetlight")
        both = [json.loads((folder / model / "example.json").read_text()) for model in models]
        self.send("fiware", "ngsi/notification/both", json.dumps({"subscriptionId": "1", "data": both}).encode(), 2)

    def add_sparkplug(self) -> None:
        def at(second: int) -> int:
            return MILLISECONDS + 1000 * second

        edge = "spBv1.0/hcm/{}/edge1"
        early = wire.sparkplug(5, at(0), wire.metric(1.5, alias=1))
        self.send("sparkplug", "spBv1.0/hcm/NDATA/edge0", early, 0, birth_missing=1)
        birth = wire.sparkplug(0, at(0), wire.metric(1.5, name="flow", alias=1), wire.metric(7, name="count", alias=2))
        self.send("sparkplug", edge.format("NBIRTH"), birth)
        for number in range(1, 4):
            self.send("sparkplug", edge.format("NDATA"), wire.sparkplug(number, at(number), wire.metric(2.5, alias=1)))
        # Two metrics of different times in one payload, and a gap in front of it.
        late = wire.sparkplug(9, at(9), wire.metric(3.5, alias=1, at=at(5)), wire.metric(8, alias=2, at=at(6)))
        self.send("sparkplug", edge.format("NDATA"), late, 2)

    def add_rest(self) -> None:
        payloads = self.shared / "payloads"
        for file in sorted((payloads / "tr369").glob("*.json")):
            collections = json.loads(file.read_text())["Report"]
            self.send("tr369", f"usp/{file.stem}", file.read_bytes(), len(collections))

        def reading(device: str, sequence: int, level: float) -> dict:
            return {"ts": BASE.isoformat(), "device": device, "seq": sequence, "level": level}

        # One bad record in a pack of each kind does not take the others with it.
        levels = [reading("pack", number, 2000.0 if number == 3 else number / 4) for number in range(8)]
        for kind, encoded in (
            ("json/plain", json.dumps(levels).encode()),
            ("json/gzip", gzip.compress(json.dumps(levels).encode())),
            ("json/zstd", zstd(json.dumps(levels).encode())),
            ("cbor/plain", wire.cbor(levels)),
            ("cbor/zstd", zstd(wire.cbor(levels))),
        ):
            self.send("plain", f"plain/{kind}", encoded, 7 if kind == "json/plain" else 0, range=1)
            if kind != "json/plain":
                self.duplicates["plain"] += 7
        self.send("plain", "plain/cbor/one", wire.cbor(reading("é", 1, -4.5)))
        self.send("plain", "plain/cbor/bad", b"\xa1\x61", 0, truncated=1)
        self.send("plain", "plain/json/bomb", gzip.compress(b"[" + b" " * (8 << 20) + b"]"), 0, expanded_too_large=1)
        self.send("plain", "plain/json/deep", b"[" * 500 + b"]" * 500, 0, too_deep=1)
        for file in sorted((payloads / "speedtest").glob("*.json")):
            result = json.loads(file.read_text())
            assert "timestamp" in result and "download" in result
            self.send("plain", f"speedtest/{file.stem}", file.read_bytes())
        for family in ("mlab_iqb", "ndt7", "sensorthings"):
            for file in sorted((payloads / family).iterdir()):
                is_json = file.suffix == ".json"
                records = json.loads(file.read_text()) if is_json else []
                count = len(records) if isinstance(records, list) else 1
                topic = f"results/{family}/{file.stem}"
                if is_json:
                    self.send("plain", topic, file.read_bytes(), count)
                else:
                    # ndt7's own example, which is not valid JSON.
                    self.send("plain", topic, file.read_bytes(), 0, not_json=1)


def zstd(payload: bytes) -> bytes:
    return pyarrow.compress(payload, codec="zstd", asbytes=True)


def senml_readings(pack: list[dict]) -> set[tuple]:
    """Devices and times of a pack: a device is a base name without its end, or a name where there is no base name."""
    found = set()
    base_name, base_time = "", Decimal(0)
    for record in pack:
        base_name = record.get("bn", base_name)
        base_time = Decimal(record.get("bt", base_time))
        if record.keys() & {"v", "vs", "vb", "vd", "s"}:
            found.add((base_name.rstrip(":/.-_") or record["n"], base_time + Decimal(record.get("t", 0))))
    return found


@pytest.fixture(scope="module")
def fleet(shared_data) -> Fleet:
    return Fleet(shared_data)


@pytest.fixture(scope="module")
def stored(fleet, folder, start_phusa, broker):
    """A pipeline that has taken in everything."""
    phusa = start_phusa(schemas=definitions(folder / "Schemas"))
    phusa.start_and_wait_until_subscribed()
    publisher = Publisher(broker.port)
    publisher.publish_all(fleet.messages)
    publisher.finish()
    phusa.wait_for_rows(sum(fleet.refused.values()), "dead_letters")
    phusa.wait_for_rows(sum(fleet.rows.values()), *fleet.rows)
    phusa.stop()
    return phusa


@pytest.fixture(scope="module")
def tables(fleet, stored) -> dict[str, pyarrow.Table]:
    return {stream: stored.table(stream).queried() for stream in fleet.rows}


def test_every_table_has_as_many_rows_as_python_counts(fleet, tables):
    found = {stream: table.num_rows for stream, table in tables.items()}
    assert found == {stream: int(count) for stream, count in fleet.rows.items()}


def test_every_refusal_has_the_reason_that_python_expects(fleet, stored):
    letters = stored.table("dead_letters").arrow().select(["stream", "reason"]).to_pylist()
    assert Counter((row["stream"], row["reason"]) for row in letters) == fleet.refused


def test_the_ledger_balances_and_the_segments_are_sound(fleet, stored):
    report = stored.audit()
    assert sum(stream["messages"] for stream in report["streams"]) == len(fleet.messages)
    stored.verify()
    ledger = stored.table("ledger").arrow()
    duplicates = Counter()
    for row in ledger.select(["stream", "duplicate"]).to_pylist():
        duplicates[row["stream"]] += row["duplicate"]
    assert +duplicates == +fleet.duplicates


def total(numbers):
    return sum(number for number in numbers if number is not None)


def test_values_of_the_lorawan_recordings(tables, shared_data):
    uplinks = [event for event in lorawan(shared_data, CHIRPSTACK) if "rxInfo" in event]
    expected = {(e["devEUI"].lower(), e["_date"], e.get("fCnt", 0)): e["object"] for e in uplinks if "object" in e}
    devices = {device for device, _, _ in expected}
    rows = tables["chirpstack"].select(["device", "temperature", "pressure"]).to_pylist()
    for member in ("temperature", "pressure"):
        wanted = total(each.get(member) for each in expected.values())
        found = total(row[member] for row in rows if row["device"] in devices)
        assert wanted and found == pytest.approx(float(wanted), rel=1e-12), member
    uplinks = lorawan(shared_data, HELIUM)
    events = {(e["dev_eui"].lower(), e["reported_at"], e["fcnt"]): e["decoded"]["payload"] for e in uplinks}
    devices = {device for device, _, _ in events}
    rows = tables["helium"].select(["device", "battery", "humidity"]).to_pylist()
    rows = [row for row in rows if row["device"] in devices]
    wanted = total(each.get("vdd") for each in events.values())
    assert wanted and total(row["battery"] for row in rows) == Decimal(wanted) / 1000
    wanted = total(each.get("humidity") for each in events.values())
    assert wanted and total(row["humidity"] for row in rows) == pytest.approx(float(wanted), rel=1e-12)


def test_values_of_the_senml_examples(fleet, tables):
    for stream in ("senml", "senml_cbor"):
        found = Decimal(0)
        for extra in tables[stream].column("extra").to_pylist():
            members = json.loads(extra, parse_float=Decimal).values()
            found += sum(Decimal(value) for value in members if isinstance(value, int | Decimal) and value is not True)
        assert float(found) == pytest.approx(float(fleet.senml_values[stream]), rel=1e-9), stream


def test_sparkplug_metrics_by_their_aliases(stored, tables):
    rows = sorted(tables["sparkplug"].to_pylist(), key=lambda row: row["ts"])
    assert [(row["flow"], row["count"]) for row in rows] == [
        (1.5, 7), (2.5, None), (2.5, None), (2.5, None), (3.5, None), (None, 8),
    ]  # fmt: skip
    log = stored.log.read_text()
    assert "messages of hcm/edge1 are missing: number 9 came where 4 was next" in log
    assert "spBv1.0/hcm/NCMD/edge0" in log


def test_every_row_says_its_version(tables):
    for stream, table in tables.items():
        assert table.column("schema_version").unique().to_pylist() == ["1"], stream
