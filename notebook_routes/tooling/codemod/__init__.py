"""Codemods: programs of other frameworks, and of the older API Routes, as Route Handlers.

    $ notebook-routes codemod flask shop.py --diff

`catalogue.py` lists them. A codemod plans what to write (`plan.py`), from the text of sources alone, nothing is run;
`writing.py` writes it, all or nothing. LibCST is imported only where a codemod runs.
"""
