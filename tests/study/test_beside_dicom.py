"""NIfTI volumes among other files: the recipe's settings for faces hold for them too."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk  # noqa: N813

from pixelscrub.face.nifti import deface
from pixelscrub.intake.instance import Source
from pixelscrub.plan import InstancePlan
from pixelscrub.recipe import FaceSettings, Recipe
from pixelscrub.study.beside_dicom import apply_volume
from pixelscrub.study.tasks import ApplyTask


def test_settings_of_the_recipe_hold_for_volumes(tmp_path, monkeypatch):
    sitk.WriteImage(sitk.GetImageFromArray(np.ones((9, 9, 9), np.int16)), tmp_path / "head.nii")
    path = tmp_path / "head.nii"
    source = Source(tmp_path, path.name, path.stat().st_size, path.stat().st_mtime_ns)
    given = {}

    def record(source, out, modality, **settings):
        given.update(settings)
        out.write_bytes(b"")
        return deface.Defaced({}, 3)

    monkeypatch.setattr(deface, "deface_nifti", record)
    face = FaceSettings(orbits="keep_back", ears=True, fill="blur")
    plan = InstancePlan(
        uid="1", series="1", source=source, output="p/s/r/1.nii", sop_class="",
        transfer_syntax="", format="nifti",
    )  # fmt: skip
    places = (tmp_path / "scratch", tmp_path / "pictures")
    task = ApplyTask(plan, tmp_path, tmp_path, Recipe(face=face), bytes(32), *places)
    assert apply_volume(task, source).face == ("removed", {})
    assert given.items() >= {"orbits": "keep_back", "ears": True, "fill": "blur"}.items()
