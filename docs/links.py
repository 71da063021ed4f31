"""Whether every link of the built documentation leads somewhere: `python -m docs.links build/docs`.

Looks at the pages as a browser gets them: files, pictures, and headings within a page. Addresses of the internet are
only counted, for this must work without a network; nothing may be *loaded* from there.
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_LOADED = {"img": "src", "script": "src", "source": "src", "iframe": "src"}
_MADE_BY_SPHINX = frozenset({"genindex.html", "search.html"})


class _Page(HTMLParser):
    """What a page links to, what it loads, and what in it can be linked to."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.anchors.update(found[name] for name in ("id", "name") if name in found)
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if tag in _LOADED and found.get(_LOADED[tag]):
            self.loaded.append(found[_LOADED[tag]])
        if tag == "link" and "stylesheet" in found.get("rel", ""):
            self.loaded.append(found.get("href", ""))


def broken(folder: Path) -> list[str]:
    """A line for each link of the pages in `folder` that leads nowhere."""
    pages = {}
    for path in sorted(folder.rglob("*.html")):
        pages[path] = page = _Page()
        page.feed(path.read_text(encoding="utf-8"))
    found = []
    for path, page in pages.items():
        if path.name in _MADE_BY_SPHINX:
            continue
        for link in page.links:
            if not _leads_somewhere(link, path, pages):
                found.append(f"{path.relative_to(folder)}: {link} leads nowhere")
        for link in page.loaded:
            if urlsplit(link).scheme not in ("", "data") or not _leads_somewhere(link, path, pages):
                found.append(f"{path.relative_to(folder)}: {link} cannot be loaded")
    return found


def _leads_somewhere(link: str, path: Path, pages: dict[Path, _Page]) -> bool:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return True
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path.resolve()
    if not target.is_file():
        return False
    page = pages.get(target)
    return not parts.fragment or page is None or unquote(parts.fragment) in page.anchors


def main() -> int:
    folder = Path(sys.argv[1]).resolve()
    lines = broken(folder)
    print("\n".join(lines) or f"every link in {sys.argv[1]} leads somewhere")
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main())
