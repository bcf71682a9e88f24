import ssl

import pytest

from pixelscrub.errors import UsageError
from pixelscrub.net.tls import Tls


def test_contexts_are_strict(certificates):
    tls = Tls(certificates / "own.pem", certificates / "own.key", certificates / "ca.pem")
    server, client = tls.server(), tls.client()
    assert server.verify_mode is ssl.CERT_REQUIRED
    assert client.verify_mode is ssl.CERT_REQUIRED
    assert client.check_hostname
    assert server.minimum_version == client.minimum_version == ssl.TLSVersion.TLSv1_2


def test_without_a_certificate_there_is_no_tls(certificates):
    assert Tls().server() is None
    with pytest.raises(UsageError, match="CA alone"):
        Tls(ca=certificates / "ca.pem").server()


@pytest.mark.parametrize("key", ["missing.key", "locked.key", "stranger.key", "own.csr"])
def test_key_that_cannot_be_loaded_is_refused_without_asking(certificates, key):
    with pytest.raises(UsageError, match="cannot be loaded"):
        Tls(certificates / "own.pem", certificates / key).server()


def test_ca_that_cannot_be_loaded_is_refused(certificates):
    with pytest.raises(UsageError, match="cannot be loaded"):
        Tls(ca=certificates / "own.key").client()


def test_half_a_pair_is_refused(certificates):
    with pytest.raises(UsageError, match="both"):
        Tls(cert=certificates / "own.pem")
    with pytest.raises(UsageError, match="both"):
        Tls(key=certificates / "own.key")
