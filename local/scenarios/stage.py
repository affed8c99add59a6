"""The whole local stack, set up and seeded: both doubles, the embedded AWS with our template, a shop, a warehouse."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from local.aws.local_cloud import LocalCloud
from local.processes import REPOSITORY_ROOT, ChildProcesses
from local.scenarios import seed
from local.scenarios.shop import PROJECT, Shop
from local.scenarios.warehouse import Warehouse


class Stage:
    """Everything a scenario needs, for as long as the `with` block lasts.

    `deposco_rate` is the calls a second after which the Deposco double answers 429 (0: never). `schedule_seconds`
    tells how often to fire a function's schedule. `visibility_seconds` replaces the template's six minutes, after which
    a message comes again whose process died. The event sources stand still until `cloud.start_event_sources()`.
    """

    def __init__(
        self,
        *,
        seed_number: int = 0,
        deposco_rate: float = 4.0,
        schedule_seconds: Mapping[str, float] | None = None,
        visibility_seconds: int | None = None,
        built: bool = False,
    ) -> None:
        self._seed_number = seed_number
        self._deposco_rate = deposco_rate
        self._schedule_seconds = dict(schedule_seconds or {})
        self._visibility_seconds = visibility_seconds
        self._built = built
        self._opened = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Start, deploy and seed; whatever fails stops what was started."""
        with contextlib.ExitStack() as opened:
            processes = opened.enter_context(ChildProcesses())
            self.deposco_url = processes.start_server(
                "local.deposco_double", "--rate", str(self._deposco_rate), "--seed", str(self._seed_number)
            )
            # The shop's double delivers to the cloud and the cloud's functions call the shop: the cloud is started
            # without knowing the shop, and told its address by an update of the stack, as an operator would.
            self.cloud = opened.enter_context(
                LocalCloud(
                    template=REPOSITORY_ROOT / Path("template.yaml"),
                    parameters={
                        "CommercetoolsProjectKey": PROJECT,
                        "CommercetoolsApiUrl": "http://127.0.0.1:9",
                        "CommercetoolsAuthUrl": "http://127.0.0.1:9",
                        "DeposcoApiUrl": f"{self.deposco_url}/latest",
                        "DeposcoAuthUrl": self.deposco_url,
                    },
                    schedule_seconds=self._schedule_seconds,
                    built=self._built,
                )
            )
            self.commercetools_url = processes.start_server(
                "local.commercetools_double",
                "--project",
                PROJECT,
                "--aws-endpoint",
                self.cloud.endpoint_url,
                "--seed",
                str(self._seed_number),
            )
            self.cloud.update_stack(
                {"CommercetoolsApiUrl": self.commercetools_url, "CommercetoolsAuthUrl": self.commercetools_url}
            )
            self.shop = Shop(self.commercetools_url)
            self.warehouse = Warehouse(self.deposco_url)
            seed.seed(self.cloud, self.shop, self.warehouse)
            if self._visibility_seconds is not None:
                self._shorten_visibility(self._visibility_seconds)
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._opened.close()

    def _shorten_visibility(self, seconds: int) -> None:
        for queue in ("CommerceNotificationsQueue", "WarehouseOrdersQueue", "StorefrontOrdersQueue"):
            self.cloud.client("sqs").set_queue_attributes(
                QueueUrl=self.cloud.physical_id(queue), Attributes={"VisibilityTimeout": str(seconds)}
            )
