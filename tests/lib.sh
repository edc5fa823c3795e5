# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What every suite shares: results, namespaces, processes, and their removal. A suite sources it, calls
# `suite NAME`, then `pass`, `fail` or `skip` once for each test. It ends with status 1 if any failed.
#
# From tests/run:
#   REFLEX_BUILD    the build directory (default: build/ of the source tree)
#   REFLEX_CACHE    downloads that outlive a run (default: build/cache)
#   REFLEX_RESULTS  file to append `pass|fail|skip<TAB>suite/name<TAB>detail` to (default: none)
#
# From tests/mutants.sh, whose suites are to fail:
#   REFLEX_STOP     not empty: the first failure ends the suite
#   REFLEX_PATIENCE seconds that something may take that must come (default: 60)

set -Eeuo pipefail

SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
REFLEX_BUILD=$(realpath -m "${REFLEX_BUILD:-$SOURCE/build}")
REFLEX_CACHE=$(realpath -m "${REFLEX_CACHE:-$SOURCE/build/cache}")
REFLEX_RESULTS=${REFLEX_RESULTS:+$(realpath -m "$REFLEX_RESULTS")}
PATH=$PATH:/usr/sbin:/sbin
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1

NS=rfx-$$                       # every namespace of this run is named $NS-SOMETHING
# shellcheck disable=SC2034
INSTANCE=rfx$$                  # for reflexd --instance; no dots or dashes, bpffs and globs stay simple
suite_name=
suite_failed=0
suite_where=
suite_spaces=()
suite_groups=()
suite_undo=()
TMP=
# The CPUs that we may use, which need not begin at 0.
# shellcheck disable=SC2034
mapfile -t CPUS < <(taskset --cpu-list --pid $$ | sed 's/.*: //' | tr ',' '\n' |
	awk -F- '{ for (i = $1; i <= (NF > 1 ? $2 : $1); i++) print i }')

# --- results ---

result()
{
	local detail=${3//[$'\n\t']/ }
	if [ -n "$REFLEX_RESULTS" ]; then
		printf '%s\t%s\t%s\n' "$1" "$suite_name/$2" "$detail" >>"$REFLEX_RESULTS"
	fi
	case $1 in pass) set -- 'ok  ' "$2";; fail) set -- FAIL "$2";; esac
	printf '%-4s %s%s\n' "$1" "$suite_name/$2" "${detail:+ ($detail)}"
}

step() { printf '==== %s\n' "$*"; }
pass() { result pass "$1" "${2:-}"; }
skip() { result skip "$1" "$2"; }
fail()
{
	suite_failed=1
	result fail "$1" "$2"
	[ -z "${REFLEX_STOP:-}" ] || exit 1
}

# only [PATTERN]: of the steps that follow, those whose titles match the regular expression; then the suite ends. A step that
# goes on from another needs it too. The lines keep their numbers.
only()
{
	[ $# -gt 0 ] || return 0
	grep -qE "^step .*($1)" "$0" || { echo "$suite_name: no step matches '$1': $(sed -n 's/^step //p' "$0" | paste -sd' ')" >&2; exit 2; }
	# shellcheck disable=SC1090
	. <(awk -v pattern="$1" '/^step / { on = $0 ~ pattern } { print on ? $0 : "" }' "$0")
	exit
}

# Shows a file of a failure: the end of it is where programs say why.
show() { [ ! -s "$1" ] || { printf -- '---- %s\n' "${2:-$1}"; tail -n 30 "$1" | cut -c 1-400 | sed 's/^/     /'; }; }

# The line of a log that says why: the first error of apt, or the last line.
reason() { sed -n 's/^E: //p' "$1" | grep -m 1 . || tail -n 1 "$1"; }

# frames_options OPTION...: those of a suite that makes frames, into GENERATED and SEED.
# shellcheck disable=SC2034
frames_options()
{
	while [ $# -ge 2 ]; do
		case $1 in
		--frames) GENERATED=$2;;
		--seed) SEED=$2;;
		*) break;;
		esac
		shift 2
	done
	[ $# -eq 0 ] || { echo "usage: tests/run $suite_name [--frames N] [--seed N]" >&2; exit 2; }
}

# need COMMAND PACKAGE...: a missing tool skips the whole suite, by name.
need()
{
	while [ $# -ge 2 ]; do
		if ! command -v "$1" >/dev/null; then
			skip all "$1 is not installed (package $2)"
			exit 0
		fi
		shift 2
	done
}

# can NAME COMMAND...: false, and skipped with the reason, where this machine refuses what the test stands on.
can()
{
	local name=$1
	shift
	"$@" >/dev/null 2>"$TMP/refused" && return
	skip "$name" "refused here: $* ($(tail -n 1 "$TMP/refused"))"
	return 1
}

# own_sys: whether mounts below /sys can be had for a process alone.
own_sys() { unshare --mount --propagation unchanged mount --make-rprivate /sys; }

need_root()
{
	[ "$(id -u)" -eq 0 ] || { skip all "needs root"; exit 0; }
}

# check NAME COMMAND...: passes if the command is true.
check()
{
	local name=$1
	shift
	if "$@"; then
		pass "$name"
	else
		show "$TMP/reflexd.log"
		show "$TMP/reflex-dpdk.log"
		fail "$name" "not true: $*"
	fi
}

same() { [ "$1" = "$2" ] || { echo "     $1 is not $2"; return 1; }; }
not() { ! "$@"; }
logged() { grep -qF -- "$1" "$TMP/reflexd.log"; } # by reflexd, so far

# --- begin and end ---

suite()
{
	suite_name=$1
	TMP=$(mktemp -d "/tmp/reflex-$1.XXXXXX")
	trap 'suite_where="line $LINENO: $BASH_COMMAND"' ERR
	trap 'suite_end $?' EXIT
	# One signal is enough: a second must not break the clean-up of the first.
	trap 'trap "" INT TERM HUP; exit 130' INT
	trap 'trap "" INT TERM HUP; exit 143' TERM HUP
}

# undo COMMAND...: runs at the end, last one first. Its words are quoted, so they may hold anything.
undo() { suite_undo+=("$(printf '%q ' "$@")"); }

suite_end()
{
	local status=$1 i
	trap - EXIT ERR
	trap '' INT TERM HUP
	set +e
	for ((i = ${#suite_groups[@]} - 1; i >= 0; i--)); do
		stop "${suite_groups[i]}"
	done
	for ((i = ${#suite_undo[@]} - 1; i >= 0; i--)); do
		eval "${suite_undo[i]}"
	done
	for i in "${suite_spaces[@]}"; do
		ns_delete "$i"
	done
	# A killed daemon leaves its program attached and pinned, as it should; the test must not.
	rm -rf "/sys/fs/bpf/reflex/$INSTANCE" "/run/reflex/$INSTANCE" "/run/reflex/${INSTANCE}x"
	case $status in
	0) ;;
	130 | 143) echo "$suite_name: interrupted" >&2;;
	*)
		# A suite may give up by itself, after saying so.
		if [ -n "$suite_where" ] || [ "$suite_failed" -eq 0 ]; then
			fail ended "status $status at ${suite_where:-an unknown line}"
		fi
		;;
	esac
	if [ -n "${REFLEX_KEEP:-}" ]; then
		echo "kept: $TMP"
	elif grep -qF " $TMP/" /proc/self/mountinfo; then
		echo "$suite_name: not deleting $TMP, something is still mounted in it" >&2
	else
		rm -rf --one-file-system "$TMP"
	fi
	if [ "$status" -eq 130 ] || [ "$status" -eq 143 ]; then
		exit "$status"
	fi
	exit $((suite_failed))
}

# --- processes ---

# spawn NAME COMMAND...: starts a process group of its own; $SPAWNED is its id, its output is $TMP/NAME.log.
spawn()
{
	local log=$TMP/$1.log
	shift
	: >"$log" # or what the one before said counts
	setsid -- "$@" </dev/null >"$log" 2>&1 &
	SPAWNED=$!
	suite_groups+=("$SPAWNED")
	# Until setsid has run there is no such group, and it would look gone.
	until alive "$SPAWNED" || ! kill -0 "$SPAWNED" 2>/dev/null; do
		sleep 0.01
	done
}

alive() { kill -0 -- "-$1" 2>/dev/null; }
gone() { ! alive "$1"; }

# stop GROUP: asks first, so that whoever has something to detach can; then insists.
stop()
{
	if alive "$1"; then
		kill -TERM -- "-$1" 2>/dev/null
		wait_for 10 gone "$1" || kill -KILL -- "-$1" 2>/dev/null
	fi
	wait "$1" 2>/dev/null || true
}

# await GROUP: waits so that a signal is acted upon at once, which bash does not do in a foreground command.
await() { wait "$1"; }

# wait_for SECONDS COMMAND...: polls until the command is true; its output is of no interest until then. A machine that
# stands still for the seconds has not tried yet, hence ten times at least.
wait_for()
{
	local deadline=$(($(date +%s%N) + $1 * 1000000000)) tries=10
	shift
	until "$@" >/dev/null 2>&1; do
		[ $((--tries)) -gt 0 ] || [ "$(date +%s%N)" -lt "$deadline" ] || return 1
		sleep 0.05
	done
}

# eventually COMMAND...: for what must come, which may take its time on a slow machine: that costs nothing where it comes.
eventually() { wait_for "${REFLEX_PATIENCE:-60}" "$@"; }

# --- namespaces ---

# ns_add NAME...: new namespaces with their loopback up. See in_ns for why not `ip netns exec`.
ns_add()
{
	local name
	for name; do
		suite_spaces+=("$name")
		ip netns add "$NS-$name" || { can all unshare --net true || exit 0; return 1; }
		in_ns "$name" ip link set lo up
	done
}

# `ip netns exec` mounts /sys anew: bpffs is gone in it, and pins that are made there die with it.
in_ns()
{
	local name=$1
	shift
	nsenter "--net=/run/netns/$NS-$name" -- "$@"
}

ns_delete()
{
	local pid
	# Browsers' helpers leave their group; all that runs in our namespace is ours.
	for pid in $(ip netns pids "$NS-$1" 2>/dev/null); do
		kill -KILL "$pid" 2>/dev/null
	done
	ip netns del "$NS-$1" 2>/dev/null
}

# ns_join SPACE DEVICE SPACE DEVICE: a veth pair, up. Without `tx off` XDP sees the unfinished checksums of sockets.
ns_join()
{
	ip link add "$2" netns "$NS-$1" type veth peer name "$4" netns "$NS-$3"
	in_ns "$1" ethtool -K "$2" tx off >/dev/null
	in_ns "$3" ethtool -K "$4" tx off >/dev/null
	in_ns "$1" ip link set "$2" up
	in_ns "$3" ip link set "$4" up
}

bpffs()
{
	[ "$(stat -f -c %T /sys/fs/bpf)" = bpf_fs ] || can all mount -t bpf bpf /sys/fs/bpf || exit 0
}

# xdp_pass SPACE DEVICE: what the peer of a device that answers by XDP_TX needs. (`ip link set xdp obj` would leave
# folders in bpffs.)
xdp_pass()
{
	local pin=/sys/fs/bpf/$INSTANCE
	bpffs
	undo rm -f "$pin"
	bpftool prog load "$REFLEX_BUILD/xdp/pass.bpf.o" "$pin" type xdp
	in_ns "$1" bpftool net attach xdpdrv pinned "$pin" dev "$2"
	rm "$pin"
}

# server_and_client: namespaces of these names, joined by srv and cli, with $SERVER and $CLIENT; the far end passes.
server_and_client()
{
	ns_add server client
	ns_join server srv client cli
	in_ns server ip address add "$SERVER/24" dev srv
	in_ns server ip address add 2001:db8::10/64 dev srv nodad
	in_ns client ip address add "$CLIENT/24" dev cli
	in_ns client ip address add 2001:db8::7/64 dev cli nodad
	xdp_pass client cli
}

# huge_pages N: so many of 2 MB free, reserved for the time of the suite; false where they cannot be had.
huge_pages()
{
	local pages=/sys/kernel/mm/hugepages/hugepages-2048kB free reserved
	free=$(cat "$pages/free_hugepages" 2>/dev/null) || return 1
	[ "$free" -lt "$1" ] || return 0
	reserved=$(cat "$pages/nr_hugepages")
	undo sh -c "echo $reserved >$pages/nr_hugepages"
	for _ in 1 2; do
		echo "$((reserved + $1 - free))" >"$pages/nr_hugepages" || return
		[ "$(cat "$pages/free_hugepages")" -lt "$1" ] || return 0
		echo 1 >/proc/sys/vm/compact_memory # it may be there, but in pieces
	done
	return 1
}

# --- the daemon ---

# start_reflexd SPACE OPTION...: returns when it is ready; says why when it does not get there.
start_reflexd()
{
	local space=$1
	shift
	bpffs
	spawn reflexd nsenter "--net=/run/netns/$NS-$space" -- \
		"$REFLEX_BUILD/control/reflexd" --instance "$INSTANCE" "$@"
	REFLEXD=$SPAWNED
	eventually ready_or_gone "$space" "$REFLEXD"
	scrape "$space" readyz >/dev/null
}

scrape() { in_ns "$1" curl --silent --fail --max-time 15 "http://127.0.0.1:9478/$2"; }
ready_or_gone() { scrape "$1" readyz || gone "$2"; }

# metric SPACE NAME LABEL="VALUE"...: the sum of the series that carry all these labels.
metric()
{
	local space=$1 name=$2
	shift 2
	scrape "$space" metrics | awk -v name="$name{" -v labels="$*" '
		BEGIN { n = split(labels, want, " ") }
		index($0, name) == 1 {
			for (i = 1; i <= n; i++)
				if (!index($1, want[i]))
					next
			sum += $NF
			seen = 1
		}
		END { if (!seen) exit 1; printf "%d\n", sum }'
}

# --- mounts ---

# The --propagation of unshare by which mounts stay in their namespace. In a chroot whose root is no mount point unshare
# cannot make them private; they are, where nothing is shared in the first place (but what `ip netns` shares).
propagation()
{
	if unshare --mount --propagation private true 2>/dev/null; then
		echo private
	elif ! grep ' shared:' /proc/self/mountinfo | grep -qv ' /run/netns '; then
		echo unchanged
	else
		return 1
	fi
}

# --- Debian ---

# debian_site SUFFIX: the mirror that this system itself uses; the suffix is empty or -security.
debian_site()
{
	local codename
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	# shellcheck disable=SC2016
	apt-get indextargets --no-release-info --format '$(RELEASE) $(SITE)' 'Created-By: Packages' 2>/dev/null |
		awk -v suffix="$1" -v name="$codename" '
			($1 == name suffix || $1 == "stable" suffix) && $2 ~ /^https?:/ { print $2; exit }'
}
