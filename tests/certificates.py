"""Certificates of tests, by openssl: good ones, and every kind that is not to be trusted."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

NEW_KEY = ("req", "-newkey", "rsa:2048", "-nodes")
HERE = "subjectAltName=DNS:localhost,IP:127.0.0.1"

AUTHORITY = """
[ca]
default_ca = only
[only]
database = index
new_certs_dir = .
default_md = sha256
rand_serial = yes
unique_subject = no
policy = any
[any]
commonName = supplied
"""
"""What openssl wants to be told before it dates a certificate."""


def make_certificates(folder: Path) -> Path:
    """Make files in a folder; skips where openssl is not installed.

    `ca`: signs `own` (localhost), `elsewhere` (another host), `expired` and `early` (not valid
    now), `locked` (key of `own`, encrypted). `stranger`: signed by itself.
    """
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder.mkdir(exist_ok=True)

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    for name in ("ca", "stranger"):
        names = ("-subj", f"/CN={name}", "-addext", HERE)
        openssl(
            *NEW_KEY, "-days", "2", "-x509", "-keyout", f"{name}.key", "-out", f"{name}.pem", *names
        )
    (folder / "names").write_text(HERE)
    (folder / "elsewhere.names").write_text("subjectAltName=DNS:elsewhere.example")
    openssl(*NEW_KEY, "-keyout", "own.key", "-out", "own.csr", "-subj", "/CN=localhost")
    signed = ("x509", "-req", "-in", "own.csr", "-CA", "ca.pem", "-CAkey", "ca.key")
    openssl(*signed, "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", "own.pem")
    openssl(*signed, "-days", "2", "-extfile", "elsewhere.names", "-out", "elsewhere.pem")
    (folder / "authority").write_text(AUTHORITY)
    (folder / "index").touch()
    for name, begins, ends in (
        ("expired", "20200101000000Z", "20200102000000Z"),
        ("early", "20700101000000Z", "20700102000000Z"),
    ):
        when = ("-startdate", begins, "-enddate", ends)
        given = ("-batch", "-notext", "-config", "authority", "-extfile", "names")
        files = ("-cert", "ca.pem", "-keyfile", "ca.key", "-in", "own.csr", "-out", f"{name}.pem")
        openssl("ca", *given, *files, *when)
    openssl("rsa", "-in", "own.key", "-aes256", "-passout", "pass:secret", "-out", "locked.key")
    return folder
