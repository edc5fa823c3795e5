#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The daemon under traffic, in native mode: what comes back, what does not, and what it counted, exactly.
#
#   client  cli0 --- srv0  server, which runs reflexd
#           cli1 --- srv1
#           cli2 --- side  beside, whose driver leaves the frames little room
#
# The services' addresses are nobody's at first, and the client's kernel has none but for its sockets: then no
# kernel says a word of its own on these wires, and every counter must be exact.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

SEED=$(date +%s)
GENERATED=100000
REQUESTS=200000
BURSTS=20000
SILENT=10000

# What tests/oracle/frames.c puts into its frames.
CLIENT_MAC=02:1a:2b:3c:4d:5e
SERVER_MAC=52:54:00:12:34:56

suite live
# shellcheck source=tests/live/lab.sh
. "$(dirname "$0")/live/lab.sh"
frames_options "$@"
need_root
need ip iproute2 ethtool ethtool bpftool bpftool curl curl
DRIVER=$REFLEX_BUILD/tests/live/live

# --- the lab ---

# wire SERVER-SPACE DEVICE CLIENT-DEVICE: MACs as in the oracle's frames, an MTU that takes its longest.
wire()
{
	in_ns "$1" ip link set "$2" address "$SERVER_MAC" mtu 2100
	in_ns client ip link set "$3" address "$CLIENT_MAC" mtu 2100
	xdp_pass client "$3"
}

index() { in_ns "$1" ip -oneline link show "$2" | cut -d: -f1; }

make_lab()
{
	local i
	ns_add client server beside
	for i in client server beside; do
		quiet "$i"
	done
	ns_join server srv0 client cli0
	ns_join server srv1 client cli1
	# The program knows interfaces by their index: with srv0's, it counts what it does here as srv0's.
	in_ns beside ip link add side index "$(index server srv0)" type veth peer name cli2 netns "$NS-client"
	in_ns beside ip link set side up
	in_ns client ip link set cli2 up
	wire server srv0 cli0
	wire server srv1 cli1
	wire beside side cli2
	in_ns beside ip address add 203.0.113.10/32 dev lo
	in_ns beside ip address add 2001:db8::10/128 dev lo
}

# reach SPACE DEVICE MAC: whatever is sent goes there, without a question on the wire.
reach()
{
	in_ns "$1" ip neighbour add 192.0.2.1 lladdr "$3" dev "$2" nud permanent
	in_ns "$1" ip neighbour add fe80::1 lladdr "$3" dev "$2" nud permanent
	in_ns "$1" ip route add default via 192.0.2.1 dev "$2" onlink
	in_ns "$1" ip -6 route add default via fe80::1 dev "$2" onlink
}

configure()
{
	printf 'interfaces:\n  - name: srv0\n  - name: srv1\nservices:\n'
	"$DRIVER" services | sed -E 's/^(.*) (.*)$/  - address: "\1"\n    port: \2/'
}

# As start_reflexd of lib.sh, but by a file: each service has a port of its own.
start()
{
	configure >"$TMP/reflexd.yaml"
	spawn reflexd nsenter "--net=/run/netns/$NS-server" -- \
		"$REFLEX_BUILD/control/reflexd" --instance "$INSTANCE" --config "$TMP/reflexd.yaml"
	eventually ready_or_gone server "$SPAWNED"
	scrape server readyz >/dev/null
}

# --- the parts ---

# live SPACE PART NUMBER OPTION...: the driver on cliNUMBER, against srvNUMBER.
live()
{
	in_ns "$1" "$DRIVER" "$2" --interface "cli$3" --counted "srv$3" \
		--seed "$SEED" --expect "$TMP/expected" "${@:4}"
}

part()
{
	local name=$1 status=0
	shift
	begin
	live "$@" >"$TMP/$name.log" 2>&1 || status=$?
	judged "$name" "$status" "$TMP/$name.log"
	counted "$name"
}

# Both drivers at once: the slots of two interfaces must not mix.
two_interfaces()
{
	local one=0 two=0 other
	begin
	live client frames 0 --count "$GENERATED" >"$TMP/srv0.log" 2>&1 &
	other=$!
	SEED=$((SEED + 1)) live client bursts 1 --count "$BURSTS" >"$TMP/srv1.log" 2>&1 || two=$?
	wait "$other" || one=$?
	judged two-interfaces/srv0 "$one" "$TMP/srv0.log"
	judged two-interfaces/srv1 "$two" "$TMP/srv1.log"
	counted two-interfaces
}

cramped()
{
	local status=0
	begin
	live beside cramped 0 --interface cli2 --server side --client "/run/netns/$NS-client" \
		--program "/sys/fs/bpf/reflex/$INSTANCE/program" >"$TMP/cramped.log" 2>&1 || status=$?
	judged no-room "$status" "$TMP/cramped.log"
	counted no-room
}

check_mode()
{
	local i
	in_ns server bpftool net show >"$TMP/attached"
	for i in srv0 srv1; do
		if [ "$(metric server reflex_attach_mode "interface=\"$i\"" 'mode="native"')" != 1 ]; then
			fail "native/$i" "reflex_attach_mode does not say native"
		elif ! grep -q "^$i([0-9]*) driver " "$TMP/attached"; then
			fail "native/$i" "the kernel says otherwise: $(grep "^$i(" "$TMP/attached")"
		else
			pass "native/$i"
		fi
	done
}

step "lab, seed $SEED"
bpffs
make_lab
if ! start; then
	show "$TMP/reflexd.log"
	fail reflexd "not ready; see above"
	exit 1
fi
check_mode

step "raw frames"
part frames client frames 0 --count "$GENERATED"
part bursts client bursts 0 --count "$BURSTS"

step "two interfaces"
two_interfaces

step "sockets"
in_ns client ip address add 192.0.2.77/32 dev lo
in_ns client ip address add 2001:db8:77::77/128 dev lo
reach client cli1 "$SERVER_MAC"
part sockets client sockets 1 --count "$REQUESTS"

step "no room"
cramped

step "local addresses"
# A link-local address on the wire would make the kernel talk about it there.
"$DRIVER" services | grep -v ^fe80: | while read -r address _; do
	in_ns server ip address replace "$address" dev lo
done
reach server srv0 "$CLIENT_MAC"
part handed-up client handed 0
DATAPLANES=xdp
part silence client silence 0 --count "$SILENT"
