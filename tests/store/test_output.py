import errno
import tempfile
from pathlib import Path

import pytest

from pixelscrub.errors import HeldError, Reason, UsageError
from pixelscrub.store.output import Output, check_places


@pytest.fixture
def scratch(tmp_path):
    path = tmp_path / "scratch"
    path.write_bytes(b"proved")
    return path


def test_commit_moves_the_file_into_its_place(tmp_path, scratch):
    output = Output.open(tmp_path / "out")
    output.commit(scratch, "p/s/1.dcm")
    assert (tmp_path / "out/p/s/1.dcm").read_bytes() == b"proved"
    assert not scratch.exists()


def test_commit_across_file_systems_leaves_no_part(tmp_path, scratch):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as memory:
        if Path(memory).stat().st_dev == scratch.stat().st_dev:
            pytest.skip("/dev/shm is on the same file system")
        Output.open(Path(memory)).commit(scratch, "p/1.dcm")
        assert [p.name for p in (Path(memory) / "p").iterdir()] == ["1.dcm"]
        assert (Path(memory) / "p" / "1.dcm").read_bytes() == b"proved"
    assert not scratch.exists()


def test_full_disk_holds_the_instance_and_leaves_nothing(tmp_path, scratch, monkeypatch):
    output = Output.open(tmp_path / "out")

    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(scratch), "replace", full)
    with pytest.raises(HeldError) as caught:
        output.commit(scratch, "p/1.dcm")
    assert caught.value.reason is Reason.WRITE_FAILED
    assert not list((tmp_path / "out" / "p").iterdir())


def test_two_mounts_of_one_file_system_are_copied_between(tmp_path, scratch, monkeypatch):
    output, real = Output.open(tmp_path / "out"), Path.replace

    def across(self, target):
        if self == scratch:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return real(self, target)

    monkeypatch.setattr(type(scratch), "replace", across)
    (tmp_path / "out" / "p").mkdir()
    (tmp_path / "precious").write_text("kept")
    (tmp_path / "out" / "p" / ".1.dcm.part").symlink_to(tmp_path / "precious")
    output.commit(scratch, "p/1.dcm")
    assert [p.name for p in (tmp_path / "out" / "p").iterdir()] == ["1.dcm"]
    assert (tmp_path / "out" / "p" / "1.dcm").read_bytes() == b"proved"
    assert (tmp_path / "precious").read_text() == "kept"
    assert not scratch.exists()


def test_names_that_lead_out_are_neither_written_nor_held_nor_removed(tmp_path, scratch):
    output = Output.open(tmp_path / "out")
    (tmp_path / "precious").write_text("kept")
    for name in ("../precious", str(tmp_path / "precious"), "a/../../precious", ""):
        with pytest.raises(HeldError):
            output.commit(scratch, name)
        assert not output.holds(name)
        output.remove(name)
    assert (tmp_path / "precious").read_text() == "kept"


def test_foreign_files_are_refused_unless_resumed(tmp_path):
    (tmp_path / "mine.txt").write_bytes(b"")
    with pytest.raises(UsageError, match="--resume"):
        Output.open(tmp_path)
    assert Output.open(tmp_path, resume=True).path == tmp_path
    assert Output.open(tmp_path, {"mine.txt"}.__contains__).path == tmp_path


def test_output_that_is_a_file_is_an_error(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UsageError):
        Output.open(tmp_path / "file")


def test_read_only_output_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr("pixelscrub.store.output.os.access", lambda *_: False)
    with pytest.raises(UsageError, match="written to"):
        Output.open(tmp_path / "out")


def test_link_in_the_output_is_not_followed(tmp_path, scratch):
    output = Output.open(tmp_path / "out")
    (tmp_path / "elsewhere" / "s").mkdir(parents=True)
    (tmp_path / "elsewhere" / "s" / "1.dcm").write_bytes(b"not ours")
    (output.path / "p").symlink_to(tmp_path / "elsewhere")
    for name in ("p/s/1.dcm", "p/t/1.dcm"):
        with pytest.raises(HeldError) as caught:
            output.commit(scratch, name)
        assert caught.value.reason is Reason.WRITE_FAILED
    assert not output.holds("p/s/1.dcm")
    output.remove("p/s/1.dcm")
    assert (tmp_path / "elsewhere" / "s" / "1.dcm").read_bytes() == b"not ours"
    assert not (tmp_path / "elsewhere" / "t").exists()
    output.commit(scratch, "q/1.dcm")
    assert output.holds("q/1.dcm")


def test_removed_file_takes_empty_folders_with_it(tmp_path):
    output = Output.open(tmp_path / "out")
    for name in ("p/s/1.dcm", "p/t/1.dcm"):
        (output.path / name).parent.mkdir(parents=True, exist_ok=True)
        (output.path / name).write_bytes(b"")
    output.remove("p/s/1.dcm")
    assert not (output.path / "p/s").exists()
    assert (output.path / "p/t/1.dcm").exists()


@pytest.mark.parametrize(
    ("given", "out", "private"),
    [
        ("in", "in/out", "private"),
        ("in", "out", "in/private"),
        ("out/in", "out", "private"),
        ("in", "out", "out/private"),
        ("in", "in", "private"),
    ],
)
def test_folders_must_not_lie_in_one_another(tmp_path, given, out, private):
    with pytest.raises(UsageError, match="inside"):
        check_places([tmp_path / given], tmp_path / out, tmp_path / private)


def test_folders_side_by_side_are_fine(tmp_path):
    check_places([tmp_path / "in"], tmp_path / "out", tmp_path / "out-private")


def test_what_is_no_file_of_ours_is_left_and_what_stays_is_an_error(tmp_path, monkeypatch):
    output = Output.open(tmp_path / "out")
    (output.path / "p" / "1.dcm").mkdir(parents=True)
    output.remove("p/1.dcm")
    assert (output.path / "p" / "1.dcm").is_dir()
    (output.path / "p" / "2.dcm").write_bytes(b"")

    def refuse(self):
        raise PermissionError

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(UsageError, match="taken back"):
        output.remove("p/2.dcm")


def test_file_in_place_of_a_folder_holds_the_instance(tmp_path, scratch):
    output = Output.open(tmp_path / "out")
    (tmp_path / "out" / "P").write_bytes(b"somebody's")
    with pytest.raises(HeldError) as error:
        output.commit(scratch, "P/1.dcm")
    assert error.value.reason == Reason.WRITE_FAILED
    assert (tmp_path / "out" / "P").read_bytes() == b"somebody's"
