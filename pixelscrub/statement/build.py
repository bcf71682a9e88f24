"""Make a statement of what a run wrote; every number is counted from its records.

::

    version, program, recipe, recipe_sha256     the run
    inputs, released, held, skipped, done       what became of the files
    identifiers                                 18 rows
    remains, quasi_identifiers                  what is left of a person
    residual, classification                    how sure, and what it is in law
    software, files, merkle_root, extends       which files
    digest, signature                           of all of the above
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import metadata, resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pixelscrub import __version__
from pixelscrub.compat.packages import needed_packages, source_commit
from pixelscrub.errors import UsageError
from pixelscrub.identity.rarity import Rarity, attributes_kept, measure_rarity, read_release
from pixelscrub.statement.classification import classify
from pixelscrub.statement.identifiers import rows
from pixelscrub.statement.records import Records, read_records
from pixelscrub.statement.residual import residual
from pixelscrub.statement.signature import sign
from pixelscrub.statement.tree import hash_file, hash_files, root_of
from pixelscrub.tags.codes import BASIC, FACE, OPTIONS, TEXT
from pixelscrub.toml import dumps

if TYPE_CHECKING:
    from pixelscrub.study.run import Progress

VERSION: Final = 1
"""Of the statement's form; a later one is refused."""
AUDIT: Final = "audit"
"""Name of the audit among the hashes; a file of the output always ends otherwise."""
LICENCE_NAME_LENGTH: Final = 60
"""Characters; a longer field is a licence's text."""
OUTSIDE_DIGEST: Final = ("digest", "signature")


def make_statement(
    out: Path, private: Path, key: Path | None = None, progress: Progress | None = None
) -> dict[str, Any]:
    """State what a run did, what remains, and which files it judged.

    Args:
        out: the output folder.
        private: the private folder of the run.
        key: a private key (Ed25519, PEM) to sign with.
        progress: is told how many steps there are, and of each that is done.

    Returns:
        The statement, ready to be written as JSON; it names no source and holds no value that
        the output does not hold.

    Raises:
        UsageError: a folder or record is missing or damaged, or an output is gone.
        MissingComponentError: a key is named and `cryptography` is not installed.
    """
    records = read_records(private)
    if not out.is_dir():
        raise UsageError("the output folder does not exist")
    if progress is not None:
        progress.started(2 * records.counts.released)  # each output is hashed, and asked for people
    done = (lambda: None) if progress is None else (lambda: progress.advanced(1))
    files = _hashes(out, private, records, done)
    rarity = _rarity(out, records, done)
    eighteen = rows(records, rarity.over_89)
    statement: dict[str, Any] = {
        "version": VERSION,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        **_run(records),
        "identifiers": eighteen,
        "remains": _remains(records),
        "quasi_identifiers": _quasi(rarity, records),
        "residual": residual(records),
        "classification": classify(records, eighteen),
        "software": _software(),
        "files": files,
        "merkle_root": root_of(files),
        "extends": _earlier_root(private, files),
    }
    statement["digest"] = digest_of(statement)
    if key is not None:
        statement["signature"] = sign(bytes.fromhex(statement["digest"]), key)
    return statement


def digest_of(statement: dict[str, Any]) -> str:
    """SHA-256 of a statement but for its digest and signature, in one way of writing JSON."""
    bare = {name: value for name, value in statement.items() if name not in OUTSIDE_DIGEST}
    text = json.dumps(bare, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _hashes(out: Path, private: Path, records: Records, done: Callable[[], None]) -> dict[str, str]:
    """Of every output and of the audit."""
    try:
        files = hash_files(out, done)
        audit = hash_file(private / "audit.jsonl")
    except OSError as error:
        raise UsageError(f"an output cannot be read ({type(error).__name__})") from None
    gone = sum(name not in files for name in records.counts.outputs)
    if gone:
        raise UsageError(f"{gone} outputs of the audit are no longer there")
    foreign = len(files) - len(set(records.counts.outputs))
    if foreign:
        raise UsageError(f"the output holds {foreign} files that the audit does not know")
    return files | {AUDIT: audit}


def _rarity(out: Path, records: Records, done: Callable[[], None]) -> Rarity:
    kept = attributes_kept(records.recipe.tags.options)
    release = read_release(out, _each(records.counts.outputs, done), kept)
    if release.unreadable:
        raise UsageError(
            f"{len(release.unreadable)} outputs cannot be read as DICOM; run verify, scrub "
            "them again"
        )
    return measure_rarity(release.patients, records.recipe.release.k)


def _each(names: Iterable[str], done: Callable[[], None]) -> Iterator[str]:
    for name in names:
        yield name
        done()


def _run(records: Records) -> dict[str, Any]:
    counts, recipe = records.counts, records.recipe
    text = dumps(recipe.model_dump(mode="json", exclude_none=True))
    return {
        "program": {"name": "pixelscrub", "version": __version__, "made_with": _made_with(records)},
        "recipe": {"name": recipe.name, "text": text},
        "recipe_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "codes": _codes(records),
        "inputs": counts.released + sum(counts.held.values()) + sum(counts.skipped.values()),
        "instances": counts.released + sum(counts.held.values()),
        "released": counts.released,
        "held": dict(sorted(counts.held.items())),
        "skipped": dict(sorted(counts.skipped.items())),
        "done": {
            "findings": {f"{kind} {action}": n for (kind, action), n in counts.findings.items()},
            "faces": dict(counts.faces),
            "tags": dict(counts.tags),
        },
        "review": [n for _, n in sorted(records.reviewed.items())],
        "verify": "not run" if records.verified is None else records.verified,
    }


def _made_with(records: Records) -> str:
    return records.summary.versions.get("pixelscrub", "")


def _codes(records: Records) -> list[dict[str, str]]:
    """Profile and options of PS3.15 as codes of CID 7050."""
    steps, options = records.recipe.steps, records.recipe.tags.options
    codes = [BASIC] * steps.tags + [TEXT] * steps.text + [FACE] * steps.face
    codes += [code for name, code in OPTIONS.items() if steps.tags and name in options]
    return [{"value": value, "scheme": "DCM", "meaning": meaning} for value, meaning in codes]


def _remains(records: Records) -> dict[str, Any]:
    """What about the person stays, by recipe and by count."""
    recipe, counts = records.recipe, records.counts
    kept = sum(n for (_, action), n in counts.findings.items() if action == "keep")
    return {
        "options": list(recipe.tags.options),
        "rules": [rule.model_dump(exclude_none=True) for rule in recipe.tags.rules],
        "steps_off": [name for name, is_on in recipe.steps.model_dump().items() if not is_on],
        "texts_kept": kept,
        "faces_kept": 0 if recipe.steps.face else counts.released,
        "faces_partial": counts.faces["partial"],
        "undone_by": {
            "key": "private_folder" if records.has_key else "elsewhere",
            "crosswalk": "private_folder" if records.has_crosswalk else "none",
            "escrow": "output" if recipe.tags.encrypt_for else "none",
        },
        "private_folder_readable_by": records.readable_by,
        "held_for_later": sum(counts.held.values()),
    }


def _quasi(rarity: Rarity, records: Records) -> dict[str, Any]:
    whole = rarity.whole
    return {
        "k_min": whole.k_min,
        "unique_patients": whole.unique_patients,
        "patients": whole.patients,
        "k": records.recipe.release.k,
        "on_rare": records.recipe.release.on_rare,
        "attributes": rarity.kept,
        "whole": asdict(whole),
        "worst_of_three": [asdict(one) for one in rarity.worst],
        "over_89": rarity.over_89,
        "rare_devices": rarity.rare_devices,
    }


def _software() -> dict[str, Any]:
    """Packages that pixelscrub needs, and its models by their hashes."""
    return {
        "pixelscrub": __version__,
        "commit": source_commit(),
        "packages": [one for name in needed_packages() if (one := _installed(name))],
        "models": _models(),
    }


def _installed(name: str) -> dict[str, str] | None:
    try:
        about = metadata.metadata(name).json
    except metadata.PackageNotFoundError:
        return None
    return {"name": name, "version": str(about["version"]), "licence": _licence(about)}


def _licence(about: dict[str, Any]) -> str:
    """The licence in a few words; some packages give its whole text, others a classifier alone."""
    said = str(about.get("license_expression") or about.get("license") or "")
    if said and len(said) <= LICENCE_NAME_LENGTH and "\n" not in said:
        return said
    classifiers = [str(one) for one in about.get("classifier", ())]
    named = [one.rpartition(" :: ")[2] for one in classifiers if one.startswith("License ::")]
    return "; ".join(named) or said.split("\n", maxsplit=1)[0][:LICENCE_NAME_LENGTH]


def _models() -> dict[str, str]:
    package = Path(str(resources.files("pixelscrub")))
    folders = (package / "models", package.parent / "models")
    folder = next((one for one in folders if one.is_dir()), None)
    return {path.name: hash_file(path) for path in sorted(folder.glob("*.onnx"))} if folder else {}


def _earlier_root(private: Path, files: dict[str, str]) -> str | None:
    """Root of the statement made before, where all its outputs are still as they were."""
    try:
        earlier = json.loads((private / "statement.json").read_text(encoding="utf-8"))
        known = {name: digest for name, digest in earlier["files"].items() if name != AUDIT}
        root = str(earlier["merkle_root"])
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return None
    return root if known.items() <= files.items() else None
