import tomllib

from hypothesis import given
from hypothesis import strategies as st

from pixelscrub.toml import dumps

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
PLAIN = TEXT | st.integers(-(2**53), 2**53) | st.booleans() | st.floats(-1e6, 1e6)
NAMES = st.from_regex(r"[a-z_]{1,9}", fullmatch=True)
TABLES = st.recursive(
    st.dictionaries(NAMES, PLAIN | st.lists(PLAIN | st.lists(PLAIN))),
    lambda inner: st.dictionaries(NAMES, inner | st.lists(inner, min_size=1)),
    max_leaves=6,
)


@given(TABLES)
def test_what_is_written_reads_back_as_it_was(table):
    assert tomllib.loads(dumps(table)) == table


def test_plain_values_stand_before_tables():
    assert dumps({"a": {"b": [{"c": 1}]}, "d": "e"}) == 'd = "e"\n\n[a]\n\n[[a.b]]\nc = 1\n'
