"""The endpoints of subscriptions, with the test notification and the health check."""

from __future__ import annotations

from local.commercetools_double.bodies import Json, dump, needed, read_object
from local.commercetools_double.endpoints import Api, ResourceEndpoints
from local.commercetools_double.errors import ApiError
from local.commercetools_double.project import Change
from local.commercetools_double.subscriptions import (
    HEALTHY,
    SUBSCRIPTION,
    TEMPORARY_ERROR,
    Subscriptions,
    subscription_from,
)
from local.double import Answer, Call, Route


class SubscriptionEndpoints(ResourceEndpoints):
    """What subscriptions have beyond every other kind."""

    def __init__(self, api: Api, subscriptions: Subscriptions) -> None:
        """`subscriptions` sends the test notification and is told of every change."""
        super().__init__(api, SUBSCRIPTION, draft=subscription_from)
        self._subscriptions = subscriptions

    def routes(self) -> list[Route]:
        """The health checks need no token (CT-SUB-08)."""
        path = f"/{self._project.key}/{SUBSCRIPTION.path}"
        return [
            *(
                Route(method="GET", path=f"{path}{address}/health", kind="subscriptions.health", handler=self._health)
                for address in ("/key={key}", "/{id}")
            ),
            *super().routes(),
        ]

    async def create(self, call: Call, client_id: str) -> Answer:
        """`POST` a draft: stored only when the test notification arrives (CT-SUB-02)."""
        body = self._project.stamped(subscription_from(self._project, read_object(call.body)), client_id)
        await self._subscriptions.test(body)
        self._project.store_new(SUBSCRIPTION, body)
        self._subscriptions.changed()
        return Answer(status=201, body=dump(body))

    async def update(self, call: Call, client_id: str) -> Answer:
        """`POST` update actions; a changed destination is tested first."""
        request = read_object(call.body)
        old = self._project.load(SUBSCRIPTION, self.address(call))
        self._project.check_version(old, needed(request, "version", int))
        change = Change(self._project, SUBSCRIPTION, self._project.load(SUBSCRIPTION, old["id"]))
        actions = needed(request, "actions", list)
        change.apply(actions)
        if change.body["destination"] != old["destination"] or any(
            action["action"] == "changeDestination" for action in actions
        ):
            await self._subscriptions.test(change.body)
        body = self._project.store_change(change, old, steps=len(actions), client_id=client_id)
        self._subscriptions.changed()
        return Answer(body=dump(body))

    async def delete(self, call: Call, client_id: str) -> Answer:
        """`DELETE`: what is on its way is not sent any more."""
        answer = await super().delete(call, client_id)
        self._subscriptions.changed()
        return answer

    async def _health(self, call: Call) -> Answer:
        try:
            body: Json = self._project.load(SUBSCRIPTION, self.address(call))
        except ApiError as error:
            return self._api.watched(call, Answer(status=error.status, body=dump(error.body())))
        status = body["status"]
        code = 200 if status == HEALTHY else 503 if status == TEMPORARY_ERROR else 400
        return self._api.watched(call, Answer(status=code, body=dump({"status": status})))
