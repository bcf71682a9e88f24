import json
from contextlib import ExitStack

import numpy as np
import pytest
from starlette.testclient import TestClient

from pixelscrub.findings import Box, Finding
from pixelscrub.plan import Plan
from pixelscrub.review import app as module
from pixelscrub.review import plans as saving
from pixelscrub.review.serve import make
from tests.review.samples import SURE, TEXT

AT = "http://127.0.0.1:8000"


@pytest.fixture
def enter(prepared):
    """Opens the page of the prepared folder, as a browser would."""

    with ExitStack() as opened:

        def open_page():
            page = make(prepared.path, "127.0.0.1:8000", "token", "ada")
            client = TestClient(page, base_url=AT, raise_server_exceptions=False)
            opened.enter_context(client)
            assert client.get("/?token=token").status_code == 200
            return client

        yield open_page


@pytest.fixture
def client(enter):
    return enter()


def named(finding):
    return {"kind": finding.kind, "frames": finding.frames, "box": finding.box}


def images(client):
    return {image["name"]: image for image in client.get("/api/state").json()["images"]}


def decide(client, verb, image=0, **more):
    return client.post("/api/decisions", json={"verb": verb, "image": image, **more})


def test_page_and_its_files_are_served(client):
    page = client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert "http://" not in page.text.replace("http://www.w3.org", "")
    for name, kind in (("main.js", "text/javascript"), ("style.css", "text/css")):
        answer = client.get(f"/static/{name}")
        assert answer.headers["content-type"].startswith(kind)
    assert client.get("/static/..%2fapp.py").status_code == 404
    assert client.get("/static/nothing.js").json() == {"error": "there is no such file"}


def test_every_module_that_the_page_loads_is_there(client):
    page = client.get("/").text
    for path in module.STATIC.glob("*.js"):
        assert f"/static/{path.name}" in page
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("import"):
                name = line.rpartition('"./')[2].rstrip('";')
                assert client.get(f"/static/{name}").status_code == 200


def test_state_names_no_uid_and_tells_what_is_planned(client):
    state = client.get("/api/state").json()
    assert state["who"] == "ada"
    assert '"1.1"' not in json.dumps(state)
    still = images(client)["still-1.dcm"]
    assert [f["score"] for f in still["findings"]] == [0.9, 0.4, 0.6]
    assert still["findings"][1]["box"] == list(TEXT.box)
    assert not still["findings"][1]["decided"]
    large = images(client)["large.dcm"]
    assert (large["held"], large["overrule"]) == ("detector_failed", True)
    assert "detector" in large["why"]
    assert images(client)["other.dcm"]["overrule"] is False
    (volume,) = state["volumes"]
    assert volume["slices"] == [[5, 0], [6, 0], [7, 0]]


def test_what_the_last_run_held_is_told(enter, prepared):
    lines = [
        {"source": "still-2.dcm", "outcome": "held", "reason": "text_left"},
        {"source": "cut.dcm", "outcome": "held", "reason": "damaged_file"},
        {"source": "cine.dcm", "outcome": "clean", "output": "p/1.dcm"},
    ]
    audit = "\n".join(map(json.dumps, lines))
    (prepared.path / "audit.jsonl").write_text(audit)
    state = enter().get("/api/state").json()
    still = next(i for i in state["images"] if i["name"] == "still-2.dcm")
    assert (still["held"], still["proof"]) == ("text_left", True)
    (other,) = state["others"]
    assert other["name"] == "cut.dcm"
    assert "damaged" in other["why"]


def test_pixels_values_masks_and_planes_are_sent(client):
    frame = client.get("/api/images/2/frames/3")
    facts = json.loads(frame.headers["x-facts"])
    assert facts["frames"] == 4
    assert len(frame.content) == facts["rows"] * facts["columns"]
    values = client.get("/api/images/7/frames/0/values")
    assert np.frombuffer(values.content, "<u2").shape == (120,)
    assert client.get("/api/images/5/frames/0/mask").content.count(b"\xff") == 18
    assert client.get("/api/images/7/frames/0/mask").status_code == 204
    assert client.get("/api/volumes/0").json() == {"shape": [3, 10, 12]}
    assert len(client.get("/api/volumes/0/2/5").content) == 60


def test_what_cannot_be_shown_is_told_in_words(client, prepared):
    (prepared.inputs / "other.dcm").unlink()
    answer = client.get("/api/images/3/frames/0")
    assert answer.status_code == 422
    assert answer.json()["reason"] == "input_changed"
    assert "changed" in answer.json()["error"]
    for path in ("/api/images/99/frames/0", "/api/volumes/9", "/api/images/1/frames/7"):
        assert client.get(path).status_code in (400, 422)


def test_decisions_reach_the_plan_and_the_page(client, prepared):
    answer = decide(client, "reject", finding=named(TEXT)).json()
    (image,) = answer["images"]
    assert image["findings"][1]["action"] == "keep"
    assert image["findings"][1]["decided"]
    assert answer["undo"] == "reject, 1 image"
    assert prepared.planned("still-1.dcm").findings[1].action == "keep"
    answer = decide(client, "box", box=[30, 2, 44, 8], scope="series").json()
    assert len(answer["images"]) == 3
    assert client.post("/api/undo", json={}).json()["undo"] == "reject, 1 image"
    assert client.post("/api/undo", json={}).json()["undo"] is None
    assert prepared.planned("still-1.dcm").findings[1] == TEXT


def test_everything_is_there_again_after_a_restart(client, enter):
    decide(client, "accept", finding=named(SURE))
    decide(client, "check", image=1)
    decide(client, "hold", image=2)
    again = enter()
    assert images(again)["still-1.dcm"]["findings"][0]["decided"]
    assert images(again)["still-2.dcm"]["checked"]
    assert images(again)["cine.dcm"]["held"] == "held_by_person"
    assert again.get("/api/state").json()["undo"] == "hold, 1 image"


@pytest.mark.parametrize(
    "wanted",
    [
        {"verb": "destroy", "image": 0},
        {"verb": "undo", "image": 0},
        {"verb": "box", "image": 0, "box": [1, 2, 3]},
        {"verb": "box", "image": 0, "box": [1, 2, 3, 4.5]},
        {"verb": "box", "image": 0, "box": [9, 9, 3, 3]},
        {"verb": "box", "image": 0},
        {"verb": "accept", "image": 0},
        {"verb": "accept", "image": 0, "finding": {"kind": "text", "frames": None, "box": None}},
        {"verb": "check", "image": -1},
        {"verb": "check", "image": "0"},
        {"verb": "check", "image": 0, "scope": "world"},
        {"verb": "check"},
        [],
    ],
)
def test_nonsense_is_refused_and_changes_nothing(client, prepared, wanted):
    before = prepared.plan().model_dump()
    answer = client.post("/api/decisions", json=wanted)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert prepared.plan().model_dump() == before


def test_only_small_json_is_read(client):
    kinds = {"content-type": "text/plain"}
    assert client.post("/api/undo", content=b"{}", headers=kinds).status_code == 415
    kinds = {"content-type": "application/json"}
    long = b" " * (module.LONGEST + 1)
    assert client.post("/api/undo", content=long, headers=kinds).status_code == 413
    assert client.post("/api/decisions", content=b"{", headers=kinds).status_code == 400
    assert client.get("/api/undo").status_code == 405


def test_plan_changed_outside_is_a_conflict_and_shown_anew(client, prepared):
    folder = prepared.path / "plans" / "study-1"
    plan = Plan.load(folder)
    plan.instances[0].findings.append(Finding(kind="manual", box=Box(1, 1, 9, 9)))
    plan.save(folder)
    answer = decide(client, "reject", finding=named(TEXT))
    assert answer.status_code == 409
    assert len(images(client)["still-1.dcm"]["findings"]) == 4


def test_instance_that_a_plan_has_lost_is_left_out(client, prepared):
    folder = prepared.path / "plans" / "study-1"
    plan = Plan.load(folder)
    del plan.instances[1]
    plan.save(folder)
    decide(client, "check")
    assert "still-2.dcm" not in images(client)
    assert decide(client, "check", image=1).status_code == 400


def test_volume_that_a_plan_has_lost_is_an_error(client, prepared):
    folder = prepared.path / "plans" / "study-2"
    plan = Plan.load(folder)
    plan.faces.clear()
    plan.save(folder)
    decide(client, "check")
    assert client.get("/api/volumes/0").status_code == 400
    assert client.get("/api/state").json()["volumes"] == []


def test_full_disk_is_told(client, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(saving, "_write", full)
    answer = decide(client, "reject", finding=named(TEXT))
    assert answer.status_code == 507
    assert "disk full" in answer.json()["error"]


def test_error_of_our_own_tells_its_kind_only(client, monkeypatch):
    def fail(*_):
        raise KeyError("Quixote^Alonso")

    monkeypatch.setattr(module.BrowserView, "everything", fail)
    answer = client.get("/api/state")
    assert answer.status_code == 500
    assert answer.json() == {"error": "internal error (KeyError)"}


def test_broken_plans_are_named(enter, prepared):
    (prepared.path / "plans" / "study-2" / "plan.json").write_text("{}")
    state = enter().get("/api/state").json()
    assert [b["name"] for b in state["broken"]] == ["study-2"]
