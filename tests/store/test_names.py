from pathlib import Path

from pixelscrub.intake.instance import Instance, Source
from pixelscrub.store.names import assign


def instance(uid, series="1.1", number=1):
    source = Source(Path("/archive"), uid, 1, 1)
    return Instance(source, uid, series, "9.9", "4711", "1.2", "1.2.1", "CT", number)


def pseudonym(uid):
    return f"x{uid}"


def test_names_are_made_of_pseudonyms_and_follow_instance_number():
    names = assign([instance("b", number=1), instance("a", number=2)], {}, "pat", pseudonym)
    assert names == {"b": "pat/x9.9/x1.1/0001.dcm", "a": "pat/x9.9/x1.1/0002.dcm"}


def test_equal_numbers_do_not_collide_and_order_of_input_does_not_matter():
    instances = [instance(uid) for uid in "abc"]
    names = assign(instances, {}, "pat", pseudonym)
    assert len(set(names.values())) == 3
    assert assign(instances[::-1], {}, "pat", pseudonym) == names


def test_earlier_names_are_kept_and_not_given_twice():
    earlier = {"b": "pat/x9.9/x1.1/0001.dcm"}
    names = assign([instance("a"), instance("b")], earlier, "pat", pseudonym)
    assert names == {"a": "pat/x9.9/x1.1/0002.dcm", "b": "pat/x9.9/x1.1/0001.dcm"}
