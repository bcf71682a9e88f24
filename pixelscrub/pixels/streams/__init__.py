"""Code streams reduced to what decoding needs: one module a family, `essential` is the entry."""
