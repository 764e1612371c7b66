# SPDX-License-Identifier: MIT
"""What the host works out for itself from a run's seed.

The same generator as user/lib/test.c: splitmix64. A Challenge draws in the order in which it
is asked, as the test program does, so both sides must ask for the same things in the same order.
"""
from __future__ import annotations

MASK = (1 << 64) - 1
HASH_START = 0xCBF29CE484222325
HASH_PRIME = 0x100000001B3


class Challenge:
    """A stream of numbers that begins at `seed` (64 bits)."""

    def __init__(self, seed: int) -> None:
        self.seed = seed & MASK
        self._state = self.seed

    def restart(self) -> Challenge:
        """The same stream from its beginning."""
        return Challenge(self.seed)

    def next(self) -> int:
        """The next 64-bit number (test_random)."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & MASK
        z = self._state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def values(self, n: int) -> list[int]:
        """The next `n` numbers."""
        return [self.next() for _ in range(n)]

    def below(self, limit: int) -> int:
        """The next number modulo `limit`: 0 .. limit - 1."""
        return self.next() % limit

    def permutation(self, n: int) -> list[int]:
        """0 .. n-1 shuffled: for i = n-1 down to 1, swap item i with item next() % (i + 1)."""
        items = list(range(n))
        for i in range(n - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]
        return items

    def bytes(self, n: int) -> bytes:
        """`n` bytes: the next ceil(n / 8) numbers, little-endian, the last one cut."""
        words = (self.next().to_bytes(8, "little") for _ in range((n + 7) // 8))
        return b"".join(words)[:n]


def fnv1a64(data: bytes, start: int = HASH_START) -> int:
    """FNV-1a with 64 bits (test_hash); `start` continues an earlier hash."""
    h = start
    for byte in data:
        h = ((h ^ byte) * HASH_PRIME) & MASK
    return h
