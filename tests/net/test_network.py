"""The network's commands as a user gives them."""

import sys

import pytest

from pixelscrub.commands import cli
from pixelscrub.net import extra

from .test_fetch import Service
from .test_fetch import archive as archive  # noqa: PLC0414 (a fixture)
from .test_fetch import serve as serve  # noqa: PLC0414 (a fixture)
from .test_send import scrubbed as scrubbed  # noqa: PLC0414 (a fixture)

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture
def pixelscrub(capsys, monkeypatch):
    """Runs the command line in this process; gives exit code, output and errors."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["pixelscrub", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        captured = capsys.readouterr()
        return caught.value.code, captured.out, captured.err

    return run


RECEIVE = ("receive", "--to", "A@127.0.0.1:1", "--port", "1", "-o")


@pytest.mark.parametrize(
    "command",
    [(*RECEIVE, "out"), ("send", "out", "A@127.0.0.1:104"), ("fetch", "http://localhost", "x")],
)
def test_missing_extra_is_named_with_its_command(pixelscrub, tmp_path, monkeypatch, command):
    monkeypatch.setattr(extra, "find_spec", lambda name: None)
    monkeypatch.chdir(tmp_path)
    code, _, errors = pixelscrub(*command)
    assert code == 5
    assert "pip install 'pixelscrub[net]'" in errors


@pytest.mark.parametrize(
    "wrong",
    [
        (*RECEIVE, "out", "--host", "0.0.0.0"),
        (*RECEIVE, "out", "--tls-cert", "missing.pem", "--tls-key", "missing.key"),
        (*RECEIVE, "out", "--tls-ca", "missing.pem"),
        (*RECEIVE, "out", "--ae", "A\\B"),
        ("receive", "--to", "nowhere", "-o", "out"),
        (*RECEIVE, "out", "--recipe", "missing"),
        ("send", "out", "nowhere"),
        ("fetch", "ftp://x", "folder"),
        ("fetch", "http://localhost"),
        ("fetch", "http://localhost", "folder", "-o", "out"),
        ("fetch", "http://localhost", "folder", "--match", "4711"),
    ],
)
def test_what_cannot_be_carried_out_exits_1(pixelscrub, tmp_path, monkeypatch, wrong):
    monkeypatch.chdir(tmp_path)
    code, _, errors = pixelscrub(*wrong)
    assert code == 1
    assert "Traceback" not in errors
    assert not list(tmp_path.rglob("*.dcm"))


def test_send_says_how_far_it_came(pixelscrub, scrubbed, make_inbox, monkeypatch):
    out, private = scrubbed
    inbox = make_inbox()
    code, said, _ = pixelscrub("send", out, f"INBOX@127.0.0.1:{inbox.port}", "--private", private)
    assert (code, said) == (0, "sent 3\n")
    inbox.statuses = [0xA700] * 99
    monkeypatch.setattr("pixelscrub.net.gateway.send.TRIES", 1)
    other = f"dicom://INBOX@localhost:{inbox.port}"
    code, said, _ = pixelscrub("send", out, other, "--private", private)
    assert (code, said) == (2, "sending 3\n")


def test_fetch_into_a_folder_and_through_scrub(pixelscrub, archive, tmp_path, monkeypatch):
    url = archive[0].url
    one = ("--match", "AccessionNumber=ONE")
    code, said, _ = pixelscrub("fetch", url, tmp_path / "originals", *one)
    assert (code, said) == (0, "fetched 3, missing 0\n")
    options = ("--recipe", tmp_path / "recipe.toml", "--workers", 1)
    (tmp_path / "recipe.toml").write_text("[steps]\ntext = false\nface = false\n")
    code, said, _ = pixelscrub("fetch", url, "-o", tmp_path / "out", *one, *options)
    assert (code, said) == (0, "clean 3, held 0\nfetched 3, missing 0\n")


def test_fetch_that_breaks_off_says_why_and_exits_2(pixelscrub, serve, make_study, tmp_path):
    url = serve(Service(make_study(3), -30)).url
    code, said, errors = pixelscrub("fetch", url, tmp_path / "originals")
    assert (code, said) == (2, "fetched 2, missing 1\n")
    assert errors == "pixelscrub: studies that broke off: 1 (incomplete); fetch again\n"
