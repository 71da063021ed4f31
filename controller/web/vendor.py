"""Fetches what others wrote for the browser: `python -m controller.web.vendor` writes static/vendor anew.

The files are kept with the source, so that neither a build nor a greenhouse needs a network. `VERSIONS` are exact;
SOURCES.json beside the files has their SHA-256, which a test compares. Needs npm, and is only run to change a version.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
VENDOR = HERE / "static" / "vendor"
TESTS = HERE.parent.parent / "tests" / "web" / "vendor"  # what only the tests use

VERSIONS = {
    "htmx.org": "2.0.11",
    "htmx-ext-sse": "2.2.4",
    "uplot": "1.6.32",
    "axe-core": "4.14.1",
    "esbuild": "0.28.2",  # only puts the modules of CodeMirror into one file
    "@codemirror/autocomplete": "6.20.4",
    "@codemirror/commands": "6.11.1",
    "@codemirror/lang-yaml": "6.1.3",
    "@codemirror/language": "6.13.1",
    "@codemirror/lint": "6.9.8",
    "@codemirror/search": "6.7.2",
    "@codemirror/state": "6.7.6",
    "@codemirror/streamparser": "6.0.0",
    "@codemirror/view": "6.43.15",
    "@lezer/common": "1.5.5",
    "@lezer/highlight": "1.2.5",
    "@lezer/lr": "1.4.12",
    "@lezer/yaml": "1.0.4",
    "@marijn/find-cluster-break": "1.0.4",
    "crelt": "1.0.7",
    "style-mod": "4.1.5",
    "w3c-keyname": "2.2.8",
}

FILES = {  # from inside the packages, to
    "htmx.org/dist/htmx.min.js": VENDOR / "htmx.js",
    "htmx.org/LICENSE": VENDOR / "htmx.LICENSE",
    "htmx-ext-sse/dist/sse.min.js": VENDOR / "htmx-sse.js",
    "htmx-ext-sse/LICENSE": VENDOR / "htmx-sse.LICENSE",
    "uplot/dist/uPlot.iife.min.js": VENDOR / "uplot.js",
    "uplot/dist/uPlot.min.css": VENDOR / "uplot.css",
    "uplot/LICENSE": VENDOR / "uplot.LICENSE",
    "@codemirror/view/LICENSE": VENDOR / "codemirror.LICENSE",
    "axe-core/axe.min.js": TESTS / "axe.js",
    "axe-core/LICENSE": TESTS / "axe.LICENSE",
}

# the part of CodeMirror that the editor of the rules uses
EDITOR = """
export {EditorState, StateEffect, StateField} from "@codemirror/state";
export {EditorView, keymap, lineNumbers, highlightActiveLine, highlightActiveLineGutter, drawSelection,
        highlightSpecialChars, Decoration} from "@codemirror/view";
export {defaultKeymap, history, historyKeymap, indentWithTab} from "@codemirror/commands";
export {syntaxHighlighting, HighlightStyle, indentOnInput, bracketMatching, indentUnit} from "@codemirror/language";
export {autocompletion, completionKeymap} from "@codemirror/autocomplete";
export {setDiagnostics, lintGutter, lintKeymap} from "@codemirror/lint";
export {searchKeymap, highlightSelectionMatches} from "@codemirror/search";
export {yaml} from "@codemirror/lang-yaml";
export {tags} from "@lezer/highlight";
"""


def main() -> None:
    """Install the exact versions into a temporary folder and take the files over. Raises CalledProcessError."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "package.json").write_text(json.dumps({"private": True, "dependencies": VERSIONS}))
        subprocess.run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, check=True)
        modules = folder / "node_modules"
        for source, target in FILES.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(modules / source, target)
        entry = folder / "editor.js"
        entry.write_text(EDITOR)
        build = ["--bundle", "--format=esm", "--minify", "--target=es2020", "--legal-comments=none"]
        esbuild = modules / "esbuild" / "bin" / "esbuild"
        subprocess.run([esbuild, entry, *build, f"--outfile={VENDOR / 'codemirror.js'}"], cwd=folder, check=True)
    sources = {"versions": VERSIONS, "sha256": digests()}
    (VENDOR / "SOURCES.json").write_text(json.dumps(sources, indent=2) + "\n")


def digests() -> dict[str, str]:
    """The SHA-256 of each file in static/vendor."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(VENDOR.iterdir())
        if path.name != "SOURCES.json"
    }


if __name__ == "__main__":
    main()
