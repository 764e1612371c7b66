# SPDX-License-Identifier: MIT
"""The graders: they run Ponte in QEMU and judge what it answers. See docs/grading.md."""
