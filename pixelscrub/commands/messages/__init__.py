"""What commands say: on the terminal, in the log, while they work, and in their help."""
