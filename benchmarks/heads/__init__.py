"""Heads to measure face removal on: real and generated ones, rivals, and an attacker."""
