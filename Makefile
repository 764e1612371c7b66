# SPDX-License-Identifier: MIT
# Ponte's one Makefile, to be read from top to bottom. `make help` lists what to type.

# What a user may set ---------------------------------------------------------------

CPUS ?= 2
MEM ?= 128M
# tcg, or kvm where it works
ACCEL ?= tcg
BUILD ?= build
# LAB=2 grades one lab; TEST=fifo one test of it; RUN="test/port fifo" is what qemu-gdb runs
LAB ?=
TEST ?=
RUN ?=
SEED ?=
# RUNS=1: how often `make mutants` tries each mistake (5)
RUNS ?=
# SLICE=1500 cuts turns to about as many nanoseconds, to find races
SLICE ?=
TIMEOUT_SCALE ?= 1
# FORCE=1 lets `make branches` overwrite commits of a student's
FORCE ?=
# PEER=linux measures Linux too; BENCH=port_round_trip_0 is the loop that profile looks at
PEER ?=
BENCH ?=
# V=1 shows the commands
V ?=
# CI=true makes warnings errors
CI ?=

# No built-in rules: everything that happens stands here.
MAKEFLAGS += -rR

# Tools --------------------------------------------------------------------------------

# A compiler for x86_64: the machine's own if it is one, else a cross compiler.
ifndef TOOLPREFIX
TOOLPREFIX := $(shell \
	if gcc -dumpmachine 2>/dev/null | grep -q '^x86_64.*linux'; then echo; \
	elif command -v x86_64-linux-gnu-gcc >/dev/null; then echo x86_64-linux-gnu-; \
	elif command -v x86_64-elf-gcc >/dev/null; then echo x86_64-elf-; fi)
endif
ifneq ($(filter default undefined,$(origin CC)),)
CC := $(TOOLPREFIX)gcc
endif
LD := $(TOOLPREFIX)ld
AR := $(TOOLPREFIX)ar
NM := $(TOOLPREFIX)nm
OBJCOPY := $(TOOLPREFIX)objcopy
OBJDUMP := $(TOOLPREFIX)objdump
ADDR2LINE := $(TOOLPREFIX)addr2line
GDB ?= gdb
QEMU ?= qemu-system-x86_64
# The first Python that has pytest, found when it is needed.
PYTHON = $$(sh grade/python.sh)
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

# Flags ----------------------------------------------------------------------------------

COMMON_FLAGS := -std=gnu11 -O2 -g -ffreestanding -fno-pic -fno-stack-protector \
	-fno-omit-frame-pointer -momit-leaf-frame-pointer -fno-strict-aliasing -fno-asynchronous-unwind-tables -Wall -Wextra \
	-Wstrict-prototypes -Wmissing-prototypes -Wno-unused-parameter -I. -MMD -MP \
	$(if $(CI),-Werror)
KERNEL_FLAGS := $(COMMON_FLAGS) -mcmodel=kernel -mno-red-zone -mgeneral-regs-only
USER_FLAGS := $(COMMON_FLAGS) -ffunction-sections -fdata-sections
LINK_FLAGS := -nostdlib -static -z max-page-size=4096 -z noexecstack --build-id=none

# Sources ----------------------------------------------------------------------------------

KERNEL_DIRS := kernel/lib kernel/arch kernel/sync kernel/drivers kernel/mm kernel/sched \
	kernel/object kernel/syscall kernel ipc/message ipc/port \
	ipc/channel ipc/pipe ipc/shm ipc/futex
KERNEL_C := $(foreach d,$(KERNEL_DIRS),$(sort $(wildcard $(d)/*.c)))
KERNEL_S := $(foreach d,$(KERNEL_DIRS),$(sort $(wildcard $(d)/*.S)))
KERNEL_O := $(patsubst %,$(BUILD)/%.o,$(KERNEL_C) $(KERNEL_S))
LIB_O := $(patsubst %,$(BUILD)/%.o,$(sort $(wildcard user/lib/*.c user/lib/*.S)))
BENCH_O := $(patsubst %,$(BUILD)/%.o,$(sort $(wildcard user/test/bench/*.c)))
PROGRAMS := $(patsubst user/%.c,%,$(sort $(wildcard user/bin/*.c user/test/*.c)))

.PHONY: all
all: $(BUILD)/ponte.elf $(BUILD)/initrd.cpio

# The kernel -------------------------------------------------------------------------------

# Objects depend on this file, whose content changes only when compiler or flags do.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(KERNEL_FLAGS) $(USER_FLAGS)' | cmp -s - $@ || \
		echo '$(CC) $(KERNEL_FLAGS) $(USER_FLAGS)' > $@
FORCE:

$(BUILD)/kernel/%.o $(BUILD)/ipc/%.o: FLAGS = $(KERNEL_FLAGS)
$(BUILD)/user/%.o: FLAGS = $(USER_FLAGS)

$(BUILD)/%.c.o: %.c $(BUILD)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(FLAGS) -c $< -o $@

$(BUILD)/%.S.o: %.S $(BUILD)/flags
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(FLAGS) -c $< -o $@

# Linked twice: the first kernel tells where everything is, the second carries the table.
link_kernel = $(LD) $(LINK_FLAGS) -T kernel/arch/kernel.ld $(KERNEL_O)

$(BUILD)/symbols-none.c: kernel/tools/symbols.py
	@mkdir -p $(@D)
	$(Q)python3 $< --empty > $@

$(BUILD)/symbols.c: $(BUILD)/ponte-first.elf kernel/tools/symbols.py
	$(call say,SYMBOLS,$@)
	$(Q)python3 kernel/tools/symbols.py $< $(NM) $(OBJDUMP) $(ADDR2LINE) > $@.new && mv $@.new $@

$(BUILD)/symbols.o $(BUILD)/symbols-none.o: %.o: %.c
	$(Q)$(CC) $(KERNEL_FLAGS) -c $< -o $@

$(BUILD)/ponte-first.elf: $(KERNEL_O) $(BUILD)/symbols-none.o kernel/arch/kernel.ld
	$(Q)$(link_kernel) $(BUILD)/symbols-none.o -o $@

$(BUILD)/ponte.elf: $(BUILD)/ponte-first.elf $(BUILD)/symbols.o
	$(call say,LD,$@)
	$(Q)$(link_kernel) $(BUILD)/symbols.o -o $@

# Programs and the archive that carries them --------------------------------------------------

$(BUILD)/libponte.a: $(LIB_O)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# Kept after use, though only the next step needs them.
.SECONDARY: $(patsubst %,$(BUILD)/programs/%,$(PROGRAMS)) $(patsubst %,$(BUILD)/user/%.c.o,$(PROGRAMS))
$(BUILD)/programs/%: $(BUILD)/user/%.c.o $(BUILD)/libponte.a user/lib/user.ld
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(LD) $(LINK_FLAGS) --gc-sections -T user/lib/user.ld $(BUILD)/user/lib/start.S.o $(filter %.c.o,$^) \
		$(BUILD)/libponte.a -o $@

# The one program of several files.
$(BUILD)/programs/test/bench: $(BENCH_O)

# The archive's programs keep their symbols, for reports, but not their line tables.
$(BUILD)/root/%: $(BUILD)/programs/%
	@mkdir -p $(@D)
	$(Q)$(OBJCOPY) --strip-debug $< $@

$(BUILD)/initrd.cpio: $(patsubst %,$(BUILD)/root/%,$(PROGRAMS)) $(BUILD)/root/README
	$(call say,CPIO,$@)
	$(Q)cd $(BUILD)/root && printf '%s\n' README $(PROGRAMS) | \
		cpio --quiet -o -H newc -R 0:0 --reproducible > ../initrd.cpio.new
	$(Q)mv $(BUILD)/initrd.cpio.new $@

$(BUILD)/root/README: user/bin/README
	@mkdir -p $(@D)
	$(Q)cp $< $@

-include $(KERNEL_O:.o=.d) $(LIB_O:.o=.d) $(BENCH_O:.o=.d) $(patsubst %,$(BUILD)/user/%.c.d,$(PROGRAMS))

# Running it ------------------------------------------------------------------------------------

ifeq ($(ACCEL),kvm)
CPU_MODEL := host,arch-capabilities=off
else
CPU_MODEL := max
endif

QEMU_FLAGS = -machine q35 -bios qboot.rom -accel $(ACCEL) -cpu $(CPU_MODEL) -m $(MEM) -smp $(CPUS) \
	-nodefaults -display none -no-reboot -device isa-debug-exit,iobase=0xf4,iosize=4 \
	-kernel $(BUILD)/ponte.elf -initrd $(BUILD)/initrd.cpio \
	-append "$(if $(SEED),seed=$(SEED) )$(if $(SLICE),slice=$(SLICE) )$(if $(RUN),-- $(RUN))" \
	-serial mon:stdio $(if $(RUN),-serial file:$(BUILD)/results.log,-serial null)

.PHONY: qemu
qemu: all need-qemu
	@echo "Ponte on $(CPUS) CPUs. To leave: 'shutdown', or Ctrl-a x."
	$(Q)$(QEMU) $(QEMU_FLAGS) || sh grade/status.sh $$?

# Waits for `make gdb` on a socket of this tree's own: two people never collide.
.PHONY: qemu-gdb
qemu-gdb: all need-qemu
	@echo "Waiting: now 'make gdb' in another terminal. To leave: Ctrl-a x."
	@rm -f $(BUILD)/gdb.sock
	$(Q)$(QEMU) $(QEMU_FLAGS) -S -chardev socket,id=gdb,path=$(BUILD)/gdb.sock,server=on,wait=off \
		-gdb chardev:gdb || sh grade/status.sh $$?

.PHONY: gdb
gdb:
	@test -S $(BUILD)/gdb.sock || { echo "make: no machine is waiting: run 'make qemu-gdb' in another terminal first" >&2; exit 1; }
	$(Q)PONTE_BUILD="$(BUILD)" $(GDB) -q -nx -iex 'set auto-load off' $(BUILD)/ponte.elf -x .gdbinit

.PHONY: need-qemu
need-qemu:
	@command -v $(QEMU) >/dev/null || { echo "make: $(QEMU) is not installed: run 'make setup'" >&2; exit 1; }

# Grading and testing -------------------------------------------------------------------------

RUN_FLAGS = --build $(BUILD) --cpus $(CPUS) --memory $(MEM) --timeout-scale $(TIMEOUT_SCALE) \
	$(if $(LAB),--lab $(LAB)) $(if $(TEST),--test $(TEST)) $(if $(V),-v)

.PHONY: grade
grade: all
	$(Q)python=$(PYTHON) && PONTE_SEED="$(SEED)" "$$python" grade/run.py $(RUN_FLAGS)

.PHONY: test
test: all
	$(Q)python=$(PYTHON) && \
	"$$python" grade/lint.py && \
	"$$python" grade/run.py selftest --build $(BUILD) && \
	"$$python" grade/run.py --build $(BUILD) --cpus 1 --timeout-scale $(TIMEOUT_SCALE) --everything && \
	"$$python" grade/run.py --build $(BUILD) --cpus 2 --timeout-scale $(TIMEOUT_SCALE) --everything && \
	if test -f labs/gates.py; then "$$python" labs/gates.py --build $(BUILD) && "$$python" labs/handouts.py --build $(BUILD); fi

# What was handed in for lab LAB: only its own files count. FROM is a directory, an archive or a commit.
FROM ?=
.PHONY: submission
submission:
	@test -n "$(LAB)" -a -n "$(FROM)" || { \
		echo "make: what, and of which lab? make submission LAB=2 FROM=ada.zip" >&2; exit 1; }
	$(Q)python=$(PYTHON) && "$$python" grade/submission.py "$(LAB)" "$(FROM)" --build $(BUILD) --cpus $(CPUS) \
		--keep "$(BUILD)/submission"

# Known mistakes, one at a time: each must cost points in the test that is named for it.
.PHONY: mutants
mutants: need-labs all
	$(Q)python=$(PYTHON) && "$$python" grade/mutants.py --build $(BUILD) --cpus $(CPUS) \
		$(if $(LAB),--lab $(LAB)) $(if $(TEST),--only $(TEST)) $(if $(RUNS),--runs $(RUNS))

# What students get: starters, solutions, and every step between them.
.PHONY: gates
gates: need-labs
	$(Q)python=$(PYTHON) && "$$python" labs/gates.py --build $(BUILD) --cpus $(CPUS) $(if $(LAB),--lab $(LAB))

# What README, docs and handouts say is done, and what they show compared. LAB=2: one lab's handout.
.PHONY: handouts
handouts: need-labs
	$(Q)python=$(PYTHON) && "$$python" labs/handouts.py --build $(BUILD) $(if $(LAB),$(wildcard labs/lab$(LAB)-*/README.md))

.PHONY: lint
lint:
	$(Q)python=$(PYTHON) && "$$python" grade/lint.py

# Counted on one CPU, unless CPUS is given.
.PHONY: bench
bench: all $(if $(PEER),$(BUILD)/peer/initrd.cpio)
	$(Q)python=$(PYTHON) && "$$python" grade/bench.py --build $(BUILD) \
		$(if $(filter file,$(origin CPUS)),,--cpus $(CPUS)) $(if $(PEER),--peer $(PEER))

# What Linux runs beside it: one static program, compiled from the same loops.
PEER_C := $(sort $(wildcard grade/peer/*.c)) $(filter-out %/process.c %/transports.c,$(sort $(wildcard user/test/bench/*.c)))
PEER_FLAGS := -std=gnu11 -O2 -Wall -Wextra -Wno-unused-parameter -I. -static $(if $(CI),-Werror)

$(BUILD)/peer/root/init: $(filter-out %/true.c,$(PEER_C)) $(wildcard grade/peer/*.h user/test/bench/*.h) $(BUILD)/flags
	$(call say,CC,$@)
	@mkdir -p $(@D)/dev
	@echo 'int main(void) { return 0; }' | $(CC) -static -x c - -o $@.try 2>/dev/null || \
		{ echo "make: no static C library for $(CC): run 'make setup'" >&2; exit 1; }
	@rm -f $@.try
	$(Q)$(CC) $(PEER_FLAGS) -include grade/peer/linux.h $(filter %.c,$^) -o $@ -pthread -lrt

$(BUILD)/peer/root/true: grade/peer/true.c $(BUILD)/flags
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(PEER_FLAGS) -nostdlib -fno-stack-protector $< -o $@

$(BUILD)/peer/initrd.cpio: $(BUILD)/peer/root/init $(BUILD)/peer/root/true
	$(call say,CPIO,$@)
	$(Q)cd $(BUILD)/peer/root && printf '%s\n' dev init true | \
		cpio --quiet -o -H newc -R 0:0 --reproducible > ../initrd.cpio.new
	$(Q)mv $(BUILD)/peer/initrd.cpio.new $@

.PHONY: profile
profile: all
	$(Q)python=$(PYTHON) && TOOLPREFIX="$(TOOLPREFIX)" "$$python" grade/profiling.py --build $(BUILD) \
		$(if $(BENCH),--bench $(BENCH),$(RUN))

# The book -----------------------------------------------------------------------------------------

# A site of docs/*.md, with what they quote taken from the source; any page or link that is wrong is an error.
.PHONY: docs
docs:
	@command -v mkdocs >/dev/null || { echo "make: mkdocs is not installed: run 'make setup'" >&2; exit 1; }
	$(Q)mkdocs build --quiet --strict -f docs/book/mkdocs.yml -d "$(abspath $(BUILD))/docs/site"
	$(Q)python3 docs/book/check.py $(BUILD)/docs/site

# What students get ---------------------------------------------------------------------------------

# Local branches labN-name and labN-name-solution, of what is committed. FORCE=1 overwrites a student's commits.
.PHONY: branches
branches: need-labs
	$(Q)python=$(PYTHON) && "$$python" labs/labs.py branches $(if $(FORCE),--force)

# The starter of lab LAB as build/labN-name.tar.xz.
.PHONY: handout
handout: need-labs
	@test -n "$(LAB)" || { echo "make: which lab? make handout LAB=2" >&2; exit 1; }
	$(Q)python=$(PYTHON) && "$$python" labs/labs.py handout $(LAB) \
		$(BUILD)/$(notdir $(firstword $(wildcard labs/lab$(LAB)-*) lab$(LAB))).tar.xz

# Gradescope's autograder for lab LAB, or for each, as build/gradescope/labN-name.zip.
.PHONY: gradescope
gradescope: need-labs
	$(Q)python=$(PYTHON) && for lab in $(notdir $(patsubst %/,%,$(dir $(wildcard labs/lab$(or $(LAB),*)-*/lab.toml)))); do \
		number=$${lab%%-*} && "$$python" labs/labs.py gradescope $${number#lab} $(BUILD)/gradescope/$$lab.zip || exit 1; done

.PHONY: need-labs
need-labs:
	@test -f labs/labs.py || { echo "make: this tree is a student's: starters are made from the reference" >&2; exit 1; }

# The machine you sit at -------------------------------------------------------------------------

.PHONY: setup
setup:
	@sh grade/setup.sh

.PHONY: doctor
doctor:
	@python3 grade/doctor.py

.PHONY: clean
clean:
	rm -rf $(BUILD)

.PHONY: help
help:
	@echo "make setup       install what is missing (asks for root only if something is)"
	@echo "make             build the kernel and the programs"
	@echo "make qemu        run Ponte: ends in a shell"
	@echo "make qemu-gdb    the same, waiting for the debugger;  make gdb  in another terminal"
	@echo "make grade       grade the labs: a table, and $(BUILD)/grade/results.json"
	@echo "make submission  grade what was handed in, by its lab's own files alone: LAB=2 FROM=ada.zip"
	@echo "make test        everything: lint, the graders' own tests, all labs at CPUS=1 and 2"
ifneq ($(wildcard labs/labs.py),)
	@echo "make branches    local branches for students, labN-name and labN-name-solution (FORCE=1)"
	@echo "make handout     a lab's starter as a tarball (LAB=2);  make gates  builds and grades all starters"
	@echo "make gradescope  Gradescope's autograders, build/gradescope/*.zip (LAB=2)"
	@echo "make handouts    does what the pages say, and compares (LAB=2)"
	@echo "make mutants     put known mistakes into the reference: the graders must catch each, every time"
endif
	@echo "make bench       instructions per operation, counted; PEER=linux: beside Linux; CPUS=2: in parallel"
	@echo "make profile     instructions per function: of RUN=\"test/port fifo\", or of one round of BENCH=port_round_trip_0"
	@echo "make docs        the book as a site: $(BUILD)/docs/site/index.html"
	@echo "make doctor      check the tools: one line for each problem"
	@echo "make clean       remove $(BUILD)/"
	@echo
	@echo "CPUS=$(CPUS)  MEM=$(MEM)  ACCEL=$(ACCEL) (or kvm)  LAB=2  TEST=fifo  SEED=0x1  SLICE=1500  V=1  TIMEOUT_SCALE=$(TIMEOUT_SCALE)"
	@echo "RUN=\"test/port fifo\" (what qemu and qemu-gdb run instead of the shell)"
	@echo "TOOLPREFIX=x86_64-linux-gnu-  CC=clang  BUILD=build"
