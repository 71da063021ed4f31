"""Sphinx's settings. The source is the whole repository, so that each README is a page where it stands.

`make docs` builds into build/docs without a network, and takes every warning for an error.
"""

from __future__ import annotations

import sys
from importlib.metadata import version as version_of
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from docs.generate import write_all  # noqa: E402

write_all(ROOT / "docs/reference/made")

project = "Onsil"
author = "Onsil's authors"
project_copyright = "Onsil's authors, Apache-2.0"
version = release = version_of("onsil")
language = "en"

extensions = ["myst_parser"]
root_doc = "docs/index"
include_patterns = ["docs/**.md", "CHANGELOG.md", "controller/**/README.md",
                    "drivers/README.md", "drivers/**/README.md",
                    "simulators/README.md", "simulators/**/README.md", "deploy/README.md"]  # fmt: skip
exclude_patterns = ["docs/fault-matrix.md", ".*", "build", "dist", "tests", "**/__pycache__", "**/node_modules"]
nitpicky = True

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4
myst_links_external_new_tab = False
suppress_warnings = ["misc.highlighting_failure"]  # answers of the controller are shown as they are

html_theme = "furo"
html_title = "Onsil · 온실"
html_baseurl = ""
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}
# the first page is at docs/index.html, as its source is
html_additional_pages = {"index": "to_the_first_page.html"}
templates_path = ["templates"]
