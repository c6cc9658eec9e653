# chat-tui: `make run` and `make run-seller` in two terminals are a conversation. `make help` lists the rest.

PREFIX ?= /usr/local
DESTDIR ?=
SWIFT ?= swift

# The release build if it is up to date; otherwise a debug build, which is made in half the time.
BIN = .build/$(if $(call changed,release),debug,release)

# A source that is newer than the last build for `$(1)`; `all` if there was none.
changed = $(shell if [ -x .build/$(1)/chat-tui ] && [ -e .build/$(1)/made ]; then \
    find Package.swift Sources -newer .build/$(1)/made -print -quit; else echo all; fi)

# Without debug information, with whole modules at a time, and without an index of the system's sources the first build takes
# a quarter less time. SwiftPM keeps one build for one set of flags, so whatever is built for debugging is built with these.
DEBUG_BUILD = -debug-info-format none $(addprefix -Xswiftc ,-disable-batch-mode -wmo -num-threads 2 \
    -index-ignore-system-modules -index-ignore-clang-modules) $(PRECOMPILED)
PRECOMPILED = $$(SWIFT='$(SWIFT)' Tests/precompile.sh .build/precompiled)

BUYER = --user buyer --name 'Анна' --seller seller --seller-name 'Иван Петров' --product 'iPhone 13'
SELLER = --user seller --name 'Иван Петров' --seller buyer --seller-name 'Анна' --product 'iPhone 13'

# The packages that the build needs on Debian and related systems. tmux is for the tests and `make demo`.
PACKAGES = libncurses-dev libsqlite3-dev pkg-config tmux
# What a chat-server that keeps its messages in PostgreSQL needs as well. The servers are for its tests.
CLUSTER_PACKAGES = libpq-dev libnats-dev postgresql pgbouncer curl jq openssl

# No symbol of a program is for other programs: 4 MB of tables less.
LINKING = -Xlinker --no-export-dynamic $(if $(shell ls .build/icudata.o 2>/dev/null),-Xlinker '$(CURDIR)/.build/icudata.o')

.PHONY: help run run-seller demo programs build debug deps test lint format install clean docs pictures screens nginx nats \
    deps-cluster build-cluster test-cluster autobahn fuzz tsan chaos chaos-cluster hostile bench bench-connections bench-others bench-peers bench-search bench-postgres \
    bench-cluster prometheus watching tree deb tarball test-packages

help:
	@echo 'make run          the buyer, in this terminal (builds first, if need be)'
	@echo 'make run-seller   the seller, in a second terminal'
	@echo 'make demo         both, side by side in tmux'
	@echo 'make build        release binaries: .build/release/chat-tui and .build/release/chat-server'
	@echo 'make test         all tests'
	@echo 'make build-cluster   a chat-server that can use PostgreSQL: .build-cluster/release/chat-server;  make test-cluster  its tests'
	@echo 'make debug        a debug build of everything, tests included'
	@echo 'make lint         check the format of the sources;  make format  corrects it'
	@echo 'make docs         the documentation as a website, in .build/docs; a broken link is an error'
	@echo 'make screens      write the screens of the tests anew, as they are now; `git diff` shows the changes'
	@echo 'make pictures     make the pictures of the screen in the documentation again, from the tests of the screen'
	@echo 'make autobahn     the Autobahn test suite against our WebSockets, as server and as client'
	@echo 'make fuzz         each fuzz target for SECONDS=$(SECONDS)'
	@echo 'make tsan         the tests under the thread sanitizer'
	@echo 'make chaos        real programs, and faults between them; MESSAGES=300 for a short run'
	@echo 'make chaos-cluster   the same with three servers, PostgreSQL, NATS and nginx; BUS=notify does without NATS'
	@echo 'make hostile      floods, giant frames, thousands of silent connections, while honest users write to each other'
	@echo 'make watching     the dashboard and the alert rules on a real Prometheus, which is unpacked into .build'
	@echo 'make bench        messages per second and the disk limit, times of delivery, start and paint; takes minutes'
	@echo 'make bench-others chat-tui beside WeeChat and irssi, if they are installed: start, paint, keys, idling'
	@echo 'make bench-peers  chat-server beside servers on Deno and node, and with 10,000,000 messages; a table as .build/bench/peers.md'
	@echo 'make bench-connections   memory of an idle connection, echo round trips per second'
	@echo 'make bench-search how long a search in a million stored messages takes; builds the tests for release, minutes'
	@echo 'make bench-cluster     chat-server on PostgreSQL, one node and two, beside SQLite; minutes'
	@echo 'make bench-postgres   messages per second in PostgreSQL beside plain INSERTs, reads of a heavy user; builds the tests, minutes'
	@echo 'make deb          packages for Debian, in .build/deb;  make tarball  an archive for other distributions, in .build/tarball'
	@echo 'make test-packages   installs, upgrades and purges the packages in a fresh Debian, and times the way to the first message'
	@echo 'make install      into PREFIX=$(PREFIX)'
	@echo 'make deps         install the system packages that are missing'

run: programs
	@$(BIN)/chat-tui $(BUYER)

run-seller: programs
	@$(BIN)/chat-tui $(SELLER)

demo: programs
	@if [ -n "$$TMUX" ]; then set -- new-window; else set -- -u new-session; fi; \
	tmux "$$@" -c '$(CURDIR)' "$(BIN)/chat-tui $(BUYER)" \; \
	    split-window -h -c '$(CURDIR)' "$(BIN)/chat-tui $(SELLER)"

# Builds only what changed, and does not ask SwiftPM if nothing did: its answer alone takes ten seconds.
# chat-tui is also its user's server, so it is enough for a conversation on this machine.
programs: deps
	@if [ -n '$(call changed,release)' ] && [ -n '$(call changed,debug)' ]; then \
	    [ -x .build/debug/chat-tui ] || echo 'Building; the first time takes some minutes.'; \
	    mkdir -p .build && touch .build/begun && $(SWIFT) build $(DEBUG_BUILD) --product chat-tui && \
	    touch -r .build/begun .build/debug/made; \
	fi

# The commit is in `--version`. Only one file in C is compiled again for another one.
build build-cluster chaos hostile bench bench-others bench-peers bench-connections bench-cluster: \
    export CHAT_TUI_COMMIT = $(shell git rev-parse --short=12 HEAD 2>/dev/null)

# Foundation's data of ICU for all languages is 34 MB of a program. With python3 only the needed part is linked.
.build/icudata.o: Sources/Packaging/icudata.py
	@mkdir -p .build
	@! command -v python3 >/dev/null || SWIFT='$(SWIFT)' python3 -B $< $@

build: deps .build/icudata.o
	@mkdir -p .build && touch .build/begun
	$(SWIFT) build -c release --static-swift-stdlib $(LINKING) --product chat-server
	$(SWIFT) build -c release --static-swift-stdlib $(LINKING) --product chat-tui
	@touch -r .build/begun .build/release/made

deps:
	@missing=''; \
	if command -v dpkg-query >/dev/null; then \
	    for package in $(PACKAGES); do \
	        dpkg-query -W -f '$${Status}' "$$package" 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; \
	    done; \
	    if [ -n "$$missing" ]; then \
	        if [ "$$(id -u)" = 0 ]; then sudo=''; else sudo=sudo; fi; \
	        echo "Installing system packages:$$missing"; \
	        $$sudo apt-get update -qq && $$sudo env DEBIAN_FRONTEND=noninteractive \
	            apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	    fi; \
	elif ! pkg-config --exists ncursesw sqlite3; then \
	    echo 'Install the development files of ncurses (wide characters) and SQLite 3, pkg-config and tmux first.'; exit 1; \
	fi
	@command -v $(SWIFT) >/dev/null || { echo 'Install Swift 6.2 or later first: https://www.swift.org/install'; exit 1; }

# The tests run in parts, each quiet if it passes. Tests that wait for sockets, tasks and clocks run one after the other, and
# leave most of a processor: beside them runs the simulation, which computes and gives way. The end-to-end tests
# run the programs in terminals, in two halves of about the same length.
WAITING_TESTS = AccountSessionTests|ChatServerTests|ChatTUITests|MarketplaceStandInTests|SQLiteStoreTests|ServerOptionsTests|TokenAuthTests|WebSocketTransportTests
PARTS = text simulation waiting end-to-end-1 end-to-end-2

debug: deps
	@SWIFT='$(SWIFT)' Tests/build.sh $(DEBUG_BUILD) --build-tests

test: nginx debug
	@rm -f $(PARTS:%=.build/tests-%.summary)
	@Tests/run.sh text --skip '$(WAITING_TESTS)|SimulationTests|EndToEndTests'
	@nice -n 19 Tests/run.sh simulation --filter SimulationTests & beside=$$!; \
	Tests/run.sh waiting --no-parallel --filter '$(WAITING_TESTS)'; status=$$?; \
	wait $$beside && exit $$status
	@Tests/run.sh end-to-end-1 --filter 'EndToEndTests.EndToEnd/[A-O]' & beside=$$!; \
	Tests/run.sh end-to-end-2 --filter 'EndToEndTests' --skip 'EndToEndTests.EndToEnd/[A-O]'; status=$$?; \
	wait $$beside && exit $$status
	@cat $(PARTS:%=.build/tests-%.summary)

# With PostgreSQL, and NATS between several servers. It has a build of its own, so that nothing of it is needed elsewhere.
CLUSTER_BUILD = --scratch-path .build-cluster --traits Cluster

deps-cluster: PACKAGES += $(CLUSTER_PACKAGES)
deps-cluster: deps

build-cluster: deps-cluster
	$(SWIFT) build -c release --static-swift-stdlib $(CLUSTER_BUILD) --product chat-server

test-cluster: export SWIFT := $(SWIFT)
test-cluster: export CHAT_TUI_CLUSTER_TESTS := 1
test-cluster: deps-cluster nats
	@Tests/build.sh $(DEBUG_BUILD) $(CLUSTER_BUILD) --build-tests
	@BUILD=$(if $(findstring --scratch-path,$(CLUSTER_BUILD)),.build-cluster,.build)/debug \
	    Tests/run.sh cluster --no-parallel --filter 'PostgresStoreTests|ServerOptionsTests'
	@cat .build/tests-cluster.summary

# Servers for the tests are only unpacked, because Debian would start installed ones as services.
define unpack
@for program in $(1) /usr/sbin/$(1) $(2)/usr/sbin/$(1) $(2)/usr/bin/$(1); do \
	    command -v $$program >/dev/null && exit; \
	done; \
	command -v apt-get >/dev/null || exit 0; \
	echo 'Unpacking $(1) into $(2) for the tests'; \
	mkdir -p $(2) && cd $(2) && \
	{ apt-get download -qq $(1) 2>/dev/null || { apt-get update -qq && apt-get download -qq $(1); }; } && \
	dpkg -x $(1)_*.deb .
endef

nginx: deps
	$(call unpack,nginx,.build/nginx)

nats:
	$(call unpack,nats-server,.build-cluster/nats)

prometheus:
	$(call unpack,prometheus,.build/prometheus)

lint:
	$(SWIFT) format lint --strict --parallel --recursive Package.swift Sources Tests

format:
	$(SWIFT) format --in-place --parallel --recursive Package.swift Sources Tests

# With CHAT_TUI_DOCS, Package.swift depends on swift-docc-plugin, which nothing else needs. Tests/Docs/docc converts the links
# between the articles to DocC's.
DOCS_MODULES = ChatWire ChatClient ChatServer ChatUI

docs: deps
	@mkdir -p .build/docs
	CHAT_TUI_DOCS=1 DOCC_EXEC='$(CURDIR)/Tests/Docs/docc' $(SWIFT) package $(DEBUG_BUILD) --allow-writing-to-directory .build/docs \
	    generate-documentation $(foreach module,$(DOCS_MODULES),--target $(module)) --warnings-as-errors \
	    --enable-experimental-combined-documentation --transform-for-static-hosting --output-path .build/docs
	@echo 'Made .build/docs: `python3 -m http.server -d .build/docs`, then http://localhost:8000/documentation'

# Read `git diff` before you keep them.
screens: debug
	UPDATE_SCREENS=1 $(SWIFT) test --skip-build --disable-xctest --filter ChatUITests.ScreenTests

pictures: debug
	UPDATE_PICTURES=1 $(SWIFT) test --skip-build --disable-xctest --filter ChatUITests.ScreenTests

# The programs that tests and benchmarks run beside ours. They are a package of their own.
TEST_PROGRAMS = --package-path Tests/Programs --scratch-path .build-programs -c release --static-swift-stdlib

# The suite runs only on Python 2.7. The script says so if there is none.
autobahn: deps
	$(SWIFT) build $(TEST_PROGRAMS) --product websocket-echo
	python3 Tests/Autobahn/autobahn.py .build-programs/release/websocket-echo .build/autobahn

# Inputs that crash are kept in .build-fuzz/crashes; `fuzz TARGET FILE` runs one again.
SECONDS ?= 60
# --sanitize=fuzzer leaves `main` to libFuzzer. If --sanitize is given twice, either one may win, so the other flags add address.
FUZZ_BUILD = --package-path Tests/Fuzz --scratch-path .build-fuzz -c release --sanitize=fuzzer \
    -Xswiftc -sanitize=fuzzer,address -Xcc -fsanitize=fuzzer-no-link,address -Xswiftc -enable-testing

fuzz: deps
	$(SWIFT) build $(FUZZ_BUILD)
	@Tests/Fuzz/run.sh "$$($(SWIFT) build $(FUZZ_BUILD) --show-bin-path)/fuzz" .build-fuzz '$(SECONDS)'

# The tests run one after the other, because in parallel they are too slow with the sanitizer for tests with time limits. The
# end-to-end tests run other programs, which it does not see.
TSAN_BUILD = --scratch-path .build-tsan --sanitize=thread

tsan: deps
	$(SWIFT) build $(TSAN_BUILD) --build-tests
	@preload=''; if [ "$$(uname)" = Linux ]; then \
	    preload="$(CURDIR)/.build-tsan/mutex.so"; \
	    clang -O1 -shared -fPIC -o "$$preload" Tests/Tsan/mutex.c || exit 1; \
	fi; \
	LD_PRELOAD="$$preload" $(SWIFT) test $(TSAN_BUILD) --skip-build --disable-xctest --no-parallel \
	    --skip EndToEndTests

# `make chaos MESSAGES=500 SECONDS=30 SEED=1`; by default it runs as long as the messages need.
MESSAGES ?= 10000
CHAOS_BUILD = $(if $(wildcard .build/release/chat-tui),-c release --static-swift-stdlib,$(DEBUG_BUILD))
GIVEN_SECONDS = $(if $(filter command environment,$(firstword $(origin SECONDS))),--seconds $(SECONDS))
GIVEN_MESSAGES = $(if $(filter command environment,$(firstword $(origin MESSAGES))),--messages $(MESSAGES))

chaos: deps
	for product in chat-server chat-tui; do $(SWIFT) build $(CHAOS_BUILD) --product $$product || exit 1; done
	@python3 Tests/Chaos/chaos.py $(BIN) .build/chaos --messages $(MESSAGES) $(GIVEN_SECONDS) \
	    $(if $(SEED),--seed $(SEED))

# As `make chaos`, with a build that has the trait. `make chaos-cluster BUS=notify` has no NATS between the nodes.
CLUSTER_KIND = $(if $(wildcard .build-cluster/release/chat-server),release,debug)
CHAOS_CLUSTER_BUILD = $(if $(filter release,$(CLUSTER_KIND)),-c release --static-swift-stdlib,$(DEBUG_BUILD)) $(CLUSTER_BUILD)

chaos-cluster: deps-cluster nats nginx
	for product in chat-server chat-tui; do $(SWIFT) build $(CHAOS_CLUSTER_BUILD) --product $$product || exit 1; done
	@python3 Tests/Chaos/cluster.py .build-cluster/$(CLUSTER_KIND) .build-cluster/chaos --messages $(MESSAGES) \
	    $(GIVEN_SECONDS) $(if $(SEED),--seed $(SEED)) $(if $(BUS),--bus $(BUS))

hostile: deps
	$(SWIFT) build -c release --static-swift-stdlib --product chat-server
	@python3 Tests/Hostile/hostile.py .build/release .build/hostile

watching: deps prometheus
	$(SWIFT) build $(CHAOS_BUILD) --product chat-server
	@python3 Tests/Watching/watching.py $(BIN)/chat-server .build/watching .build/prometheus/usr/bin

bench: deps
	for product in chat-server chat-tui; do \
	    $(SWIFT) build -c release --static-swift-stdlib --product $$product || exit 1; \
	done
	$(SWIFT) build $(TEST_PROGRAMS) --product chat-bench
	python3 Tests/Bench/bench.py .build/release .build/bench

# Beside WeeChat and irssi, if they are installed.
bench-others: build
	$(SWIFT) build $(TEST_PROGRAMS) --product chat-bench
	python3 Tests/Bench/others.py .build/release .build/bench

# Beside servers on Deno and on node with ws. `make bench-peers ROUNDS=1 SECONDS=2 MESSAGES=300000` is a short run.
bench-peers: deps
	$(SWIFT) build -c release --static-swift-stdlib --product chat-server
	python3 Tests/Bench/peers.py .build/release .build/bench $(GIVEN_SECONDS) $(GIVEN_MESSAGES) \
	    $(if $(ROUNDS),--rounds $(ROUNDS))

bench-connections: deps
	$(SWIFT) build -c release --static-swift-stdlib --product chat-server
	$(SWIFT) build $(TEST_PROGRAMS)
	python3 Tests/Bench/connections.py .build/release .build/bench

# A test prints the figures, because they need the store alone. `make bench-search MEASURED=100000` is a short run.
MEASURED = 1000000
bench-search: deps
	MEASURE_FIND=$(MEASURED) $(SWIFT) test -c release -Xswiftc -enable-testing --scratch-path .build-measure \
	    --filter FindTests/measure

# One node on PostgreSQL and two, beside SQLite. `make bench-cluster ROUNDS=1 SECONDS=2` is a short run.
bench-cluster: build-cluster nats
	python3 Tests/Bench/cluster.py .build-cluster/release .build/bench "$$(PATH="$$PATH:/usr/sbin:.build-cluster/nats/usr/sbin"; \
	    command -v nats-server)" $(GIVEN_SECONDS) $(if $(ROUNDS),--rounds $(ROUNDS))

# A test prints the times of reads. `make bench-postgres ROUNDS=1 SECONDS=1 MEASURED=100000` is a short run.
bench-postgres: export CHAT_TUI_CLUSTER_TESTS := 1
bench-postgres: build-cluster
	python3 Tests/Bench/postgres.py .build-cluster/release .build/bench $(GIVEN_SECONDS) $(if $(ROUNDS),--rounds $(ROUNDS))
	MEASURE_POSTGRES=$(MEASURED) $(SWIFT) test $(DEBUG_BUILD) $(CLUSTER_BUILD) --disable-xctest --filter HeavyUserTests/measure

# What the packages and the archive are made from. Their files are as old as the commit, so that the same commit gives the same
# bytes.
VERSION = $(shell sed -n 's/.*static let number = "\(.*\)"/\1/p' Sources/ServerRuntime/ProgramVersion.swift)
tree deb tarball install test-packages: export VERSION := $(VERSION)
tree deb tarball install test-packages: \
    export SOURCE_DATE_EPOCH := $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct 2>/dev/null || date +%s))

tree: build
	@command -v python3 >/dev/null || { echo 'Install python3 first: it makes the manual pages.'; exit 1; }
	@Sources/Packaging/tree.sh .build/release .build/tree

deb: tree
	@rm -rf .build/deb
	@Sources/Packaging/Debian/build.sh .build/release .build/tree .build/deb

tarball: tree
	@Sources/Packaging/tarball.sh .build/release .build/tree .build/tarball

# As root, with debootstrap, lintian, appstreamcli, desktop-file-validate, tmux, zsh and fish.
test-packages: deb
	@Tests/Packaging/run.sh .build/release .build/tree .build/deb

install: tree
	@DESTDIR='$(DESTDIR)' .build/tree/install.sh --prefix '$(PREFIX)'

clean:
	$(SWIFT) package clean
