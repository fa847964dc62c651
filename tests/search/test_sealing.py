"""What stays hidden in a token, and what is found out when it was changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atomlite.search.sealing import Seal

SEAL = Seal()


@given(content=st.binary(max_size=300))
def test_what_was_sealed_comes_back(content: bytes) -> None:
    """Of any length, and sealed differently each time."""
    sealed = SEAL.sealed(content)

    assert SEAL.opened(sealed) == content
    assert SEAL.sealed(content) != sealed
    assert len(sealed) == len(content) + 48


def test_the_content_does_not_show() -> None:
    """Not even where it repeats itself."""
    sealed = SEAL.sealed(b"\0" * 320)[48:]

    assert len({sealed[start : start + 32] for start in range(0, 320, 32)}) == 10
    assert 90 < len(set(sealed)) <= 256


@pytest.mark.parametrize("place", [0, 31, 32, 47, 48, -1])
def test_a_changed_byte_is_found_out(place: int) -> None:
    """In the signature, the nonce or the content."""
    sealed = bytearray(SEAL.sealed(b"salary 1000"))
    sealed[place] ^= 1

    assert SEAL.opened(bytes(sealed)) is None


@pytest.mark.parametrize("cut", [0, 10, 32, 40, 58])
def test_a_part_is_no_whole(cut: int) -> None:
    """However short."""
    assert SEAL.opened(SEAL.sealed(b"salary 1000")[:cut]) is None


def test_another_seal_reads_nothing() -> None:
    """Its keys are others."""
    assert Seal().opened(SEAL.sealed(b"salary")) is None
