"""Tesseract as a detector: what it reads, and what becomes of its faults."""

from __future__ import annotations

import shutil
import subprocess

import cv2
import numpy as np
import pytest

from pixelscrub import api
from pixelscrub.errors import HeldError, MissingComponentError, Reason
from pixelscrub.findings import Box
from pixelscrub.recipe import Recipe, TextSettings
from pixelscrub.text.boxes import TextBox
from pixelscrub.text.detectors import detect
from pixelscrub.text.detectors.drawn import is_drawn
from pixelscrub.text.detectors.words import find_words
from pixelscrub.text.reading import tesseract

needs_tesseract = pytest.mark.skipif(
    shutil.which("tesseract") is None, reason="tesseract is not installed"
)


def page(text="Hospital Johnson 1961"):
    picture = np.zeros((120, 480), np.uint8)
    cv2.putText(picture, text, (30, 60), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 255, 2)
    return picture


@needs_tesseract
@pytest.mark.parametrize("invert", [False, True])
def test_words_are_found_where_they_are(invert):
    picture = 255 - page() if invert else page()
    found = find_words(picture)
    assert len(found) >= 2
    assert all(Box(20, 30, 440, 75).intersection(word.box) == word.box for word in found)


@needs_tesseract
def test_a_long_strip_takes_bounded_memory():
    strip = np.random.default_rng(0).integers(0, 255, (6, 100_000)).astype(np.uint8)
    assert find_words(strip) == []


def test_a_missing_program_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingComponentError):
        detect(page(), ["tesseract"])


def stand_in(monkeypatch, folder, script):
    """Put a program of the name of tesseract first on the path."""
    program = folder / "tesseract"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_a_program_that_hangs_holds_the_instance(monkeypatch, tmp_path):
    monkeypatch.setattr(tesseract, "TIMEOUT", 0.3)
    stand_in(monkeypatch, tmp_path, "exec sleep 20")
    with pytest.raises(HeldError) as error:
        detect(page(), ["tesseract"])
    assert error.value.reason is Reason.DETECTOR_FAILED


def test_a_program_that_crashes_holds_the_instance(monkeypatch, tmp_path):
    stand_in(monkeypatch, tmp_path, "kill -SEGV $$")
    with pytest.raises(HeldError) as error:
        detect(page(), ["tesseract"])
    assert error.value.reason is Reason.DETECTOR_FAILED


@needs_tesseract
def test_no_picture_is_left_behind_in_a_file(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tesseract, "TIMEOUT", 0.001)
    with pytest.raises(HeldError):
        detect(page(), ["tesseract"])
    assert list(tmp_path.iterdir()) == []


def word(box, text="Johnson", score=0.9):
    return TextBox(box, score, "tesseract", text)


def test_a_word_on_flat_ground_is_believed():
    assert is_drawn(page(), word(Box(30, 38, 160, 66)))


def test_a_word_in_smooth_tissue_is_not_believed():
    random = np.random.default_rng(3)
    speckle = cv2.GaussianBlur(random.integers(0, 255, (100, 200)).astype(np.uint8), (0, 0), 3)
    assert not is_drawn(speckle, word(Box(20, 20, 120, 50)))
    assert not is_drawn(speckle, word(Box(300, 300, 310, 310)))


def test_on_tissue_a_word_must_be_long_and_sure():
    random = np.random.default_rng(3)
    picture = random.integers(60, 90, (120, 300)).astype(np.uint8)
    cv2.putText(picture, "Johnson", (30, 60), cv2.FONT_HERSHEY_SIMPLEX, 1, 255, 2)
    box = Box(30, 38, 160, 66)
    assert is_drawn(picture, word(box))
    assert not is_drawn(picture, word(box, score=0.4))
    assert not is_drawn(picture, word(box, text="Jo"))


@pytest.mark.parametrize("answer", ["", "echo nonsense"])
def test_program_that_gives_no_table_has_read_nothing(tmp_path, monkeypatch, answer):
    (tmp_path / "tesseract").write_text(f"#!/bin/sh\n{answer}\n")
    (tmp_path / "tesseract").chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(subprocess.SubprocessError):
        tesseract.words(np.zeros((20, 60), np.uint8), 11)


def test_languages_are_those_of_the_recipe(monkeypatch, tmp_path):
    asked = tmp_path / "asked"
    stand_in(monkeypatch, tmp_path, f'echo "$@" >> {asked}; echo "List"; echo deu; echo fra')
    tesseract.installed_languages.cache_clear()
    with tesseract.reading_in("deu+fra"), pytest.raises(subprocess.SubprocessError):
        tesseract.words(np.zeros((20, 60), np.uint8), 11)
    with pytest.raises(subprocess.SubprocessError):
        tesseract.words(np.zeros((20, 60), np.uint8), 11)
    listed, german, english = asked.read_text().splitlines()
    assert listed == "--list-langs"
    assert "-l deu+fra" in german
    assert "-l eng" in english
    tesseract.installed_languages.cache_clear()


def test_a_language_that_is_not_installed_is_named_with_its_package(monkeypatch, tmp_path):
    stand_in(monkeypatch, tmp_path, "echo List; echo deu")
    tesseract.installed_languages.cache_clear()
    tesseract.require("deu+eng")
    with pytest.raises(MissingComponentError, match="tesseract-ocr-chi-sim"):
        tesseract.require("deu+chi_sim")
    tesseract.installed_languages.cache_clear()
    stand_in(monkeypatch, tmp_path, "exit 1")
    with pytest.raises(MissingComponentError):
        tesseract.require("deu")
    tesseract.installed_languages.cache_clear()


@pytest.mark.parametrize("languages", ["", "deu+", "deu fra", "--psm", "deu+../x"])
def test_languages_of_other_forms_are_refused(languages):
    with pytest.raises(ValueError, match="languages"):
        TextSettings(languages=languages)


@pytest.mark.parametrize("chosen", [{"keep": "harmless"}, {"detectors": ["tesseract"]}])
def test_a_recipe_that_reads_needs_its_languages(monkeypatch, tmp_path, chosen):
    stand_in(monkeypatch, tmp_path, "echo List; echo eng")
    tesseract.installed_languages.cache_clear()
    recipe = Recipe(text=TextSettings(languages="deu", **chosen))
    with pytest.raises(MissingComponentError) as error:
        api.checked_recipe(recipe)
    assert error.value.exit_code == 5
    tesseract.installed_languages.cache_clear()
