from __future__ import annotations

from argon2 import PasswordHasher
from argon2.low_level import Type


def test_a_password_costs_its_thief_what_rfc_9106_asks(quick_passwords: PasswordHasher) -> None:
    # Section 4, the second recommended choice, for machines short of memory: 64 MiB, three passes, four lanes.
    real = quick_passwords
    assert real.type is Type.ID
    assert real.memory_cost >= 64 * 1024
    assert real.time_cost >= 3
    assert real.parallelism == 4
    assert real.salt_len >= 16
