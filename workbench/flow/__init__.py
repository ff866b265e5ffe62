"""The drawing: a Qt-free document of nodes and links, its kinds, rules, reversible edits and text form."""
