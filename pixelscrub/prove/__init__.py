"""May this file stay? Written bytes are read again; the steps are not believed."""
