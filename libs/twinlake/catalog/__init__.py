"""Sentences: what exists, one small file each; nothing here knows how it is read or written."""
