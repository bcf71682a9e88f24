import pytest

from pixelscrub.errors import UsageError
from pixelscrub.net.credentials import Credentials, load


@pytest.fixture
def file(tmp_path):
    """Writes a file of credentials that is closed to others; gives its path."""

    def write(text, mode=0o600):
        path = tmp_path / "credentials.toml"
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    return write


def test_file_is_read_and_the_environment_only_without_one(file):
    path = file('user = "gate"\npassword = "hunter2"\n')
    environment = {"PIXELSCRUB_WEB_TOKEN": "other"}
    assert load(path, environment) == Credentials("gate", "hunter2")
    assert load(None, {"PIXELSCRUB_WEB_TOKEN": "t"}) == Credentials(token="t")
    assert load(None, {}) is None


def test_environment_is_not_handed_on_to_workers():
    environment = {"PIXELSCRUB_WEB_USER": "gate", "PIXELSCRUB_WEB_PASSWORD": "x", "HOME": "/"}
    assert load(None, environment) == Credentials("gate", "x")
    assert environment == {"HOME": "/"}


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_file_that_others_may_read_is_refused(file, mode):
    with pytest.raises(UsageError, match="chmod 600"):
        load(file('token = "x"', mode), {})


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        'user = "gate"',
        'user = "gate"\npassword = 7',
        'token = "x"\nuser = "gate"\npassword = "hunter2"',
        'token = "x"\nhost = "y"',
        'token = "hunter2\\r\\nX-Other: y"',
    ],
)
def test_what_is_something_else_is_refused_without_being_told(file, text):
    path = file(text)
    with pytest.raises(UsageError) as caught:
        load(path, {})
    assert "hunter2" not in str(caught.value)


def test_empty_file_holds_none(file):
    with pytest.raises(UsageError, match="a user with a password"):
        load(file(""), {})


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(UsageError, match="FileNotFoundError"):
        load(tmp_path / "missing", {})


def test_credentials_are_never_printed():
    told = repr(Credentials("gate", "hunter2"))
    assert "hunter2" not in told
    assert "gate" not in told
