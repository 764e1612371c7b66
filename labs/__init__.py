# SPDX-License-Identifier: MIT
"""The labs, and the tool that makes starters of the reference; see labs.py."""
