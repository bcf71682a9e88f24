"""Our text detection as the service that Karnak asks."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from pixelscrub.errors import HeldError, Reason, UsageError
from pixelscrub.net.images import service as image_service
from pixelscrub.net.images.form import read_form
from pixelscrub.net.images.server import LARGEST, ImageServer, serve
from pixelscrub.recipe import TextSettings

LINES = [("DOE^JANE", 40), ("ID 4711", 200)]
SYNTAX = "1.2.840.10008.1.2.1"


def page(dtype: type = np.uint8, high: int = 250) -> np.ndarray:
    picture = np.full((240, 320), high // 10, dtype)
    for text, y in LINES:
        drawn = np.zeros(picture.shape, np.uint8)
        cv2.putText(drawn, text, (40, y), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 255, 2)
        picture[drawn > 127] = high
    return picture


def form(image: bytes, media_type: str, **values: object) -> tuple[bytes, str]:
    parts = [
        b'--b\r\nContent-Disposition: form-data; name="image"; filename="i"\r\n'
        + f"Content-Type: {media_type}\r\n\r\n".encode()
        + image
    ]
    parts += [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n'
        f"Content-Type: text/plain;charset=UTF-8\r\n\r\n{value}".encode()
        for name, value in values.items()
    ]
    return b"\r\n".join([*parts, b"--b--\r\n"]), "multipart/form-data; boundary=b"


def described(picture: np.ndarray, **more: object) -> dict[str, object]:
    samples = 3 if picture.ndim == 3 else 1
    return {
        "sensitive_data_list": json.dumps({"PatientName": "DOE^JANE", "Nonsense": "x"}),
        "sop_instance_uid": "1.2.3",
        "transfer_syntax_uid": SYNTAX,
        "rows": picture.shape[0],
        "columns": picture.shape[1],
        "bits_allocated": 8 * picture.itemsize,
        "samples_per_pixel": samples,
        "photometric_interpretation": "RGB" if samples == 3 else "MONOCHROME2",
        **more,
    }


@pytest.fixture
def server() -> Iterator[ImageServer]:
    with ImageServer("127.0.0.1", 0, TextSettings(detectors=["network"])) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def ask(
    server: ImageServer, method: str, path: str, body: bytes = b"", **headers: str
) -> tuple[int, dict[str, object], str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=60)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, named)
    answer = connection.getresponse()
    said = json.loads(answer.read())
    connection.close()
    return answer.status, said, answer.getheader("Content-Type", "")


def post(server: ImageServer, image: bytes, media_type: str, **values: object):
    body, kind = form(image, media_type, **values)
    return ask(server, "POST", "/deidentify-image", body, Content_Type=kind)


def rectangles(said: dict) -> list[list[int]]:
    (mask,) = said["masks"]
    assert mask["color"] == "000000"
    return sorted([int(v) for v in r.split(" ")] for r in mask["rectangles"])


def assert_lines_are_covered(found: list[list[int]]) -> None:
    mask = np.zeros((240, 320), bool)
    for x, y, width, height in found:
        mask[y : y + height, x : x + width] = True
    ink = page() > 100
    assert mask[ink].mean() > 0.97
    assert mask.mean() < 0.25


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_masks_of_native_pixels_come_back_as_karnak_takes_them(server, dtype) -> None:
    picture = page(dtype, 250 if dtype is np.uint8 else 3000)
    window = {"window_center": 1000.0, "window_width": 2000.0, "rescale_slope": 1.0}
    values = described(picture, **(window if dtype is np.uint16 else {}))
    status, said, kind = post(server, picture.tobytes(), "application/octet-stream", **values)
    assert status == 200
    assert kind == "application/json; version=1"
    assert said["sop_instance_uid"] == "1.2.3"
    assert said["message"].endswith("sensitive data detected")
    assert_lines_are_covered(rectangles(said))


def test_a_compressed_frame_is_decoded_by_its_transfer_syntax(server) -> None:
    coded = cv2.imencode(".jpg", page())[1].tobytes()
    values = described(page(), transfer_syntax_uid="1.2.840.10008.1.2.4.50")
    status, said, _ = post(server, coded, "image/jpeg", **values)
    assert status == 200
    assert_lines_are_covered(rectangles(said))


def test_a_picture_of_which_nothing_else_is_said_is_looked_at_too(server) -> None:
    coded = cv2.imencode(".png", page())[1].tobytes()
    status, said, _ = post(server, coded, "image/png", sensitive_data_list="{}")
    assert status == 200
    assert "sop_instance_uid" not in said
    assert_lines_are_covered(rectangles(said))


def test_palette_colours_are_looked_up(server) -> None:
    tables = {name: [20] * 128 + [250] * 128 for name in ("red", "green", "blue")}
    values = described(
        page(),
        photometric_interpretation="PALETTE COLOR",
        palette_color_lut=json.dumps(tables),
    )
    status, said, _ = post(server, page().tobytes(), "application/octet-stream", **values)
    assert status == 200
    assert_lines_are_covered(rectangles(said))


def test_a_picture_without_text_has_no_masks(server) -> None:
    empty = np.full((64, 64), 7, np.uint8)
    status, said, _ = post(server, empty.tobytes(), "application/octet-stream", **described(empty))
    assert status == 200
    assert "masks" not in said
    assert said["message"] == "No sensitive data detected"


@pytest.mark.parametrize(
    ("media_type", "changed", "status"),
    [
        ("text/plain", {}, 400),
        ("image/jxl", {}, 400),
        ("application/octet-stream", {"sensitive_data_list": "not JSON"}, 400),
        ("application/octet-stream", {"sensitive_data_list": "[1]"}, 400),
        ("application/octet-stream", {"rows": 0}, 400),
        ("application/octet-stream", {"rows": "many"}, 400),
        ("application/octet-stream", {"columns": "-4"}, 400),
        ("application/octet-stream", {"rescale_slope": "nan"}, 400),
        ("application/octet-stream", {"bits_allocated": 64}, 400),
        ("application/octet-stream", {"samples_per_pixel": 4}, 400),
        ("application/octet-stream", {"palette_color_lut": "{}"}, 400),
        ("application/octet-stream", {"palette_color_lut": "?"}, 400),
        ("application/octet-stream", {"rows": 900}, 422),
        ("image/jpeg", {"transfer_syntax_uid": "1.2.840.10008.1.2.4.50"}, 422),
    ],
)
def test_what_cannot_be_read_is_refused_and_never_passed_as_clean(
    server, media_type, changed, status
) -> None:
    values = {**described(page()), **changed}
    answered, said, _ = post(server, page().tobytes(), media_type, **values)
    assert answered == status
    assert "masks" not in said
    assert "DOE" not in json.dumps(said)


def test_a_picture_that_is_none_is_refused(server) -> None:
    status, said, _ = post(server, b"no picture", "image/png", sensitive_data_list="{}")
    assert (status, said) == (400, {"detail": "Failed to decode image."})


def test_requests_of_other_kinds_are_refused_before_they_are_read(server) -> None:
    body, kind = form(b"", "image/png", sensitive_data_list="{}")
    path = "/deidentify-image"
    assert ask(server, "GET", "/health")[:2] == (200, {"status": "ok"})
    assert ask(server, "GET", "/other")[0] == 404
    assert ask(server, "POST", "/other", body, Content_Type=kind)[0] == 404
    accept = "application/json; version=99"
    assert ask(server, "POST", path, body, Content_Type=kind, Accept=accept)[0] == 406
    assert ask(server, "POST", path, b"{}", Content_Type="application/json")[0] == 400
    assert ask(server, "POST", path, b"{}")[0] == 400
    large = {"Content_Type": kind, "Content_Length": str(LARGEST + 1)}
    assert ask(server, "POST", path, b"", **large)[0] == 413
    assert ask(server, "POST", path, b"", Content_Type=kind, Content_Length="x")[0] == 411


def test_a_fault_of_ours_is_no_answer_without_masks(server, monkeypatch) -> None:
    def fail(*given: object) -> None:
        raise ValueError("DOE^JANE")

    monkeypatch.setattr("pixelscrub.net.images.server.find_masks", fail)
    status, said, _ = post(
        server, page().tobytes(), "application/octet-stream", **described(page())
    )
    assert status == 422
    assert "DOE" not in json.dumps(said)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"--b--"),
        ("multipart/form-data; boundary=b", b"--b\r\n\r\nx"),
        ("multipart/mixed; boundary=b", b"--b\r\n\r\nx\r\n--b--"),
        ("multipart/form-data; boundary=b", b""),
    ],
)
def test_what_is_no_whole_form_is_refused(kind: str, body: bytes) -> None:
    with pytest.raises(UsageError):
        read_form(kind, body)


def test_parts_keep_their_bytes() -> None:
    content = bytes(range(256)) + b"\r\n\n\r"
    body, kind = form(content, "image/raw", a="1")
    parts = read_form(kind, body)
    assert parts["image"].content == content
    assert parts["image"].media_type == "image/raw"
    assert parts["a"].content == b"1"
    assert "4711" not in repr(read_form(*reversed(form(b"4711", "image/raw"))))


def test_an_image_that_is_held_says_so() -> None:
    assert image_service.status_of(HeldError(Reason.TOO_LARGE)) == 422
    assert image_service.status_of(UsageError("x")) == 400


def test_an_address_in_use_is_a_usage_error(server) -> None:
    with pytest.raises(UsageError):
        serve("127.0.0.1", server.server_address[1], TextSettings(detectors=["strokes"]))


def test_the_command_names_what_is_wrong_with_an_address(server, monkeypatch, capsys) -> None:
    from pixelscrub.commands.cli import main

    port = str(server.server_address[1])
    monkeypatch.setattr("sys.argv", ["pixelscrub", "mask-service", "--port", port])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert "listened on" in capsys.readouterr().err
