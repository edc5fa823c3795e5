#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# reflex-dpdk on ports that need no hardware. What comes back must be the oracle's replies, byte for byte and in order,
# what it counts exact, and every buffer must come back.
#
#   files    net_pcap reads the whole corpus from a file and writes the replies to one, for every configuration
#   queues   the same with two ports of two queues each, and two workers
#   memif    net_memif, shared memory with another process of DPDK, up to jumbo frames
#   veth     net_af_packet on a veth pair, whose other end the kernel has
#
# usage: dpdk.sh [--frames N] [--seed N]: so many generated frames over all configurations

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

SEED=$(date +%s)
GENERATED=200000
WIRED=(0 9 16) # the configurations for a wire: as shipped, otherwise pass, all of behaviour discovery

suite dpdk
frames_options "$@"
need_root
need ip iproute2
DPDK=$REFLEX_BUILD/dataplane/reflex-dpdk
CORPUS=$REFLEX_BUILD/tests/dpdk/corpus
[ -x "$DPDK" ] || { skip all "reflex-dpdk is not built (package libdpdk-dev)"; exit 0; }
read -r CONFIGS < <("$CORPUS" configs)
GENERATED=$((GENERATED / CONFIGS + 1))

# The MAC address of ports, for which what the corpus has for others is readdressed.
MAC=52:54:00:12:34:56
PCAP_MAC=02:70:63:61:70:0 # and the number of the port
# Workers take all they get, so the process gets one CPU and who asks it another, if there are two.
CPU=${CPUS[0]} OTHER_CPU=${CPUS[1]:-${CPUS[0]}}
LCORES=0@$CPU
undo rm -rf "/run/dpdk/$INSTANCE" "/run/dpdk/$INSTANCE-peer" # what --no-huge leaves

# --- memory ---

MEMORY=()
# Pages of 2 MB: two processes begin with 16 each, and those that hold jumbo frames take more.
HUGE_PAGES_NEEDED=128

# with_memory hugepages|no-huge: false, and said so, where there is none.
with_memory()
{
	case $1 in
	no-huge) MEMORY=(--no-huge -m 64);;
	hugepages)
		if ! huge_pages "$HUGE_PAGES_NEEDED"; then
			skip hugepages "$HUGE_PAGES_NEEDED huge pages of 2 MB cannot be reserved"
			return 1
		fi
		MEMORY=(--in-memory -m 32)
		;;
	esac
}

# --- the process ---

series() { "$REFLEX_BUILD/tests/segment" "/run/reflex/$INSTANCE/dpdk" 2>/dev/null; }
# value NAME [LABEL]: the sum of the series with that name, and that label.
value()
{
	series | awk -v name="$1{" -v label="${2:-}" '
		index($1, name) == 1 && (label == "" || index($1, label)) { sum += $NF } END { print sum + 0 }'
}
buffers() { value reflex_dpdk_mbufs "$@"; }
buffers_back() { [ "$(buffers 'state="used"')" = "$1" ]; }
ended() { gone "$REFLEX_DPDK"; }
answering_or_ended() { grep -q 'reflex-dpdk: answering on' "$TMP/reflex-dpdk.log" || ended; }

# start_dpdk CONFIGURATION COMMAND EAL-OPTION...: counters begin at 0. COMMAND runs the process, `env` for no other.
start_dpdk()
{
	local which=$1 run
	read -ra run <<<"$2"
	shift 2
	"$CORPUS" yaml "$which" >"$TMP/reflex.yaml"
	rm -rf "/run/reflex/$INSTANCE" "$TMP/reflex-dpdk.log"
	spawn reflex-dpdk "${run[@]}" "$DPDK" "${MEMORY[@]}" --file-prefix "$INSTANCE" --no-pci --lcores "$LCORES" "$@" -- \
		--config "$TMP/reflex.yaml" --instance "$INSTANCE"
	REFLEX_DPDK=$SPAWNED
	eventually answering_or_ended && ! ended && return
	show "$TMP/reflex-dpdk.log"
	return 1
}

# stop_dpdk NAME: it must end well, and have all its buffers back when the ports are closed.
stop_dpdk()
{
	local status=0 lost
	kill -TERM "$REFLEX_DPDK" || true
	eventually ended || stop "$REFLEX_DPDK"
	wait "$REFLEX_DPDK" || status=$?
	lost=$(buffers 'state="used"')
	series >"$TMP/counted" || true
	if [ "$status" -ne 0 ]; then
		show "$TMP/reflex-dpdk.log"
		fail "$1/end" "reflex-dpdk ended with status $status"
	elif [ "$lost" -ne 0 ] || [ "$(buffers)" -eq 0 ]; then
		fail "$1/buffers" "$lost of $(buffers) buffers did not come back"
	else
		pass "$1/buffers" "all $(buffers) came back"
	fi
}

grown() { received=$(value reflex_packets_total) && [ "$received" -gt "$1" ]; }

# wait_received FRAMES: until so many are counted, or no more are; the judge says what is missing.
wait_received()
{
	local received=0
	while [ "$received" -lt "$1" ] && eventually grown "$received"; do
		:
	done
}

# judged NAME COMMAND...: the results that it prints are ours, and without any it has failed.
judged()
{
	local name=$1 status=0 result test detail
	shift
	"$@" >"$TMP/judge.log" 2>&1 || status=$?
	while read -r result test detail; do
		"$result" "$name/$test" "$detail"
	done < <(grep -E '^(pass|fail) ' "$TMP/judge.log")
	[ "$status" -eq 0 ] || show "$TMP/judge.log"
	if [ "$status" -ne 0 ] && ! grep -q '^fail' "$TMP/judge.log"; then
		fail "$name" "the judge ended with status $status"
	fi
	return "$status"
}

name_of() { "$CORPUS" configs | sed -n "s/^$1 //p" | tr ' ' '-'; }

# --- files ---

pcap_queue() { echo "rx_pcap=$TMP/in$1.pcap,tx_pcap=$TMP/out$1.pcap"; }

# files_with NAME CONFIGURATION
files_with()
{
	local name=$1 which=$2 frames
	frames=$("$CORPUS" frames "$which" "$TMP/in.pcap" --generated "$GENERATED" --seed "$SEED" --mac "$PCAP_MAC"0)
	rm -f "$TMP/out.pcap"
	if ! start_dpdk "$which" env --vdev "net_pcap0,$(pcap_queue '')"; then
		fail "$name" "reflex-dpdk does not start"
		return
	fi
	wait_received "$frames"
	stop_dpdk "$name"
	judged "$name" "$CORPUS" judge "$which" "$TMP/in.pcap" "$TMP/out.pcap" "$TMP/counted" \
		--mac "$PCAP_MAC"0 || true
}

files()
{
	local which
	for ((which = 0; which < CONFIGS; which++)); do
		files_with "files/$1/$(name_of "$which")" "$which"
	done
}

# Each queue has a file of its own, with other generated frames.
queues()
{
	local name=queues/$1 i devices=() frames=0 count
	for i in 0 1 2 3; do
		count=$("$CORPUS" frames 0 "$TMP/in$i.pcap" --generated "$GENERATED" --seed "$((SEED + 100 * i))")
		frames=$((frames + count))
	done
	for i in 0 2; do
		devices+=(--vdev "net_pcap$i,$(pcap_queue "$i"),$(pcap_queue "$((i + 1))")")
	done
	if ! LCORES=0@$CPU,1@$OTHER_CPU start_dpdk 0 env "${devices[@]}"; then
		fail "$name" "reflex-dpdk does not start"
		return
	fi
	wait_received "$frames"
	stop_dpdk "$name"
	for i in 0 1 2 3; do
		judged "$name/$i" "$CORPUS" judge 0 "$TMP/in$i.pcap" "$TMP/out$i.pcap" - || true
	done
	# All in one file, with one header.
	{ cat "$TMP/in0.pcap" && tail -q -c +25 "$TMP"/in[123].pcap; } >"$TMP/in.pcap"
	judged "$name" "$CORPUS" judge 0 "$TMP/in.pcap" - "$TMP/counted" || true
}

# --- wires ---

JUDGE=() # its options
# carried NAME CONFIGURATION COMMAND...: COMMAND sends the corpus to a process that runs, and judges the replies. Then
# the counters, and that no buffer stayed with the worker, must be right while it goes on.
carried()
{
	local name=$1 which=$2 before
	shift 2
	before=$(buffers 'state="used"')
	judged "$name" "$@" --generated "$GENERATED" --seed "$SEED" --mac "$MAC" \
		--sent "$TMP/sent.pcap" || true
	if eventually buffers_back "$before"; then
		pass "$name/buffers-in-use" "as many as before"
	else
		fail "$name/buffers-in-use" "$(buffers 'state="used"'), before it were $before"
	fi
	stop_dpdk "$name"
	judged "$name" "$CORPUS" judge "$which" "$TMP/sent.pcap" - "$TMP/counted" --mac "$MAC" "${JUDGE[@]}" || true
}

# Since 23.03 DPDK writes behind the server's buffers where the client's are larger.
memif_refused()
{
	local name=memif/$1/small-bsize
	pkg-config --atleast-version 23.03 libdpdk || return 0
	if start_dpdk 0 env --vdev "net_memif0,role=server,socket=$TMP/memif,socket-abstract=no" >"$TMP/memif.log"; then
		stop "$REFLEX_DPDK"
		fail "$name" "reflex-dpdk starts"
	else
		check "$name" grep -q 'port net_memif0: .* give bsize=4096' "$TMP/reflex-dpdk.log"
	fi
}

# Their buffers in shared memory take a jumbo frame each.
memif()
{
	local which socket=$TMP/memif name
	memif_refused "$1"
	for which in "${WIRED[@]}"; do
		name=memif/$1/$(name_of "$which")
		if ! start_dpdk "$which" env \
			--vdev "net_memif0,role=server,socket=$socket,socket-abstract=no,bsize=9216,mac=$MAC"; then
			fail "$name" "reflex-dpdk does not start"
			continue
		fi
		carried "$name" "$which" "$REFLEX_BUILD/tests/dpdk/peer" "${MEMORY[@]}" --file-prefix "$INSTANCE-peer" \
			--no-pci -l "$OTHER_CPU" \
			--vdev "net_memif0,role=client,socket=$socket,socket-abstract=no,bsize=9216" -- "$which"
	done
}

# Neither kernel has an address there, so what comes is of reflex-dpdk.
make_veth()
{
	local i
	ns_add server client
	for i in server client; do
		in_ns "$i" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
	done
	ns_join server srv client cli
	in_ns server ip link set srv address "$MAC"
}

# Padded, since the kernel drops frames whose tag is cut.
veth()
{
	local which name
	[ -e "/run/netns/$NS-server" ] || make_veth
	for which in "${WIRED[@]}"; do
		name=veth/$1/$(name_of "$which")
		if ! start_dpdk "$which" "nsenter --net=/run/netns/$NS-server --" --vdev net_af_packet0,iface=srv; then
			fail "$name" "reflex-dpdk does not start"
			continue
		fi
		JUDGE=(--af-packet)
		carried "$name" "$which" nsenter "--net=/run/netns/$NS-client" -- "$CORPUS" wire "$which" packet:cli \
			--min-frame 60 --af-packet
		JUDGE=()
	done
}

# --- the suite ---

step "seed $SEED"
for memory in no-huge hugepages; do
	with_memory "$memory" || continue
	for part in files queues memif veth; do
		step "$part, $memory"
		"$part" "$memory"
	done
done
