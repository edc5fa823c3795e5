#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The cmocka programs, built plain by gcc and by clang, and with the address and undefined behaviour sanitizers.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

# run_program BUILD PROGRAM: a result for each of its tests.
run_program()
{
	local build=$1 name=$2 program=$REFLEX_BUILD/$1/tests/$2 status=0 word line
	CMOCKA_MESSAGE_OUTPUT=TAP "$program" >"$TMP/log" 2>&1 || status=$?
	while read -r word line; do
		line=${line#* - }
		case $word in
		ok) pass "${build}/$(basename "$name")/$line";;
		not) fail "${build}/$(basename "$name")/${line#* - }" "see below";;
		esac
	done < <(grep -E '^(ok|not ok) ' "$TMP/log")
	[ "$status" -eq 0 ] || {
		show "$TMP/log" "$program"
		fail "$build/$(basename "$name")" "status $status"
	}
}

suite unit
for build in . clang sanitized; do
	for program in oracle_test unit/core_test unit/neighbour_test unit/config_test unit/services_test unit/segment_test \
		unit/delivery_test unit/metrics_test unit/health_test unit/loop_test unit/socket_test unit/load_test unit/worker_test; do
		run_program "$build" "$program"
	done
done
