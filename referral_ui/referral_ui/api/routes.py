"""How a route of the API is declared: what every one has in common stands here and in no handler.

    @reads("/cases/{case_id:uuid}/consents", guards=[OFFICE])
    @acts("/cases/{case_id:uuid}/needs", guards=[OFFICE])

`reads` and `acts` say to OpenAPI with which problems a route may answer. What `acts` is given changes something, so it
takes an `Idempotency-Key`: its handler asks for `once: Once` and runs its action there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, HeaderParameter

from referral_hub.actor import Actor
from referral_hub.hub import Hub, Transaction
from referral_hub.referrals.idempotency import MAX_KEY, find_previous_response, remember_response
from referral_ui.errors import PROBLEM_JSON, ProblemDocument
from referral_ui.guards import Guard
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest

Key = FromPath[UUID]
Answer = TypeVar("Answer", bound=msgspec.Struct)
Handler = Callable[[Callable[..., Any]], Any]

_READING = {
    400: "The request is malformed: `errors` names each field.",
    401: "No valid token.",
    403: "The account or its token may not do this.",
    422: "A value is not accepted: `errors` names the field and how to fix it.",
    500: "A fault of the hub. `request_id` finds it in the log.",
    503: "The module or the database is unavailable for now; try again later.",
}
_NOT_FOUND = {404: "There is no such record, or the account may not see it."}
_ACTING = {
    409: "The record's state does not allow it, or the idempotency key was used for another request.",
    413: "The body is too large.",
}


def reads(path: str, *, guards: Sequence[Guard], asks_for: str = "") -> Handler:
    """A route that changes nothing. `asks_for` names a query parameter that is the key of a record."""
    found = _NOT_FOUND if "{" in path or asks_for else {}
    return get(path, guards=list(guards), responses=_problems(_READING | found), sync_to_thread=True)


def acts(path: str, *, guards: Sequence[Guard], status_code: int = 201) -> Handler:
    """A route that changes something. What a body names may not be there, so each may answer 404."""
    problems = _problems(_READING | _NOT_FOUND | _ACTING)
    return post(path, guards=list(guards), status_code=status_code, responses=problems, sync_to_thread=True)


class Made(msgspec.Struct, frozen=True):
    """The key of what was made."""

    id: UUID


class RunOnce:
    """The action of one request, run once for each idempotency key of the account.

    The same key with the same request is answered as the first time, and nothing happens; with another address or
    another body it is refused (`KeyUsed`). A request that was refused or failed left nothing: it may be repeated.
    """

    def __init__(self, hub: Hub, actor: Actor, *, key: str | None, action: str, fingerprint: str) -> None:
        self._hub, self._actor, self._key = hub, actor, key
        self._action, self._fingerprint = action, fingerprint

    def do(self, action: Callable[[Transaction], object]) -> None:
        """Run an action that has nothing to tell."""

        def act(session: Transaction) -> _Done:
            action(session)
            return _Done()

        self.answer(act, _Done)

    def answer(self, action: Callable[[Transaction], Answer], shape: type[Answer]) -> Answer:
        """Run an action and give what it answers, a value of `shape`."""
        asked: dict[str, Any] = {"action": self._action, "fingerprint": self._fingerprint, "by": self._actor}
        with self._hub.transaction(self._actor) as session:
            before = find_previous_response(session, self._key, **asked)
            if before is not None:
                return msgspec.convert(before, shape)
            answer = action(session)
            remember_response(session, self._key, answer=answer, **asked)
            return answer


Once = NamedDependency[RunOnce]


async def provide_once(
    request: HubRequest,
    hub: CurrentHub,
    actor: CurrentActor,
    idempotency_key: Annotated[
        str | None,
        HeaderParameter(
            name="Idempotency-Key",
            description="The same request with the same key again changes nothing and gives the same answer.",
            min_length=1,
            max_length=MAX_KEY,
        ),
    ] = None,
) -> RunOnce:
    """The dependency `once`. The fingerprint tells nothing of what was sent."""
    sent = (await request.body()).decode("utf-8", "replace")
    return RunOnce(
        hub,
        actor,
        key=idempotency_key,
        action=f"{request.method} {request.url.path}",
        fingerprint=hub.cipher.index(sent, "web.idempotency").hex(),
    )


class _Done(msgspec.Struct, frozen=True):
    """Something was done, and there is no more to say."""


def _problems(meanings: dict[int, str]) -> dict[int, ResponseSpec]:
    return {
        status: ResponseSpec(ProblemDocument, generate_examples=False, description=meaning, media_type=PROBLEM_JSON)
        for status, meaning in sorted(meanings.items())
    }
