"""Ten families of faults, one module each, and the ground on which they are tried."""
