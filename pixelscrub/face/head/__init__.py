"""The average head and where it lies in a body.

`template` draws it; `fit` lays it into a body from many starts, `trials` into stacks that do not
say how they lie; `eyes` and `brain` are found in this very image; `region` is what goes.
"""
