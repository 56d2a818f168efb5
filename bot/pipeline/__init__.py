"""The three steps and the sweep: read collect, compose, deliver, prune, in this order."""
