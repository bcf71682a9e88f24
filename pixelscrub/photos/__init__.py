"""Faces in photographs and renderings."""
