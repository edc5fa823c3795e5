#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Debian 13: from a clean clone in a minimal system, control/quickstart, then tests/run with its builds by gcc and clang
# and the suites below. Their results are this suite's. The BPF object of its clang goes to build/trixie, where the suite
# `kernels` takes it from.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/system.sh"

SUITES=(headers unit agreement daemon sockets live dpdk clients)
BUDGET=900 # seconds, of all of it on a machine of its own
LIMIT=1800 # when it is ended: a busy machine is no fault

# in_clone LOG COMMAND...: what is left of the time ends it.
in_clone()
{
	local log=$1
	shift
	in_system "$log" timeout --kill-after=10 "$((LIMIT - SECONDS + begin))" sh -c 'cd /root/reflex && exec "$@"' sh "$@"
}

suite trixie
begin=$SECONDS
make_system trixie
clone

step "control/quickstart --once"
status=0
in_clone quickstart control/quickstart --once || status=$?
if [ "$status" -eq 0 ] && grep -q 'by XDP, attached in native mode' "$TMP/quickstart.log"; then
	pass quickstart "$((SECONDS - begin)) s"
else
	show "$TMP/quickstart.log"
	fail quickstart "status $status: $(reason "$TMP/quickstart.log")"
fi

step "tests/run ${SUITES[*]}"
status=0
in_clone run env REFLEX_RESULTS=/root/results tests/run "${SUITES[@]}" || status=$?
sed 's/^/  /' "$TMP/run.log"
results=$ROOT/root/results
if [ -n "$REFLEX_RESULTS" ] && [ -e "$results" ]; then
	awk -F '\t' -v OFS='\t' '{ $2 = "trixie/" $2; print }' "$results" >>"$REFLEX_RESULTS"
fi
if [ "$status" -eq 0 ] && [ -s "$results" ]; then
	pass run "$(tail -n 1 "$TMP/run.log")"
else
	fail run "status $status: $(tail -n 1 "$TMP/run.log")"
fi

# At -O3 gcc 14 looks deeper, and finds more to warn of.
step "a release build"
if in_clone release sh -c 'meson setup build/release --buildtype=release -Dwerror=true -Dtests=true && ninja -C build/release'; then
	pass release
else
	show "$TMP/release.log"
	fail release "does not build: $(grep -m 1 error: "$TMP/release.log")"
fi

if cp "$ROOT/root/reflex/build/xdp/program/responder.bpf.o" "$TMP/responder.bpf.o"; then
	mkdir -p "$REFLEX_BUILD/trixie"
	mv "$TMP/responder.bpf.o" "$REFLEX_BUILD/trixie/"
fi
echo "trixie: $((SECONDS - begin)) s; on a machine of its own at most $BUDGET s are meant"
