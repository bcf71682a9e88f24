import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelscrub.identity.terms import Terms
from pixelscrub.intake.instance import Instance, Source
from pixelscrub.plan import FacePlan
from pixelscrub.recipe import Recipe
from pixelscrub.study.context import StudyContext, read_context, together
from pixelscrub.study.tasks import LookTask

words = st.frozensets(st.text(st.characters(codec=None), max_size=9), max_size=4)
some_terms = st.builds(Terms, **dict.fromkeys(Terms.__slots__, words))


@given(some_terms)
def test_terms_come_back_as_they_were(tmp_path_factory, terms):
    path = tmp_path_factory.mktemp("facts") / "file"
    with StudyContext(terms).laid_down(path):
        assert read_context(path) == StudyContext(terms)
    assert not path.exists()


@given(st.lists(some_terms, max_size=4))
def test_terms_of_many_headers_are_those_of_each(each):
    joined = Terms()
    for terms in each:
        joined |= terms
    assert together(each) == joined


def test_faces_are_found_by_instance(tmp_path):
    first = FacePlan(series="1", status="removed", mask="a", slices=[("u", 0), ("v", 0), ("u", 1)])
    second = FacePlan(series="2", status="none", slices=[("v", 3)])
    with StudyContext(faces=[first, second]).laid_down(tmp_path / "f"):
        facts = read_context(tmp_path / "f")
    assert facts.faces_of("u") == [first]
    assert facts.faces_of("v") == [first, second]
    assert facts.faces_of("w") == []


def _interrupt(path):
    assert path.exists()
    raise KeyboardInterrupt


def test_file_is_gone_whatever_happened_while_it_lay_there(tmp_path):
    with pytest.raises(KeyboardInterrupt), StudyContext().laid_down(tmp_path / "f") as path:
        _interrupt(path)
    assert not path.exists()


def test_tasks_of_a_large_study_are_as_small_as_of_a_small_one_and_it_is_read_once(tmp_path):
    """Once all terms of a study travelled with each task."""

    def size(count):
        path = tmp_path / f"{count}"
        uids = [f"2.25.{n:039}" for n in range(count)]
        face = FacePlan(series="1", status="none", slices=[(uid, 0) for uid in uids])
        with StudyContext(Terms(uids=frozenset(uids)), [face]).laid_down(path):
            source = Source(Path("/in"), "1.dcm", 1, 1)
            instance = Instance(source, "1", "2", "3", "", "", "", "CT", 1)
            task = LookTask(instance, Recipe(), path)
            assert len(task.terms.uids) == count
            read = read_context.cache_info().misses
            for uid in uids[:500]:
                assert read_context(path).faces_of(uid)
                assert pickle.loads(pickle.dumps(task)).terms is read_context(path).terms
            assert read_context.cache_info().misses == read
            return len(pickle.dumps(task))

    small = size(500)
    assert small < 5000
    assert size(50_000) < small + 20
