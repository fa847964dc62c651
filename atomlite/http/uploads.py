r"""Forms with files: ``multipart/form-data`` (RFC 7578).

>>> body = b'--x\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n--x--\r\n'
>>> read_form("multipart/form-data; boundary=x", body)
(Upload(name='note', filename=None, content_type='text/plain', content=b'hello'),)
"""

from __future__ import annotations

from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser

from atomlite.errors import BodyTypeUnsupported, InvalidRequest
from atomlite.http.media_types import FORM, essence

_MOST_PARTS = 1_000
_LONGEST_HEAD = 16 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """One part of a form.

    Args:
        name: Name of the field.
        filename: Name of the file as the client gave it; ``None`` for a plain field. Never use it
            as a path as it is.
        content_type: As the client gave it; ``"text/plain"`` when it did not.
        content: The bytes.
    """

    name: str
    filename: str | None
    content_type: str
    content: bytes

    @property
    def text(self) -> str:
        """The content as UTF-8 text; bytes that are none are replaced."""
        return self.content.decode(errors="replace")


def read_form(content_type: str, body: bytes) -> tuple[Upload, ...]:
    """Return the parts of a form, in the order sent.

    Raises:
        BodyTypeUnsupported: The body is no form.
        InvalidRequest: The form is not well formed, or has more than 1,000 parts.
    """
    if essence(content_type) != FORM:
        raise BodyTypeUnsupported(content_type, FORM)
    header = Message()
    header["Content-Type"] = content_type
    boundary = header.get_param("boundary")
    if not isinstance(boundary, str) or not boundary.isascii():
        raise _malformed("it names no boundary")
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary.encode(), _MOST_PARTS + 2)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):  # noqa: PLR2004 -- before and after one
        raise _malformed("it has no end, or more than 1,000 parts")
    return tuple(_part(piece) for piece in pieces[1:-1])


def _part(piece: bytes) -> Upload:
    head, separator, content = piece.lstrip(b" \t").removeprefix(b"\r\n").partition(b"\r\n\r\n")
    if not separator or len(head) > _LONGEST_HEAD:
        raise _malformed("a part has no head, or one of more than 16 KiB")
    fields = HeaderParser().parsestr(head.decode(errors="replace"))  # browsers write UTF-8
    name = fields.get_param("name", header="content-disposition")
    if not isinstance(name, str):
        raise _malformed("a part has no name")
    return Upload(name, fields.get_filename(), fields.get_content_type(), content)


def _malformed(reason: str) -> InvalidRequest:
    return InvalidRequest(
        f"The form is not well formed: {reason}.", hint="Send it as RFC 7578 has it."
    )
