"""What the frames of an instance show, and how all of them are searched.

`views` (every picture that a viewer can be made to show of a frame), `kinds` (labels, moments of a
cine, or places of their own), `cine` (text frame by frame), `values` (is the ink of a find of one
stored value?), `volume` (text that only a plane across slices shows).
"""
