import pytest

from pixelscrub.errors import HeldError, Reason
from pixelscrub.findings import Box
from pixelscrub.review.headers import Headers


@pytest.fixture
def about(prepared):
    headers = Headers()
    return lambda source: headers.about(prepared.planned(source))


def test_size_frames_and_device_are_told(about):
    cine = about("cine.dcm")
    assert cine[:3] == (32, 48, 4)
    assert cine.device == ("acme", "one", "ot")


def test_alike_means_the_same_size_and_for_layouts_the_same_device(about):
    still, cine, other, large = map(about, ("still-1.dcm", "cine.dcm", "other.dcm", "large.dcm"))
    assert still.is_alike(cine, same_device=True)
    assert still.is_alike(other, same_device=False)
    assert not still.is_alike(other, same_device=True)
    assert not still.is_alike(large, same_device=False)


def test_box_is_clipped_to_the_image(about):
    assert about("still-1.dcm").clip(Box(-5, 30, 99, 99)) == Box(0, 30, 48, 32)


def test_file_that_changed_is_not_read(prepared):
    (prepared.inputs / "still-1.dcm").write_bytes(b"another")
    with pytest.raises(HeldError) as caught:
        Headers().about(prepared.planned("still-1.dcm"))
    assert caught.value.reason is Reason.INPUT_CHANGED


def test_file_without_pixels_has_no_size(make_instance, save, planned, tmp_path):
    instance = make_instance()
    del instance.Rows
    path = save(instance, tmp_path / "a.dcm")
    with pytest.raises(HeldError) as caught:
        Headers().about(planned(path, "1", "1"))
    assert caught.value.reason is Reason.BAD_PIXEL_DATA
