# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The servers that are compared, each alone with a client at the other end of a veth pair:
#
#   client namespace  cN --- sN  server namespace, all that runs for it on SERVER_CPU
#
# Both ends are polled by kernel threads (threaded NAPI) with a CPU each, so that the CPU time of receiving and answering
# counts for the server, and is not hidden in interrupts of whoever runs.
#
# Needs tests/lib.sh, and LOAD: the load generator.

SERVERS=(reflector growing_reflector xdp sockets stund coturn)
# shellcheck disable=SC2034
PROGRAMS=(reflector growing_reflector xdp) # of these, XDP programs

LOAD_CPU=${CPUS[0]}
SERVER_CPU=${CPUS[1]:-$LOAD_CPU}
CLIENT_CPU=${CPUS[2]:-$LOAD_CPU} # takes the replies in
SERVER_ADDRESS=203.0.113.10
SERVER_SECOND=203.0.113.11 # stund does not do without
CLIENT_ADDRESS=203.0.113.7

declare -A LAB_NUMBER=() LAB_GROUP=()
LAB_SUFFIX=$(($$ % 1000)) # the names of kernel threads do not tell namespaces apart

client_device() { echo "c${LAB_NUMBER[$1]}x$LAB_SUFFIX"; }
server_device() { echo "s${LAB_NUMBER[$1]}x$LAB_SUFFIX"; }
client_space() { echo "client${LAB_NUMBER[$1]}"; }
server_space() { echo "server${LAB_NUMBER[$1]}"; }

# device_set SPACE DEVICE KEY=VALUE...: files in sysfs, which shows the devices of the namespace that mounted it.
device_set()
{
	local setting status=0
	mkdir -p "$TMP/sys"
	in_ns "$1" mount -t sysfs sysfs "$TMP/sys"
	for setting in "${@:3}"; do
		echo "${setting#*=}" >"$TMP/sys/class/net/$2/${setting%%=*}" || status=1
	done
	umount "$TMP/sys"
	return "$status"
}

mac() { in_ns "$1" ip -oneline link show "$2" | sed -E 's|.*link/ether ([0-9a-f:]*).*|\1|'; }
kernel_threads() { pgrep "^napi/$1-"; }

# lab_end SPACE DEVICE ADDRESS: checksums complete, and NAPI whether there is an XDP program or not.
# shellcheck disable=SC2016
lab_end()
{
	in_ns "$1" ethtool -K "$2" tx off gro on >/dev/null
	in_ns "$1" ip address add "$3/24" dev "$2"
	in_ns "$1" sh -c 'echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter; echo 0 >/proc/sys/net/ipv4/conf/default/rp_filter
		echo 0 >"/proc/sys/net/ipv4/conf/$1/rp_filter"' - "$2"
	in_ns "$1" ip link set "$2" up
}

# pin CPU DEVICE SCHEDULER-OPTION...
pin()
{
	local thread
	for thread in $(kernel_threads "$2"); do
		taskset -pc "$1" "$thread" >/dev/null
		chrt "${@:3}" "$thread"
	done
}

# lab_pair SERVER: a client and a server that know each other's MAC address; all others are behind the client.
lab_pair()
{
	local client server from to
	LAB_NUMBER[$1]=${#LAB_NUMBER[@]}
	client=$(client_space "$1") server=$(server_space "$1") from=$(client_device "$1") to=$(server_device "$1")
	ns_add "$client" "$server"
	ip link add "$from" netns "$NS-$client" numrxqueues 1 numtxqueues 1 type veth \
		peer name "$to" netns "$NS-$server" numrxqueues 1 numtxqueues 1
	lab_end "$client" "$from" "$CLIENT_ADDRESS"
	lab_end "$server" "$to" "$SERVER_ADDRESS"
	in_ns "$server" ip address add "$SERVER_SECOND/24" dev "$to"
	in_ns "$server" ip neighbour replace "$CLIENT_ADDRESS" lladdr "$(mac "$client" "$from")" dev "$to" nud permanent
	in_ns "$server" ip route add default via "$CLIENT_ADDRESS"
	in_ns "$client" ip neighbour replace "$SERVER_ADDRESS" lladdr "$(mac "$server" "$to")" dev "$from" nud permanent
}

# serve SERVER COMMAND...
serve()
{
	local name=$1
	shift
	spawn "$name" nsenter "--net=/run/netns/$NS-$(server_space "$name")" -- taskset -c "$SERVER_CPU" "$@"
	LAB_GROUP[$name]=$SPAWNED
}

reflexd()
{
	local name=$1
	shift
	undo rm -rf "/run/reflex/$INSTANCE$name" "/sys/fs/bpf/reflex/$INSTANCE$name"
	serve "$name" "$REFLEX_BUILD/control/reflexd" --instance "$INSTANCE$name" --address "$SERVER_ADDRESS" "$@"
	eventually ready_or_gone "$(server_space "$name")" "$SPAWNED"
}

# One of the programs of floor.bpf.c, alone.
attach_floor()
{
	local pins=/sys/fs/bpf/$INSTANCE$1
	undo rm -rf "$pins"
	bpftool prog loadall "$REFLEX_BUILD/bench/floor.bpf.o" "$pins" type xdp
	in_ns "$(server_space "$1")" bpftool net attach xdpdrv pinned "$pins/$1" dev "$(server_device "$1")"
	rm -r "$pins"
}

# As Debian has them, without what a Binding Request does not use.
start_server()
{
	case $1 in
	reflector | growing_reflector) attach_floor "$1";;
	xdp)
		# The load has a program on its end only while it runs; auto would not take XDP without.
		xdp_pass "$(client_space xdp)" "$(client_device xdp)"
		reflexd xdp --interface "$(server_device xdp)"
		in_ns "$(client_space xdp)" bpftool net detach xdpdrv dev "$(client_device xdp)"
		;;
	sockets) reflexd sockets --dataplane socket;;
	stund) serve stund stund -h "$SERVER_ADDRESS" -a "$SERVER_SECOND";;
	coturn)
		serve coturn turnserver -n --stun-only --no-auth --no-tcp --no-tls --no-dtls --no-cli \
			--listening-ip "$SERVER_ADDRESS" --userdb "$TMP/coturn.db" --pidfile "$TMP/coturn.pid" \
			--log-file "$TMP/coturn.txt" --simple-log
		;;
	esac
}

# load SERVER OPTION...: JSON. What it finds wrong is for the caller to judge: a reflector does not answer rightly.
load()
{
	local name=$1
	shift
	in_ns "$(client_space "$name")" timeout 60 "$LOAD" --json --quiet --interface "$(client_device "$name")" \
		--cpu "$LOAD_CPU" --timeout 200 "$@" "$SERVER_ADDRESS" || true
}

# live SERVER OPTION...: the same for an XDP program, see live.c.
live()
{
	local name=$1
	shift
	in_ns "$(client_space "$name")" timeout 60 "$REFLEX_BUILD/bench/live" --interface "$(client_device "$name")" \
		--cpu "$LOAD_CPU" "$@"
}

# A reflector sends back what is no answer.
came_back() { jq -e -n 'input | .answered + .wrong > 0' >/dev/null; }
answers() { load "$1" --window 1 --duration 0.1 | came_back; }

start_servers()
{
	local name
	for name in "${SERVERS[@]}"; do
		lab_pair "$name"
		start_server "$name"
		if ! eventually answers "$name"; then
			show "$TMP/$name.log"
			load "$name" --window 1 --duration 0.1
			echo "bench: $name does not answer" >&2
			return 1
		fi
	done
}

# cpu_time SERVER: nanoseconds of its processes' threads and of its end's kernel thread, so far.
cpu_time()
{
	local process file ran rest sum=0
	for process in $(kernel_threads "$(server_device "$1")") \
		$([ -z "${LAB_GROUP[$1]:-}" ] || pgrep --pgroup "${LAB_GROUP[$1]}"); do
		for file in "/proc/$process/task"/*/schedstat; do
			# shellcheck disable=SC2034
			read -r ran rest <"$file"
			sum=$((sum + ran))
		done
	done
	echo "$sum"
}

# tune SERVER throughput|live|latency. Much at once, and the server takes in when it is its turn; for live frames, which
# come in any case, the load at once makes room for replies. Or each at once, and taken in before whoever else runs
# there, as by an interrupt; where the load has but one CPU, its own threads would wait for each other, so the server's
# takes the replies in, too.
tune()
{
	local at_once=(gro_flush_timeout=0 napi_defer_hard_irqs=0) many=(gro_flush_timeout=50000 napi_defer_hard_irqs=10)
	local first=(--fifo --pid 1) client server threaded=1 order=(--other --pid 0)
	case $2 in
	throughput) client=("${many[@]}") server=("${many[@]}");;
	live) client=("${at_once[@]}") server=("${many[@]}");;
	latency)
		client=("${at_once[@]}") server=("${at_once[@]}") order=("${first[@]}")
		threaded=$((CLIENT_CPU != LOAD_CPU))
		;;
	esac
	device_set "$(client_space "$1")" "$(client_device "$1")" "${client[@]}" threaded="$threaded"
	device_set "$(server_space "$1")" "$(server_device "$1")" "${server[@]}" threaded=1
	eventually kernel_threads "$(server_device "$1")" || { echo "bench: no threaded NAPI on veth" >&2; return 1; }
	pin "$CLIENT_CPU" "$(client_device "$1")" "${first[@]}" # they may be new ones
	pin "$SERVER_CPU" "$(server_device "$1")" "${order[@]}"
}

# Replies that an XDP program has made so far, whether the client's end of the veth had room for them or not.
replies()
{
	in_ns "$(server_space "$1")" ethtool -S "$(server_device "$1")" |
		awk '$1 ~ /_xdp_tx(_errors)?:$/ { sum += $2 } END { print sum + 0 }'
}

# measure FILE ROUND TEST SERVER OPTION...: appends what the load saw and what the server's CPU did. The test's name begins
# with what to tune for; `live` is a load of its own.
measure()
{
	local file=$1 round=$2 test=$3 name=$4 generator=load cpu replies
	shift 4
	[ "$test" != live ] || generator=live
	tune "$name" "${test%%-*}"
	# Where the machine stands still for as long as a short load takes, nothing comes back.
	for _ in 1 2 3; do
		replies=$(replies "$name")
		cpu=$(cpu_time "$name")
		"$generator" "$name" "$@" >"$TMP/load.json"
		cpu=$(($(cpu_time "$name") - cpu))
		replies=$(($(replies "$name") - replies))
		! came_back <"$TMP/load.json" || break
	done
	came_back <"$TMP/load.json" || { cat "$TMP/load.json"; echo "bench: $name no longer answers" >&2; return 1; }
	jq -c --arg server "$name" --arg test "$test" --argjson round "$round" --argjson cpu "$cpu" --argjson replies "$replies" \
		'{round: $round, server: $server, test: $test, cpu_ns: $cpu, replies: $replies, load: .}' \
		"$TMP/load.json" >>"$file"
}
