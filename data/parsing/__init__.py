"""Parsers that face real text: one file a kind of text, each a pure function to a value, or to why there is none."""
