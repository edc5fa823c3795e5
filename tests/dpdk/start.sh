# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The responder of $TMP/reflexd.yaml by each of its carriers: xdp, socket, or reflex-dpdk on a driver of DPDK for interfaces
# of the kernel, af_packet or af_xdp. A suite sources it behind lib.sh.

DPDK=$REFLEX_BUILD/dataplane/reflex-dpdk
REFLEX_DPDK=
WORKERS=1
PUNT=kernel # the interface that gives the kernel what reflex-dpdk does not answer
undo rm -rf "/run/dpdk/$INSTANCE" # what --no-huge leaves

# DPDK's driver for af_xdp frees the queues of libxdp, and forgets what describes them.
echo leak:xsk_umem__create >"$TMP/leaks"
export LSAN_OPTIONS=suppressions=$TMP/leaks:print_suppressions=0

# --- memory ---

MEMORY=()
HUGE_PAGES=32 # of 2 MB

# memory_for DRIVER: false, where there is none.
memory_for()
{
	MEMORY=(--no-huge -m 64)
	[ "$1" = af_xdp ] || return 0
	# In pages of 4 kB a pool has gaps, for which this driver has no place: it loses the last buffers, and what is in them.
	MEMORY=(--in-memory -m 64)
	huge_pages "$HUGE_PAGES"
}

# --- the process ---

dpdk_ended() { gone "$REFLEX_DPDK"; }
dpdk_said() { grep -qF -- "$1" "$TMP/reflex-dpdk.log"; }
dpdk_answers() { dpdk_said "reflex-dpdk: answering on"; }
dpdk_answers_or_ended() { dpdk_answers || dpdk_ended; }

lcores()
{
	local list i
	for ((i = 0; i < WORKERS; i++)); do
		list+=${list:+,}$i@${CPUS[i % ${#CPUS[@]}]}
	done
	echo "$list"
}

# spawn_dpdk SPACE EAL-OPTION...
spawn_dpdk()
{
	local space=$1
	shift
	rm -f "$TMP/reflex-dpdk.log"
	spawn reflex-dpdk nsenter "--net=/run/netns/$NS-$space" -- "$DPDK" "${MEMORY[@]}" --file-prefix "$INSTANCE" \
		--no-telemetry --no-pci --lcores "$(lcores)" "$@" -- --config "$TMP/reflexd.yaml" --instance "$INSTANCE"
	REFLEX_DPDK=$SPAWNED
}

# start_dpdk SPACE EAL-OPTION...: with as many workers as WORKERS. Returns when it answers; says why when it does not get there.
start_dpdk()
{
	spawn_dpdk "$@"
	eventually dpdk_answers_or_ended && dpdk_answers && ! dpdk_ended && return
	show "$TMP/reflex-dpdk.log"
	return 1
}

# leave_to_dpdk SPACE DEVICE: the kernel says no word on it, and hears none. Packet sockets and XDP come before that.
# What the kernel says there itself, a packet socket takes for something that arrived.
leave_to_dpdk()
{
	in_ns "$1" sh -c "echo 1 >/proc/sys/net/ipv6/conf/$2/disable_ipv6"
	in_ns "$1" ip address flush dev "$2"
	in_ns "$1" nft "add table netdev deaf; add chain netdev deaf $2 { type filter hook ingress device $2 priority 0; policy drop; }"
}

# --- by carrier ---

# carried_by CARRIER DEVICE: the lines of the configuration.
carried_by()
{
	case $1 in
	af_*) printf 'dataplane: dpdk\npunt: %s\n' "$PUNT";;
	*) printf 'dataplane: %s\ninterfaces: [{name: %s}]\n' "$1" "$2";;
	esac
}

# possible CARRIER: false, and said so, where it cannot be tried here.
possible()
{
	case $1 in af_*) ;; *) return 0;; esac
	if [ ! -x "$DPDK" ]; then
		skip "$1" "reflex-dpdk is not built (package libdpdk-dev)"
	elif ! memory_for "$1"; then
		skip "$1" "$HUGE_PAGES huge pages of 2 MB cannot be reserved"
	else
		return 0
	fi
	return 1
}

# begin_round CARRIER: it answers, by the suite's `serve CARRIER`; false, and said so, where it cannot or does not.
begin_round()
{
	step "$1"
	possible "$1" || return
	serve "$1" && return
	show "$TMP/reflexd.log"
	fail "$1/server" "not ready; see above"
	return 1
}

# dataplane_of CARRIER: as metrics name it.
dataplane_of() { case $1 in af_*) echo dpdk;; *) echo "$1";; esac; }

# start_carrier CARRIER SPACE DEVICE ADDRESSES: all counters begin at 0. `ADDRESSES DEVICE` gives the kernel its addresses.
start_carrier()
{
	case $1 in
	af_*)
		rm -f "/run/reflex/$INSTANCE/dpdk"
		leave_to_dpdk "$2" "$3"
		start_dpdk "$2" --vdev "net_${1}0,iface=$3" || return
		"$4" "$PUNT"
		;;
	*) "$4" "$3";;
	esac
	start_reflexd "$2" --config "$TMP/reflexd.yaml"
}

# The frames that a device did not take, or that found no buffer: at every place that counts them.
dpdk_lost()
{
	scrape "$1" metrics | awk '
		/^reflex_dpdk_frames_total.*outcome="(punt_full|relay_full|unsent)"/ || /^reflex_dpdk_(missed|errors)_total/ ||
			/^reflex_packets_total{dataplane="dpdk".*verdict="(unsent|no_room)"/ { sum += $NF; seen++ }
		END { if (!seen) exit 1; print sum }'
}

stop_carrier()
{
	stop "$REFLEXD"
	[ -z "$REFLEX_DPDK" ] || stop "$REFLEX_DPDK"
	REFLEX_DPDK=
}
