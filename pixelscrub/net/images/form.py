"""Forms that browsers and gateways post: multipart/form-data (RFC 7578)."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesHeaderParser

from pixelscrub.errors import UsageError

HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class FormPart:
    """One part of a form.

    Attributes:
        content: its bytes, as they were sent.
        media_type: what it says it is, in lower case; `text/plain` where it says nothing.
    """

    content: bytes = field(repr=False)
    media_type: str


def read_form(content_type: str, body: bytes) -> dict[str, FormPart]:
    """The parts of a form by name; of parts of one name the last.

    Args:
        content_type: the header field of that name.
        body: the whole message.

    Raises:
        UsageError: it is no form, or ends before its last boundary.
    """
    told = Message()
    told["Content-Type"] = content_type
    boundary = told.get_param("boundary")
    if told.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
        raise UsageError("the request is no form")
    delimiter = b"\r\n--" + boundary.encode("latin-1", "replace")
    _, *rest = (b"\r\n" + body).split(delimiter)
    if not rest or not rest[-1].startswith(b"--"):
        raise UsageError("the form is not complete")
    parts: dict[str, FormPart] = {}
    for part in rest[:-1]:
        head, found, content = part.partition(HEAD_END)
        fields = BytesHeaderParser().parsebytes(head.strip(b"\r\n") + HEAD_END)
        name = fields.get_param("name", header="content-disposition")
        if found and isinstance(name, str):
            parts[name] = FormPart(content, fields.get_content_type())
    return parts
