# SPDX-License-Identifier: MIT
"""The graders' own tests: nothing that is doctored may pass."""
