"""Job kernels: arrays in, arrays out, no Python object per job."""
