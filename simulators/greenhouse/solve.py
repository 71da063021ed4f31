"""A small system of linear equations."""

from __future__ import annotations

from collections.abc import MutableSequence


def eliminate(size: int, matrix: MutableSequence[float], vector: MutableSequence[float]) -> None:
    """Solve matrix · x = vector in place; x stands in `vector` afterwards. The matrix (by rows) is used up.

    Gaussian elimination without pivoting: the systems of an implicit step with exchange between neighbours are
    diagonally dominant. Zeros are skipped.
    """
    for column in range(size):
        top = column * size
        pivot = 1.0 / matrix[top + column]
        for row in range(column + 1, size):
            below = row * size
            factor = matrix[below + column]
            if factor != 0.0:
                factor *= pivot
                for other in range(column + 1, size):
                    matrix[below + other] -= factor * matrix[top + other]
                vector[row] -= factor * vector[column]
        matrix[top + column] = pivot
    for row in range(size - 1, -1, -1):
        line = row * size
        value = vector[row]
        for other in range(row + 1, size):
            value -= matrix[line + other] * vector[other]
        vector[row] = value * matrix[line + row]
