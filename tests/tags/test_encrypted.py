from __future__ import annotations

import datetime as dt

import pytest
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from pixelscrub.errors import RecipeError
from pixelscrub.recipe import TagSettings
from pixelscrub.tags.encrypted import decrypted_attributes
from tests.tags.samples import make_ct, read, rewritten, written


def certificate(folder, name):
    """A new RSA key and a certificate of its own, as PEM files."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.x509.oid import NameOID

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / f"{name}.pem", folder / f"{name}.key"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )
    return pem, secret


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_whoever_has_the_key_restores_the_attributes(pseudonyms, tmp_path, syntax):
    pem, secret = certificate(tmp_path, "office")
    data = written(make_ct(SpecificCharacterSet="ISO_IR 192", PatientName="Müller^Jörg"), syntax)
    out = rewritten(data, pseudonyms, encrypt_for=pem)
    assert b"MRN-00812345" not in out
    clean = read(out)
    assert clean.PatientID == pseudonyms.patient_id("MRN-00812345")
    restored = decrypted_attributes(clean, pem, secret)
    assert (restored.PatientID, restored.PatientName) == ("MRN-00812345", "Müller^Jörg")
    assert restored.StudyInstanceUID == "1.2.3.4"
    assert "KVP" not in restored


def test_another_key_restores_nothing(pseudonyms, tmp_path):
    pem, _ = certificate(tmp_path, "office")
    other, secret = certificate(tmp_path, "other")
    clean = read(rewritten(written(make_ct()), pseudonyms, encrypt_for=pem))
    with pytest.raises(RecipeError):
        decrypted_attributes(clean, other, secret)
    with pytest.raises(RecipeError):
        decrypted_attributes(make_ct(), pem, secret)


def test_a_certificate_that_is_none_is_refused(pseudonyms, tmp_path):
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("hello")
    with pytest.raises(RecipeError):
        rewritten(written(make_ct()), pseudonyms, encrypt_for=wrong)
    assert TagSettings(encrypt_for=wrong).encrypt_for.is_absolute()
