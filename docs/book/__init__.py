# SPDX-License-Identifier: MIT
"""What makes a site of docs/*.md: hooks.py is where mkdocs comes in."""
