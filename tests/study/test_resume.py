"""What a resumed run does again, and what it leaves as it is."""

import os

import pydicom
import pytest

import pixelscrub
from pixelscrub.errors import HeldError, Reason, UsageError
from pixelscrub.intake.instance import Source
from pixelscrub.jobs.pool import Pool
from pixelscrub.outcome import AuditLine, Outcome
from pixelscrub.recipe import Recipe
from pixelscrub.study import pipeline
from pixelscrub.study.run import open_run

TAGS = Recipe().with_steps("tags")


@pytest.fixture
def scrub(tmp_path):
    def run(**options):
        return pixelscrub.scrub(
            tmp_path / "in", tmp_path / "out", recipe=TAGS, workers=1, **options
        )

    return run


@pytest.fixture
def two(make_instance, save, tmp_path):
    """Two instances of one study."""
    first = make_instance(ImageComments="first")
    second = make_instance(StudyInstanceUID=first.StudyInstanceUID, InstanceNumber=2)
    save(first, tmp_path / "in" / "1.dcm")
    return first, save(second, tmp_path / "in" / "2.dcm")


def outputs(tmp_path):
    return {p: p.stat().st_mtime_ns for p in sorted((tmp_path / "out").rglob("*.dcm"))}


def test_input_of_the_same_size_and_time_is_known_by_its_content(scrub, two, save, tmp_path):
    scrub()
    before = outputs(tmp_path)
    path, first = tmp_path / "in" / "1.dcm", two[0]
    status = path.stat()
    first.Rows, first.Columns = first.Columns, first.Rows
    save(first, path)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_size == status.st_size
    scrub(resume=True)
    after = outputs(tmp_path)
    changed = [path for path in before if before[path] != after[path]]
    assert [pydicom.dcmread(path).Rows for path in changed] == [48]


def test_what_lay_not_in_the_instance_is_tried_again(scrub, two, tmp_path, monkeypatch):
    original = pipeline.worker.apply_instance
    monkeypatch.setattr(pipeline.worker, "apply_instance", refuse_first)
    assert scrub().reasons == {"timeout": 1}
    monkeypatch.setattr(pipeline.worker, "apply_instance", original)
    summary = scrub(resume=True)
    assert (summary.clean, summary.held) == (2, 0)


def refuse_first(job):
    """In place of `apply_instance`; runs in the worker."""
    from pixelscrub.study import worker

    if job.plan.source.path == "1.dcm":
        raise HeldError(Reason.TIMEOUT)
    return worker.apply_instance(job)


def test_instance_whose_header_told_nothing_is_held(scrub, two, monkeypatch):
    """Nobody knows what to look for in it, even where everything else works."""
    monkeypatch.setattr(pipeline.worker, "read_terms_of", tell_nothing_of_first)
    summary = scrub()
    assert (summary.clean, summary.reasons) == (1, {"worker_died": 1})


def tell_nothing_of_first(sources):
    from pixelscrub.study import worker

    if any(source.path == "1.dcm" for source in sources):
        os._exit(1)
    return worker.read_terms_of(sources)


def test_folder_that_could_not_be_read_leaves_no_line_behind(scrub, two, tmp_path):
    private = tmp_path / "out-private"
    scrub()
    with open_run(TAGS, private, None, 1) as run:
        closed = Source(tmp_path / "in", "closed", 0, 0)
        line = AuditLine(source="closed", outcome=Outcome.HELD, reason=Reason.UNREADABLE)
        run.record(closed, line)
    assert scrub(resume=True).held == 0


def test_report_is_written_again_where_something_changed_only(scrub, two, save, tmp_path):
    page = tmp_path / "out-private" / "report" / "index.html"
    scrub()
    written = page.stat().st_mtime_ns
    assert scrub(resume=True).clean == 2
    assert page.stat().st_mtime_ns == written
    two[0].PatientComments = "now with a comment"
    save(two[0], tmp_path / "in" / "1.dcm")
    scrub(resume=True)
    assert page.stat().st_mtime_ns > written
    page.unlink()
    (tmp_path / "out-private" / "summary.json").write_text("damaged")
    scrub(resume=True)
    assert page.exists()


def test_dry_run_leaves_journal_and_output_as_they_are(scrub, two, save, tmp_path):
    (tmp_path / "in" / "notes.txt").write_text("no instance")
    planned = scrub(dry_run=True)
    assert (planned.instances, planned.clean, planned.skipped) == (2, 2, {"not_dicom": 1})
    assert not (tmp_path / "out").exists()
    scrub()
    before = outputs(tmp_path)
    assert scrub(dry_run=True).clean == 2
    assert scrub(resume=True).clean == 2
    assert outputs(tmp_path) == before


def test_run_into_a_private_folder_at_work_is_refused(scrub, two, tmp_path):
    """It would take away what the other has not proved yet."""
    with open_run(TAGS, tmp_path / "out-private", None, 1) as run:
        unproved = run.private.scratch()
        unproved.write_bytes(b"of the run at work")
        with pytest.raises(UsageError, match="in use by another run or gateway"):
            scrub(resume=True)
        assert unproved.exists()
    assert scrub().clean == 2


def test_private_folder_that_cannot_be_written_to_ends_the_run(tmp_path):
    with (
        pytest.raises(UsageError, match="private folder"),
        open_run(TAGS, tmp_path / "private", None, 1),
    ):
        raise OSError(28, "No space left on device")


def test_pool_of_a_run_takes_limits(tmp_path, monkeypatch):
    taken = []
    monkeypatch.setattr("pixelscrub.study.run.Pool", lambda *given: taken.append(given) or Pool(1))
    limits = pixelscrub.study.run.Limits(seconds=5)
    with open_run(TAGS, tmp_path / "private", None, 2, None, limits):
        assert taken == [(2, None, limits)]
