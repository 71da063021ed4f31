"""One module a kind of mistake. Each check takes a `Survey` of a plan and gives findings."""
