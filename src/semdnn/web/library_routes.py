"""Routes that look into the catalogue: search, a sound, its audio, the map."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, Response

from semdnn.web.answers import answer, plain
from semdnn.web.library import Asking
from semdnn.web.listen_routes import Number
from semdnn.web.map_job import MapProgress, SoundMap
from semdnn.web.site import Site


def library_routes(site: Site) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.get("/search")
    def search(asking: Annotated[Asking, Query()]) -> Response:
        vector = site.vector(asking.hearing) if asking.hearing else None
        return answer(site.library.search(asking, vector))

    @router.get("/sounds/{number}")
    def sound(number: Number) -> Response:
        return answer(site.library.shown(number))

    @router.api_route("/sounds/{number}/audio", methods=["GET", "HEAD"])
    async def audio(request: Request, number: Number) -> Response:
        path = site.library.catalogue.path_of(number)
        playable = site.converted.find(path)
        if playable is None:
            async with site.desk.seat() as seat:
                playable = await seat.run(
                    request, lambda: site.converted.make(path, seat.clock.check)
                )
        headers = {"cache-control": "private, no-cache"}
        return FileResponse(playable.path, headers=headers, media_type=playable.media_type)

    @router.get("/map")
    def sound_map() -> Response:
        looked = site.map.look()
        if isinstance(looked, MapProgress):
            return answer({"status": "working", **plain(looked)}, 202)
        return answer(_map_json(looked))

    return router


def _map_json(made: SoundMap) -> dict[str, object]:
    return {
        "status": "done",
        "n_sounds": made.n_sounds,
        "clusters": made.clusters,
        "points": [
            {
                "id": point.sound.id,
                "x": point.x,
                "y": point.y,
                "cluster": point.cluster,
                "name": point.sound.name,
                "folder": point.sound.folder,
                "path": point.sound.path,
                "duration_s": point.sound.duration_s,
                "words": [word for word, _ in point.sound.words[:4]],
            }
            for point in made.points
        ],
    }
