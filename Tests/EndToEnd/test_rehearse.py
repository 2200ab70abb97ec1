"""A schema is rehearsed on what came: stored readings, the journal, and dead letters."""

import json
import random
from datetime import UTC, datetime, timedelta

import pytest

from support import readings
from support.phusa import TOP, run_phusa
from support.publisher import Publisher
from support.waiting import wait_until

WEAK, STRONG, SIXTH, WRONG, WAITING = 30, 70, 12, 5, 8


def message(device: str, number: int, **members) -> tuple[str, bytes]:
    source = random.Random(number)
    moment = datetime.now(UTC) - timedelta(seconds=number)
    reading = readings.reading(device, number, moment, source) | {"technology": "4G", "rsrp": -90} | members
    return readings.TOPIC.format(device=device), readings.encode(reading)


@pytest.fixture(scope="module")
def site(start_phusa, folder):
    """A running phusa with committed readings, dead letters, and messages that wait in the journal."""

    def publish(phusa, messages) -> None:
        publisher = Publisher(phusa.broker.port)
        try:
            publisher.publish_all(messages)
            publisher.finish()
        finally:
            publisher.close()

    phusa = start_phusa("rehearse", sets=("node=rehearse",))
    phusa.start_and_wait_until_subscribed()
    publish(
        phusa,
        [message(f"bach-{number:03d}", number, rsrp=-130) for number in range(WEAK)]
        + [message(f"an-{number:03d}", number) for number in range(STRONG)]
        + [message(f"an-{number:03d}", 500 + number, technology="6G") for number in range(SIXTH)]
        + [message(f"an-{number:03d}", 600 + number, seq=-1) for number in range(WRONG)],
    )
    phusa.wait_for_rows(WEAK + STRONG, "coverage")
    phusa.wait_for_rows(SIXTH + WRONG, "dead_letters")
    phusa.stop()
    phusa.command += ["--set", "commit.interval=1h"]
    phusa.start_and_wait_until_subscribed()
    publish(phusa, [message(f"cuc-{number:03d}", 700 + number, rsrp=-125) for number in range(WAITING)])

    def waiting() -> int:
        return sum(lane["waiting_messages"] for lane in phusa.audit()["lanes"])

    wait_until(lambda: waiting() == WAITING, 30, "the last messages wait in the journal", every=0.5)
    yield phusa
    phusa.stop()


def rehearse(site, folder, change, *arguments, code: int) -> dict:
    schema = json.loads((TOP / "Schemas/streams/coverage/v1.schema.json").read_text())
    change(schema["properties"])
    file = folder / "v2.schema.json"
    file.write_text(json.dumps(schema))
    done = run_phusa(
        "schema", "rehearse", file, "--stream", "coverage", "--data", site.data, "--schemas", TOP / "Schemas",
        "--format", "json", *arguments,
    )  # fmt: skip
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return json.loads(done.stdout)


def test_the_same_schema_breaks_nothing(site, folder):
    found = rehearse(site, folder, lambda properties: None, code=0)
    assert found["judged"] == {"stored": WEAK + STRONG, "waiting": WAITING, "dead_letters": SIXTH + WRONG}
    assert (found["would_break"], found["would_pass"], found["still_refused"]) == (0, 0, SIXTH + WRONG)


def test_who_would_break_and_what_would_pass(site, folder):
    def change(properties):
        properties["rsrp"]["minimum"] = -120
        properties["technology"]["enum"].append("6G")

    found = rehearse(site, folder, change, code=1)
    breaks = {(line["who"], line["reason"], line["pointer"]): line for line in found["breaks"]}
    assert {key: line["readings"] for key, line in breaks.items()} == {
        ("bach-*", "range", "/rsrp"): WEAK,
        ("cuc-*", "range", "/rsrp"): WAITING,
    }
    one = breaks["bach-*", "range", "/rsrp"]
    assert one["of"] == WEAK and "-130" in one["sentence"] and "-120" in one["sentence"]
    assert json.loads(one["example"])["device"].startswith("bach-")
    assert [(line["who"], line["reason"], line["readings"]) for line in found["passes"]] == [("an-*", "enum", SIXTH)]
    assert found["still_refused"] == WRONG


def test_groups_by_a_member_or_a_level_of_the_topic(site, folder):
    def change(properties):
        properties["rsrp"]["minimum"] = -120

    by_member = rehearse(site, folder, change, "--by", "/technology", code=1)
    assert [(line["who"], line["readings"]) for line in by_member["breaks"]] == [("4G", WEAK + WAITING)]
    by_topic = rehearse(site, folder, change, "--by", "topic:2", code=1)
    assert {line["who"]: line["readings"] for line in by_topic["breaks"]} == {"(stored)": WEAK, "hcm": WAITING}
    nothing = rehearse(site, folder, change, "--since", "now", code=0)
    assert sum(nothing["judged"].values()) == 0


def test_a_schema_that_does_not_fit_the_stream_is_a_mistake(site, folder):
    file = folder / "broken.schema.json"
    file.write_text('{"type": "object", "properties": {"ts": {"type": "string"}}}')
    done = run_phusa(
        "schema", "rehearse", file, "--stream", "coverage", "--data", site.data, "--schemas", TOP / "Schemas"
    )
    assert done.returncode == 2 and "broken.schema.json" in done.stderr + done.stdout, done.stderr
