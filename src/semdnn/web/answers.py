"""Answers as JSON, and every error as one object with a code for programs and a line for people."""

import base64
import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from numpy.typing import NDArray
from starlette.exceptions import HTTPException

from semdnn.audio.faults import AudioError
from semdnn.catalogue.database import CatalogueError
from semdnn.errors import SemdnnError
from semdnn.features.logmel import SamplesError
from semdnn.web.limits import RETRY_AFTER_S, RefusedError
from semdnn.web.words_over_time import WordsOverTime

if TYPE_CHECKING:
    from semdnn.web.hearing import Heard

_CODES = {404: "not_found", 405: "wrong_method"}


def answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a value as a JSON response that is not stored."""
    text = json.dumps(plain(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    headers = {"cache-control": "no-store", **(headers or {})}
    return Response(text, status, headers, "application/json")


def plain(value: Any) -> Any:
    """Return named tuples as objects and other tuples as lists, all the way down.

    Examples
    --------
    >>> from semdnn.catalogue.search import WordWeight
    >>> plain((WordWeight("dog", 0.5),))
    [{'word': 'dog', 'weight': 0.5}]
    """
    if hasattr(value, "_asdict"):
        return {name: plain(part) for name, part in value._asdict().items()}
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return value


def words_json(words: WordsOverTime) -> dict[str, object]:
    """Return words over time; weights as numbers of four decimals, one list a row."""
    return {
        "words": [{"word": w.word, "weight": round(w.weight, 4)} for w in words.words],
        "segments": [
            {
                "start_s": round(s.start_s, 3),
                "end_s": round(s.end_s, 3),
                "word": s.word,
                "weight": round(s.weight, 4),
            }
            for s in words.segments
        ],
        "rows": [
            {"word": word, "weights": [round(float(w), 4) for w in weights]}
            for word, weights in zip(words.rows, words.weights, strict=True)
        ],
        "edges_s": [round(float(edge), 3) for edge in words.edges_s],
    }


def heard_json(hearing: str, heard: "Heard", words: WordsOverTime) -> dict[str, object]:
    """Return a sound's pictures, as bytes in base64, and its words over time."""
    lowest, highest, mel = heard.pictures
    return {
        "hearing": hearing,
        "duration_s": round(heard.outputs.duration_s, 3),
        "waveform": {
            "columns": len(lowest),
            "lowest": _signed(lowest),
            "highest": _signed(highest),
        },
        "log_mel": {"columns": len(mel), "bands": mel.shape[1], "data": _base64(mel)},
        **words_json(words),
    }


def add_error_answers(app: FastAPI) -> None:
    """Let every error of the application be answered with ``{"error": {code, message}}``."""

    async def refused(_request: Request, error: Exception) -> Response:
        return error_answer(error)

    for kind in (SemdnnError, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, refused)


def error_answer(error: Exception) -> Response:
    """Return the answer for an error; of a mistake of the program the server prints more."""
    status, code, message = _told(error)
    headers = {"retry-after": str(RETRY_AFTER_S)} if status == 503 else {}
    return answer({"error": {"code": code, "message": message}}, status, headers)


def _told(error: Exception) -> tuple[int, str, str]:
    """Return status, code and message."""
    match error:
        case RefusedError():
            told = error.status, error.code, str(error)
        case AudioError():
            code = error.kind.replace(" ", "_")
            told = 422, code, f"the sound cannot be heard: {_readable(error.reason)}"
        case SamplesError():
            told = 422, "not_finite", f"the sound cannot be heard: {error}"
        case CatalogueError():
            told = 404, "not_in_catalogue", _readable(str(error))
        case SemdnnError():
            told = 400, "bad_request", _readable(str(error))
        case RequestValidationError():
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"][1:])
            told = 400, "bad_request", f"{where or 'the request'}: {first['msg']}"
        case HTTPException():
            told = error.status_code, _CODES.get(error.status_code, "http"), str(error.detail)
        case _:
            told = 500, "fault", "the server made a mistake: see what it printed where it runs"
    return told


def _readable(text: str) -> str:
    return os.fsencode(text).decode("utf-8", "backslashreplace")


def _signed(values: NDArray[np.float32]) -> str:
    return _base64(np.clip(np.rint(values * 127), -127, 127).astype(np.int8))


def _base64(values: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()
