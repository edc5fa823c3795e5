#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The daemons where something runs out, or is not what it should be: the configuration, the stack, the runtime folder,
# open files, connections, netlink, and the segment of reflex-dpdk.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

suite limits
need_root
need curl curl setpriv util-linux prlimit util-linux strace strace ss iproute2

SERVER=203.0.113.10
CLIENT=203.0.113.7
PORT=3478
REFLEXD=

# refuses NAME STATUS TEXT COMMAND...: it must end with the status, soon, and say the text in its one line of error.
refuses()
{
	local name=$1 status=$2 text=$3 got=0
	shift 3
	timeout 60 "$@" </dev/null >"$TMP/out" 2>"$TMP/err" || got=$?
	if [ "$got" -eq "$status" ] && [ "$(grep -c error: "$TMP/err")" -eq 1 ] && grep -F error: "$TMP/err" | grep -qF -- "$text"; then
		pass "$name"
	else
		show "$TMP/err"
		fail "$name" "status $got, expected $status and one line with: $text"
	fi
}

config() { printf '%s\n' "$@" >"$TMP/reflexd.yaml"; }
status() { in_ns server curl --silent --max-time 15 --output "$TMP/body" --write-out '%{http_code}' "${@:2}" "http://127.0.0.1:9478/$1"; }
ready() { [ "$(status readyz)" = 200 ]; }

# start COMMAND...: in the server's namespace, until it is ready or gone.
start()
{
	spawn reflexd nsenter "--net=/run/netns/$NS-server" -- "$@"
	REFLEXD=$SPAWNED
	eventually ready_or_gone server "$REFLEXD" || true
	ready
}

bpffs
ns_add server client
ns_join server srv client cli
in_ns server ip address add "$SERVER/24" dev srv
in_ns client ip address add "$CLIENT/24" dev cli
xdp_pass client cli

# Where any user may be.
mkdir "$TMP/bin"
chmod 755 "$TMP"
cp "$REFLEX_BUILD/control/reflexd" "$TMP/bin/"
REFLEXD_BIN=$TMP/bin/reflexd
reflexd=("$REFLEXD_BIN" --instance "$INSTANCE")
sockets=("${reflexd[@]}" --dataplane socket --address "$SERVER")

step "the configuration"
check_file() { refuses "$1" 2 "$2" "$REFLEXD_BIN" --config "$3" --check; }
mkfifo "$TMP/fifo"
check_file file/fifo "$TMP/fifo: is a pipe: the configuration must be a regular file" "$TMP/fifo"
check_file file/device "/dev/zero: is a device: the configuration must be a regular file" /dev/zero
check_file file/folder "$TMP: is a directory: the configuration must be a regular file" "$TMP"
{ printf 'services: '; printf '[%.0s' {1..500000}; } >"$TMP/deep.yaml"
check_file file/deep "deep.yaml:1: nested deeper than 16 levels" "$TMP/deep.yaml"
head -c 1048577 /dev/zero | tr '\0' '#' >"$TMP/large.yaml"
check_file file/large "large.yaml: larger than 1 MiB" "$TMP/large.yaml"

step "the stack"
# The sanitizers' frames are larger.
stack=64
! ldd "$REFLEXD_BIN" | grep -q libasan || stack=256
small_stack() { (ulimit -Ss "$stack" && exec "$@" >"$TMP/out"); }
{
	printf '%s\n' 'dataplane: socket' 'services:'
	for ((i = 0; i < 1024; i++)); do
		echo "  - {address: $SERVER, port: $((20000 + i))}"
	done
} >"$TMP/reflexd.yaml"
check stack/check small_stack "$REFLEXD_BIN" --config "$TMP/reflexd.yaml" --check
start_small() { start sh -c "ulimit -Ss $stack && exec \"\$@\"" - "${reflexd[@]}" --interface srv; }
check stack/start start_small
check stack/metrics same "$(status metrics)" 200
stop "$REFLEXD"

step "the runtime folder"
# A user without one; any number will do.
USER_ID=$((60000 + $$ % 5000))
OWN=/tmp/reflex-$USER_ID
undo rm -rf "$OWN"
rootless=(setpriv "--reuid=$USER_ID" --regid=nogroup --clear-groups env -u XDG_RUNTIME_DIR)
check rootless/start start "${rootless[@]}" "${sockets[@]}"
check rootless/lock test -e "$OWN/reflex/$INSTANCE/lock"
check rootless/own same "$(stat -c '%u %a' "$OWN")" "$USER_ID 700"
stop "$REFLEXD"
check rootless/again start "${rootless[@]}" "${sockets[@]}"
stop "$REFLEXD"
mv "$OWN" "$TMP/own"
not_ours() { refuses "$1" 1 "$OWN is not a folder that only this user may write: remove it, or set XDG_RUNTIME_DIR" "${rootless[@]}" "${sockets[@]}"; }
mkdir "$OWN"
not_ours rootless/others
rmdir "$OWN"
ln -s "$TMP/own" "$OWN"
not_ours rootless/link
rm "$OWN"
mkdir "$OWN"
chown "$USER_ID" "$OWN"
chmod 777 "$OWN"
not_ours rootless/open
rmdir "$OWN"

step "open files"
# hold SPACE ADDRESS PORT COUNT[/TEXT]: so many connections, and again as many as are closed; $HOLDER is their group.
hold()
{
	spawn hold nsenter "--net=/run/netns/$NS-$1" -- "$REFLEX_BUILD/tests/sockets/sockets-client" hold "${@:2}"
	HOLDER=$SPAWNED
}
ask() { in_ns client timeout 60 "$REFLEX_BUILD/tests/sockets/sockets-client" "$1" "$SERVER" "$PORT" "${@:2}"; }
gauge() { scrape server metrics | awk -v name="$1" '$1 == name { print $2 }'; }
connections() { [ "$(gauge reflex_tcp_connections)" -ge "$1" ]; }
full() { [ "$(metric server reflex_tcp_connections_closed_total 'reason="full"')" -ge "$1" ]; }
unready() { [ "$(status readyz)" = 503 ] && grep -qF -- "$1" "$TMP/body"; }
run_pid() { cat "/run/reflex/$INSTANCE/lock"; }
cpu() { awk '{ print $14 + $15 }' "/proc/$(run_pid)/stat"; }
generation() { [ "$(gauge reflex_config_generation)" -eq "$1" ]; }
quick() { in_ns server curl --silent --fail --max-time "$2" --output "$TMP/body" "${@:3}" "http://127.0.0.1:9478/$1"; }

refuses files/few 1 "the limit of open files is 20, and at least 192 are needed: raise it (\`ulimit -n\`, LimitNOFILE=)" \
	prlimit --nofile=20:20 -- "${reflexd[@]}" --interface srv
check files/check grep -q ': ok$' <(prlimit --nofile=20:20 -- "$REFLEXD_BIN" --dataplane socket --address "$SERVER" --check)
config "interfaces: [{name: srv}]"
check files/start start prlimit --nofile=1024:1024 -- "${reflexd[@]}" --config "$TMP/reflexd.yaml"
check files/said grep -qE 'the limit of open files allow 76[0-9] of 1024 TCP connections: raise it' "$TMP/reflexd.log"
hold client "$SERVER" "$PORT" 1300
check files/full eventually full 1300
check files/ready same "$(for _ in {1..20}; do status readyz; echo; done | sort -u)" 200
kill -HUP "$REFLEXD"
check files/reload eventually generation 2
check files/answers-tcp ask many 1
check files/answers-udp ask udp
in_ns server ip address add 203.0.113.11/24 dev srv
check files/more-addresses eventually logged "addresses changed: answering on 203.0.113.10:$PORT, 203.0.113.11:$PORT"
in_ns server ip address del 203.0.113.11/24 dev srv
check files/not-gone not grep -qE "gone|Too many|not ready" "$TMP/reflexd.log"
check files/bounded test "$(find "/proc/$(run_pid)/fd" | wc -l)" -lt 900
stop "$HOLDER"
stop "$REFLEXD"

# Ports of addresses that come leave enough to look at addresses, or none would ever go.
config "interfaces: [{name: srv}]"
check files/addresses-start start prlimit --nofile=256:256 -- "${reflexd[@]}" --config "$TMP/reflexd.yaml"
in_ns server ip -batch - < <(printf 'address add 203.0.113.%d/24 dev srv\n' {20..200})
check files/addresses-said eventually grep -q "cannot be bound: too many open files: raise the limit" "$TMP/reflexd.log"
check files/addresses-spare test "$(find "/proc/$(run_pid)/fd" | wc -l)" -lt 200
check files/addresses-metrics same "$(status metrics)" 200
check files/addresses-process grep -q '^process_open_fds ' "$TMP/body"
config "interfaces: [{name: srv}]" "services: [{address: $SERVER, port: 4000}]"
kill -HUP "$REFLEXD"
check files/addresses-reload eventually generation 2
config "interfaces: [{name: srv}]"
in_ns server ip -batch - < <(printf 'address del 203.0.113.%d/24 dev srv\n' {20..200})
kill -HUP "$REFLEXD"
check files/addresses-again eventually generation 3
check files/addresses-ready eventually ready
check files/addresses-not-gone not grep -qE "gone|cannot be listed|cannot pin" "$TMP/reflexd.log"
stop "$REFLEXD"

check files/soft start prlimit --nofile=300:5000 -- "${sockets[@]}"
check files/raised same "$(awk '/^Max open files/ { print $4, $5 }' "/proc/$(run_pid)/limits")" "5000 5000"
check files/all-connections not logged "TCP connections"
stop "$REFLEXD"

# Where the whole system has no file left, accept() and every new socket fail.
config 'dataplane: socket' 'interfaces: [{name: srv}]'
check files/none start "${reflexd[@]}" --config "$TMP/reflexd.yaml"
spawn strace strace -fqqo /dev/null -e inject=accept,accept4,socket:error=ENFILE -p "$(run_pid)"
traced() { grep -q 'TracerPid:.[1-9]' "/proc/$(run_pid)/status"; }
check files/none-traced eventually traced
in_ns server curl --silent --max-time 4 http://127.0.0.1:9478/metrics & asking=$!
ask many 1 2>/dev/null & asking_too=$!
sleep 1
before=$(cpu)
sleep 3
check files/none-cpu test $(($(cpu) - before)) -lt 100
check files/none-not-gone not logged "gone"
kill -HUP "$REFLEXD"
check files/none-said eventually logged "reload refused, the old configuration goes on: this machine's addresses cannot be listed: Too many open files in system"
stop "$SPAWNED"
wait "$asking" "$asking_too" || true
check files/again eventually ready
check files/again-tcp ask many 1
stop "$REFLEXD"

step "connections to the metrics"
# flood NAME SECONDS SPACE ADDRESS COUNT[/TEXT]: pages of 127.0.0.1 meanwhile, each within the seconds.
flood()
{
	local name=$1 page n=0
	hold "$3" "$4" 9478 "$5"
	sleep 1
	for page in metrics readyz metrics healthz metrics readyz metrics healthz; do
		! quick "$page" "$2" || n=$((n + 1))
		sleep 0.3
	done
	check "flood/$name" same "$n" 8
	check "flood/$name-own" quick metrics 1 --unix-socket "/run/reflex/$INSTANCE/metrics"
	stop "$HOLDER"
}
check flood/start start "${reflexd[@]}" --interface srv
check flood/own quick readyz 1 --unix-socket "/run/reflex/$INSTANCE/metrics"
check flood/own-mode same "$(stat -c %a "/run/reflex/$INSTANCE/metrics")" 666
flood silent 1 server 127.0.0.1 1000
flood slow 1 server 127.0.0.1 "1000/GET /metrics HTTP/1.1"
# That one has its answers, as many as there is time for.
flood scrapers 10 server 127.0.0.1 $'1000/GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'
check flood/after eventually ready
stop "$REFLEXD"
check flood/no-socket not test -e "/run/reflex/$INSTANCE"
check flood/start-open start "${reflexd[@]}" --interface srv --metrics 0.0.0.0:9478
flood others 1 client "$SERVER" 1000
stop "$REFLEXD"

step "netlink"
without="$REFLEX_BUILD/tests/sockets/no-netlink"
check netlink/named start "$without" "${sockets[@]}"
check netlink/said logged "warning: no rtnetlink socket: Address family not supported by protocol: the services name their addresses"
check netlink/answers ask udp
check netlink/no-guess not logged "no service address is this machine's own"
in_ns server ip link set srv down
check netlink/no-interfaces ready
in_ns server ip link set srv up
stop "$REFLEXD"
check netlink/interface start "$without" "${sockets[@]}" --interface srv
in_ns server ip link set srv down
check netlink/down eventually logged "not ready: srv: is down"
in_ns server ip link set srv up
check netlink/up eventually ready
stop "$REFLEXD"
hint="a unit needs AF_NETLINK in RestrictAddressFamilies="
refuses netlink/own 1 "$hint" "$without" "${reflexd[@]}" --dataplane socket
refuses netlink/own-check 1 "addresses cannot be listed: Address family not supported by protocol (rtnetlink is not allowed here: $hint" \
	"$without" "$REFLEXD_BIN" --dataplane socket --check
refuses netlink/xdp 1 "$hint" nsenter "--net=/run/netns/$NS-server" -- "$without" "${reflexd[@]}" --interface srv --address "$SERVER"

step "the segment of reflex-dpdk"
if [ ! -e "$REFLEX_BUILD/dataplane/reflex-dpdk" ]; then
	skip segment "reflex-dpdk is not built"
	exit 0
fi
SEGMENT=/run/reflex/$INSTANCE/dpdk
REFLEX_DPDK=
config 'dataplane: dpdk' 'services:' "  - address: $SERVER"
undo rm -rf "/run/dpdk/$INSTANCE"
dpdk=("$REFLEX_BUILD/dataplane/reflex-dpdk" --no-huge -m 64 --file-prefix "$INSTANCE" --no-telemetry --no-pci --lcores "0@${CPUS[0]}")
beside=(-- --config "$TMP/reflexd.yaml" --instance "$INSTANCE")
start_dpdk()
{
	spawn dpdk nsenter "--net=/run/netns/$NS-server" -- "${dpdk[@]}" --vdev net_ring0 "${beside[@]}"
	REFLEX_DPDK=$SPAWNED
}
healthy() { [ "$(status healthz)" = 200 ]; }
start_reader()
{
	spawn reflexd nsenter "--net=/run/netns/$NS-server" -- "${reflexd[@]}" --config "$TMP/reflexd.yaml"
	REFLEXD=$SPAWNED
	eventually healthy
}

refuses dpdk/eal-fails 1 "no port: bind a NIC" "${dpdk[@]}" "${beside[@]}"
check dpdk/no-segment not test -e "/run/reflex/$INSTANCE"
check segment/reader start_reader
check segment/absent-said logged "not ready: reflex-dpdk is not running"
check segment/not-answering not logged "answering, by reflex-dpdk"
start_dpdk
check segment/ready eventually ready
truncate --size 4096 "$SEGMENT"
check segment/truncated eventually unready "reflex-dpdk is of another version than reflexd, or $SEGMENT was damaged"
check segment/reader-lives healthy
check segment/writer-ended eventually gone "$REFLEX_DPDK"
check segment/writer-said grep -qF "error: $SEGMENT was truncated while counters were in it" "$TMP/dpdk.log"
check segment/metrics same "$(status metrics)" 200
start_dpdk
check segment/again eventually ready
stop "$REFLEX_DPDK"
size=$(stat -c %s "$SEGMENT")
head -c $((size - 24)) /dev/zero | tr '\0' A | dd "of=$SEGMENT" bs=24 seek=1 conv=notrunc status=none
check segment/endless-names eventually unready "reflex-dpdk is not running"
check segment/endless-metrics same "$(status metrics)" 200
rm "$SEGMENT"
mkfifo "$SEGMENT"
check segment/fifo eventually unready "$SEGMENT was damaged"
check segment/fifo-metrics same "$(status metrics)" 200
start_dpdk
check segment/fifo-replaced eventually ready
stop "$REFLEX_DPDK"
stop "$REFLEXD"
check segment/ended not healthy
