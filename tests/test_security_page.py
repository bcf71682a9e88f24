"""SECURITY.md stays true: each promise names tests that exist, and its figures are the code's."""

import ast
import re
from pathlib import Path

import pytest

from pixelscrub.net.limits import ListenerLimits, WebLimits

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
PROMISES = PAGE.partition("## What is promised")[2].partition("\n## ")[0]
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")


def rows():
    """Cells of each promise."""
    lines = [line for line in PROMISES.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [row for row in cells if row[0] not in ("against", "---")]


def defined_in(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0][:40])
def test_promise_is_shown_by_tests_that_exist(row):
    against, promise, shown = row
    assert against
    assert promise
    named = NAMED.findall(shown)
    assert named
    assert NAMED.sub("", shown).strip(", ") == ""
    for file, name in named:
        assert name.startswith("test_")
        assert name in defined_in(ROOT / "tests" / file), f"{file}::{name}"


def test_every_kind_of_attack_has_promises():
    heads = re.findall(r"^### (.+)$", PROMISES, re.MULTILINE)
    assert len(heads) == 5
    assert len(rows()) > 40


def test_figures_of_the_page_are_those_of_the_code():
    gateway, web = ListenerLimits(), WebLimits()
    admission, transport = gateway.admission, gateway.transport
    page = PAGE.partition("## What a peer may take")[2].partition("\n## ")[0]
    said = [
        f"| {admission.seconds:.0f} s |",
        f"{admission.half_open_per_address} of an address, {admission.half_open} in all;",
        f"{admission.burst:,} of an address at once, {admission.per_second:.0f} a second",
        f"{gateway.associations_per_address} of an address, {gateway.associations} in all",
        f"| {admission.request_bytes // 2**10} KiB, {transport.pdu_bytes // 2**20} MiB |",
        f"| {transport.pdu_seconds:.0f} s, {transport.idle_seconds:.0f} s |",
        f"| {web.told.content_bytes // 2**20} MiB, {web.results:,} results |",
        f"| {web.parts.part_bytes // 2**30} GiB, {web.parts.parts:,} and"
        f" {web.images.coded_bytes // 2**40} TiB;",
        f"| {web.images.ratio:.0f} to 1, once there are {web.images.ratio_from // 2**20} MiB"
        f" ({web.told.ratio_from // 2**20} MiB of a search)",
        f"| {web.images.bytes_per_second / 1024:.0f} KiB a second on average after"
        f" {web.images.patience:.0f} s |",
        f"| {web.redirects}, within the origin",
    ]
    assert [text for text in said if text not in page] == []
    assert admission.rejected == 10
    assert "counts as ten" in page
