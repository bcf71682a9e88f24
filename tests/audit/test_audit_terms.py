"""An original that cannot be read for what identifies is no reason to pass its output."""

from pixelscrub.audit.audit import audit
from pixelscrub.errors import HeldError, Reason


def test_output_of_an_original_without_readable_terms_is_reported(
    make_instance, save, tmp_path, monkeypatch
):
    def fail(header):
        raise HeldError(Reason.TAGS_FAILED)

    instance = make_instance()
    save(instance, tmp_path / "in" / "a.dcm")
    save(instance, tmp_path / "out" / "a.dcm")
    monkeypatch.setattr("pixelscrub.audit.audit.Terms.of", fail)
    found = audit([tmp_path / "in"], tmp_path / "out")
    assert "original_unreadable" in {issue.kind for issue in found.issues}
