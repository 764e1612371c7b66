# SPDX-License-Identifier: MIT
"""The book, its tools and their tests. Begin with README.md."""
