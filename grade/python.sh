#!/bin/sh
# SPDX-License-Identifier: MIT
# Prints the first Python that can import pytest: $PYTHON, then python3 in PATH, then the system's
# own. The first python3 in PATH is often one without it (pyenv, conda).

system=/usr/bin/python3
[ -n "$PONTE_NO_SYSTEM_PYTHON" ] && system=

for python in "$PYTHON" python3 $system; do
	if [ -n "$python" ] && "$python" -c 'import pytest' >/dev/null 2>&1; then
		command -v "$python"
		exit 0
	fi
done
echo "grade: no Python with pytest found: run \`make setup\`, or set PYTHON to one" >&2
exit 1
