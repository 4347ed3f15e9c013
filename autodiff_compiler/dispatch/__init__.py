"""From a call to the function compiled for it: signatures, guards, the cache, and the fast way in.

`parameters` reads what a function takes, `arguments` and `annotations` describe what it is given,
`calls` writes the function behind `__call__`, `cache` keeps what has been compiled.
"""
