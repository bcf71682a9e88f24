import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from pixelscrub.review.guard import Guard

HOST = "127.0.0.1:8000"
AT = f"http://{HOST}"
TOKEN = "a-token-of-some-length"


@pytest.fixture
def client():
    app = Guard(PlainTextResponse("identifying"), HOST, TOKEN)
    return TestClient(app, base_url=AT, follow_redirects=False)


@pytest.fixture
def entered(client):
    client.get(f"/?token={TOKEN}")
    return client


def test_token_is_exchanged_for_a_cookie_that_scripts_and_other_sites_never_see(client):
    answer = client.get(f"/?token={TOKEN}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert TOKEN not in cookie
    assert client.get("/").text == "identifying"


def test_token_works_once(entered):
    cookie = "; ".join(f"{name}={value}" for name, value in entered.cookies.items())
    entered.cookies.clear()
    answer = entered.get(f"/?token={TOKEN}")
    assert answer.status_code == 403
    assert "identifying" not in answer.text
    assert "start it again" in answer.text
    assert entered.get(f"/?token={TOKEN}", headers={"cookie": cookie}).text == "identifying"


@pytest.mark.parametrize("path", ["/", "/?token=wrong", "/?token=", "/api/state?token=" + TOKEN])
def test_nobody_enters_without_the_token(client, path):
    assert client.get(path).status_code == 403


def test_wrong_cookies_are_refused(client):
    for value in ("pixelscrub-8000=guess", "pixelscrub-8000", "@@=1;;=", "pixelscrub-8000=ü"):
        answer = client.get("/", headers={"cookie": value.encode("latin-1")})
        assert answer.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example:8000"},
        {"host": "localhost:8000"},
        {"host": "127.0.0.1"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
    ],
)
def test_other_hosts_and_origins_are_refused_even_with_the_cookie(entered, headers):
    assert entered.get("/api/state", headers=headers).status_code == 403


def test_our_own_page_is_answered(entered):
    headers = {"origin": AT, "sec-fetch-site": "same-origin"}
    assert entered.get("/api/state", headers=headers).text == "identifying"


def test_every_answer_is_sealed(entered):
    for answer in (entered.get("/"), entered.get("/", headers={"host": "evil.example"})):
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'")
        assert "unsafe" not in policy
        assert "http" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-frame-options"] == "DENY"


def test_other_protocols_are_not_answered(entered):
    with pytest.raises(WebSocketDisconnect), entered.websocket_connect("/"):
        pass
