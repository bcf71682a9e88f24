import stat

import pytest

from pixelscrub.errors import UsageError
from pixelscrub.store.private import Private


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_folder_and_key_are_for_the_owner_alone(tmp_path):
    private = Private.open(tmp_path / "deep" / "private")
    key = private.key()
    assert mode(private.path) == 0o700
    assert mode(private.path / "key") == 0o600
    assert len(key) == 64
    assert Private.open(private.path).key() == key


def test_keys_of_two_folders_differ(tmp_path):
    assert Private.open(tmp_path / "a").key() != Private.open(tmp_path / "b").key()


def test_empty_folder_is_closed_and_a_full_open_one_refused(tmp_path):
    tmp_path.chmod(0o755)
    assert mode(Private.open(tmp_path).path) == 0o700
    tmp_path.chmod(0o750)
    with pytest.raises(UsageError, match="chmod 700"):
        Private.open(tmp_path)


def test_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UsageError):
        Private.open(tmp_path / "file" / "private")


@pytest.mark.parametrize(
    ("content", "bits", "message"),
    [(b"k" * 32, 0o644, "chmod 600"), (b"short", 0o600, "shorter"), (None, 0, "cannot be read")],
)
def test_unsafe_keys_are_refused(tmp_path, content, bits, message):
    file = tmp_path / "mykey"
    if content is not None:
        file.write_bytes(content)
        file.chmod(bits)
    with pytest.raises(UsageError, match=message):
        Private.open(tmp_path / "private").key(file)


def test_scratch_is_emptied(tmp_path):
    private = Private.open(tmp_path / "private")
    private.scratch().write_bytes(b"not proved")
    private.empty_scratch()
    assert not list((private.path / "scratch").iterdir())
