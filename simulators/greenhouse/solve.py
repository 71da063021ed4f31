"""A small system of linear equations, in two parts so that one matrix serves several right-hand sides.

Gaussian elimination without pivoting: the systems of an implicit step with exchange between neighbours are diagonally
dominant. Zeros are skipped. Matrices are stored by rows.
"""

from __future__ import annotations

from collections.abc import MutableSequence, Sequence


def factorise(size: int, matrix: MutableSequence[float]) -> None:
    """Turn a matrix into its factors, in place: the lower one below, the reciprocal pivots on the diagonal."""
    for column in range(size):
        top = column * size
        pivot = 1.0 / matrix[top + column]
        matrix[top + column] = pivot
        for row in range(column + 1, size):
            below = row * size
            if matrix[below + column] != 0.0:
                factor = matrix[below + column] * pivot
                matrix[below + column] = factor
                for other in range(column + 1, size):
                    matrix[below + other] -= factor * matrix[top + other]


def substitute(size: int, factors: Sequence[float], vector: MutableSequence[float]) -> None:
    """Solve factors · x = vector in place; x stands in `vector` afterwards."""
    for row in range(1, size):
        line = row * size
        value = vector[row]
        for other in range(row):
            value -= factors[line + other] * vector[other]
        vector[row] = value
    for row in range(size - 1, -1, -1):
        line = row * size
        value = vector[row]
        for other in range(row + 1, size):
            value -= factors[line + other] * vector[other]
        vector[row] = value * factors[line + row]
