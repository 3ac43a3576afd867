"""The application: routes of the page and of its programming interface."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles

from semdnn import __version__
from semdnn.web.answers import add_error_answers, answer
from semdnn.web.guard import Guard, Hosts
from semdnn.web.library_routes import library_routes
from semdnn.web.limits import OWN_WORDS
from semdnn.web.listen_routes import listen_routes, play_routes
from semdnn.web.site import Site

STATIC = Path(__file__).parent / "static"


def build_app(site: Site, host: str = "127.0.0.1") -> Guard:
    """Return the application of a site that is bound to `host`.

    FastAPI's own documentation pages are off: they load scripts from elsewhere.
    """

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        site.close()

    app = FastAPI(
        title="semDNN",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    add_error_answers(app)
    app.include_router(listen_routes(site), prefix="/api")
    app.include_router(play_routes(site), prefix="/api")
    app.include_router(library_routes(site), prefix="/api")

    @app.get("/api/info")
    def info() -> Response:
        return answer(_info(site))

    @app.get("/", include_in_schema=False)
    def page() -> Response:
        return FileResponse(STATIC / "index.html", headers={"cache-control": "no-cache"})

    app.mount("/static", StaticFiles(directory=STATIC))
    return Guard(app, Hosts(host))  # outermost, so that every answer has its headers


def _info(site: Site) -> dict[str, object]:
    limits, model = site.limits, site.model
    library = site.library if site.has_library else None
    return {
        "version": __version__,
        "model": {
            "name": site.model_name,
            "kind": model.checkpoint.kind,
            "n_words": len(model.dictionary),
            "word_space": model.checkpoint.dictionary.word_space,
        },
        "catalogue": None
        if library is None
        else {
            "n_sounds": len(library.catalogue),
            "folders": library.folders(),
            "compares_uploads": site.compares,
        },
        "limits": {
            "max_upload_bytes": limits.max_upload_bytes,
            "max_duration_s": limits.max_duration_s,
            "max_own_words": OWN_WORDS,
            "max_at_once": limits.max_at_once,
            "timeout_s": limits.timeout_s,
        },
    }
