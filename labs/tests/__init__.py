# SPDX-License-Identifier: MIT
"""Tests of the tool that makes starters; `grade/run.py selftest` runs them."""
