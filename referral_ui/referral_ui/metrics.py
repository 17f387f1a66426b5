"""`/metrics` for Prometheus, in its text format. Imported only where `HUB_METRICS_TOKEN` is set.

Requests are counted in each process; where `hub serve` set the folder for it, the counts of all its processes are
added up. What the database knows is asked at each look. Labels are routes, modules and jobs: no address, no person.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily

from referral_hub.health.readings import Readings, disk, readiness, readings, state_of
from referral_hub.hub import Hub

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Values = Mapping[tuple[str, ...], float]

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_REQUESTS = Counter("hub_requests", "Requests answered.", ["method", "route", "status"])
_SECONDS = Histogram("hub_request_seconds", "Seconds until the answer began.", ["method", "route"], buckets=_BUCKETS)
_POOL = Gauge("hub_pool_connections", "Database connections in use.", multiprocess_mode="livesum")


def count(hub: Hub, *, method: str, route: str, status: int, seconds: float) -> None:
    """One request was answered."""
    _REQUESTS.labels(method, route, str(status)).inc()
    _SECONDS.labels(method, route).observe(seconds)
    _POOL.set(hub.connections_in_use)


def exposition(hub: Hub, *, at: datetime) -> bytes:
    """Everything, as Prometheus reads it."""
    counted = REGISTRY
    if os.environ.get(FOLDER):
        _forget_ended_processes(Path(os.environ[FOLDER]))
        counted = CollectorRegistry()
        collector: Any = multiprocess.MultiProcessCollector
        collector(counted)
    asked = CollectorRegistry()
    asked.register(_Asked(hub, at))
    text: bytes = generate_latest(counted) + generate_latest(asked)
    return text


class _Asked:
    """What is asked at each look, as a collector of the library."""

    def __init__(self, hub: Hub, at: datetime) -> None:
        self._hub, self._at = hub, at

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield _labelled("hub_info", "The version of the program.", ["version"], {(version("referral-hub"),): 1})
        free, total = disk(self._hub)
        yield GaugeMetricFamily("hub_disk_free_bytes", "Free on the disk of the data folder.", value=free)
        yield GaugeMetricFamily("hub_disk_size_bytes", "Size of the disk of the data folder.", value=total)
        ready = readiness(self._hub)
        yield GaugeMetricFamily("hub_ready", "1 while the database takes rows and the keys fit.", value=ready.ready)
        try:
            found = readings(self._hub, at=self._at)
        except Exception as error:  # noqa: BLE001 - the numbers that need no database are told all the same
            state_of(error)
            return
        yield from _of_database(found, self._at)


def _of_database(found: Readings, at: datetime) -> Iterator[GaugeMetricFamily]:
    yield GaugeMetricFamily("hub_keys_fit", "1 while the keys are those of the data.", value=found.keys == "ok")
    yield GaugeMetricFamily("hub_clock_behind", "1 while the clock is behind the records.", value=found.clock_behind)
    yield GaugeMetricFamily("hub_unsealed_entries", "Records that no seal covers yet.", value=found.unsealed)
    if found.backup_at is not None:
        age = (at - found.backup_at).total_seconds()
        yield GaugeMetricFamily("hub_backup_age_seconds", "Since the last backup.", value=age)
    modules = found.modules
    yield _labelled(
        "hub_module_state", "The state of each module.", ["module", "state"], {(m.key, m.state): 1 for m in modules}
    )
    yield _labelled(
        "hub_outbox_messages", "Messages a module has not taken yet.", ["module"],
        {(m.key,): m.waiting.count for m in modules},
    )  # fmt: skip
    oldest: Values = {(m.key,): (at - m.waiting.oldest_at).total_seconds() for m in modules if m.waiting.oldest_at}
    yield _labelled("hub_outbox_oldest_seconds", "How long the oldest of them waits.", ["module"], oldest)
    yield _labelled(
        "hub_job_state", "The state of each job.", ["job", "state"], {(job.name, job.state): 1 for job in found.jobs}
    )
    ran: Values = {(job.name,): job.started_at.timestamp() for job in found.jobs if job.started_at}
    yield _labelled("hub_job_last_start_timestamp_seconds", "When each job last began.", ["job"], ran)


def _labelled(name: str, words: str, labels: list[str], values: Values) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=labels)
    for key, value in values.items():
        family.add_metric(key, value)
    return family


def _forget_ended_processes(folder: Path) -> None:
    """Counts of an ended process stay; its connections are gone."""
    for file in folder.glob("gauge_live*_*.db"):
        number = int(file.stem.rpartition("_")[2])
        try:
            os.kill(number, 0)
        except ProcessLookupError:
            file.unlink(missing_ok=True)
        except PermissionError:
            continue
