import importlib.util
import json
import sqlite3
import threading
import urllib.error
import urllib.request
from http.cookiejar import CookieJar

import pytest
import uvicorn

from pixelscrub.commands import cli
from pixelscrub.errors import MissingComponentError, UsageError
from pixelscrub.review import serve


@pytest.fixture
def served(prepared, monkeypatch):
    """The page, served from a thread; gives the address that opens it."""
    servers, told = [], []
    make = uvicorn.Server

    def remember(config):
        server = make(config)
        server.install_signal_handlers = lambda: None
        servers.append(server)
        return server

    monkeypatch.setattr(uvicorn, "Server", remember)
    heard = threading.Event()
    thread = threading.Thread(
        target=serve.review,
        args=(prepared.path,),
        kwargs={"ready": lambda address: (told.append(address), heard.set())},
    )
    thread.start()
    assert heard.wait(20)
    yield told[0]
    servers[0].should_exit = True
    thread.join(20)


def test_page_is_served_on_this_machine_to_one_browser(served):
    assert served.startswith("http://127.0.0.1:")
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    with browser.open(served) as answer:
        assert b"pixelscrub" in answer.read()
        assert "server" not in {name.lower() for name in answer.headers}
    at = served.partition("/?")[0]
    with browser.open(f"{at}/api/state") as answer:
        assert len(json.load(answer)["images"]) == 8
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(served)
    assert refused.value.code == 403
    refused.value.close()


def test_second_page_on_one_folder_is_refused(served, prepared):
    with pytest.raises(UsageError, match="another review page"):
        serve.review(prepared.path)


def test_port_in_use_is_an_error(served, tmp_path, prepared):
    port = int(served.split(":")[2].split("/")[0])
    with pytest.raises(UsageError, match="port"), serve._listening(port):
        pass


def test_missing_package_is_named_with_its_installation(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        MissingComponentError, match=r"pip install 'pixelscrub\[review\]'"
    ) as missing:
        serve.require()
    assert missing.value.exit_code == 5


def test_folder_that_cannot_be_used_is_refused(prepared, tmp_path):
    with pytest.raises(UsageError, match="no such"):
        serve.review(tmp_path / "nothing")
    (prepared.path / "review.lock").mkdir()
    with pytest.raises(UsageError, match="cannot be used"):
        serve.review(prepared.path)
    prepared.path.chmod(0o755)
    with pytest.raises(UsageError, match="open to others"):
        serve.review(prepared.path)


def test_folder_of_another_version_is_refused(prepared):
    with sqlite3.connect(prepared.path / "journal.sqlite") as rows:
        rows.execute("PRAGMA user_version = 99")
    rows.close()
    with pytest.raises(UsageError, match="another version"):
        serve.make(prepared.path, "127.0.0.1:1", "token")


def test_command_tells_the_address(prepared, monkeypatch, capsys):
    asked = []

    def review(private, port, name, ready):
        asked.append((private, port, name))
        ready("http://127.0.0.1:9/?token=t")

    monkeypatch.setattr(serve, "review", review)
    monkeypatch.setattr("sys.argv", ["pixelscrub", "review", str(prepared.path), "--as", "ada"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 0
    assert asked == [(prepared.path, 0, "ada")]
    assert capsys.readouterr().out.startswith("open http://127.0.0.1:9/?token=t\n")
