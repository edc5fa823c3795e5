# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What an answer costs over DPDK, on one core. The port is net_pcap: it plays requests from memory without end and drops
# what is sent, so that there is always a burst to take, and no more of a driver than copying it.
#
# And what waiting costs, over the veth pairs of lab.sh.
#
# Needs bench/lab.sh.

DPDK_REQUESTS=(bare/ipv4 bare/ipv6 fingerprint/ipv4 software_fingerprint/ipv4 unknown_attribute/ipv4 mixed)
DPDK_IDLE=(poll sleep)
DPDK_MEMORY=
DPDK_PAGES=32 # of 2 MB, as much as all of them need

# Why not, where not.
dpdk_missing()
{
	[ -x "$REFLEX_BUILD/bench/dpdk_floor" ] || { echo "libdpdk was not found"; return; }
	command -v dpdk-testpmd >/dev/null || { echo "dpdk-testpmd was not found"; return; }
	return 1
}

# The same for all of them.
# shellcheck disable=SC2034
dpdk_prepare()
{
	local request idle
	DPDK_EAL=(--no-pci --no-telemetry -m $((2 * DPDK_PAGES)))
	if huge_pages "$DPDK_PAGES"; then
		DPDK_EAL+=(--in-memory)
		DPDK_MEMORY="huge pages of 2 MB"
	else
		DPDK_EAL+=(--no-huge --no-shconf --file-prefix "$INSTANCE")
		DPDK_MEMORY="small pages, as no huge ones could be reserved"
		undo rm -rf "/run/dpdk/$INSTANCE"
	fi
	for idle in "${DPDK_IDLE[@]}"; do
		printf '%s\n' 'dataplane: dpdk' "idle: $idle" 'services:' '  - address: 203.0.113.10' \
			'  - address: 2001:db8::10' >"$TMP/dpdk-$idle.yaml"
		lab_pair "dpdk_$idle"
		# The kernel gets the same packets, and would say that there is nobody.
		in_ns "$(server_space "dpdk_$idle")" ip address flush dev "$(server_device "dpdk_$idle")"
	done
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

# It has no option for how long, but commands; its first lcore sleeps over them. The last rate is that since the one
# before.
dpdk_testpmd()
{
	rm -f "$TMP/testpmd.log"
	# shellcheck disable=SC2094 # it is read to see when it has started
	{
		eventually grep -q 'testpmd>' "$TMP/testpmd.log"
		printf '%s\n' start 'show port stats 0'
		sleep "$2"
		printf '%s\n' 'show port stats 0' quit
	} | timeout 60 dpdk-testpmd "${DPDK_EAL[@]}" --lcores "0@$LOAD_CPU,1@$SERVER_CPU" "$(dpdk_port "$1")" -- \
		--interactive --forward-mode=macswap --total-num-mbufs=2560 --mbcache=256 >"$TMP/testpmd.log" 2>&1 ||
		{ show "$TMP/testpmd.log" >&2; return 1; }
	awk '$1 == "Rx-pps:" { rate = $2 } END { if (!rate) exit 1; printf "{\"packets\": %d, \"seconds\": 1}\n", rate }' \
		"$TMP/testpmd.log"
}

# dpdk_rate SECONDS: of a reflex-dpdk that runs.
dpdk_rate() { "$REFLEX_BUILD/bench/dpdk_rate" "/run/reflex/$INSTANCE/dpdk" net_pcap0 "$1"; }

dpdk_reflex()
{
	local status=0
	spawn dpdk "$REFLEX_BUILD/dataplane/reflex-dpdk" "${DPDK_EAL[@]}" -l "$SERVER_CPU" "$(dpdk_port "$1")" -- \
		--config "$TMP/dpdk-poll.yaml" --instance "$INSTANCE"
	{ eventually dpdk_rate 0.1 && dpdk_rate "$2"; } || status=$?
	dpdk_stop
	[ "$status" -eq 0 ] || show "$TMP/dpdk.log" >&2
	return "$status"
}

# The one that was started last; its group's number may be another's soon.
dpdk_stop()
{
	stop "$SPAWNED"
	unset 'suite_groups[-1]'
}

# dpdk_measure FILE ROUND SECONDS PROGRAM REQUEST: appends what was seen.
dpdk_measure()
{
	"dpdk_$4" "$5" "$3" >"$TMP/dpdk.json"
	jq -e '.packets > 0 and (.answered // .packets) == .packets' "$TMP/dpdk.json" >/dev/null ||
		{ cat "$TMP/dpdk.json"; echo "bench: $4 does not answer all of $5" >&2; return 1; }
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

# --- idle ---

# idle_measure FILE ROUND SECONDS SERVER: its CPU time without load, and with little.
idle_measure()
{
	local cpu began
	tune "$4" latency
	sleep 1.5 # a worker naps longer after a second without frames
	cpu=$(cpu_time "$4") began=$(date +%s%N)
	sleep "$3"
	cpu=$(($(cpu_time "$4") - cpu)) began=$(($(date +%s%N) - began))
	jq -n -c --argjson round "$2" --arg server "$4" --argjson cpu "$cpu" --argjson ns "$began" \
		'{round: $round, server: $server, test: "latency-0", cpu_ns: $cpu, load: {seconds: ($ns / 1e9)}}' >>"$1"
	measure "$1" "$2" latency-1000 "$4" --rate 1000 --duration "$3"
	measure "$1" "$2" latency-20000 "$4" --rate 20000 --duration "$3"
}

# idle_round FILE ROUND SECONDS: one that polls leaves nothing to others on its CPU, so it runs only for its turn.
idle_round()
{
	local idle name
	idle_measure "$@" xdp
	for idle in "${DPDK_IDLE[@]}"; do
		name=dpdk_$idle
		serve "$name" "$REFLEX_BUILD/dataplane/reflex-dpdk" "${DPDK_EAL[@]}" -l "$SERVER_CPU" \
			"--vdev=net_af_packet0,iface=$(server_device "$name")" -- --config "$TMP/dpdk-$idle.yaml" \
			--instance "$INSTANCE"
		if ! eventually answers "$name"; then
			show "$TMP/$name.log"
			echo "bench: $name does not answer" >&2
			return 1
		fi
		idle_measure "$@" "$name"
		dpdk_stop
	done
}
