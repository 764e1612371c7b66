# SPDX-License-Identifier: MIT
"""Tests of the book and of its tools; part of the graders' own (grade/run.py selftest)."""
