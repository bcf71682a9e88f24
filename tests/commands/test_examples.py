"""The help of each command shows how it is used, what it writes and how it ends."""

import shlex

import pytest
from typer.testing import CliRunner

from pixelscrub.commands.cli import app
from pixelscrub.commands.messages.examples import MEANS, USAGES
from pixelscrub.recipe import names
from scripts import reference

COMMANDS = dict(reference.commands())


def test_every_command_has_them_and_no_other():
    assert set(USAGES) == {words.removeprefix("pixelscrub ") for words in COMMANDS}


def test_exit_codes_mean_what_the_command_line_says():
    assert set(MEANS) == {int(code) for code, _ in reference.exit_codes()}


@pytest.mark.parametrize("words", list(COMMANDS))
def test_help_has_two_examples_what_is_written_and_exit_codes(words):
    usage = USAGES[words.removeprefix("pixelscrub ")]
    said = CliRunner().invoke(app, [*words.split()[1:], "-h"]).output
    assert usage.examples[0] != usage.examples[1]
    page = "\n".join(reference.commands_page())
    for example in usage.examples:
        assert f"\n  pixelscrub {example}\n" in page
        assert "".join(f"pixelscrub {example}".split()) in "".join(said.split())
    assert usage.writes
    assert "Writes:\n" in said
    for code in usage.codes:
        assert f"\n    {code}  {MEANS[code]}\n" in said


@pytest.mark.parametrize("words", list(COMMANDS))
def test_examples_are_commands_with_options_that_there_are(words):
    name = words.removeprefix("pixelscrub ")
    for example in USAGES[name].examples:
        given = shlex.split(example.rpartition("pixelscrub ")[2])
        spoken = [c for c in COMMANDS if f"pixelscrub {' '.join(given)} ".startswith(f"{c} ")]
        command = COMMANDS[max(spoken, key=len)]
        known = {option for p in command.params for option in p.opts}
        assert {word for word in given if word.startswith("-")} <= known, example
        needed = {p.opts[0]: p.opts for p in command.params if p.required and p.opts[0][0] == "-"}
        assert all(set(opts) & set(given) for opts in needed.values()), example
        if "--recipe" in given:
            assert given[given.index("--recipe") + 1] in names()
