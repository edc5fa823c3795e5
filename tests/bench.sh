#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The benches work: bench/run --quick gives every row, figure and plot; bench/compare gives a ratio. How fast anything is
# does not pass or fail.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

suite bench
need_root
grep -qsx kthreadd /proc/2/comm || { skip all "the kernel's threads are not to be seen in this PID namespace"; exit 0; }
need git git
RESULTS=$SOURCE/build/bench/results

# The machine may be slow, and a round takes a minute then.
begun() { grep -qF "$1" "$TMP/interrupted.log"; }
begun_or_gone() { begun "$1" || gone "$SPAWNED"; }

# rows HEADING COUNT: the table below that heading of the report has so many rows at least, all with figures.
rows()
{
	local name=${1,,} count
	name=${name//[^a-z]/-}
	count=$(awk -v heading="### $1" '
		$0 == heading || index($0, heading ":") == 1 { inside = 1; next }
		/^###/ { inside = 0 }
		/^\| ---/ { body = 1; next }
		!/^\|/ { body = 0 }
		inside && body && /[0-9]/ { rows++ }
		END { print rows + 0 }' "$RESULTS/report.md")
	if [ "$count" -ge "$2" ]; then
		pass "table/$name" "$count rows"
	else
		fail "table/$name" "$count rows instead of $2"
	fi
}

# holds NAME FILTER: what jq says of the summary.
holds()
{
	if jq -e "$2" "$RESULTS/summary.json" >"$TMP/jq.log" 2>&1; then
		pass "$1"
	else
		show "$TMP/jq.log"
		fail "$1" "not so: $2"
	fi
}

if ! timeout 1200 "$SOURCE/bench/run" --quick >"$TMP/run.log" 2>&1; then
	show "$TMP/run.log"
	# They were there when it began.
	if grep -q 'EAL: .*hugepages' "$TMP/run.log"; then
		skip run "others took the huge pages: $(grep -m 1 -o 'EAL: .*hugepages.*' "$TMP/run.log")"
		exit 0
	fi
	fail run "see above"
	exit 1
fi
pass run "$(tail -n 1 "$TMP/run.log")"

rows "End to end" 6
rows "In the kernel" 13
rows "On the host" 14
rows "Sums alone" 5
rows "How the cost grows" 34
rows "Sources, end to end" 2
rows "The plan" 16
if grep -q '^Left out: ' "$RESULTS/report.md"; then
	skip dpdk "$(sed -n 's/^Left out: //p' "$RESULTS/report.md")"
else
	rows "DPDK: Mpps on one core" 6
	rows "DPDK, where the time goes" 6
	rows "DPDK, a burst in a worker" 13
	rows "Idle" 3
	holds summary/dpdk '[.dpdk[] | .loop.mpps.median > 0 and .reflex.mpps.median > 0] | length == 6 and all'
	holds summary/testpmd '.dpdk["bare/ipv4"].testpmd.mpps.median > 0'
	holds summary/dpdk_burst '[.dpdk_burst[].median > 0] | length >= 55 and all'
	holds summary/idle '[.idle | (.xdp, .dpdk_poll, .dpdk_sleep)["1000", "20000"].latency.p50.median > 0] | length == 6 and all'
fi
holds summary/servers '[.servers[] | .cpu.median > 0 and .rate.median > 0 and .ratio.median > 0] | length >= 6 and all'
holds summary/latency '[.servers | (.xdp, .sockets, .stund, .coturn).latency | .p50.median > 0 and .p999.median >= .p50.median] | all'
holds summary/kernel '[.kernel[].median] | length >= 80 and (map(type) | all(. == "number"))'
holds summary/core '[.core[].median > 0] | length >= 70 and all'
holds summary/machine '.machine.cores > 0 and (.machine.cpu | length) > 0 and .noise.slowest >= 1'
for plot in throughput cpu latency dpdk attributes services interfaces sources; do
	if tail -n 2 "$RESULTS/$plot.svg" 2>/dev/null | grep -q '</svg>'; then
		pass "plot/$plot"
	else
		fail "plot/$plot" "no whole SVG"
	fi
done

# A run that ends in its second round has the report of the first, and nothing of the second.
spawn interrupted "$SOURCE/bench/run" --quick --rounds 2
wait_for 600 begun_or_gone 'round 2 of 2: kernel'
kill -TERM "$SPAWNED" || true
status=0
await "$SPAWNED" || status=$?
if [ "$status" -eq 143 ] && grep -qF 'ended early, after 1 whole rounds' "$TMP/interrupted.log" &&
	grep -qF ' 1 rounds. Medians' "$RESULTS/report.md"; then
	pass interrupted
else
	show "$TMP/interrupted.log"
	fail interrupted "status $status, or no report of its first round"
fi
holds interrupted/whole '[.servers[] | .cpu.count == 1] | length >= 6 and all'

if ! git -C "$SOURCE" rev-parse --quiet --verify HEAD >/dev/null 2>&1; then
	skip compare "not a git repository"
elif timeout 1200 "$SOURCE/bench/compare" --rounds 1 --filter '^(hot/)?bare/ipv4' HEAD >"$TMP/compare.log" 2>&1 &&
	grep -Eq '^xdp bare/ipv4 +[0-9.]+ +[0-9.]+ +[0-9.]+ ' "$TMP/compare.log"; then
	pass compare "$(tail -n 1 "$TMP/compare.log" | tr -s ' ')"
else
	show "$TMP/compare.log"
	fail compare "no ratio"
fi
