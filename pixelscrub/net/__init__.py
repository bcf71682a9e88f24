"""DICOM and DICOMweb: instances received, scrubbed, sent on and fetched (the extra `net`).

Rooms: `gateway` (received, scrubbed, sent on), `fetch` (asked for), `web` (DICOMweb as a client),
`images` (one image a request). Beside them what all share: addresses, credentials, TLS, limits,
what a peer is asked.
"""
