"""Bytes that only their maker can read, and that nobody can change unseen.

The keys live as long as the `Seal`, so what it sealed ends with it.

>>> seal = Seal()
>>> sealed = seal.sealed(b"salary 1000")
>>> b"1000" in sealed, seal.opened(sealed), Seal().opened(sealed)
(False, b'salary 1000', None)
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

_KEY_BYTES = 32
_NONCE_BYTES = 16
_MAC_BYTES = 32


class Seal:
    """Encrypts bytes, then authenticates them.

    The stream that hides them is HMAC-SHA256 of a nonce, fresh for each, and a counter: what it
    hides can be guessed no better than the keys. The length shows.
    """

    __slots__ = ("_hiding", "_signing")

    def __init__(self) -> None:
        self._hiding = secrets.token_bytes(_KEY_BYTES)
        self._signing = secrets.token_bytes(_KEY_BYTES)

    def sealed(self, content: bytes) -> bytes:
        """Return bytes that show nothing of the content but its length."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        hidden = nonce + self._mixed(nonce, content)
        return self._signature(hidden) + hidden

    def opened(self, sealed: bytes) -> bytes | None:
        """Return the content; ``None`` when this did not seal it, or it was changed since."""
        signature, hidden = sealed[:_MAC_BYTES], sealed[_MAC_BYTES:]
        if not hmac.compare_digest(signature, self._signature(hidden)):
            return None
        return self._mixed(hidden[:_NONCE_BYTES], hidden[_NONCE_BYTES:])

    def _mixed(self, nonce: bytes, content: bytes) -> bytes:
        """Return content and stream as one; the same again gives the content back."""
        blocks = range(-(-len(content) // hashlib.sha256().digest_size))
        stream = b"".join(
            hmac.digest(self._hiding, nonce + block.to_bytes(8, "big"), "sha256")
            for block in blocks
        )[: len(content)]
        mixed = int.from_bytes(content, "big") ^ int.from_bytes(stream, "big")
        return mixed.to_bytes(len(content), "big")

    def _signature(self, hidden: bytes) -> bytes:
        return hmac.digest(self._signing, hidden, "sha256")
