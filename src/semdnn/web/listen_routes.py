"""Routes for one sound: hear an upload or a catalogued one, put other words to it, play it."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi import Path as PathParameter
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.types import Receive, Scope, Send

from semdnn.web.answers import answer, heard_json, words_json
from semdnn.web.hearing import hear
from semdnn.web.limits import OWN_WORDS_BYTES
from semdnn.web.site import Site
from semdnn.web.uploads import received
from semdnn.web.words_over_time import words_over_time

Number = Annotated[int, PathParameter(ge=0, lt=1 << 63)]
"""A sound of the catalogue."""


class OwnWords(BaseModel):
    """An own vocabulary, one word or phrase a line; blank for the network's own."""

    model_config = ConfigDict(extra="forbid")

    words: str = Field("", max_length=OWN_WORDS_BYTES)


class SentOnce(FileResponse):
    """A file that is deleted when it was sent, or when its receiver has gone."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            Path(self.path).unlink(missing_ok=True)


def listen_routes(site: Site) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.post("/hearings")
    async def hear_upload(
        request: Request, name: Annotated[str, Query(max_length=4000)] = ""
    ) -> Response:
        async with (
            site.desk.seat() as seat,
            received(request, site.limits, seat.clock, name) as path,
        ):

            def work() -> Response:
                heard = hear(site.model, path, site.limits, seat.clock.check)
                words = words_over_time(site.model, heard.outputs)
                return answer(heard_json(site.hearings.keep(heard), heard, words))

            return await seat.run(request, work)

    @router.post("/sounds/{number}/hearing")
    async def hear_catalogued(request: Request, number: Number) -> Response:
        async with site.desk.seat() as seat:

            def work() -> Response:
                path = site.library.catalogue.path_of(number)
                heard = hear(site.model, path, site.limits, seat.clock.check)
                words = words_over_time(site.model, heard.outputs)
                return answer(heard_json(site.hearings.keep(heard), heard, words))

            return await seat.run(request, work)

    @router.post("/hearings/{key}/words")
    async def put_words(request: Request, key: str, own: OwnWords) -> Response:
        async with site.desk.seat() as seat:

            def work() -> Response:
                outputs = site.hearings.get(key)
                return answer(words_json(words_over_time(site.with_words(own.words), outputs)))

            return await seat.run(request, work)

    return router


def play_routes(site: Site) -> APIRouter:
    """Return the route that turns an upload into what browsers play."""
    router = APIRouter()

    @router.post("/played")
    async def play_upload(
        request: Request, name: Annotated[str, Query(max_length=4000)] = ""
    ) -> Response:
        async with (
            site.desk.seat() as seat,
            received(request, site.limits, seat.clock, name) as path,
        ):
            made = await seat.run(request, lambda: site.converted.make_once(path, seat.clock.check))
        headers = {"cache-control": "no-store"}
        return SentOnce(made.path, headers=headers, media_type=made.media_type)

    return router
