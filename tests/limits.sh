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
limited() { prlimit "--nofile=$1:$1" -- "${@:2}"; }

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
unready() { [ "$(status readyz)" = 503 ] && grep -qF -- "$1" "$TMP/body"; }
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
