"""The best of several decisions in one cell of a climate risk grid, repaired: tuples for shapes, one type for `opd`,
an array for the weights."""
import numpy as np
from numba import njit


@njit
def decide(ind, index, EAI, exposure, nd, decision_inputs, cost_per_day, weights):
    xi = EAI[ind[0][index], ind[1][index], :]
    xi = np.where(xi < 0, 0, xi)
    ppl = exposure[ind[0][index], ind[1][index]]
    opd = np.empty(1, dtype=np.int64)
    if ppl <= 0:
        opd[0] = 1
        exp_util = np.full(nd, np.nan)
        util = np.full((nd, 1000), np.nan)
        cost = np.full((nd, 1000), np.nan)
    else:
        cost = np.empty((nd, 1000))
        for j in range(nd):
            for k in range(1000):
                lost = 10 ** xi[k] - 1
                cost[j, k] = decision_inputs[j, 0] * ppl + cost_per_day * (1 - decision_inputs[j, 1]) * lost
        goal = decision_inputs[:, 2] / 10
        u_cost = 1 + (-1 / cost.max()) * cost
        util = np.empty((nd, 1000))
        for j in range(nd):
            util[j, :] = weights[0] * u_cost[j, :] + weights[1] * goal[j]
        exp_util = np.empty(nd)
        for j in range(nd):
            exp_util[j] = np.mean(util[j, :])
        opd = np.where(exp_util == max(exp_util))[0] + 1
    return opd, exp_util, util, cost


def main():
    risk = (np.arange(4 * 5 * 1000) % 997 / 997.0 * 2.2 - 0.2).reshape(4, 5, 1000)
    exposure = (np.arange(20) % 7 * 10.0 - 10.0).reshape(4, 5)
    ind = np.where(exposure > -100.0)
    inputs = np.array([[0.0, 0.0, 0.0], [3.0, 0.4, 6.0], [9.0, 0.7, 8.0]])
    print(decide(ind, 9, risk, exposure, 3, inputs, 45.0, np.array([0.7, 0.3])))


if __name__ == "__main__":
    main()
