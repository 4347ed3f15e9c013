"""The typed SSA graph with structured control flow that everything else works on.

`values` holds the nodes, `types` what is known of a value, `operation` what the IR asks of an
operation, `builder` makes blocks, `walk` reads and rewrites them, `printer`, `verifier` and
`interpreter` show, check and run them. Signatures need `types` alone, so nothing is imported here.
"""
