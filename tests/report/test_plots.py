from __future__ import annotations

from pixelscrub.report import pages, plots
from pixelscrub.report.lines import Audit


def series_of(private):
    return list(pages.released(Audit(private.path), private.path / "report" / "pictures"))


def test_a_region_by_itself_is_told_from_the_common_one(private):
    for number in range(1, 9):
        private.add_masked(number, [(10, 10, 200, 40)] + [(600, 500, 700, 530)] * (number == 3))
    (one,) = series_of(private)
    (heat,) = plots.heats(one.cards)
    assert (heat.columns, heat.rows, heat.instances) == (800, 600, 8)
    assert heat.boxes[0] == ((10, 10, 200, 40), 1.0)
    assert heat.lone == [(600, 500, 700, 530)]


def test_a_region_that_moves_a_little_is_not_by_itself(private):
    for number in range(1, 9):
        private.add_masked(number, [(10 + number, 10, 200, 40)])
    (one,) = series_of(private)
    assert plots.heats(one.cards)[0].lone == []


def test_images_of_another_size_have_a_map_of_their_own(private):
    private.add_masked(1, [(10, 10, 90, 30)])
    private.add_masked(2, [(10, 10, 90, 30)], size=(640, 480))
    (one,) = series_of(private)
    assert {(h.columns, h.rows) for h in plots.heats(one.cards)} == {
        (800, 600),
        (640, 480),
    }


def test_devices_have_maps_of_their_own_and_one_of_their_images_behind(private):
    for number, device in enumerate(("Alpha 1", "Beta 2", "Alpha 1"), 1):
        private.add_masked(number, [(10, 10, 90, 30)], device=device)
    (one,) = series_of(private)
    first, second = plots.heats(one.cards)
    assert (first.title, first.instances) == ("Alpha 1", 2)
    assert (second.title, second.instances) == ("Beta 2", 1)
    assert second.ground.file == "pictures/P1_S1_E1_2.after.jpg"
    assert one.devices == "Alpha 1, Beta 2"


def test_scores_are_counted_by_what_was_done(private):
    for score in (0.0, 0.06, 1.0):
        private.add_masked(1, [(10, 10, 90, 30)], score=score)
    found = {"frames": None, "box": None, "kind": "text", "score": 0.99, "action": "keep"}
    private.add(text=[found])
    bins = plots.scores(Audit(private.path))
    assert bins[0] == bins[1] == (1, 0)
    assert bins[19] == (1, 1)


def test_time_is_summed_by_step(private):
    private.add(seconds={"look": 2.0, "tags": 0.5})
    private.add(seconds={"look": 1.0})
    bars = plots.times(Audit(private.path))
    assert [(b.label, b.value, b.share) for b in bars] == [
        ("look", 3.0, 1.0),
        ("tags", 0.5, 0.5 / 3),
    ]


def test_instances_are_in_the_order_of_their_numbers(private):
    for number in (10, 2, 1):
        private.add(output=f"P1/S1/E1/{number}.dcm")
    (one,) = series_of(private)
    assert [card.line.output[-6:] for card in one.cards] == ["/1.dcm", "/2.dcm", "10.dcm"]
