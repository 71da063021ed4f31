"""What the analysis has to say about a plan."""

from __future__ import annotations

from dataclasses import dataclass

from controller.model.errors import NOWHERE, Place


@dataclass(frozen=True, slots=True)
class Finding:
    """A likely mistake: where it stands, what it is, the values at which it happens, and the way out.

    `kind` is a short fixed word for programs ("conflict", "never fires", ...); `witness` is "" where the mistake holds
    always.
    """

    kind: str
    message: str
    place: Place = NOWHERE
    witness: str = ""
    suggestion: str = ""

    def __str__(self) -> str:
        text = f"{self.place}: {self.message}" if self.place != NOWHERE else self.message
        if self.witness:
            text += f": {self.witness}"
        return f"{text} ({self.suggestion})" if self.suggestion else text
