"""The page and its API. Loaded only where a page is served."""
