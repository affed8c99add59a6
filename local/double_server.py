"""The frame both doubles stand in: an aiohttp server that counts calls, applies faults and keeps admin routes apart.

A double knows nothing of HTTP servers: it lists `Route`s whose handlers turn a `Call` into an `Answer`. The frame
reads the request, counts it by kind, asks the fault plan for its fate, and lets the double do its due work first.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import signal
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace

from aiohttp import web
from multidict import CIMultiDict

from local.double import Answer, Call, Double, Route
from local.double_admin import AdminRoutes
from local.faults import Decision, Do, FaultError, FaultRule

_log = logging.getLogger(__name__)
_LARGEST_BODY_BYTES = 32 * 1024 * 1024
_LONGEST_LINE_BYTES = 64 * 1024
_CATCH_UP_INTERVAL_SECONDS = 0.1


class _Cut(Exception):
    """The connection is to be closed without an answer."""


class DoubleServer:
    """Serves one double on one address."""

    def __init__(self, double: Double, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """`port` 0 takes a free one; the address is known after `start`."""
        self.double = double
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None
        self._ticker: asyncio.Task[None] | None = None

    async def start(self) -> str:
        """Begin to serve; returns the base URL."""
        application = web.Application(client_max_size=_LARGEST_BODY_BYTES)
        for route in (*AdminRoutes(self.double).routes(), *self.double.admin_routes()):
            application.router.add_route(route.method, route.path, self._admin(route))
        for route in self.double.routes():
            application.router.add_route(route.method, route.path, self._imitated(route))
        self._runner = web.AppRunner(
            application, access_log=None, shutdown_timeout=0.1, max_line_size=_LONGEST_LINE_BYTES
        )
        await self._runner.setup()
        await self.double.start()
        site = web.TCPSite(self._runner, self._host, self._port, backlog=512)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self._ticker = asyncio.create_task(self._tick())
        return f"http://{self._host}:{self._port}"

    async def stop(self) -> None:
        """Stop serving; open connections are closed."""
        if self._ticker:
            self._ticker.cancel()
        if self._runner:
            await self._runner.cleanup()
        await self.double.stop()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_CATCH_UP_INTERVAL_SECONDS)
            try:
                self.double.catch_up()
            except Exception:  # noqa: BLE001 - whatever it was, the server must go on
                _log.exception("the double's due work failed; it is tried again at the next tick")

    def _imitated(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        controls = self.double.controls

        async def handle(request: web.Request) -> web.StreamResponse:
            call = await _read(request, route.kind)
            controls.calls.kinds[route.kind] += 1
            decision = controls.faults.decide(route.kind, call.path, controls.now())
            try:
                answer = await self._answer(route, call, decision)
            except _Cut:
                controls.calls.statuses["cut"] += 1
                if request.transport is not None:
                    request.transport.abort()
                return web.Response(status=500)
            controls.calls.statuses[str(answer.status)] += 1
            return _response(answer)

        return handle

    async def _answer(self, route: Route, call: Call, decision: Decision) -> Answer:
        if decision.delay_seconds and await _wait(decision.delay_seconds, route.limit_seconds):
            return self.double.timed_out(call)
        self.double.catch_up()
        rule = decision.rule
        if rule is None:
            return await self._handled(route, call)
        if rule.do in (Do.CUT_BEFORE, Do.DOWN):
            raise _Cut
        if rule.do is Do.STATUS:
            return self._injected(rule, call)
        if rule.do is Do.EMPTY_200 and not rule.effect:
            return Answer()
        if rule.do is Do.EXPIRE_TOKEN:
            self.double.expire_tokens()
        if rule.do is Do.STALE_READ:
            call = replace(call, stale_seconds=rule.seconds[0])
        answer = await self._handled(route, call)
        if rule.do is Do.CUT_AFTER:
            raise _Cut
        if rule.do is Do.STATUS_AFTER_EFFECT:
            return self._injected(rule, call)
        return Answer() if rule.do is Do.EMPTY_200 else answer

    async def _handled(self, route: Route, call: Call) -> Answer:
        """The double's own answer; a mistake of its own is logged and answered as the real system's 500."""
        try:
            return await route.handler(call)
        except Exception:  # noqa: BLE001 - whatever it was, the caller is owed an answer that is counted
            _log.exception("the double failed at %s %s", call.method, call.path)
            return self.double.failure(500, call)

    def _injected(self, rule: FaultRule, call: Call) -> Answer:
        answer = self.double.failure(rule.status, call)
        if isinstance(rule.body, str):
            answer = replace(answer, body=rule.body.encode())
        elif rule.body is not None:
            answer = replace(answer, body=json.dumps(rule.body).encode(), content_type="application/json")
        return replace(answer, headers={**answer.headers, **rule.headers})

    def _admin(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            self.double.catch_up()
            try:
                return _response(await route.handler(await _read(request, route.kind)))
            except (FaultError, ValueError, KeyError, TypeError) as error:
                return _response(Answer.of_json({"error": f"{type(error).__name__}: {error}"}, 400))

        return handle


async def _read(request: web.Request, kind: str) -> Call:
    return Call(
        kind=kind,
        method=request.method,
        path=request.path,
        raw_path=request.rel_url.raw_path,
        target=request.raw_path,
        parts=request.match_info,
        query=request.query,
        headers=request.headers,
        body=await request.read() if request.can_read_body else b"",
    )


def _response(answer: Answer) -> web.Response:
    headers = CIMultiDict(answer.headers)
    if answer.body:
        headers.setdefault("Content-Type", answer.content_type)
    return web.Response(status=answer.status, body=answer.body, headers=headers)


async def _wait(seconds: float, limit_seconds: float | None) -> bool:
    """Wait for the injected latency; True when the system's own limit cut it short."""
    cut = limit_seconds is not None and seconds > limit_seconds
    await asyncio.sleep(limit_seconds if cut and limit_seconds is not None else seconds)
    return cut


@contextlib.asynccontextmanager
async def serving(double: Double, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve `double` while the block runs; gives the base URL."""
    server = DoubleServer(double, host=host, port=port)
    try:
        yield await server.start()
    finally:
        await server.stop()


@contextlib.contextmanager
def serving_in_thread(double: Double, *, port: int = 0) -> Iterator[str]:
    """Serve `double` from a thread of its own, for callers that block; gives the base URL."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name=type(double).__name__, daemon=True)
    thread.start()
    server = DoubleServer(double, port=port)
    try:
        yield asyncio.run_coroutine_threadsafe(server.start(), loop).result(timeout=10)
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()


def serve_until_stopped(double: Double, *, host: str = "127.0.0.1", port: int = 0) -> None:
    """Serve `double` until SIGTERM or SIGINT. The first line printed is `listening on http://HOST:PORT`."""

    async def serve() -> None:
        stopped = asyncio.Event()
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(signal_number, stopped.set)
        async with serving(double, host=host, port=port) as url:
            print(f"listening on {url}", flush=True)
            await stopped.wait()

    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    asyncio.run(serve())
