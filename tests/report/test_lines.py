import tracemalloc

import pytest

from pixelscrub.errors import Reason, UsageError
from pixelscrub.outcome import AuditLine, Outcome
from pixelscrub.report import pages
from pixelscrub.report.build import build
from pixelscrub.report.lines import Audit


def line(number, folder="P/S/E"):
    output = f"{folder}/{number:04d}.dcm"
    return AuditLine(source=f"{number}", outcome=Outcome.CLEAN, output=output)


@pytest.fixture
def write(tmp_path):
    """Writes the audit of a private folder; gives the folder."""
    (tmp_path / "report").mkdir()

    def to(lines):
        with (tmp_path / "audit.jsonl").open("w") as file:
            file.writelines(one.to_json() + "\n" for one in lines)
        return tmp_path

    return to


def test_lines_are_read_again_each_time_and_found_by_series(write):
    held = AuditLine(source="x", outcome=Outcome.HELD, reason=Reason.DAMAGED_FILE)
    lines = [line(1), held, line(2, "P/S/F"), line(3)]
    audit = Audit(write(lines))
    assert list(audit) == list(audit) == lines
    places = audit.series()
    assert audit.at(places["P/S/E"]) == [line(1), line(3)]
    assert audit.at(places["P/S/F"]) == [line(2, "P/S/F")]


def test_series_come_in_the_order_of_their_names_and_of_their_instances(write, tmp_path):
    lines = [line(n, f"P/S/{e}") for e in (10, 9) for n in (12, 2)]
    series = list(pages.released(Audit(write(lines)), tmp_path))
    assert [(s.name, s.number) for s in series] == [("9", 1), ("10", 2)]
    assert [c.line.source for c in series[0].cards] == ["2", "12"]


def test_no_audit_is_an_empty_one_and_a_damaged_one_is_told(tmp_path):
    assert list(Audit(tmp_path)) == []
    (tmp_path / "audit.jsonl").write_text('{"source": "Quixote"}\n')
    with pytest.raises(UsageError, match="damaged") as caught:
        list(Audit(tmp_path))
    assert "Quixote" not in str(caught.value)


def test_memory_does_not_grow_with_the_run(write):
    """Once all lines were held, 4 KB each."""

    def peak(count):
        private = write(line(n % 100, f"P{n // 1000}/S/{n // 100:05d}") for n in range(count))
        tracemalloc.start()
        build(private)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(100)
    small, large = peak(500), peak(3000)
    assert large < small + 2500 * 300
