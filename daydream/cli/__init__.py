"""The `daydream` command: one module a command, and all formatting for a terminal."""
