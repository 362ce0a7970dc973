"""The report about one bundle: a module a section, each with values, how they are measured, and how they are told."""
