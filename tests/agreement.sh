#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Oracle, host build and BPF program over the same frames. Options go to the program: --frames N, --replies N, --seed N,
# --host-only.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

# run_agreement NAME PROGRAM OPTION...: a result for each of its stages.
run_agreement()
{
	local name=$1 stage text status=0
	shift
	"$@" >"$TMP/log" 2>&1 || status=$?
	cut -c 1-200 "$TMP/log"
	while IFS=: read -r stage text; do
		case $text in
		*" 0 disagreements") pass "$name/$stage" "${text# }";;
		*) fail "$name/$stage" "${text# }";;
		esac
	done < <(grep -E '^[a-z]+: [0-9]+ frames' "$TMP/log")
	[ "$(grep -cE '^[a-z]+: [0-9]+ frames' "$TMP/log")" -eq 6 ] || fail "$name" "ended early, status $status"
}

suite agreement
need_root
bpffs
run_agreement bpf "$REFLEX_BUILD/tests/agreement" "$@"
[ $# -gt 0 ] || run_agreement sanitized "$REFLEX_BUILD/sanitized/tests/agreement" --host-only --frames 100000 \
	--replies 20000
