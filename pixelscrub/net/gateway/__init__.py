"""The gateway: DICOM received into a spool, scrubbed when a study is complete, and sent on.

On the way in: `admission` (half-open connections), `transport` (pynetdicom's server with bounds),
`order` (which thread answers first), `listen` (C-STORE, C-ECHO), `spool` and `receipts` (what was
taken over, on the disk). `service` scrubs the spool. On the way out: `forwarder` with `dimse` (or
`net.web.dicomweb`) as its peer. Entries: `receive.receive` and `send.send`.
"""
