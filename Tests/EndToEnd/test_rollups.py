"""Rollups: every figure is what DuckDB computes from the raw segments, and plain SQL over the partials says the same."""

import csv
import io
import json
import math
import time

import duckdb
import pyarrow.parquet
import pytest
import shapely
import shapely.geometry
from support.phusa import TOP, run_phusa
from test_real_data import RECORDINGS, publish_arguments
from test_real_data import schemas as schemas  # noqa: F401, PLC0414: the fixture

pytestmark = pytest.mark.timeout(600)

SIMULATED = 60_000
# What a quantity's quantile may be off: half a bin of 1 dB, or one percent for sketches.
HALF_DECIBEL = 0.5
ONE_PERCENT = 0.01


@pytest.fixture(scope="module")
def phusa(start_phusa, shared_data, schemas):
    """Two cities, the recorded drives of Cork and the line of Brisbane, in one pipeline that is killed on the way."""
    phusa = start_phusa("rollups", schemas=schemas)
    phusa.start_and_wait_until_subscribed()
    arguments = ["simulate", "--readings", SIMULATED, "--seed", 11, "--duplicates", "2%", "--late", "5%", "--bad", "1%"]
    arguments += ["--broker-host", "127.0.0.1", "--broker-port", phusa.broker.port, "--areas", schemas / "areas"]
    done = run_phusa(*arguments, seconds=120)
    assert done.returncode == 0, done.stderr
    phusa.kill()
    phusa.start_and_wait_until_subscribed()
    for recording in RECORDINGS:
        done = run_phusa(*publish_arguments(recording, shared_data, phusa.broker.port), seconds=240)
        assert done.returncode == 0, done.stderr
        if recording.stream == "coverage":
            phusa.kill()
            phusa.start_and_wait_until_subscribed()
    wait_until_nothing_comes(phusa)
    phusa.stop(seconds=180)
    return phusa


def wait_until_nothing_comes(phusa) -> None:
    """All was published before; what is refused or a duplicate is counted by the ledger too."""
    received, since = 0, time.monotonic()
    while time.monotonic() - since < 4:
        assert phusa.is_running(), phusa.tail_of_log()
        rows = phusa.table("ledger").rows() if phusa.table("ledger").exists() else []
        now = sum(row["messages"] for row in rows)
        if now != received or now < SIMULATED:
            received, since = now, time.monotonic()
        time.sleep(0.5)


def asked(phusa, schemas, *arguments) -> list[dict]:
    done = run_phusa("rollup", *arguments, "--data", phusa.data, "--schemas", schemas, "--format", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def keyed(rows: list[dict], *keys: str) -> dict[tuple, dict]:
    found = {tuple(row[key] for key in keys): row for row in rows}
    assert len(found) == len(rows), "a group stands twice"
    return found


def from_segments(phusa, stream: str, select: str) -> list[dict]:
    """The same from the readings themselves."""
    files = phusa.table(stream).files()
    query = f"SELECT {select} FROM read_parquet($files, hive_partitioning = true, union_by_name = true) GROUP BY ALL"
    relation = duckdb.connect().execute("SET TimeZone = 'UTC'").execute(query, {"files": files})
    names = [column[0] for column in relation.description]
    return [dict(zip(names, row, strict=True)) for row in relation.fetchall()]


def close(found, wanted, relative=1e-9, absolute=0.0) -> bool:
    if found is None or wanted is None:
        return found is None and wanted is None
    return math.isclose(float(found), float(wanted), rel_tol=relative, abs_tol=absolute)


def quantiles(column: str, name: str, *percents: float) -> str:
    """Nearest rank, which is what a quantile of a histogram is."""
    return ", ".join(f"quantile_disc({column}, {percent / 100}) AS {name}_p{percent}" for percent in percents)


STEPPED = "rsrp"
SKETCHED = "download_kbps"
FIGURES = f"""
    count(*) AS readings,
    count({STEPPED}) AS {STEPPED}_count, avg({STEPPED}::DOUBLE) AS {STEPPED}_mean,
    min({STEPPED}) AS {STEPPED}_min, max({STEPPED}) AS {STEPPED}_max, {quantiles(STEPPED, STEPPED, 5, 50, 95)},
    count({SKETCHED}) AS {SKETCHED}_count, avg({SKETCHED}::DOUBLE) AS {SKETCHED}_mean,
    {quantiles(SKETCHED, SKETCHED, 5, 50, 95)},
    count_if(technology IN ('4G', '5G') AND rsrp >= -105) AS covered_4g_yes,
    count(technology IN ('4G', '5G') AND rsrp >= -105) AS covered_4g_known,
    count(DISTINCT device) AS devices_distinct
"""


def compare(found: dict, wanted: dict) -> list[str]:
    """The names of the figures that are not within their stated error."""
    exact = ["readings", f"{STEPPED}_count", f"{STEPPED}_min", f"{STEPPED}_max", f"{SKETCHED}_count"]
    exact += ["covered_4g_yes", "covered_4g_known"]
    wrong = [name for name in exact if not close(found[name], wanted[name])]
    wrong += [name for name in (f"{STEPPED}_mean", f"{SKETCHED}_mean") if not close(found[name], wanted[name], 1e-12)]
    for percent in (5, 50, 95):
        name = f"{STEPPED}_p{percent}"
        wrong += [] if close(found[name], wanted[name], 0, HALF_DECIBEL + 1e-9) else [name]
        name = f"{SKETCHED}_p{percent}"
        wrong += [] if close(found[name], wanted[name], ONE_PERCENT + 1e-9, 1e-9) else [name]
    # HyperLogLog's standard error is 1.6 %; below some hundred it is exact.
    wrong += [] if close(found["devices_distinct"], wanted["devices_distinct"], 0.065) else ["devices_distinct"]
    return wrong


@pytest.mark.parametrize(
    ("window", "start"),
    [
        ("1h", "date_trunc('hour', ts)"),
        ("1d", "date_trunc('day', ts + INTERVAL 7 HOUR) - INTERVAL 7 HOUR"),
        (None, None),
    ],
    ids=["hours", "days of the city", "all times"],
)
@pytest.mark.parametrize("keys", ["area,operator,technology", "area", "operator"])
def test_every_figure_is_that_of_the_raw_segments(phusa, schemas, window, start, keys):
    arguments = ["coverage", "--by", keys] + (["--window", window] if window else [])
    measures = f"{STEPPED},{SKETCHED},covered_4g,devices"
    columns = [*keys.split(","), *(["window_start"] if window else [])]
    found = keyed(asked(phusa, schemas, *arguments, "--measure", measures), *columns)
    select = ", ".join([*keys.split(","), *([f"{start} AS window_start"] if window else []), FIGURES])
    rows = from_segments(phusa, "coverage", select)
    for row in rows:
        if window:
            row["window_start"] = row["window_start"].strftime("%Y-%m-%dT%H:%M:%SZ")
    wanted = keyed(rows, *columns)
    assert set(found) == set(wanted)
    wrong = {key: bad for key in wanted if (bad := compare(found[key], wanted[key]))}
    key = next(iter(wrong), None)
    assert not wrong, f"{len(wrong)} of {len(wanted)} groups, the first {key}: {wrong[key]} {found[key]} {wanted[key]}"
    assert sum(row["readings"] for row in found.values()) == phusa.table("coverage").row_count()


def test_broadband_and_traffic_agree_with_their_segments(phusa, schemas):
    found = keyed(asked(phusa, schemas, "broadband", "--by", "provider", "--window", "1d"), "provider", "window_start")
    rows = from_segments(
        phusa,
        "broadband",
        "provider, strftime(date_trunc('day', ts + INTERVAL 7 HOUR) - INTERVAL 7 HOUR, '%Y-%m-%dT%H:%M:%SZ') "
        "AS window_start, count(*) AS readings, avg(download_mbps::DOUBLE) AS mean, max(ping_ms) AS ping, "
        "quantile_disc(download_mbps, 0.5) AS median",
    )
    wanted = keyed(rows, "provider", "window_start")
    assert set(found) == set(wanted)
    assert len(wanted) > 500
    for key, row in wanted.items():
        assert found[key]["readings"] == row["readings"]
        assert close(found[key]["download_mbps_mean"], row["mean"], 1e-12), key
        assert close(found[key]["download_mbps_p50"], row["median"], ONE_PERCENT + 1e-9), key
    found = keyed(asked(phusa, schemas, "traffic_flow", "--by", "area"), "area")
    rows = from_segments(
        phusa,
        "traffic_flow",
        "area, sum(vehicle_count) AS vehicles, avg(average_speed_kmh::DOUBLE) AS speed, "
        "count_if(congested) AS congested",
    )
    for row in rows:
        own = found[(row["area"],)]
        assert close(own["vehicle_count_sum"], row["vehicles"])
        assert close(own["average_speed_kmh_mean"], row["speed"], 1e-12)
        assert own["congested_yes"] == row["congested"]


# The statements of the documentation (Sources/Rollups/Rollups.docc); {table} is the list of active files.
WARD_AVERAGE = """
    SELECT area, sum(rsrp_sum) / sum(rsrp_count) AS mean
    FROM {table} WHERE rsrp_count > 0 GROUP BY area
"""
WARD_SHARE = """
    SELECT area, sum(covered_4g_yes) / sum(covered_4g_known) AS share
    FROM {table} GROUP BY area HAVING sum(covered_4g_known) > 0
"""
WARD_MEDIAN = """
    WITH bins AS (
        SELECT area, entry.key AS bin, sum(entry.value) AS n
        FROM (SELECT area, unnest(map_entries(rsrp_bins)) AS entry FROM {table})
        GROUP BY area, bin
    ), ranked AS (
        SELECT area, bin, sum(n) OVER (PARTITION BY area ORDER BY bin) AS upto, sum(n) OVER (PARTITION BY area) AS total
        FROM bins
    )
    SELECT area, min(bin) AS median FROM ranked WHERE upto >= 0.5 * total GROUP BY area
"""
SPARK_MEDIAN = WARD_MEDIAN.replace(
    "SELECT area, entry.key AS bin, sum(entry.value) AS n\n        "
    "FROM (SELECT area, unnest(map_entries(rsrp_bins)) AS entry FROM {table})\n        GROUP BY area, bin",
    "SELECT area, bin, sum(n) AS n\n        FROM (SELECT area, explode(rsrp_bins) AS (bin, n) FROM {table})\n"
    "        GROUP BY area, bin",
)


@pytest.fixture(scope="module")
def by_ward(phusa, schemas):
    return keyed(asked(phusa, schemas, "coverage", "--by", "area", "--measure", "rsrp,covered_4g"), "area")


def check_ward_answers(by_ward, averages, shares, medians):
    wanted = {key[0]: row for key, row in by_ward.items()}
    for name, answers, figure in (
        ("mean", averages, "rsrp_mean"),
        ("share", shares, "covered_4g_share"),
        ("median", medians, "rsrp_p50"),
    ):
        known = {area for area, row in wanted.items() if row[figure] is not None}
        assert set(answers) == known, name
        assert len(known) > 100, name
        assert all(close(answers[area], wanted[area][figure], 1e-9) for area in known), name


def test_duckdb_says_the_same_of_the_partials_in_plain_sql(phusa, by_ward):
    files = phusa.table("rollup_coverage").files()
    listed = ", ".join(f"'{file}'" for file in files)
    table = f"read_parquet([{listed}], hive_partitioning = true, union_by_name = true)"
    answers = [
        dict(duckdb.execute(statement.format(table=table)).fetchall())
        for statement in (WARD_AVERAGE, WARD_SHARE, WARD_MEDIAN)
    ]
    check_ward_answers(by_ward, *answers)


def test_spark_says_the_same_of_the_partials_in_plain_sql(phusa, by_ward):
    from pyspark.sql import SparkSession

    spark = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "1")
        .getOrCreate()
    )
    try:
        files = phusa.table("rollup_coverage").files()
        spark.read.option("mergeSchema", "true").parquet(*files).createOrReplaceTempView("partials")
        answers = [
            {row[0]: row[1] for row in spark.sql(statement.format(table="partials")).collect()}
            for statement in (WARD_AVERAGE, WARD_SHARE, SPARK_MEDIAN)
        ]
    finally:
        spark.stop()
    check_ward_answers(by_ward, *answers)


def test_formats_say_the_same(phusa, schemas, tmp_path):
    arguments = ["rollup", "coverage", "--by", "area,operator", "--measure", "rsrp.mean,rsrp.max,covered_4g.share"]
    arguments += ["--data", phusa.data, "--schemas", schemas]
    plain = run_phusa(*arguments, "--format", "json")
    rows = json.loads(plain.stdout)
    assert len(rows) > 100
    read = list(csv.DictReader(io.StringIO(run_phusa(*arguments, "--format", "csv").stdout)))
    file = tmp_path / "answer.parquet"
    done = run_phusa(*arguments, "--format", "parquet", "--output", file)
    assert done.returncode == 0, done.stderr
    table = pyarrow.parquet.read_table(file).to_pylist()
    assert len(read) == len(table) == len(rows)
    for row, line, stored in zip(rows, read, table, strict=True):
        assert row["area"] == (line["area"] or None) == stored["area"]
        assert close(row["rsrp_mean"], line["rsrp_mean"] or None) and close(row["rsrp_mean"], stored["rsrp_mean"])
        assert close(row["rsrp_max"], line["rsrp_max"] or None) and close(row["rsrp_max"], stored["rsrp_max"])
    text = run_phusa(*arguments, "--window", "1h").stdout
    assert "█" in text and "course" in text


def tile_of(longitude: float, latitude: float) -> str:
    """The quadkey of zoom 17, as Microsoft's "Bing Maps Tile System" says."""
    sine = math.sin(math.radians(latitude))
    x = int((longitude + 180) / 360 * 2**17)
    y = int((0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)) * 2**17)
    return "".join(str((x >> bit & 1) + 2 * (y >> bit & 1)) for bit in range(16, -1, -1))


def bounds_of(quadkey: str) -> tuple[float, float, float, float]:
    x = sum((int(digit) & 1) << (16 - place) for place, digit in enumerate(quadkey))
    y = sum((int(digit) >> 1) << (16 - place) for place, digit in enumerate(quadkey))

    def north(row: int) -> float:
        return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / 2**17))))

    return x / 2**17 * 360 - 180, north(y + 1), (x + 1) / 2**17 * 360 - 180, north(y)


COVERED = "technology IN ('4G', '5G') AND rsrp >= -105"
RULE = {"share": 0.6, "samples": 3, "devices": 1, "voice": 10}


def tile_states(phusa) -> tuple[dict, set]:
    """By the definition: one voice per tile, device and day, of bounded weight."""
    rows = from_segments(
        phusa,
        "coverage",
        "lat::DOUBLE AS lat, lon::DOUBLE AS lon, coalesce(operator, 'unknown') AS operator, device, "
        f"(ts + INTERVAL 7 HOUR)::DATE AS day, count_if({COVERED}) AS yes, count({COVERED}) AS known",
    )
    voices = {}
    for row in rows:
        if row["lat"] is not None and row["known"]:
            key = (tile_of(row["lon"], row["lat"]), row["operator"], row["device"], row["day"])
            yes, known = voices.get(key, (0, 0))
            voices[key] = (yes + row["yes"], known + row["known"])
    sums = {}
    for (tile, operator, device, _), (yes, known) in voices.items():
        entry = sums.setdefault((tile, operator), [0.0, 0.0, 0, set()])
        weight = min(known, RULE["voice"])
        entry[0] += weight * yes / known
        entry[1] += weight
        entry[2] += known
        entry[3].add(device)
    states = {
        key: covered / weight >= RULE["share"]
        for key, (covered, weight, known, devices) in sums.items()
        if known >= RULE["samples"] and len(devices) >= RULE["devices"]
    }
    return states, {operator for _, operator in sums}


def test_coverage_is_what_its_definition_says(phusa, schemas):
    states, operators = tile_states(phusa)
    arguments = ["coverage", "--data", phusa.data, "--schemas", schemas, "--format", "json"]
    arguments += ["--share", str(RULE["share"]), "--samples", RULE["samples"], "--devices", RULE["devices"]]
    # Dead zones: every operator is known to fail.
    zones = json.loads(run_phusa(*arguments, "--dead-zones").stdout)
    tiles = {tile for tile, _ in states}
    dead = {tile for tile in tiles if all(states.get((tile, operator)) is False for operator in operators)}
    assert {zone["quadkey"] for zone in zones} == dead
    # One operator's wards: the area of the covered tiles in the ward, by shapely.
    operator = max(operators, key=lambda name: sum(1 for _, own in states if own == name))
    done = run_phusa(*arguments, "--operator", operator)
    assert done.returncode == 0, done.stderr
    wards = keyed(json.loads(done.stdout), "area")
    outlines = json.loads((schemas / "areas" / "wards.geojson").read_text())["features"]
    covered = [shapely.box(*bounds_of(tile)) for (tile, own), is_covered in states.items() if own == operator and is_covered]
    failing = [shapely.box(*bounds_of(tile)) for (tile, own), is_covered in states.items() if own == operator and not is_covered]
    trees = [shapely.STRtree(covered), shapely.STRtree(failing)]
    seen = 0
    for feature in outlines:
        shape = shapely.geometry.shape(feature["geometry"])
        ward = wards[(feature["properties"]["code"],)]
        yes, no = (sum(shape.intersection(tree.geometries[i]).area for i in tree.query(shape)) for tree in trees)
        if yes + no == 0:
            assert ward["area_share"] is None
            assert ward["unknown_share"] == 1
            continue
        seen += 1
        # Square degrees and square metres differ by the latitude, hardly within a ward.
        assert close(ward["area_share"], yes / (yes + no), 0, 2e-3), ward
        assert close(ward["unknown_share"], 1 - (yes + no) / shape.area, 0, 2e-3), ward
    assert seen > 100


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing"], "There is no rollup nothing; there are"),
        (["coverage", "--by", "ward"], "its keys are area, operator, technology"),
        (["coverage", "--window", "7m"], "windows of 1h"),
        (["coverage", "--measure", "rsrp.most"], "no figure rsrp.most"),
        (["coverage", "--from", "yesterday"], "write 2026-11-21"),
        (["coverage", "--from", "now", "--to", "1h"], "--from is not before --to"),
        (["coverage", "--where", "operator = = '1'"], "^"),
        (["coverage", "--where", "speed > 3"], "speed"),
    ],
)
def test_mistakes_are_named(phusa, schemas, arguments, words):
    done = run_phusa("rollup", *arguments, "--data", phusa.data, "--schemas", schemas)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stdout == ""


def test_rollups_are_listed_and_the_tables_are_sound(phusa, schemas):
    listed = run_phusa("rollup", "--schemas", TOP / "Schemas").stdout
    assert "coverage_tiles" in listed and "covered_4g" in listed
    phusa.audit()
    phusa.verify()
    tiles = asked(phusa, schemas, "coverage_tiles", "--by", "tile,operator", "--measure", "covered_4g")
    assert sum(row["readings"] for row in tiles) == phusa.table("coverage").row_count()
