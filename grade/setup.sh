#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs what Ponte needs and the machine lacks, with the system's own package manager. Says what it
# does; a second time it finds nothing to do. Changes nothing else.

here=$(dirname "$0")

say() { echo "setup: $*"; }
die() { echo "setup: $*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# The Python that grades has this module, or the system's has, which is where a package puts it.
imports() {
	[ -n "$python" ] && "$python" -c "import $1" >/dev/null 2>&1 && return 0
	[ -x /usr/bin/python3 ] && /usr/bin/python3 -c "import pytest, $1" >/dev/null 2>&1
}
has_qboot() {
	"$qemu" -L help 2>/dev/null | while read -r dir; do
		[ -f "$dir/qboot.rom" ] && echo yes
	done | grep -q yes
}
has_toml() { imports tomllib || imports tomli; }
has_cc() { have gcc || have clang; }
# The C library to link with, for what Linux runs in `make bench PEER=linux`: a compiler says where its
# file is, or the bare name if there is none.
has_libc() {
	has_cc || return 1
	have "${cross}gcc" && set -- "${cross}gcc" || set -- clang
	[ "$("$1" -print-file-name=libc.a 2>/dev/null)" != libc.a ]
}

qemu=${QEMU:-qemu-system-x86_64}
case $(uname -m) in
x86_64 | amd64) cross= ;;
*) cross=x86_64-linux-gnu- ;; # the kernel is for x86_64 whatever this machine is
esac
[ -z "$cross" ] || has_cc() { have "${cross}gcc" || have clang; }

# What is missing, one word each, the same for every system.
missing() {
	python=$(sh "$here/python.sh" 2>/dev/null)
	has_cc || echo compiler
	have "${cross}ld" && have "${cross}objdump" || echo binutils
	has_libc || echo libc
	have make || echo make
	have "$qemu" && has_qboot || echo qemu
	have gdb || echo gdb
	have cpio || echo cpio
	have patch || echo patch
	have git || echo git
	have python3 || echo python
	[ -n "$python" ] || echo pytest
	imports xdist || echo xdist
	has_toml || echo toml
	imports pexpect || echo pexpect
	have cppcheck || echo cppcheck
	have mkdocs || echo mkdocs
	imports pygments || echo pygments
}

# The name of a thing's package: package MANAGER THING.
package() {
	case $1:$2 in
	*:make | *:gdb | *:cpio | *:patch | *:git | *:cppcheck | *:mkdocs) echo "$2" ;;
	apt:compiler) [ -z "$cross" ] && echo gcc || echo gcc-x86-64-linux-gnu ;;
	apt:binutils) [ -z "$cross" ] && echo binutils || echo binutils-x86-64-linux-gnu ;;
	apt:libc) [ -z "$cross" ] && echo libc6-dev || echo libc6-dev-amd64-cross ;;
	dnf:compiler) [ -z "$cross" ] && echo gcc || echo gcc-x86_64-linux-gnu ;;
	dnf:binutils) [ -z "$cross" ] && echo binutils || echo binutils-x86_64-linux-gnu ;;
	*:compiler) echo gcc ;;
	dnf:libc) echo glibc-static ;;
	zypper:libc) echo glibc-devel-static ;;
	*:libc) echo glibc ;;
	*:binutils) echo binutils ;;
	apt:qemu) echo qemu-system-x86 ;;
	dnf:qemu) echo qemu-system-x86-core qboot ;;
	pacman:qemu) echo qemu-system-x86 ;;
	zypper:qemu) echo qemu-x86 qemu-microvm ;;
	pacman:python) echo python ;;
	pacman:pytest) echo python-pytest ;;
	pacman:xdist) echo python-pytest-xdist ;;
	pacman:pexpect) echo python-pexpect ;;
	pacman:toml) echo python-tomli ;;
	pacman:pygments) echo python-pygments ;;
	zypper:pygments) echo python3-Pygments ;;
	*:python) echo python3 ;;
	*:pytest) echo python3-pytest ;;
	*:xdist) echo python3-pytest-xdist ;;
	*:pexpect) echo python3-pexpect ;;
	*:toml) echo python3-tomli ;;
	*:pygments) echo python3-pygments ;;
	esac
}

install_packages() {
	case $manager in
	apt)
		$root apt-get update -qq || say "the package lists could not all be fetched; trying with those there are"
		$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
		;;
	dnf) $root dnf install -y "$@" ;;
	pacman) $root pacman -Sy --noconfirm --needed "$@" ;;
	zypper) $root zypper --non-interactive install "$@" ;;
	esac
}

things=$(missing)
if [ -z "$things" ]; then
	say "nothing to do: everything is installed"
	exit 0
fi
say "missing:" $things

manager=
for candidate in apt-get dnf pacman zypper; do
	if have "$candidate"; then
		manager=${candidate%-get}
		break
	fi
done
if [ -z "$manager" ]; then
	have brew && die "on macOS: brew install qemu x86_64-elf-gcc x86_64-elf-gdb make cpio gpatch git cppcheck mkdocs" \
		"&& pip3 install pytest pytest-xdist pexpect; then gmake"
	die "no package manager known here (apt, dnf, pacman, zypper): install the above by hand"
fi

root=
if [ "$(id -u)" != 0 ]; then
	have sudo || die "not root, and there is no sudo: run this again as root"
	root=sudo
fi

packages=$(for thing in $things; do package "$manager" "$thing"; done)
say "installing with $manager${root:+ (by sudo)}:" $packages
install_packages $packages || die "$manager could not install them; its own words stand above"

hash -r 2>/dev/null
things=$(missing)
[ -z "$things" ] || die "installed, but still missing:" $things "(make doctor says more)"
say "done"
