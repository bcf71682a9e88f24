from pathlib import Path

import pytest

from pixelscrub.findings import Box, Finding
from pixelscrub.intake.instance import Source
from pixelscrub.plan import FacePlan, InstancePlan, Plan
from pixelscrub.recipe import PixelSettings, Recipe, TextSettings
from pixelscrub.store.stamp import stamps


def planned(uid, **values):
    source = Source(Path("/in"), f"{uid}.dcm", size=10, modified=5)
    return InstancePlan(uid=uid, series="1.2", source=source, output=f"p/{uid}.dcm", **values)


@pytest.fixture
def plan(tmp_path):
    (tmp_path / "face-1.nii.gz").write_bytes(b"mask")
    face = FacePlan(
        series="1.2", status="removed", mask="face-1.nii.gz", slices=[("1", 0), ("2", 0)]
    )
    return Plan(study="1", recipe=Recipe(), instances=[planned("1"), planned("2")], faces=[face])


def changed(plan, folder, change):
    before = stamps(plan, folder)
    change()
    after = stamps(plan, folder)
    return {uid for uid in after if before.get(uid) != after[uid]}


def test_stamp_changes_with_its_own_instance_only(plan, tmp_path):
    box = Finding(kind="manual", box=Box(0, 0, 4, 4))
    assert changed(plan, tmp_path, lambda: plan.instances[0].findings.append(box)) == {"1"}
    assert changed(plan, tmp_path, lambda: setattr(plan.instances[1], "crop", box.box)) == {"2"}


def test_time_and_how_things_were_found_change_no_stamp(plan, tmp_path):
    assert not changed(plan, tmp_path, lambda: plan.instances[0].seconds.update(look=2.0))
    other = plan.recipe.model_copy(update={"text": TextSettings(padding=9)})
    assert not changed(plan, tmp_path, lambda: setattr(plan, "recipe", other))


def test_fill_mask_and_files_of_the_study_change_every_stamp(plan, tmp_path):
    other = plan.recipe.model_copy(update={"pixels": PixelSettings(fill="grey")})
    assert changed(plan, tmp_path, lambda: setattr(plan, "recipe", other)) == {"1", "2"}
    mask = tmp_path / "face-1.nii.gz"
    assert changed(plan, tmp_path, lambda: mask.write_bytes(b"corrected")) == {"1", "2"}
    assert changed(plan, tmp_path, mask.unlink) == {"1", "2"}
    third = planned("3")
    assert changed(plan, tmp_path, lambda: plan.instances.append(third)) == {"1", "2", "3"}
