"""Values in, values out: no I/O, clock, randomness or logging below here."""
