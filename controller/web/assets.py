"""The files that the browser needs, each compressed once and named by its content, so that it is fetched once."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

STATIC = Path(__file__).parent / "static"
MEDIA = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}
FOR_EVER = "public, max-age=31536000, immutable"


class Asset(NamedTuple):
    """A file as it is sent. `packed` is its gzip, None where that is no smaller."""

    data: bytes
    packed: bytes | None
    media: str
    tag: str


@cache
def asset(name: str) -> Asset | None:
    """A file of `static` by its name there; None where there is none that may be sent."""
    media = MEDIA.get(Path(name).suffix)
    path = STATIC / name
    if media is None or ".." in Path(name).parts or not path.is_file() or not path.resolve().is_relative_to(STATIC):
        return None
    data = path.read_bytes()
    packed = gzip.compress(data, 9, mtime=0)
    tag = hashlib.sha256(data).hexdigest()[:16]
    return Asset(data, packed if len(packed) < len(data) * 0.9 else None, media, tag)


@cache
def url(name: str) -> str:
    """Where the browser finds a file; another one for other content. Raises LookupError."""
    found = asset(name)
    if found is None:
        raise LookupError(f"there is no file {name!r} for the browser")
    return f"/static/{name}?v={found.tag}"


async def static(request: Request) -> Response:
    """The route of the files."""
    found = asset(request.path_params["name"])
    if found is None:
        return Response("not found", 404, media_type="text/plain")
    versioned = request.query_params.get("v") == found.tag
    headers = {
        "etag": f'"{found.tag}"',
        "vary": "accept-encoding",
        "cache-control": FOR_EVER if versioned else "no-cache",
    }
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    data = found.data
    if found.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        data, headers["content-encoding"] = found.packed, "gzip"
    return Response(data, media_type=found.media, headers=headers)
