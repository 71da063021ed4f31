"""A certificate authority for tests, with a certificate for a broker at 127.0.0.1 and one for a client."""

from __future__ import annotations

import subprocess
from pathlib import Path


class Certificates:
    """PEM files in `folder`, made with the openssl program."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.authority, authority_key = folder / "ca.pem", folder / "ca.key"
        self._openssl("req", "-x509", *_NEW_KEY, "-keyout", authority_key, "-out", self.authority, "-subj", "/CN=farm")
        self.broker, self.broker_key = self._signed("broker", "subjectAltName=IP:127.0.0.1")
        self.client, self.client_key = self._signed("onsil", "extendedKeyUsage=clientAuth")

    def _signed(self, name: str, extension: str) -> tuple[Path, Path]:
        certificate, key, request = (self._folder / f"{name}.{ending}" for ending in ("pem", "key", "csr"))
        self._openssl("req", *_NEW_KEY, "-keyout", key, "-out", request, "-subj", f"/CN={name}", "-addext", extension)
        authority = ("-CA", self.authority, "-CAkey", self._folder / "ca.key", "-CAcreateserial")
        self._openssl("x509", "-req", "-in", request, *authority, "-out", certificate, "-copy_extensions", "copy")
        return certificate, key

    def _openssl(self, *arguments: str | Path) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=self._folder)


_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
