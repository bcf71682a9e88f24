"""Private parts of pydicom that no public call stands in for. Tried with pydicom 3.0.

- `Dataset._dict` holds elements as they were read, raw; `Dataset.values()` would convert them:
  https://github.com/pydicom/pydicom/blob/v3.0.1/src/pydicom/dataset.py
- `filereader._read_file_meta_info` reads file meta information alone, from an open file:
  https://github.com/pydicom/pydicom/blob/v3.0.1/src/pydicom/filereader.py
- `Dataset._character_set` is what text was decoded by, where it was read without `dcmread`.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from pydicom.dataset import Dataset, FileMetaDataset


def raw_elements(data: Dataset) -> MutableMapping[Any, Any]:
    """The elements of a data set by tag, raw where nobody asked for them; changes are seen by it.

    Args:
        data: at one depth.
    """
    return data._dict


def read_file_meta(file: BinaryIO) -> FileMetaDataset:
    """File meta information (PS3.10 7.1), from behind the preamble; raises as pydicom does."""
    from pydicom.filereader import _read_file_meta_info

    return _read_file_meta_info(file)


def character_set_of(data: Dataset) -> Any:
    """Python encodings by which the text of a data set was read."""
    return data._character_set
