# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What an answer costs over DPDK, on one core. The port is net_pcap: it plays requests from memory without end and drops
# what is sent, so that there is always a burst to take, and no more of a driver than copying it.
#
# Needs bench/lab.sh.

DPDK_REQUESTS=(bare/ipv4 bare/ipv6 fingerprint/ipv4 software_fingerprint/ipv4 unknown_attribute/ipv4 mixed)
DPDK_PAGES=32 # of 2 MB, as much as all of them need

# Why not, where not.
dpdk_missing()
{
	[ -x "$REFLEX_BUILD/bench/dpdk_floor" ] || { echo "libdpdk was not found"; return; }
	command -v dpdk-testpmd >/dev/null || { echo "dpdk-testpmd was not found"; return; }
	return 1
}

# The same for all of them.
dpdk_prepare()
{
	local request
	DPDK_EAL=(--no-pci --no-telemetry -m $((2 * DPDK_PAGES)))
	if [ "$(cat /sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages 2>/dev/null || echo 0)" -ge "$DPDK_PAGES" ]; then
		DPDK_EAL+=(--in-memory)
	else
		DPDK_EAL+=(--no-huge --no-shconf --file-prefix "$INSTANCE")
	fi
	for request in "${DPDK_REQUESTS[@]}"; do
		"$REFLEX_BUILD/bench/dpdk_frames" "$request" >"$TMP/${request//\//-}.pcap"
	done
}

dpdk_port() { echo "--vdev=net_pcap0,rx_pcap=$TMP/${1//\//-}.pcap,infinite_rx=1"; }

# dpdk_PROGRAM REQUEST SECONDS: packets, and the seconds that they took, as JSON.
dpdk_loop()
{
	timeout 60 "$REFLEX_BUILD/bench/dpdk_floor" "${DPDK_EAL[@]}" -l "$SERVER_CPU" "$(dpdk_port "$1")" -- "$2" \
		2>"$TMP/loop.log" || { show "$TMP/loop.log" >&2; return 1; }
}

# It has no option for how long, but commands; its first lcore sleeps over them. The last rate is that since the one before.
dpdk_testpmd()
{
	{
		sleep 1 # it starts
		printf '%s\n' start 'show port stats 0'
		sleep "$2"
		printf '%s\n' 'show port stats 0' quit
	} | timeout 60 dpdk-testpmd "${DPDK_EAL[@]}" --lcores "0@$LOAD_CPU,1@$SERVER_CPU" "$(dpdk_port "$1")" -- \
		--interactive --forward-mode=macswap --total-num-mbufs=8191 --mbcache=256 >"$TMP/testpmd.log" 2>&1 ||
		{ show "$TMP/testpmd.log" >&2; return 1; }
	awk '$1 == "Rx-pps:" { rate = $2 } END { if (!rate) exit 1; printf "{\"packets\": %d, \"seconds\": 1}\n", rate }' \
		"$TMP/testpmd.log"
}

# dpdk_measure FILE ROUND SECONDS PROGRAM REQUEST: appends what was seen.
dpdk_measure()
{
	"dpdk_$4" "$5" "$3" >"$TMP/dpdk.json"
	jq -c --argjson round "$2" --arg program "$4" --arg request "$5" \
		'{round: $round, program: $program, request: $request} + .' "$TMP/dpdk.json" >>"$1"
}

# dpdk_round FILE ROUND SECONDS: each request by the loop and by Reflex, one right behind the other.
dpdk_round()
{
	local request
	dpdk_measure "$@" testpmd "${DPDK_REQUESTS[0]}"
	for request in "${DPDK_REQUESTS[@]}"; do
		dpdk_measure "$@" loop "$request"
		dpdk_measure "$@" reflex "$request"
	done
}
