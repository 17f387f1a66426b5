from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from referral_hub.registry.circuit import Circuit, after_failure, after_success, begin_probe

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def may_call(circuit: Circuit, now: datetime) -> bool:
    """As `breaker.open_circuits` asks it of the database."""
    return circuit.open_until is None or now >= circuit.open_until


def failed(times: int, now: datetime = NOW) -> Circuit:
    circuit = Circuit()
    for _ in range(times):
        circuit = after_failure(circuit, now)
    return circuit


def test_two_failures_leave_the_circuit_closed() -> None:
    assert may_call(failed(2), NOW)
    assert not failed(2).tripped


def test_the_third_failure_opens_it_for_a_minute() -> None:
    circuit = failed(3)
    assert not may_call(circuit, NOW + timedelta(seconds=59))
    assert may_call(circuit, NOW + timedelta(seconds=60))


def test_each_failed_probe_doubles_the_pause_up_to_a_quarter_of_an_hour() -> None:
    assert [failed(times).open_seconds for times in range(3, 10)] == [60, 120, 240, 480, 900, 900, 900]


def test_one_success_closes_it() -> None:
    assert after_success(failed(7)) == Circuit()


def test_only_one_caller_probes() -> None:
    later = NOW + timedelta(seconds=61)
    taken = begin_probe(failed(3), later)
    assert not may_call(taken, later)
    assert may_call(taken, later + timedelta(seconds=60))


def test_a_probe_is_not_started_before_its_time() -> None:
    assert begin_probe(failed(3), NOW) == failed(3)
    assert begin_probe(Circuit(), NOW) == Circuit()


@given(st.lists(st.booleans(), max_size=60))
def test_whatever_happens_a_module_is_tried_again_within_a_quarter_of_an_hour(results: list[bool]) -> None:
    circuit, now = Circuit(), NOW
    for succeeded in results:
        if circuit.open_until is not None:
            now = max(now, circuit.open_until)
        assert may_call(circuit, now)
        circuit = after_success(circuit) if succeeded else after_failure(circuit, now)
        assert may_call(circuit, now + timedelta(minutes=15))
