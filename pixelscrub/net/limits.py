"""How much of the gateway its peers may take, and services of `fetch`.

The figures are chosen, not measured: each says beside it what it is to bear, where that is known.
Whoever needs others changes them here; SECURITY.md and its test follow.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AdmissionLimits:
    """How much of the gateway those may take who have not yet asked for an association.

    Attributes:
        seconds: from connecting to the last byte of the request, in all.
        half_open: connections in all; a further one takes the place of the oldest.
        half_open_per_address: the same for one address.
        burst: connections at once from one address that come to nothing; a further one is closed.
        per_second: how many of these are forgotten each second.
        rejected: how many of these an association that is rejected counts as: it costs threads.
        request_bytes: of the largest request; 128 contexts with 60 transfer syntaxes each need
            230 kB.
    """

    seconds: float = 10.0
    half_open: int = 128
    half_open_per_address: int = 32
    burst: int = 1000
    per_second: float = 100.0
    rejected: int = 10
    request_bytes: int = 2**19


@dataclass(frozen=True, slots=True)
class TransportLimits:
    """What an association may take.

    Attributes:
        pdu_bytes: of the largest PDU that is read; data is asked for in smaller ones.
        pdu_seconds: from the first to the last byte of a PDU, and for a peer to take an answer.
        idle_seconds: without a byte, after which the connection is closed.
    """

    pdu_bytes: int = 2**20
    pdu_seconds: float = 60.0
    idle_seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class ListenerLimits:
    """What peers may take of the gateway.

    Attributes:
        associations: at a time; a further one is rejected as transient.
        associations_per_address: the same for one address.
        admission: for connections that have not yet asked for an association.
        transport: for what associations send.
    """

    associations: int = 50
    associations_per_address: int = 25
    admission: AdmissionLimits = AdmissionLimits()
    transport: TransportLimits = TransportLimits()


@dataclass(frozen=True, slots=True)
class MultipartLimits:
    """What one answer with instances may hold.

    Attributes:
        part_bytes: of one instance.
        head_bytes: of what precedes each, and of the preamble.
        parts: their number.
    """

    part_bytes: int = 16 * 2**30
    head_bytes: int = 2**16
    parts: int = 200_000


@dataclass(frozen=True, slots=True)
class AnswerLimits:
    """What one answer of a service may cost; counted as it comes, whatever it announces.

    Attributes:
        coded_bytes: as they come over the network.
        content_bytes: after they were inflated.
        ratio: of content to coded bytes, from `ratio_from` on: deflate reaches 1032, images 10.
        ratio_from: bytes of content that may be inflated out of little.
        bytes_per_second: at least, on average, when `patience` seconds have passed.
        patience: seconds.
    """

    coded_bytes: int
    content_bytes: int
    ratio: float = 200.0
    ratio_from: int = 128 * 2**20
    bytes_per_second: float = 1024.0
    patience: float = 300.0


@dataclass(frozen=True, slots=True)
class WebLimits:
    """What a DICOMweb service may cost.

    Attributes:
        told: for an answer in JSON: 32 MiB of it are 1 GB of objects at the worst.
        images: for an answer with the instances of a study.
        parts: for what is in that.
        page: results that are asked for at a time.
        results: of one search in all.
        redirects: that are followed for one request.
    """

    told: AnswerLimits = AnswerLimits(32 * 2**20, 32 * 2**20, ratio_from=2**23)
    images: AnswerLimits = AnswerLimits(2**40, 2**40)
    parts: MultipartLimits = MultipartLimits()
    page: int = 1000
    results: int = 200_000
    redirects: int = 5
