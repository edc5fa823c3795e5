#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Each system call of a start fails once, by injection. Then either the start is refused, with status 1 or 2, an error that
# says why, and nothing left behind; or the daemon answers, and its stop leaves nothing behind. Of a reload likewise: it is
# refused, with an error, and the old configuration goes on, or the new one is in force; and the next reload succeeds.
#
#   xdp auto socket dpdk  reflexd with that dataplane; beside it, for dpdk, a reflex-dpdk
#   adopt                 xdp, where a killed reflexd left its program: that goes on answering where the start is refused
#   reflex-dpdk           on a veth pair by net_af_packet, without huge pages; beside it a reflexd
#   sanitized             auto, under the sanitizers
#   reload reload-dpdk    a reload of reflexd by XDP, and of reflex-dpdk
#
# usage: faults.sh [--seconds N] [--seed N] [--all] [--only PATTERN]
#
#   --seconds N     as many calls, chosen by the seed, as fit into the time (default 120); those that were mishandled
#                   once come first
#   --all           all calls, which takes some 10 minutes
#   --only PATTERN  all whose line matches, such as '^xdp bpf 16 ' or BPF_OBJ_PIN

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

SERVER=203.0.113.10
DPDK_SERVER=198.51.100.10
PINS=/sys/fs/bpf/reflex/$INSTANCE
RUN=/run/reflex/$INSTANCE
START_SECONDS=60 # a start that takes longer hangs
DPDK=$REFLEX_BUILD/dataplane/reflex-dpdk
SANITIZED=$SOURCE/build/sanitized

# What was mishandled once: without the count of CPUs, without maps that can be mapped, with some of the pins.
FIRST='cpu/possible|read\(.*"0-[0-9]+\\n"|libbpf_mmap|BPF_OBJ_PIN|flock|ftruncate'

# What cannot fail, or fails without effect: the kernel closes a descriptor, and unmaps a page, all the same.
CERTAIN='^(close|munmap|futex|exit|exit_group|rt_sigreturn|rt_sigprocmask|rt_sigaction|rseq|set_robust_list|set_tid_address|get[a-z]*id|clock_nanosleep|execve)$'
CERTAIN_LINES='EPOLL_CTL_MOD' # of a descriptor that is there

SECONDS_MAX=120
SEED=1
ONLY=.
while [ $# -gt 0 ]; do
	case $1 in
	--all) SECONDS_MAX=; shift; continue;;
	--seconds) SECONDS_MAX=${2-};;
	--seed) SEED=${2-};;
	--only) ONLY=${2-} SECONDS_MAX=;;
	*) set -- help;;
	esac
	[ $# -ge 2 ] || { echo "usage: tests/run faults [--seconds N] [--seed N] [--all] [--only PATTERN]" >&2; exit 2; }
	shift 2
done

suite faults
need_root
need curl curl strace strace bpftool bpftool ethtool ethtool nft nftables
can all strace -o /dev/null true || exit 0

# --- the lab ---

# leave_to_dpdk SPACE DEVICE: the kernel has no part in it.
leave_to_dpdk()
{
	in_ns "$1" sh -c "echo 1 >/proc/sys/net/ipv6/conf/$2/disable_ipv6"
	in_ns "$1" nft "add table netdev deaf; add chain netdev deaf $2 { type filter hook ingress device $2 priority 0; policy drop; }"
}

make_lab()
{
	local word
	bpffs
	ns_add server client
	in_ns server sh -c 'echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad' # each start has the same addresses
	ns_join server srv client cli
	ns_join server port client far
	in_ns server ip address add "$SERVER/24" dev srv
	in_ns client ip address add 203.0.113.7/24 dev cli
	in_ns client ip address add 198.51.100.7/24 dev far
	leave_to_dpdk server port
	xdp_pass client cli
	undo rm -rf "/run/dpdk/$INSTANCE"
	for word in xdp auto socket; do
		printf 'dataplane: %s\ninterfaces: [{name: srv}]\n' "$word" >"$TMP/$word.yaml"
	done
	for word in dpdk reflex-dpdk reload-dpdk; do
		printf 'dataplane: dpdk\nservices: [{address: %s}]\n' "$DPDK_SERVER" >"$TMP/$word.yaml"
	done
	cp "$TMP/xdp.yaml" "$TMP/adopt.yaml"
	cp "$TMP/xdp.yaml" "$TMP/reload.yaml"
	cp "$TMP/auto.yaml" "$TMP/sanitized.yaml"
}

# --- the daemons ---

# launch PLANE [PREFIX...]: its log is $TMP/PLANE.log, its group $SPAWNED.
launch()
{
	local plane=$1 build=$REFLEX_BUILD command
	shift
	[ "$plane" != sanitized ] || build=$SANITIZED
	if [[ $plane == re*-dpdk ]]; then
		command=("$DPDK" --no-huge -m 64 --file-prefix "$INSTANCE" --no-telemetry --no-pci --lcores "0@${CPUS[0]}"
			--vdev "net_af_packet0,iface=port" -- --config "$TMP/$plane.yaml" --instance "$INSTANCE")
	else
		command=("$build/control/reflexd" --instance "$INSTANCE" --config "$TMP/$plane.yaml")
	fi
	spawn "$plane" nsenter "--net=/run/netns/$NS-server" -- "$@" "${command[@]}"
}

# forget: of hundreds that have ended none is asked after.
forget() { unset 'suite_groups[-1]'; }

# ask ADDRESS [PORT [SECONDS]]: true if a Binding request has a success response.
ask()
{
	# shellcheck disable=SC2016
	in_ns client timeout "${3:-5}" bash -c '
		exec 3<>"/dev/udp/$1/$2"
		printf "\0\1\0\0\x21\x12\xa4\x42reflex-tests" >&3
		head -c 32 <&3 | od -An -tx1 -N2' - "$1" "${2:-3478}" 2>/dev/null | grep -q '01 01'
}

address_of() { case $1 in *dpdk) echo "$DPDK_SERVER";; *) echo "$SERVER";; esac; }
linked() { in_ns server ip -d link show dev srv 2>/dev/null | grep -q 'prog/xdp'; }
answers()
{
	case $1 in xdp | adopt | reload) linked || return;; esac
	scrape server readyz >/dev/null && ask "$(address_of "$1")"
}
# Its last line may be the one that is lost.
started() { grep -qE '^reflexd: version |^reflex-dpdk: answering on ' "$TMP/$1.log" || scrape server readyz >/dev/null; }
started_or_gone() { gone "$SPAWNED" || started "$1"; }

# companion PLANE: the daemon that it takes two with; none for most.
COMPANION=
companion()
{
	local name=
	case $1 in dpdk) name=reflex-dpdk;; re*-dpdk) name=dpdk;; esac
	[ -z "$COMPANION" ] || stop "$COMPANION"
	COMPANION=
	[ -n "$name" ] || return 0
	launch "$name"
	COMPANION=$SPAWNED
	eventually grep -qE 'reflexd: version |reflex-dpdk: answering on ' "$TMP/$name.log"
}

# leave_program PLANE: for adopt, by a reflexd that is killed.
leave_program()
{
	[ "$1" = adopt ] || return 0
	! linked || return 0
	launch xdp
	eventually grep -q 'reflexd: version ' "$TMP/xdp.log"
	kill -KILL -- "-$SPAWNED"
	wait "$SPAWNED" 2>/dev/null || true
	forget
}

# --- what can fail ---

# errors_of NAME: what such a call is likely to fail with.
errors_of()
{
	case $1 in
	bpf) echo error=ENOMEM error=EPERM;;
	openat) echo error=EMFILE error=EACCES;;
	brk) echo retval=0;; # which is how it fails
	socket | epoll_create* | signalfd4 | timerfd_create | eventfd2 | memfd_create | pipe2 | accept4) echo error=EMFILE;;
	mmap | mprotect | madvise | mremap | epoll_ctl) echo error=ENOMEM;;
	clone3) echo error=EAGAIN;;
	write | ftruncate | fallocate) echo error=ENOSPC;;
	mkdir | bind) echo error=EACCES;;
	sendto | recvmsg) echo error=ENOBUFS;;
	setsockopt) echo error=ENOPROTOOPT;;
	flock | fcntl) echo error=ENOLCK;;
	epoll_wait | poll) echo error=EINTR;;
	read | pread64 | ioctl | getdents64 | newfstatat | rename) echo error=EIO;;
	*) echo error=EPERM;;
	esac
}

# calls PLANE: "NAME N LINE" of each call of the start, or the reload, in the trace, where it is the Nth of that name in its
# thread. What comes before a start is the dynamic loader's, which ends by unmapping its cache, or the sanitizers', whose
# later calls are left out too. The loading of DPDK's drivers does not count either.
calls()
{
	local begin='^munmap' end='^poll[(]' left_out='^$'
	case $1 in
	sanitized) begin='[.]yaml"' left_out='^(mmap|brk|mprotect|madvise|sched_getaffinity)$';;
	reflex-dpdk) end='^write.2, "reflex-dpdk: answering on';;
	reload*) begin='[.]yaml"' end='^write.2, "reflex[^ ]*: reloaded';;
	esac
	awk -v certain="$CERTAIN" -v certain_lines="$CERTAIN_LINES" -v begin="$begin" -v end="$end" -v left_out="$left_out" '
		{ line = $0; sub(/^[0-9]+ +/, "", line); name = line; sub(/\(.*/, "", name) }
		line !~ /^[a-z0-9_]+\(/ { next }
		FNR == NR { # the first time: where drivers are loaded
			if (!main && line ~ begin) main = $1
			if (line ~ end) ended = 1
			if (main && !ended && line ~ /\.so[."]/) { if (!first) first = FNR; last = FNR }
			next
		}
		{ n = ++count[$1, name] }
		$1 == main && line ~ begin { start = 1 }
		!start { before[name] = n; next }
		line ~ end { exit }
		FNR >= first && FNR <= last || name ~ certain || line ~ certain_lines || name ~ left_out { next }
		(name == "access" || name == "readlink") && line ~ / = -1 ENOENT/ { next }
		$1 != main && n <= before[name] { next } # would be one of the loader
		!seen[name, n]++ { print name, n, line }' "$TMP/trace" "$TMP/trace"
}

# list PLANE: its faults, "PLANE NAME N HOW LINE".
list()
{
	local name n line how
	case $1 in reload*) trace_reload "$1";; *) trace_start "$1";; esac || { fail "$1" "does not answer, with nothing wrong"; return 1; }
	calls "$1" | while read -r name n line; do
		for how in $(errors_of "$name"); do
			printf '%s %s %s %s %s\n' "$1" "$name" "$n" "$how" "$line"
		done
	done >"$TMP/faults"
	[ -s "$TMP/faults" ] || { fail "$1" "its trace shows no call"; return 1; }
}

# order: those that come first, then the others, by chance.
order()
{
	{
		grep -E "$FIRST" "$TMP/faults" || true
		grep -vE "$FIRST" "$TMP/faults" |
			awk -v seed="$SEED" 'BEGIN { srand(seed) } { print rand() "\t" $0 }' | sort -n | cut -f 2-
	} | grep -E -- "$ONLY" || true
}

# --- a fault of a start ---

# trace_start PLANE: one without a fault, into $TMP/trace.
trace_start()
{
	leave_program "$1"
	launch "$1" strace -f -qq -o "$TMP/trace"
	eventually started_or_gone "$1"
	if ! eventually answers "$1"; then
		show "$TMP/$1.log"
		return 1
	fi
	stop "$SPAWNED"
	forget
}

# left PLANE END: what is wrong with what it left, in words.
left()
{
	local path
	if [ "$1" = adopt ] && [ "$2" = refused ]; then
		linked && ask "$SERVER" || echo "the earlier program does not answer"
		for path in "$PINS"/{link_srv,program,v1/lanes,v1/names}; do
			[ -e "$path" ] || echo "$path is gone"
		done
		return
	fi
	case $1 in xdp | adopt | auto | sanitized) ! linked || echo "the program is left";; esac
	for path in "$PINS" "$RUN/dpdk.new"; do
		[ ! -e "$path" ] || echo "$path is left"
	done
	# An empty one may stay: who could not lock it cannot know whose it is.
	[ "$1" = reflex-dpdk ] || [ ! -s "$RUN/lock" ] || echo "$RUN/lock is left"
}

# judge PLANE: how the start ended, into END: refused or served; else what is wrong with it.
judge()
{
	local status=0 wrong
	if ! wait_for "$START_SECONDS" started_or_gone "$1"; then
		END="hangs"
	elif gone "$SPAWNED"; then
		wait "$SPAWNED" 2>/dev/null || status=$?
		END=refused
		grep -qE '^reflex(d|-dpdk): error: .' "$TMP/$1.log" || END="no error"
		case $status in 1 | 2) ;; *) END="status $status";; esac
		# EAL's own thread for interrupts knows no other end.
		[ "$1" != reflex-dpdk ] || ! grep -q 'PANIC in eal_intr_' "$TMP/$1.log" || END=refused
	elif ! wait_for 20 answers "$1"; then
		END="does not answer: $(in_ns server curl --silent http://127.0.0.1:9478/readyz || true)"
	else
		END=served
		kill -TERM -- "-$SPAWNED"
		wait_for 20 gone "$SPAWNED" || END="does not stop"
		[ "$END" != served ] || wait "$SPAWNED" || END="status $? of its stop"
	fi
	if alive "$SPAWNED"; then
		kill -KILL -- "-$SPAWNED"
		wait "$SPAWNED" 2>/dev/null || true
	fi
	forget
	! grep -qE 'Sanitizer|runtime error|stack smashing|corrupt|free\(\)|malloc\(\)' "$TMP/$1.log" || END="memory error"
	wrong=$(left "$1" "$END" | tr '\n' ';')
	END=$END${wrong:+; $wrong}
}

# clean PLANE: for the next one.
clean()
{
	rm -rf "$PINS"
	[[ $1 == re*-dpdk ]] || rm -f "$RUN/lock"
}

# fail_start PLANE NAME N HOW: how it ended, into END.
fail_start()
{
	leave_program "$1"
	launch "$1" strace -f -qq -o /dev/null --seccomp-bpf -e "trace=$2" -e "inject=$2:$4:when=$3"
	judge "$1"
}

# --- a fault of a reload ---

RELOADING= # the group of the daemon
NEW_PORT=3479
has_reloaded() { tail -n "+$1" "$TMP/$2.log" | grep -qE ': reloaded: | reload refused'; }
new_port() { ask "$(address_of "$1")" "$NEW_PORT" "$2"; }

# configure PLANE [PORT]: with another port, or the usual one alone.
configure()
{
	sed -i '/^services/d' "$TMP/$1.yaml"
	printf 'services: [%s]\n' "$(for port in 3478 ${2:-}; do
		case $1 in
		*dpdk) printf '{address: %s, port: %s}, ' "$DPDK_SERVER" "$port";;
		*) printf '{port: %s}, ' "$port";;
		esac
	done)" >>"$TMP/$1.yaml"
}

# reload PLANE [PORT [STRACE-OPTION...]]: returns when it has ended; RELOADED is what is said of it.
reload()
{
	local tracer="" line plane=$1 port=${2:-}
	line=$(($(wc -l <"$TMP/$plane.log") + 1))
	configure "$plane" "$port"
	if [ $# -gt 2 ]; then
		strace -f -p "$RELOADING" "${@:3}" 2>"$TMP/strace.log" &
		tracer=$!
		eventually grep -q attached "$TMP/strace.log"
	fi
	kill -HUP "$RELOADING"
	wait_for "$START_SECONDS" has_reloaded "$line" "$plane" || true
	if [ -n "$tracer" ]; then
		kill -TERM "$tracer"
		wait "$tracer" 2>/dev/null || true
	fi
	RELOADED=$(tail -n "+$line" "$TMP/$plane.log" | grep -E ': reloaded: | reload refused' || true)
}

start_reloads()
{
	configure "$1"
	launch "$1"
	RELOADING=$SPAWNED
	eventually answers "$1"
}

trace_reload()
{
	start_reloads "$1" || return
	reload "$1" "$NEW_PORT" -o "$TMP/trace"
	reload "$1"
}

# fail_reload PLANE NAME N HOW: as fail_start.
fail_reload()
{
	alive "$RELOADING" || start_reloads "$1"
	reload "$1" "$NEW_PORT" -o /dev/null -e "trace=$2" -e "inject=$2:$4:when=$3"
	case $RELOADED in
	*': reloaded: '*) new_port "$1" 5 && END=served || END="reloaded, but not in force";;
	*' reload refused'*) new_port "$1" 1 && END="refused, but in force" || END=refused;;
	*) END="hangs";;
	esac
	eventually answers "$1" || END="$END; does not answer"
	reload "$1"
	[[ $RELOADED == *': reloaded: '* ]] || END="$END; and the next reload: $RELOADED"
	! new_port "$1" 1 || END="$END; the port goes on"
	! grep -qE 'Sanitizer|runtime error' "$TMP/$1.log" || END="memory error"
}

# --- all of them ---

# inject PLANE NAME N HOW LINE: counts in $refused and $served.
inject()
{
	local END RELOADED
	case $1 in reload*) fail_reload "$@";; *) fail_start "$@";; esac
	case $END in
	refused) refused=$((refused + 1));;
	served) served=$((served + 1));;
	*)
		show "$TMP/$1.log"
		fail "$1/$2-$3-${4#*=}" "$END: $5"
		case $1 in reload*) stop "$RELOADING";; *) clean "$1";; esac
		;;
	esac
}

make_lab
export ASAN_OPTIONS=detect_leaks=0 # which does not work under strace
planes=(xdp adopt auto socket reload)
if [ -x "$DPDK" ]; then
	planes+=(dpdk reflex-dpdk reload-dpdk)
else
	skip dpdk "reflex-dpdk is not built (package libdpdk-dev)"
fi
if [ -x "$SANITIZED/control/reflexd" ]; then
	planes+=(sanitized)
else
	skip sanitized "build/sanitized is not built (tests/run does)"
fi

# Each has its share of the time, and what one does not use is for the next.
step "seed $SEED"
begun=$SECONDS turn=0
for plane in "${planes[@]}"; do
	refused=0 served=0 turn=$((turn + 1))
	clean "$plane"
	companion "$plane"
	list "$plane" || continue
	order >"$TMP/order"
	while read -r -u 4 _ name n how line; do
		if [ -n "$SECONDS_MAX" ] && [ $((SECONDS - begun)) -ge $((SECONDS_MAX * turn / ${#planes[@]})) ]; then
			break
		fi
		inject "$plane" "$name" "$n" "$how" "$line"
	done 4<"$TMP/order"
	[ -z "$RELOADING" ] || stop "$RELOADING"
	RELOADING=
	[ -z "$(cat "$TMP/order")" ] || pass "$plane" "of $(wc -l <"$TMP/faults") faults $refused were refused, $served served"
done
