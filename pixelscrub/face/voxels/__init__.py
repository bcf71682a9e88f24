"""What a volume's voxels are: where they lie, how their values are read, which of them are body.

`volumes` reads frames into one placed image and carries regions back; `grid` samples it along the
patient's axes; `readings` tells air from tissue, whatever the header says of units; `skin` is what
is not air.
"""
