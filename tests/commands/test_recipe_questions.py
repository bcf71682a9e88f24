"""`recipes new`: a few questions, and a recipe that loads and says why."""

import tomllib
from itertools import product

import pytest
from typer.testing import CliRunner

from pixelscrub.commands.cli import app
from pixelscrub.commands.recipe_questions import QUESTIONS, ask_all, to_recipe
from pixelscrub.errors import UsageError
from pixelscrub.recipe import Recipe


def make(tmp_path, typed):
    path = tmp_path / "mine.toml"
    result = CliRunner().invoke(app, ["recipes", "new", "-o", str(path)], input=typed)
    return path, result


def test_empty_answers_make_the_recipe_that_removes_most(tmp_path):
    path, result = make(tmp_path, "\n" * len(QUESTIONS))
    assert result.exit_code == 0
    recipe = Recipe.load(path)
    assert recipe.name == "mine"
    assert recipe.tags.options == ("clean_descriptors",)
    assert recipe.text.outside_regions
    assert not recipe.tags.crosswalk
    assert recipe.steps == Recipe().steps


def test_answers_become_settings(tmp_path):
    typed = "internal\nMOVE\nremove\nkeep\nkeep\neyes\nsides\nyes\n"
    path, _ = make(tmp_path, typed)
    recipe = Recipe.load(path)
    assert set(recipe.tags.options) == {
        "retain_institution_identity",
        "retain_modified_dates",
        "retain_patient_characteristics",
        "retain_device_identity",
        "retain_safe_private",
    }
    assert (recipe.duplicates, recipe.face.orbits) == ("newest", "keep_back")
    assert (recipe.text.keep, recipe.tags.crosswalk) == ("laterality", True)


def test_every_combination_of_answers_is_a_recipe_and_every_setting_says_why(tmp_path):
    path = tmp_path / "one.toml"
    widest = max(len(question.answers) for question in QUESTIONS)
    rows = [[q.answers[min(n, len(q.answers) - 1)] for q in QUESTIONS] for n in range(widest)]
    rows += [[*pair, *rows[0][2:]] for pair in product(*(q.answers for q in QUESTIONS[:2]))]
    for row in rows:
        text = to_recipe('of "ward 3"', row)
        path.write_text(text)
        assert Recipe.load(path).name == 'of "ward 3"'
        settings = [line for line in text.splitlines()[2:] if line.strip("[]") and line[:1] != "["]
        assert all("#" in line for line in settings if line not in ("]",))
        assert len(tomllib.loads(text)) >= 2


def test_every_answer_of_a_question_has_a_word_of_its_own():
    for question in QUESTIONS:
        words = [answer.word for answer in question.answers]
        assert len(set(words)) == len(words) >= 2


def test_an_answer_that_is_not_understood_is_asked_for_again():
    typed = iter(["everybody\n", "partner\n", *["\n"] * (len(QUESTIONS) - 1)])
    told = []
    assert "partner" in ask_all("mine", lambda: next(typed), told.append)
    assert "  one of: public, partner, internal" in told


@pytest.mark.parametrize(
    ("typed", "message"), [("public\n", "missing"), ("x\nx\nx\n", "understood")]
)
def test_without_answers_no_file_is_made(tmp_path, typed, message):
    path, result = make(tmp_path, typed)
    assert isinstance(result.exception, UsageError)
    assert message in str(result.exception)
    assert not path.exists()


def test_a_file_that_exists_is_left_alone(tmp_path):
    (tmp_path / "mine.toml").write_text("mine")
    path, result = make(tmp_path, "\n" * 20)
    assert isinstance(result.exception, UsageError)
    assert path.read_text() == "mine"
