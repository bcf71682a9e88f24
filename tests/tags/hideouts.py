"""Hiding places below the level of attributes: files built byte by byte, one place a file.

Independent of the package's own reader and writer, and of `torture`. Each place holds either a
number that nothing else tells (`ZQ...KX`, where everything has to go) or the patient's own name
or number (in what stays). `python -m benchmarks.tags` uses them.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

LONG = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"}
EXPLICIT, DEFLATED, JPEG = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.50"
FAMILY, GIVEN, NUMBER = "Gundersen", "Ragnhild", "MRN-00812345"
NAME = f"{FAMILY}^{GIVEN}"
ENDLESS = 0xFFFFFFFF


class Hideout(NamedTuple):
    """A file, the place that something hides in, and what hides there, as bytes."""

    place: str
    data: bytes
    hidden: tuple[bytes, ...]


def element(tag: int, vr: str, value: bytes | str, length: int | None = None) -> bytes:
    """An element in explicit little endian."""
    data = value.encode("latin-1") if isinstance(value, str) else value
    data += (b"\0" if vr in {"UI", "OB", "UN"} else b" ") * (len(data) % 2)
    length = len(data) if length is None else length
    head = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr.encode())
    return head + struct.pack("<xxL" if vr in LONG else "<H", length) + data


def implicit(tag: int, value: bytes | str) -> bytes:
    """An element in implicit little endian."""
    data = value.encode("latin-1") if isinstance(value, str) else value
    data += b" " * (len(data) % 2)
    return struct.pack("<HHL", tag >> 16, tag & 0xFFFF, len(data)) + data


def item(body: bytes, endless: bool = False) -> bytes:
    """An item of a sequence."""
    if endless:
        return struct.pack("<HHL", 0xFFFE, 0xE000, ENDLESS) + body + end(0xE00D)
    return struct.pack("<HHL", 0xFFFE, 0xE000, len(body)) + body


def end(number: int = 0xE0DD) -> bytes:
    """A delimiter."""
    return struct.pack("<HHL", 0xFFFE, number, 0)


def identity(charset: str = "ISO_IR 192", name: bytes = NAME.encode()) -> list[bytes]:
    """Who the patient is, and an image without pixel data."""
    return [
        element(0x00080005, "CS", charset),
        element(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.2"),
        element(0x00080018, "UI", "1.2.826.0.1.4711.1"),
        element(0x00080020, "DA", "20200131"),
        element(0x00080060, "CS", "CT"),
        element(0x00100010, "PN", name),
        element(0x00100020, "LO", NUMBER),
        element(0x00100030, "DA", "19500517"),
        element(0x0020000D, "UI", "1.2.826.0.1.4711"),
        element(0x0020000E, "UI", "1.2.826.0.1.4711.2"),
    ]


def file(
    *more: bytes,
    who: list[bytes] | None = None,
    meta: bytes = b"",
    preamble: bytes = b"",
    syntax: str = EXPLICIT,
    after: bytes = b"",
) -> bytes:
    """A file of the identity and `more` elements, in the order of their tags."""
    elements = [*(identity() if who is None else who), *more]
    elements.sort(key=lambda data: struct.unpack("<HH", data[:4]))
    about = element(0x00020001, "OB", b"\0\1") + element(0x00020010, "UI", syntax) + meta
    about = element(0x00020000, "UL", struct.pack("<L", len(about))) + about
    body = b"".join(elements)
    if syntax == DEFLATED:
        body = zlib.compress(body, wbits=-15)
    return preamble.ljust(128, b"\0") + b"DICM" + about + body + after


def pixels(value: bytes, *fragments: bytes) -> bytes:
    """Pixel data of 4 by 4, native or (with fragments) encapsulated."""
    image = [
        element(0x00280002, "US", b"\1\0"), element(0x00280004, "CS", "MONOCHROME2"),
        element(0x00280010, "US", b"\4\0"), element(0x00280011, "US", b"\4\0"),
        element(0x00280100, "US", b"\x08\0"), element(0x00280101, "US", b"\x08\0"),
        element(0x00280102, "US", b"\7\0"), element(0x00280103, "US", b"\0\0"),
    ]  # fmt: skip
    if fragments:
        body = b"".join(map(item, fragments)) + end()
        return b"".join(image) + element(0x7FE00010, "OB", body, ENDLESS)
    return b"".join(image) + element(0x7FE00010, "OB", value)


Builder = Callable[[str], bytes]


def _in(tag: int, vr: str) -> Builder:
    """Files that hold a text in this element."""
    return lambda text: file(element(tag, vr, text))


def unknown() -> dict[str, Builder]:
    """Places from which everything has to go; each makes a file that hides a token there."""
    places: dict[str, Builder] = {}
    places["private sequence in UN"] = lambda t: file(
        element(0x00290010, "LO", "SOMEONE"),
        element(0x00291001, "UN", item(implicit(0x00080104, t))),
    )
    places["private sequence in endless UN"] = lambda t: file(
        element(0x00290010, "LO", "SOMEONE"),
        element(0x00291001, "UN", item(implicit(0x00080104, t), True) + end(), ENDLESS),
    )
    places["UN in UN"] = lambda t: file(
        element(0x00540016, "UN", item(implicit(0x00082218, item(implicit(0x00100010, t)))))
    )
    places["endless UN in an endless sequence"] = lambda t: file(
        element(
            0x00082218, "SQ",
            item(element(0x00540016, "UN", item(implicit(0x00081048, t)) + end(), ENDLESS), True)
            + end(), ENDLESS,
        )
    )  # fmt: skip
    places["implicit items in an explicit file"] = lambda t: file(
        element(0x00082218, "SQ", item(implicit(0x00100020, t)))
    )
    for group in (0x6000, 0x601E, 0x6020, 0x60FE):
        places[f"overlay label {group:04X}"] = _in(group << 16 | 0x1500, "LO")
        places[f"overlay description {group:04X}"] = _in(group << 16 | 0x0022, "LO")
    for group, number in ((0x5000, 0x2500), (0x50FE, 0x0022), (0x5002, 0x2600)):
        places[f"curve {group:04X},{number:04X}"] = _in(group << 16 | number, "LO")
    places["long text in a sequence"] = lambda t: file(
        element(0x00082218, "SQ", item(element(0x00104000, "UT", "x " * 40 + t)))
    )
    places["unlimited characters of an unknown attribute"] = lambda t: file(
        element(0x00082218, "SQ", item(element(0x00083FFE, "UC", t)))
    )
    places["person's name in an unlisted attribute"] = lambda t: file(
        element(0x00082218, "SQ", item(element(0x00181000 + 0x0AAA, "PN", t)))
    )
    places["group length"] = lambda t: file(element(0x00280000, "LO", t))
    places["group length in an item"] = lambda t: file(
        element(0x00082218, "SQ", item(element(0x00080000, "LO", t)))
    )
    places["preamble as TIFF"] = lambda t: file(preamble=b"II*\0\x08\0\0\0" + t.encode())
    places["file meta, unknown"] = lambda t: file(meta=element(0x00020FFF, "LO", t))
    places["file meta, private"] = lambda t: file(
        meta=element(0x00020100, "UI", "1.2.3") + element(0x00020102, "OB", t)
    )
    places["file meta in the data set"] = lambda t: file(element(0x00020016, "AE", t))
    places["command in the data set"] = lambda t: file(element(0x00001000, "UI", t))
    places["directory in the data set"] = lambda t: file(element(0x00041130, "CS", t))
    for group in (0x0001, 0x0003, 0x0007, 0x00FF, 0x7FE1, 0xFFFD):
        places[f"odd group {group:04X}"] = _in(group << 16 | 1, "LO")
    places["unused private creator"] = lambda t: file(element(0x00190010, "LO", t))
    places["unused private creator in an item"] = lambda t: file(
        element(0x00082218, "SQ", item(element(0x00190010, "LO", t)))
    )
    places["after the file"] = lambda t: file(after=t.encode() * 5)
    places["after the pixel data"] = lambda t: file(pixels(bytes(16)), after=t.encode() * 5)
    places["padding after the pixel data"] = lambda t: file(
        pixels(bytes(16)), element(0xFFFCFFFC, "OB", t)
    )
    places["signature after the pixel data"] = lambda t: file(
        pixels(bytes(16)), element(0xFFFAFFFA, "SQ", item(element(0x04000115, "CS", t)))
    )
    places["private after the pixel data"] = lambda t: file(
        pixels(bytes(16)), element(0x7FE10010, "LO", "SOMEONE"), element(0x7FE11001, "OB", t)
    )
    places["after a deflated data set"] = lambda t: file(syntax=DEFLATED, after=t.encode() * 3)
    places["same tag twice"] = lambda t: file(
        element(0x00081030, "LO", t), element(0x00081030, "LO", t + "A")
    )
    places["UID with something behind"] = lambda t: file(
        element(0x0020000D, "UI", "1.2.826.0.1.4711\0" + t)
    )
    places["UID of the standard with a name"] = lambda t: file(
        element(0x00081195, "UI", f"1.2.840.10008.{t}")
    )
    places["unlisted UID"] = lambda t: file(element(0x00080117, "UI", t))
    for vr, tag in (("DS", 0x00180050), ("IS", 0x00200012), ("TM", 0x00181206), ("AS", 0x00189999)):
        places[f"{vr} that is text"] = _in(tag, vr)
    places["offset table"] = lambda t: file(
        pixels(b"", t.encode() + b" " * (-len(t) % 4), b"\xff\xd8\xff\xd9"), syntax=JPEG
    )
    places["icon"] = lambda t: file(element(0x00880200, "SQ", item(element(0x7FE00010, "OB", t))))
    return places


def known() -> dict[str, tuple[bytes, tuple[bytes, ...]]]:
    """The patient's own name or number in what otherwise stays: file and what hides."""
    family, number = FAMILY.lower().encode(), NUMBER.lower().encode()
    japanese = "山田^太郎"
    coded = b"Yamada^Tarou=" + japanese.encode("iso2022_jp")
    korean = b"Hong^Gildong=\x1b$)C" + "洪".encode("euc_kr") + b"^\x1b$)C" + "吉洞".encode("euc_kr")
    chinese = "Wang^XiaoDong=王^小东".encode("gb18030")
    kept = 0x00181210
    return {
        "joined to a number": (file(element(kept, "SH", "GUNDERSEN2020")), (family,)),
        "behind a number": (file(element(kept, "SH", "2020gundersen")), (family,)),
        "after a NUL": (file(element(kept, "SH", "soft\0Gundersen")), (family,)),
        "between underscores": (file(element(kept, "SH", "b_gundersen_r")), (family,)),
        "number without its dash": (file(element(kept, "SH", "MRN00812345")), (b"mrn00812345",)),
        "number in a long text": (
            file(element(0x00080119, "UC", "x " * 60 + NUMBER)), (number,)
        ),
        "character set": (
            file(who=identity("ISO_IR 100\\GUNDERSEN")), (family,)
        ),
        "modality": (file(element(0x00280A02, "CS", "GUNDERSEN")), (family,)),
        "binary numbers": (file(element(0x00281101, "US", "GUNDERSEN ")), (family,)),
        "table of words": (file(element(0x00281201, "OW", "of GUNDERSEN")), (family,)),
        "UTF-16 in a profile": (
            file(element(0x00282000, "OB", "desc Gundersen".encode("utf-16-be"))),
            ("gundersen".encode("utf-16-be"),),
        ),
        "full width": (
            file(element(kept, "SH", "Ｇｕｎｄｅｒｓｅｎ".encode())),
            ("ｇｕｎｄｅｒｓｅｎ".encode(), "Ｇｕｎｄｅｒｓｅｎ".encode()),
        ),
        "decomposed accents": (
            file(
                element(kept, "SH", "Mu\u0308ller".encode()),
                who=identity(name="Müller^Jörg".encode()),
            ),
            ("mu\u0308ller".encode(), b"mueller", "müller".encode()),
        ),
        "ideographs with code extensions": (
            file(
                element(kept, "LO", b"soft " + "山田".encode("iso2022_jp")),
                who=identity("\\ISO 2022 IR 87", coded),
            ),
            ("山田".encode("iso2022_jp")[3:-3],),
        ),
        "Hangul with code extensions": (
            file(
                element(kept, "LO", b"soft \x1b$)C" + "吉洞".encode("euc_kr")),
                who=identity("\\ISO 2022 IR 149", korean),
            ),
            ("吉洞".encode("euc_kr"),),
        ),
        "GB18030": (
            file(
                element(kept, "LO", "soft 小东 x".encode("gb18030")),
                who=identity("GB18030", chinese),
            ),
            ("小东".encode("gb18030"),),
        ),
        "item with a character set of its own": (
            file(
                element(
                    0x00082218, "SQ",
                    item(
                        element(0x00080005, "CS", "ISO_IR 144")
                        + element(0x00080104, "LO", "Люкс".encode("iso8859_5"))
                    ),
                ),
                who=identity(name="Люкс^Анна".encode()),
            ),
            ("Люкс".encode("iso8859_5"),),
        ),
        "comment of a JPEG": (
            file(
                pixels(b"", b"", b"\xff\xd8\xff\xfe\0\x12comment Gundersen\0\xff\xd9"), syntax=JPEG
            ),
            (family,),
        ),
        "pixel data": (file(pixels(b"Gundersen^Ragnhi")), (family,)),
    }  # fmt: skip


def hideouts(seed: int = 0) -> Iterator[Hideout]:
    """All files; other seeds plant other tokens."""
    for count, (place, build) in enumerate(unknown().items()):
        token = f"ZQ{seed % 900 + 100}{count:03d}KX"
        yield Hideout(place, build(token), (token.lower().encode(),))
    for place, (data, hidden) in known().items():
        yield Hideout(place, data, hidden)


def leaks(hideout: Hideout, written: bytes) -> bool:
    """Whether what hides is still in the written bytes."""
    start = 132 + 12 + int.from_bytes(written[140:144], "little")
    if DEFLATED.encode() in written[:start]:
        written += zlib.decompress(written[start:], wbits=-15)
    folded = written.lower()
    return any(hidden.lower() in folded for hidden in hideout.hidden)
