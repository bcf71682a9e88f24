"""What makes the files in `models/`: generators and trainers, not part of the package."""
