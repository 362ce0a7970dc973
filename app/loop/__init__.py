"""The closed loop in the simulated world: households shop over the real API, their events train the next student."""
