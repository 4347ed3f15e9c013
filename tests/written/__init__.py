"""Programs as people write them, to be differentiated unchanged, and what must hold for each."""
