"""The built-in modules for every test in which their workers are not the subject."""

from __future__ import annotations

from pathlib import Path

from referral_hub.registry.observations import Observations
from referral_hub.registry.registry import ModuleRegistry


class SharedModules(ModuleRegistry):
    """A registry that outlives the hubs it is lent to: what is installed is found once, and each worker starts once."""

    def __init__(self, run_folder: Path) -> None:
        super().__init__(folder=None, run_folder=run_folder)

    def lend(self) -> SharedModules:
        """For one more hub, which finds nothing noticed yet."""
        self.observations = Observations()
        return self

    def close(self) -> None:
        """A hub that ends leaves the workers to the next."""

    def end(self) -> None:
        """End the workers, at the end of the test process."""
        super().close()
