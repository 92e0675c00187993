# Tomato: one non-recursive makefile. Out-of-tree builds in build/$(VARIANT); `make help` lists
# the targets. VARIANT is release (default), asan, tsan or fuzz; CC may be gcc or clang.
VARIANT ?= release
ifeq ($(origin CC),default)
CC := gcc
endif
B := build/$(VARIANT)

PACKAGES := libuv libmicrohttpd gnutls libcurl jansson sqlite3 libmariadb libqrencode openssl libargon2 zlib
PACKAGE_CFLAGS := $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(PACKAGES)))
# Cairo is included with its folder, and needs no flags.
PACKAGE_LIBS := $(shell pkg-config --libs $(PACKAGES) cairo fontconfig)

WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes \
    -Wmissing-prototypes -Wold-style-definition -Wundef -Wvla -Wformat=2 -Wcast-qual \
    -Wcast-align -Wpointer-arith -Wwrite-strings -Wnull-dereference -Wdouble-promotion \
    -Wimplicit-fallthrough -Werror
ifneq ($(findstring clang,$(CC)),)
WARNINGS += -Wno-gnu-zero-variadic-macro-arguments
else
WARNINGS += -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wjump-misses-init
endif

OPTIMISE_release := -O2 -g
OPTIMISE_asan := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
OPTIMISE_tsan := -O1 -g -fsanitize=thread
OPTIMISE_fuzz := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined
ifneq ($(VARIANT),release)
# With instrumentation gcc reports null dereferences and unset variables on paths its own checks
# have added.
WARNINGS += -Wno-null-dereference
ifeq ($(findstring clang,$(CC)),)
WARNINGS += -Wno-maybe-uninitialized
endif
endif

CFLAGS ?=
ALL_CFLAGS := -std=c17 -D_GNU_SOURCE $(WARNINGS) $(OPTIMISE_$(VARIANT)) -fno-strict-aliasing \
    -fstack-protector-strong -Isrc -I. -I$(B)/gen $(PACKAGE_CFLAGS) -MMD -MP $(CFLAGS)
ALL_LDFLAGS := $(filter -fsanitize% -g,$(OPTIMISE_$(VARIANT))) -Wl,--as-needed -pthread $(LDFLAGS)

SOURCES := $(shell find src -name '*.c' | LC_ALL=C sort)
TESTS := $(filter %_test.c,$(SOURCES))
# The pages of web/, as a C file.
WEB_FILES := $(shell find web -type f \( -name '*.html' -o -name '*.js' -o -name '*.css' -o -name '*.svg' \) -not -path '*/node_modules/*')
WEB_ASSETS := $(B)/gen/web_assets
# The currencies of the server, for its pages.
WEB_CURRENCIES := $(B)/gen/web/console/currencies.js
LIBRARY_SOURCES := $(filter-out $(TESTS) src/main/tomato.c,$(SOURCES))
SIM_SOURCES := $(shell find sim -name '*.c' ! -name '*_test.c' 2>/dev/null | LC_ALL=C sort)
SIM_TESTS := $(shell find sim -name '*_test.c' 2>/dev/null | LC_ALL=C sort)
# One program per file in these folders.
BENCH_SOURCES := $(wildcard test/bench/*_bench.c)
STORM_SOURCES := $(wildcard test/storm/*_storm.c)
FUZZ_SOURCES := $(wildcard test/fuzz/*_fuzz.c)
TEST_LIBRARY_SOURCES := $(wildcard test/lib/*.c)

object = $(patsubst %.c,$(B)/%.o,$(1))
LIBRARY := $(B)/libtomato.a
TEST_LIBRARY := $(B)/libtest.a
SIM_LIBRARY := $(B)/libsim.a
TEST_PROGRAMS := $(patsubst src/%.c,$(B)/test/%,$(TESTS)) $(patsubst %.c,$(B)/test/%,$(SIM_TESTS))
BENCH_PROGRAMS := $(patsubst test/bench/%.c,$(B)/bench/%,$(BENCH_SOURCES))
STORM_PROGRAMS := $(patsubst test/storm/%.c,$(B)/storm/%,$(STORM_SOURCES))
FUZZ_PROGRAMS := $(patsubst test/fuzz/%.c,$(B)/fuzz/%,$(FUZZ_SOURCES))
PROGRAMS := $(if $(wildcard src/main/tomato.c),$(B)/tomato) $(if $(SIM_SOURCES),$(B)/tomato-sim)

TARGETS := help build tests check unit scenario oracle asan tsan storm fuzz fuzzers bench format \
    storm.programs storm.kill.sqlite storm.kill.mariadb routes install clean
.PHONY: $(TARGETS)
# make bench WORD is make bench FILTER=WORD.
ifeq ($(firstword $(MAKECMDGOALS)),bench)
BENCH_WORD := $(filter-out $(TARGETS),$(word 2,$(MAKECMDGOALS)))
ifneq ($(BENCH_WORD),)
FILTER ?= $(BENCH_WORD)
.PHONY: $(BENCH_WORD)
$(BENCH_WORD): bench ;
endif
endif
.DELETE_ON_ERROR:
# Objects of tests stay: they are linked by pattern rules, and make would remove them.
.SECONDARY:

# FILTER=word: the unit tests whose path contains it.
SELECTED_TESTS := $(if $(FILTER),$(foreach p,$(TEST_PROGRAMS),$(if $(findstring $(FILTER),$(p)),$(p))),$(TEST_PROGRAMS))
FUZZ_SECONDS ?= 5
PREFIX ?= /usr/local

help: ## List the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

build: $(PROGRAMS) ## Build tomato and tomato-sim

$(WEB_CURRENCIES): src/base/currency.def
	@mkdir -p $(@D)
	@{ echo 'export const exponents = {'; \
	    sed -nE 's/^CURRENCY\(([A-Z]{3}), *[0-9]+, *([0-9])\)$$/  \1: \2,/p' $<; echo '};'; } > $@

$(WEB_ASSETS).c: $(WEB_FILES) $(WEB_CURRENCIES) tools/embed_web
	@tools/embed_web web $(B)/gen/web > $@

$(WEB_ASSETS).o: $(WEB_ASSETS).c
	@$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(LIBRARY): $(call object,$(LIBRARY_SOURCES)) $(WEB_ASSETS).o
	@rm -f $@
	@echo "  AR   $@"
	@ar rcs $@ $^

# An archive, so that a test links only what it uses.
$(TEST_LIBRARY): $(call object,$(TEST_LIBRARY_SOURCES))
	@rm -f $@
	@echo "  AR   $@"
	@ar rcs $@ $^

$(B)/tomato: $(call object,src/main/tomato.c) $(LIBRARY)
	@echo "  LD   $@"
	@$(CC) -o $@ $^ $(ALL_LDFLAGS) $(PACKAGE_LIBS)

$(SIM_LIBRARY): $(call object,$(filter-out sim/sim_main.c,$(SIM_SOURCES)))
	@rm -f $@
	@echo "  AR   $@"
	@ar rcs $@ $^

$(B)/tomato-sim: $(call object,sim/sim_main.c) $(SIM_LIBRARY) $(LIBRARY)
	@echo "  LD   $@"
	@$(CC) -o $@ $^ $(ALL_LDFLAGS) $(PACKAGE_LIBS)

$(B)/test/%: $(B)/src/%.o $(TEST_LIBRARY) $(LIBRARY)
	@mkdir -p $(@D)
	@echo "  LD   $@"
	@$(CC) -o $@ $^ $(ALL_LDFLAGS) $(PACKAGE_LIBS) -lcmocka

$(B)/test/sim/%: $(B)/sim/%.o $(SIM_LIBRARY) $(TEST_LIBRARY) $(LIBRARY)
	@mkdir -p $(@D)
	@echo "  LD   $@"
	@$(CC) -o $@ $^ $(ALL_LDFLAGS) $(PACKAGE_LIBS) -lcmocka

$(B)/bench/% $(B)/storm/%: $(TEST_LIBRARY) $(LIBRARY)
	@mkdir -p $(@D)
	@echo "  LD   $@"
	@$(CC) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(ALL_LDFLAGS) $(PACKAGE_LIBS)
$(foreach p,$(BENCH_SOURCES),$(eval $(B)/bench/$(notdir $(p:.c=)): $(call object,$(p))))
$(foreach p,$(STORM_SOURCES),$(eval $(B)/storm/$(notdir $(p:.c=)): $(call object,$(p))))

$(B)/fuzz/%: $(B)/test/fuzz/%.o $(TEST_LIBRARY) $(LIBRARY)
	@mkdir -p $(@D)
	@echo "  LD   $@"
	@$(CC) -o $@ $^ $(ALL_LDFLAGS) -fsanitize=fuzzer,address,undefined $(PACKAGE_LIBS)

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  CC   $<"
	@$(CC) $(ALL_CFLAGS) -c -o $@ $<

tests: build $(TEST_PROGRAMS) $(STORM_PROGRAMS) ## Build the unit tests and the storms

unit: build $(SELECTED_TESTS) ## Run the unit tests (FILTER=word runs the programs whose path contains it)
	@tools/run_units $(B)/test "$(FILTER)"

check: ## Source rules, layers and formatting; compiles nothing
	@tools/check_source --self-test
	@tools/check_layers --self-test
	@tools/check_errors --self-test
	@tools/check_source
	@tools/check_layers
	@tools/check_errors
	@clang-format --dry-run -Werror $$(git ls-files '*.c' '*.h')

scenario: build ## Run the scenarios on SQLite and on MariaDB
	@status=0; export TOMATO_BUILD=$(B); \
	tools/run_node test/scenario scenario.sqlite || status=1; \
	TOMATO_TEST_STORE=mysql tools/run_node test/scenario scenario.mariadb || status=1; exit $$status

oracle: build ## Judge platform and simulators with independent clients (npm)
	@TOMATO_BUILD=$(B) tools/run_node test/oracle

asan: ## Run unit tests, scenarios and a storm with address and undefined-behaviour checks
	@status=0; export LSAN_OPTIONS=suppressions=$(CURDIR)/test/lib/leaks.supp:print_suppressions=0; \
	$(MAKE) --no-print-directory VARIANT=asan FILTER="$(FILTER)" \
	    build unit build/asan/storm/payment_storm || status=1; \
	[ -n "$(FILTER)" ] || TOMATO_BUILD=build/asan tools/run_node test/scenario scenario.asan || status=1; \
	[ -n "$(FILTER)" ] || tools/run_programs storm.asan build/asan/storm payment 1 sqlite || status=1; \
	exit $$status

# Only what these tests can reach is compiled.
tsan: ## Run the units of loop and store with data race checks
	@status=0; for part in platform/loop platform/store; do \
	    $(MAKE) --no-print-directory VARIANT=tsan FILTER=$$part PROGRAMS= \
	        LIBRARY_SOURCES="$(filter src/base/% src/platform/%,$(LIBRARY_SOURCES))" \
	        unit || status=1; done; exit $$status

storm: storm.programs storm.kill.sqlite storm.kill.mariadb ## Load, faults and kills, then the auditor (FILTER=word)

storm.programs: build $(STORM_PROGRAMS)
	@tools/run_programs storm $(B)/storm "$(FILTER)"

# The whole platform on a disk.
storm.kill.sqlite: build
	@TMPDIR=/tmp TOMATO_BUILD=$(B) tools/run_node test/storm $@

storm.kill.mariadb: build
	@TMPDIR=/tmp TOMATO_BUILD=$(B) TOMATO_TEST_STORE=mysql tools/run_node test/storm $@

fuzzers: $(FUZZ_PROGRAMS)

# Only what the targets can reach is compiled.
fuzz: ## Run each fuzz target for FUZZ_SECONDS (FILTER=word)
	@$(MAKE) --no-print-directory VARIANT=fuzz CC=clang \
	    LIBRARY_SOURCES="$(filter src/base/% src/platform/% src/business/auth/% src/business/channel/% src/business/merchant/%,$(LIBRARY_SOURCES))" \
	    fuzzers
	@tools/run_fuzz build/fuzz/fuzz "$(FILTER)" $(FUZZ_SECONDS)

bench: build $(BENCH_PROGRAMS) ## Print the figures (make bench WORD: of one area)
	@tools/run_bench $(B)/bench "$(FILTER)"

routes: $(B)/tomato ## List every route with its permission and source line
	@$(B)/tomato routes

install: build ## Install the programs into PREFIX/bin
	install -D -m 755 $(B)/tomato $(DESTDIR)$(PREFIX)/bin/tomato
	install -D -m 755 $(B)/tomato-sim $(DESTDIR)$(PREFIX)/bin/tomato-sim

format: ## Format every C file in place
	clang-format -i $$(git ls-files '*.c' '*.h')

clean:
	rm -rf build

-include $(shell find $(B) -name '*.d' 2>/dev/null)
