#!/usr/bin/env python3
"""Write `identity/data/sop_classes.csv` and `types.csv` from highdicom's tables of PS3.3.

Needs highdicom, which pixelscrub itself does not. Only attributes whose fate depends on
their Type are kept: those with a compound code, `X` of Type 1 or 2 and `Z` of Type 1.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from importlib import resources
from pathlib import Path

DATA = Path(__file__).parent.parent / "pixelscrub" / "identity" / "data"
STRICTNESS = {"3": 0, "2C": 1, "2": 2, "1C": 3, "1": 4}
RETIRED = {
    "1.2.840.10008.5.1.4.1.1.3": "ultrasound-multi-frame-image",
    "1.2.840.10008.5.1.4.1.1.5": "nuclear-medicine-image",
    "1.2.840.10008.5.1.4.1.1.6": "ultrasound-image",
    "1.2.840.10008.5.1.4.1.1.12.3": "x-ray-angiographic-image",
    "1.2.840.10008.5.1.4.1.1.77.1": "vl-photographic-image",
    "1.2.840.10008.5.1.4.1.1.77.2": "vl-photographic-image",
    "1.2.840.10008.5.1.4.1.1.88.1": "basic-text-sr",
    "1.2.840.10008.5.1.4.1.1.88.3": "enhanced-sr",
    "1.2.840.10008.5.1.4.1.1.88.4": "comprehensive-sr",
}


def standard(name: str) -> dict[str, list[dict[str, object]]]:
    text = (resources.files("highdicom") / "_standard" / name).read_text(encoding="utf-8")
    return json.loads(text)


def kind(iod: str, modules: set[str]) -> str:
    if iod.startswith("encapsulated") or "encapsulated-document" in modules:
        return "encapsulated"
    if iod in {"raw-data", "inventory", "basic-directory"} or "audio" in iod:
        return "opaque"
    return "image" if modules & {"image-pixel", "floating-point-image-pixel"} else "structured"


def codes() -> dict[str, str]:
    from pydicom.datadict import keyword_for_tag

    with (DATA / "ps3_15.csv").open(encoding="utf-8") as file:
        return {
            keyword_for_tag(int(row["tag"], 16)): row["basic"]
            for row in csv.DictReader(file)
            if row["tag"].isalnum() and "x" not in row["tag"] and len(row["tag"]) == 8
        }


def matters(code: str, level: str) -> bool:
    if "/" in code:
        return level != "3"
    return level in {"X": "1 2 2C", "Z": "1"}.get(code, "").split()


def strictest(iods: set[str]) -> dict[tuple[str, str], dict[str, str]]:
    """Type by attribute and the sequence it stands in, then by IOD."""
    modules, attributes = standard("iod_module_map.json"), standard("module_attribute_map.json")
    found: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for iod in sorted(iods):
        for module in modules[iod]:
            for item in attributes.get(str(module["key"]), []):
                place = (str(item["keyword"]), item["path"][-1] if item["path"] else "")
                level, before = str(item["type"]), found[place].get(iod, "3")
                found[place][iod] = max(level, before, key=STRICTNESS.__getitem__)
    return found


def write(name: str, head: list[str], rows: list[list[str]]) -> None:
    with (DATA / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([head, *sorted(rows)])


def main() -> None:
    sop = {**RETIRED, **standard("sop_class_iod_map.json")}
    modules = standard("iod_module_map.json")
    held = {iod: {str(m["key"]) for m in modules[iod]} for iod in set(sop.values())}
    write(
        "sop_classes.csv",
        ["sop_class", "iod", "kind"],
        [[uid, iod, kind(iod, held[iod])] for uid, iod in sop.items()],
    )
    listed, rows = codes(), []
    for (keyword, within), by_iod in strictest(set(sop.values())).items():
        for level in STRICTNESS:
            iods = sorted(iod for iod, found in by_iod.items() if found == level)
            if iods and matters(listed.get(keyword, ""), level):
                everywhere = len(iods) == len(by_iod) or bool(within)
                rows.append([keyword, within, level, "*" if everywhere else " ".join(iods)])
    write("types.csv", ["keyword", "within", "type", "iods"], rows)


if __name__ == "__main__":
    main()
