"""All pairwise distances of points in the plane."""
import numpy as np
from numba import njit


@njit
def distance_matrix(points):
    n = len(points)
    dist = np.empty((n, n))
    for i in range(n):
        for j in range(n):
            dx = points[i, 0] - points[j, 0]
            dy = points[i, 1] - points[j, 1]
            dist[i, j] = (dx ** 2 + dy ** 2) ** 0.5
    return dist


if __name__ == "__main__":
    print(distance_matrix(np.arange(20.0).reshape(10, 2)))
