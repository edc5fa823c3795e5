#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# reflex-dpdk as its operator and its neighbours meet it, on interfaces that the kernel has left to DPDK. What STUN is not
# the answer to must be counted exactly.
#
#   client 203.0.113.7 ----+
#   other  203.0.113.8 ----+--- port, which reflex-dpdk has in server
#   router 203.0.113.1 ----+
#     |
#   far 198.51.100.9
#
# The kernel of server has only what is punted to it, as 203.0.113.20.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

SERVER=203.0.113.10
SERVER6=2001:db8::10
ANYCAST=192.0.2.10 # which nobody reaches without BGP
ANYCAST6=2001:db8:2::10
OWN=203.0.113.20
OWN6=2001:db8::20
MAC=52:54:00:12:34:56
CLIENT_MAC=02:1a:2b:3c:4d:5e

suite dpdk-live
# shellcheck source=tests/dpdk/start.sh
. "$(dirname "$0")/dpdk/start.sh"
# shellcheck source=tests/live/lab.sh
. "$(dirname "$0")/live/lab.sh"
need_root
need ip iproute2 ethtool ethtool bpftool bpftool curl curl nft nftables arping iputils-arping ping iputils-ping ndisc6 ndisc6 \
	nc netcat-openbsd bird bird2 turnutils_stunclient coturn
possible af_packet || exit 0
LOAD=$REFLEX_BUILD/bench/reflex-load

# --- the lab ---

# settle SPACE DEVICE: nobody asks again whether a neighbour is still there, or because an answer takes its time; then every
# question has its cause.
settle()
{
	local ip
	for ip in ipv4 ipv6; do
		sysctls "$1" "$ip/neigh/$2/base_reachable_time_ms=3600000" "$ip/neigh/$2/retrans_time_ms=30000"
	done
}

# mute SPACE: no MLD reports, for which nobody asks.
mute()
{
	in_ns "$1" nft 'table ip6 mute { chain output {
		type filter hook output priority 0; icmpv6 type mld2-listener-report drop; }; }'
}

# host SPACE NUMBER: at the bridge.
host()
{
	ns_join "$1" eth net "$1"
	settle "$1" eth
	in_ns net ip link set "$1" master bridge
	in_ns "$1" ip address add "203.0.113.$2/24" dev eth
	in_ns "$1" ip address add "2001:db8::$2/64" dev eth nodad
	in_ns "$1" ip address add "fe80::$2/64" dev eth nodad
}

make_lab()
{
	local i
	ns_add server net client other router far
	for i in server net client other router far; do
		quiet "$i"
		mute "$i"
	done
	in_ns net ip link add bridge type bridge mcast_snooping 0
	in_ns net ip link set bridge up
	in_ns server ip link add port numrxqueues 2 numtxqueues 2 type veth \
		peer name server netns "$NS-net" numrxqueues 2 numtxqueues 2
	in_ns server ip link set port address "$MAC" up
	in_ns net ip link set server master bridge up
	in_ns server ethtool -K port tx off >/dev/null
	in_ns net ethtool -K server tx off >/dev/null
	host client 7
	host other 8
	host router 1
	ns_join router lan far eth
	sysctls router ipv4/ip_forward=1 ipv6/conf/all/forwarding=1
	in_ns router ip address add 198.51.100.1/24 dev lan
	in_ns router ip address add 2001:db8:51::1/64 dev lan nodad
	in_ns router ip address add fe80::1/64 dev lan nodad
	in_ns far ip address add 198.51.100.9/24 dev eth
	in_ns far ip address add 2001:db8:51::9/64 dev eth nodad
	in_ns far ip route add default via 198.51.100.1
	in_ns far ip route add default via 2001:db8:51::1
	leave_to_dpdk server port
	channels 1
}

# channels N: queues that the port has. What comes by others than reflex-dpdk's goes past it.
channels()
{
	in_ns server ethtool -L port rx "$1" tx "$1"
	in_ns net ethtool -L server rx "$1" tx "$1"
}

# config LINE...
config()
{
	printf '%s\n' 'dataplane: dpdk' "$@" 'services:' "  - address: $SERVER" "  - address: $SERVER6" \
		"  - address: $ANYCAST" "  - address: $ANYCAST6" >"$TMP/reflexd.yaml"
}

# device DRIVER[,OPTION...]
device() { echo "net_${1%%,*}0,iface=port${1#"${1%%,*}"}"; }

anew() { rm -f "/run/reflex/$INSTANCE/dpdk"; } # counters begin at 0

# run NAME DRIVER EAL-OPTION...: it must answer.
run()
{
	if start_dpdk server --vdev "$(device "$2")" "${@:3}"; then
		pass "$1/start"
	else
		fail "$1/start" "it does not answer; see above"
		return 1
	fi
}

# ended NAME: it must have ended well, and left nothing.
ended()
{
	local status=0
	eventually dpdk_ended || stop "$REFLEX_DPDK"
	wait "$REFLEX_DPDK" || status=$?
	[ "$status" -eq 0 ] || show "$TMP/reflex-dpdk.log"
	check "$1/end" same "$status" 0
	check "$1/nothing-left" nothing_left
}

nothing_left() { not in_ns server ip link show "$PUNT" 2>/dev/null && not xdp_attached; }
xdp_attached() { in_ns server ip -details link show port | grep -q prog/xdp; }
end() { kill -TERM "$REFLEX_DPDK"; ended "$1"; }

# --- what is counted ---

series() { "$REFLEX_BUILD/tests/segment" "/run/reflex/$INSTANCE/dpdk" 2>/dev/null; }
# value NAME LABEL...: the sum of the series with that name, and all of these labels.
value()
{
	local name=$1
	shift
	series | awk -v name="$name" -v labels="$*" '
		BEGIN { n = split(labels, want, " ") }
		index($0, name "{") == 1 || $1 == name {
			for (i = 1; i <= n; i++)
				if (!index($1, want[i]))
					next
			sum += $NF
		}
		END { print sum + 0 }'
}
answered() { value reflex_packets_total 'action="answer"'; }

# Every frame that is not for another host has a verdict, and what is left to the host an outcome.
outcomes() { series | sed -nE 's/^reflex_dpdk_frames_total\{.*outcome="(.*)"\} /\1 /p' | grep -v '^other_host '; }
begin_frames() { outcomes >"$TMP/frames"; }
# What moved since then, as `arp=1 echo=2`.
moved() { outcomes | paste -d ' ' "$TMP/frames" - | awk '$4 != $2 { print $3 "=" $4 - $2 }' | paste -sd ' '; }
moved_as() { [ "$(moved)" = "$1" ]; }
moved_like() { [[ $(moved) =~ $1 ]]; }
# frames NAME OUTCOMES: these, and no other.
frames()
{
	eventually moved_as "$2" || true
	check "$1/counted" same "$(moved)" "$2"
}
# accounted ACTIONS: those whose frames are for the host; nothing is left over.
accounted() { same "$(outcomes | awk '$1 !~ /^relay/ { sum += $2 } END { print sum }')" "$(series |
	awk -v actions="^reflex_packets_total.*action=\"($1)\"" '$0 ~ actions { sum += $NF } END { print sum + 0 }')"; }

# --- neighbours ---

# forget SPACE...: a neighbour that was used before it was sure is asked three times after 5 s, whatever goes on then.
forget()
{
	local space
	for space; do
		in_ns "$space" ip neighbour flush dev eth
	done
}
# pinged SPACE ADDRESS COUNT SIZE: all replies, none twice. With -w, ping waits for all of them, but would send more in the
# meantime: so all at once, and the next not before the end. Its send buffer holds 4 of 1,400 bytes unless told otherwise;
# where they wait for ARP, it would send no more than those.
pinged()
{
	in_ns "$1" ping -q -S 200000 -l "$3" -c "$3" -i 100 -w 60 -s "$4" "$2" >"$TMP/ping.log" 2>&1 &&
		not grep duplicates "$TMP/ping.log" && return
	show "$TMP/ping.log"
	return 1
}
# The MAC address that a neighbour was told.
told() { in_ns "$1" ip neighbour show to "$2" dev eth | awk '{ for (i = 1; i < NF; i++) if ($i == "lladdr") print $(i + 1) }'; }
# stun SPACE ADDRESS OWN: it asks once. No answer takes $WAIT seconds.
stun() { in_ns "$1" timeout "${WAIT:-20}" turnutils_stunclient "$2" 2>&1 | grep -q "UDP reflexive addr: $3:"; }
# The same where its question for the MAC address may be lost: the next would come after 30 s.
stun_anew() { forget "$1" && stun "$@"; }
# say SPACE ADDRESS PORT: a datagram, whatever comes of it.
# shellcheck disable=SC2016
say() { in_ns "$1" timeout 5 bash -c 'echo hello >"/dev/udp/$0/$1"' "$2" "$3" >/dev/null 2>&1 || true; }
# knock SPACE ADDRESS PORT: the same by TCP. After a second the kernel may just have asked again.
knock() { in_ns "$1" timeout 60 nc -z -w 1 "$2" "$3" || true; }

# partial NAME: requests of a kernel beside this one, which leaves checksums to devices.
partial()
{
	in_ns client ethtool -K eth tx on >/dev/null
	in_ns net ethtool -K server tx on >/dev/null
	check "$1/partial" stun client "$SERVER" 203.0.113.7
	check "$1/partial6" stun client "$SERVER6" 2001:db8::7
	in_ns net ethtool -K server tx off >/dev/null
	in_ns client ethtool -K eth tx off >/dev/null
	check "$1/partial-not-left" same "$(value reflex_packets_total 'verdict="partial_checksum"')" 0
	check "$1/partial-not-refused" same "$(value reflex_packets_total 'verdict="udp_checksum"')" 0
}
# long ADDRESS: a request over 256 bytes is answered.
long() { in_ns client timeout 20 "$REFLEX_BUILD/tests/sockets/sockets-client" long "$1" 3478 1400; }

neighbours()
{
	local name=neighbours/$1 size
	config
	anew
	run "$name" "$1" || return 0
	forget client other router
	begin_frames
	check "$name/arping" same "$(in_ns client arping -c 2 -I eth "$SERVER" | grep -ci "reply from $SERVER \[$MAC\]")" 2
	check "$name/arping-probe" not in_ns client arping -q -D -c 1 -I eth "$SERVER"
	check "$name/arping-other-address" not in_ns client arping -q -c 1 -I eth "$OWN"
	check "$name/ndisc" same "$(in_ns client ndisc6 -q -1 -w 30000 "$SERVER6" eth | tr A-F a-f)" "$MAC"
	check "$name/ndisc-other-address" not in_ns client ndisc6 -q -1 -r 1 -w 200 "$OWN6" eth
	frames "$name/asked" "arp=3 advertisement=1 dropped=2"

	forget client
	begin_frames
	for size in 0 56 1400; do
		check "$name/ping-$size" pinged client "$SERVER" 2 "$size"
		check "$name/ping6-$size" pinged client "$SERVER6" 2 "$size"
	done
	check "$name/told" same "$(told client "$SERVER") $(told client "$SERVER6")" "$MAC $MAC"
	frames "$name/pinged" "arp=1 advertisement=1 echo=12"

	# From two MAC addresses at once, and from a third that is a router.
	begin_frames
	in_ns other ping -q -i 0.01 -c 50 "$SERVER" >"$TMP/other.log" 2>&1 &
	check "$name/two-at-once" pinged client "$SERVER" 50 56
	wait $! || true
	# Without -w it waits for the last reply no longer than for others.
	check "$name/two-at-once-other" grep -qE ' (49|50) received' "$TMP/other.log"
	check "$name/by-router" pinged far "$SERVER" 3 56
	check "$name/by-router6" pinged far "$SERVER6" 3 1400
	frames "$name/macs" "arp=2 advertisement=1 echo=106"
	check "$name/stun-by-router" stun far "$SERVER" 198.51.100.9
	check "$name/stun-by-router6" stun far "$SERVER6" 2001:db8:51::9
	partial "$name"
	check "$name/long" long "$SERVER"
	check "$name/long6" long "$SERVER6"
	check "$name/long-not-left" same "$(value reflex_packets_total 'verdict="oversize"')" 0

	begin_frames
	say client "$SERVER" 9
	say client "$SERVER6" 9
	knock client "$SERVER" 3478
	check "$name/dropped" eventually moved_like '^dropped=[345]$'
	check "$name/accounted" accounted "foreign|handoff"
	end "$name"
}

# --- the kernel behind ---

own_addresses()
{
	settle server "$PUNT"
	in_ns server ip address add "$OWN/24" dev "$PUNT"
	in_ns server ip address add "$OWN6/64" dev "$PUNT" nodad
	in_ns server ip address add fe80::20/64 dev "$PUNT" nodad
}

listens() { in_ns "$1" ss -Hln "$2" "src [$3]" | grep -q .; }
# carried FROM TO ADDRESS: a megabyte by TCP, unharmed.
carried()
{
	local listener
	in_ns "$2" timeout 60 nc -N -l "$3" 5000 >"$TMP/came" </dev/null &
	listener=$!
	eventually listens "$2" -t "$3" || true
	in_ns "$1" timeout 60 nc -N "$3" 5000 <"$TMP/megabyte" || true
	wait "$listener" || true
	cmp "$TMP/megabyte" "$TMP/came"
}

# bird_in SPACE NUMBER PEER: AS 650NUMBER; speaks to 203.0.113.PEER. Says what standard input has in addition.
bird_in()
{
	{
		cat <<-END
			log stderr all;
			router id 203.0.113.$2;
			protocol device { }
			protocol kernel k4 { ipv4 { export where source = RTS_BGP; }; }
			protocol kernel k6 { ipv6 { export where source = RTS_BGP; }; }
			protocol bgp b4 {
				local 203.0.113.$2 as 650$2; neighbor 203.0.113.$3 as 650$3; connect delay time 1;
				ipv4 { import all; export where source = RTS_STATIC; };
			}
			protocol bgp b6 {
				local 2001:db8::$2 as 650$2; neighbor 2001:db8::$3 as 650$3; connect delay time 1;
				ipv6 { import all; export where source = RTS_STATIC; };
			}
		END
		cat
	} >"$TMP/bird-$1.conf"
	spawn "bird-$1" nsenter "--net=/run/netns/$NS-$1" -- bird -f -c "$TMP/bird-$1.conf" -s "$TMP/bird-$1.ctl" -P "$TMP/bird-$1.pid"
	birds+=("$SPAWNED")
}
has_route() { { in_ns "$1" ip -4 route show proto bird && in_ns "$1" ip -6 route show proto bird; } | grep -c "^$2 .*via"; }

bgp()
{
	local name=$1 birds=() i
	bird_in server 20 01 <<-END
		protocol static s4 { ipv4; route $ANYCAST/32 blackhole; }
		protocol static s6 { ipv6; route $ANYCAST6/128 blackhole; }
	END
	bird_in router 01 20 <<-END
		protocol static s4 { ipv4; route 198.51.100.0/24 blackhole; }
		protocol static s6 { ipv6; route 2001:db8:51::/64 blackhole; }
	END
	check "$name/announced" eventually has_route router "$ANYCAST"
	check "$name/announced6" eventually has_route router "$ANYCAST6"
	check "$name/learned" eventually has_route server 198.51.100.0/24
	check "$name/learned6" eventually has_route server 2001:db8:51::/64
	check "$name/stun" eventually stun far "$ANYCAST" 198.51.100.9
	check "$name/stun6" eventually stun far "$ANYCAST6" 2001:db8:51::9
	check "$name/ping-through-router" pinged far "$OWN" 3 1472
	for i in "${birds[@]}"; do
		stop "$i"
	done
	in_ns router ip route flush proto bird
	in_ns router ip -6 route flush proto bird
}

has_errors() { [ "$(value reflex_dpdk_errors_total)" -gt 0 ]; }
heard_hello() { grep -q hello "$TMP/heard.log"; }

behind()
{
	local name=behind/$1 used
	config "punt: $PUNT" 'otherwise: pass'
	anew
	run "$name" "$1" || return 0
	check "$name/link" same "$MAC 1500" \
		"$(in_ns server ip -oneline link show "$PUNT" | sed 's/.* mtu \([0-9]*\) .*ether \([^ ]*\) .*/\2 \1/')"
	own_addresses
	forget client other router
	begin_frames
	# Each asks the other once: the client by broadcast, the kernel's answer goes out by the port.
	check "$name/ping" pinged client "$OWN" 3 1472
	check "$name/ping6" pinged client "$OWN6" 3 1452
	frames "$name/pinged" "punted=8 relayed=8"
	check "$name/from-kernel" pinged server 203.0.113.7 3 1472
	[ "$1" = af_packet ] || check "$name/fragments" pinged client "$OWN" 3 4000
	check "$name/tcp-in" carried client server "$OWN"
	check "$name/tcp-out" carried server client 203.0.113.7
	check "$name/tcp6-in" carried client server "$OWN6"
	check "$name/tcp6-out" carried server client 2001:db8::7
	check "$name/service-still" stun client "$SERVER" 203.0.113.7
	partial "$name"
	bgp "$name/bgp"

	# otherwise: pass. What is no STUN at all is for another program on that port.
	in_ns server ip address add "$SERVER/32" dev "$PUNT"
	spawn heard nsenter "--net=/run/netns/$NS-server" -- nc -u -l "$SERVER" 3478
	eventually listens server -u "$SERVER"
	say client "$SERVER" 3478
	check "$name/pass" eventually heard_hello
	stop "$SPAWNED"
	check "$name/pass-counted" test "$(value reflex_packets_total 'verdict="stun_runt"')" -ge 1

	# What the kernel does not take, because its interface is down, is counted, and leaves nothing behind.
	used=$(value reflex_dpdk_mbufs 'state="used"')
	in_ns server ip link set "$PUNT" down
	begin_frames
	in_ns client ping -q -i 0.002 -c 200 -W 0.1 "$OWN" >"$TMP/ping.log" || true
	# And what TCP of the sessions before may still try.
	check "$name/down-counted" eventually moved_like '^punt_full=2[0-9][0-9]$'
	check "$name/down-service" stun client "$SERVER" 203.0.113.7
	check "$name/down-buffers" test "$(value reflex_dpdk_mbufs 'state="used"')" -le $((used + 32)) # a burst on its way
	in_ns server ip link set "$PUNT" up
	in_ns server ip address add "$OWN6/64" dev "$PUNT" nodad 2>/dev/null || true
	check "$name/up-again" pinged client "$OWN" 1 56
	check "$name/accounted" accounted "foreign|handoff|refuse"
	if [ "$1" = af_packet ]; then # whose driver takes what the interface then does not
		in_ns server ip link set port down
		in_ns server ping -q -c 2 -W 1 203.0.113.7 >"$TMP/ping.log" || true
		check "$name/errors" eventually has_errors
		in_ns server ip link set port up
	fi
	end "$name"
}

# Services without an address are on those of the interface behind the port, as these come and go.
own()
{
	local name=own i
	memory_for af_packet
	printf '%s\n' 'dataplane: dpdk' "punt: $PUNT" "interfaces: [{name: $PUNT}]" >"$TMP/reflexd.yaml"
	run "$name" af_packet || return 0
	check "$name/none" eventually dpdk_said "not ready: no interface has an address yet"
	own_addresses
	check "$name/added" eventually dpdk_said "addresses changed: answering on $OWN:3478, [$OWN6]:3478"
	check "$name/ready" eventually dpdk_said "reflex-dpdk: ready again"
	check "$name/stun" stun client "$OWN" 203.0.113.7
	check "$name/stun6" stun client "$OWN6" 2001:db8::7
	in_ns server ip address del "$OWN/24" dev "$PUNT"
	check "$name/removed" eventually dpdk_said "addresses changed: answering on [$OWN6]:3478"
	WAIT=2 check "$name/removed-silent" not stun client "$OWN" 203.0.113.7
	check "$name/left" stun client "$OWN6" 2001:db8::7
	# More than can be answered on: said once, and what was answered goes on.
	for i in {1..1024}; do
		printf 'address add 10.0.%s.%s/32 dev %s\n' $((i / 256)) $((i % 256)) "$PUNT"
	done | in_ns server ip -batch -
	check "$name/too-many" eventually dpdk_said "not ready: there are more own addresses and ports than the 1024"
	sleep 2.2
	check "$name/too-many-once" same "$(times "not ready: there are more own addresses")" 1
	check "$name/too-many-left" stun client "$OWN6" 2001:db8::7
	end "$name"
}

# --- handed up ---

# What reflex-dpdk leaves to sockets they answer, with the very frames that come over XDP. A wire of its own, with the
# addresses of the frames.
handed_up()
{
	local name=handed-up driver=$REFLEX_BUILD/tests/live/live status=0
	# shellcheck disable=SC2034
	local DATAPLANES='dpdk|socket'
	memory_for af_xdp || { skip "$name" "$HUGE_PAGES huge pages of 2 MB cannot be reserved"; return 0; }
	ns_add asker
	quiet asker
	ns_join server srv asker cli
	in_ns server ip link set srv address "$MAC" mtu 2100
	in_ns asker ip link set cli address "$CLIENT_MAC" mtu 2100
	leave_to_dpdk server srv
	{
		printf '%s\n' 'dataplane: dpdk' "punt: $PUNT" 'services:'
		"$driver" services | sed -E 's/^(.*) (.*)$/  - address: "\1"\n    port: \2/'
	} >"$TMP/reflexd.yaml"
	start_dpdk server --vdev net_af_xdp0,iface=srv || { fail "$name" "it does not answer; see above"; return 0; }
	"$driver" services | grep -v ^fe80: | while read -r address _; do
		in_ns server ip address replace "$address" dev "$PUNT"
	done
	in_ns server ip neighbour add 192.0.2.1 lladdr "$CLIENT_MAC" dev "$PUNT" nud permanent
	in_ns server ip neighbour add fe80::1 lladdr "$CLIENT_MAC" dev "$PUNT" nud permanent
	in_ns server ip route add default via 192.0.2.1 dev "$PUNT" onlink
	in_ns server ip -6 route add default via fe80::1 dev "$PUNT" onlink
	if start_reflexd server --config "$TMP/reflexd.yaml"; then
		begin
		in_ns asker "$driver" handed --interface cli --counted net_af_xdp0 --expect "$TMP/expected" \
			>"$TMP/$name.log" 2>&1 || status=$?
		judged "$name" "$status" "$TMP/$name.log"
		counted "$name"
		stop "$REFLEXD"
	else
		show "$TMP/reflexd.log"
		fail "$name/reflexd" "not ready; see above"
	fi
	end "$name"
}

# --- dropped by the driver ---

# What finds no room while reflex-dpdk stands still is counted, so that nothing is lost without a word.
dropped()
{
	local name=dropped sent=3000
	memory_for af_packet
	config
	anew
	run "$name" af_packet || return 0
	in_ns client ip neighbour replace "$SERVER" lladdr "$MAC" dev eth nud permanent
	kill -STOP -- "-$REFLEX_DPDK"
	# shellcheck disable=SC2016
	in_ns client timeout 60 bash -c 'exec 3<>"/dev/udp/$0/3478"; for ((i = 0; i < $1; i++)); do echo hello >&3; done' \
		"$SERVER" "$sent"
	kill -CONT -- "-$REFLEX_DPDK"
	check "$name/counted" eventually has_counted "$sent"
	check "$name/some" test "$(value reflex_dpdk_missed_total)" -gt 0
	in_ns client ip neighbour flush dev eth
	in_ns client ip neighbour del "$SERVER" dev eth 2>/dev/null || true
	end "$name"
}
has_counted() { same $(($(value reflex_packets_total 'verdict="stun_runt"') + $(value reflex_dpdk_missed_total))) "$1"; }

# --- operation ---

answered_more() { [ "$(answered)" -gt "$1" ]; }
# load NAME OPTION...: in the background, from the client, until it is stopped.
load()
{
	local before
	before=$(answered)
	spawn load nsenter "--net=/run/netns/$NS-client" -- \
		"$LOAD" --mode socket --duration 600 --quiet --i-own-this-target "${@:2}" "$SERVER"
	LOADING=$SPAWNED
	check "$1/load" eventually answered_more $((before + 100))
}

generation_is() { [ "$(value reflex_dpdk_config_generation)" = "$1" ]; }
times() { grep -cF -- "$1" "$TMP/reflex-dpdk.log" || true; }
said_times() { [ "$(times "$1")" -ge "$2" ]; }

reloads()
{
	local name=reload status=0 i
	memory_for af_packet
	config
	run "$name" af_packet || return 0
	load "$name" --window 32 --timeout 10000
	for i in 1 2 3 4 5; do
		config
		[ $((i % 2)) -eq 0 ] || printf '  - {address: %s, port: 3479}\n' "$SERVER" >>"$TMP/reflexd.yaml"
		kill -HUP "$REFLEX_DPDK"
		check "$name/$i" eventually generation_is $((i + 1))
		sleep 0.2
	done
	kill -INT -- "-$LOADING" || true
	await "$LOADING" || status=$?
	[ "$status" -eq 0 ] || show "$TMP/load.log"
	check "$name/nothing-lost" same "$status" 0
	check "$name/new-service" stun_port 3479
	config
	kill -HUP "$REFLEX_DPDK"
	eventually generation_is 7
	WAIT=2 check "$name/old-service" not stun_port 3479
	printf '  - address: 203.0.113.999\n' >>"$TMP/reflexd.yaml"
	kill -HUP "$REFLEX_DPDK"
	check "$name/wrong" eventually dpdk_said "reload refused, the old configuration goes on: $TMP/reflexd.yaml:7:"
	config "punt: $PUNT"
	kill -HUP "$REFLEX_DPDK"
	check "$name/punt" eventually dpdk_said "punt: changes only by a restart"
	check "$name/refused-generation" generation_is 7
	check "$name/refused-answers" stun client "$SERVER" 203.0.113.7
	config
}

stun_port() { in_ns client timeout "${WAIT:-20}" turnutils_stunclient -p "$1" "$SERVER" 2>&1 | grep -q 'UDP reflexive'; }

# Goes on with the process of the part before.
carry_on()
{
	local name=carry-on before
	refused "$name/second" 1 "reflex-dpdk runs already as this instance" "$(device af_packet)"
	check "$name/first-answers" stun client "$SERVER" 203.0.113.7

	in_ns server ip link set port down
	check "$name/link-down" eventually dpdk_said "not ready: port net_af_packet0: its link is down"
	check "$name/link-down-counted" same "$(value reflex_dpdk_link_up)" 0
	in_ns server ip link set port up
	check "$name/link-up" eventually dpdk_said "reflex-dpdk: ready again"
	WAIT=2 check "$name/link-up-answers" eventually stun client "$SERVER" 203.0.113.7

	load "$name" --rate 2000
	before=$(answered)
	kill -KILL "$REFLEX_DPDK"
	wait "$REFLEX_DPDK" 2>/dev/null || true
	check "$name/killed" test "$(answered)" -ge "$before"
	before=$(answered)
	run "$name/again" af_packet || return 0
	check "$name/adopted" dpdk_said "counting goes on where the last process ended"
	check "$name/again-answers" stun client "$SERVER" 203.0.113.7
	check "$name/again-counts" test "$(answered)" -gt "$before"
	stop "$LOADING"
	load "$name/again" --rate 2000
	end "$name/loaded"
	stop "$LOADING"
}

# refused NAME STATUS TEXT DEVICE [EAL-OPTION...]: one that must not start, and say why; nothing of it stays.
refused()
{
	local name=$1 status=0 got
	local log=$TMP/refused.log
	in_ns server timeout "${REFLEX_PATIENCE:-60}" "$DPDK" "${MEMORY[@]}" --file-prefix "$INSTANCE-refused" --no-telemetry --no-pci \
		--lcores "$(lcores)" ${4:+--vdev "$4"} "${@:5}" -- --config "$TMP/reflexd.yaml" --instance "$INSTANCE" >"$log" 2>&1 || status=$?
	rm -rf "/run/dpdk/$INSTANCE-refused"
	got=$(grep -F 'reflex-dpdk: error: ' "$log" | grep -cF -- "$3" || true)
	if [ "$status" -ne "$2" ] || [ "$got" -ne 1 ] || [ "$(grep -cF 'error: ' "$log")" -ne 1 ]; then
		show "$log"
		fail "$name" "status $status instead of $2, or it does not say '$3'"
	elif ! [[ $name = */second || $name = */punt-taken ]] && ! nothing_left; then
		fail "$name" "it has left something"
	else
		pass "$name" "$3"
	fi
}

wrong()
{
	memory_for af_packet
	config
	refused wrong/no-port 1 "no port: bind a NIC" ""
	refused wrong/no-interface 1 "no port: " net_af_packet0,iface=nosuch
	check wrong/letter same "$(not "$DPDK" -- --check -l1 2>&1)" \
		"reflex-dpdk: error: unknown option -l: see reflex-dpdk --help, and put EAL options before \`--\`"
	refused wrong/option 1 "DPDK does not start: Invalid argument" "$(device af_packet)" --nosuch
	refused wrong/memory 1 "no memory for" "$(device af_packet)" -m 4
	grep -q ' hugetlbfs ' /proc/self/mounts ||
		MEMORY=() refused wrong/no-huge-pages 1 "huge pages are reserved by" "$(device af_packet)"
	refused wrong/af_xdp-without-huge-pages 1 "huge pages" "$(device af_xdp)"
	refused wrong/secondary 1 "DPDK does not start: " "$(device af_packet)" --proc-type=secondary
	config "punt: $PUNT"
	in_ns server ip link add "$PUNT" type bridge
	refused wrong/punt-taken 1 "punt: the kernel's interface $PUNT cannot be made" "$(device af_packet)"
	in_ns server ip link del "$PUNT"
	printf 'dataplane: xdp\ninterfaces: [{name: port}]\n' >"$TMP/reflexd.yaml"
	refused wrong/dataplane 2 "dataplane: is xdp, and reflex-dpdk is for dpdk" "$(device af_packet)"
	config 'nosuch: 1'
	refused wrong/key 2 "reflexd.yaml:2: " "$(device af_packet)"
	config
	in_ns server ip link set port down
	run wrong/link-down af_packet || return 0
	check wrong/link-down-said eventually dpdk_said "not ready: port net_af_packet0: its link is down"
	in_ns server ip link set port up
	WAIT=2 check wrong/link-up-answers eventually stun_anew client "$SERVER" 203.0.113.7
	end wrong/link-down
}

# Two workers, a queue each.
queues()
{
	local name=queues before status=0 WORKERS=2
	memory_for af_packet
	channels 2
	config "punt: $PUNT"
	run "$name" af_packet,qpairs=2 || return 0
	own_addresses
	check "$name/queues" dpdk_said "queues: 2"
	before=$(answered)
	in_ns client "$LOAD" --mode socket --window 32 --count 20000 --timeout 10000 --quiet --i-own-this-target "$SERVER" \
		>"$TMP/load.log" 2>&1 || status=$?
	[ "$status" -eq 0 ] || show "$TMP/load.log"
	check "$name/nothing-lost" same "$status" 0
	check "$name/all-counted" same $(($(answered) - before)) 20000
	check "$name/ping" pinged client "$OWN" 20 1400
	check "$name/tcp" carried client server "$OWN"
	end "$name"
}

more_workers()
{
	local name=more-workers WORKERS=2
	memory_for af_packet
	config
	run "$name" af_packet || return 0
	check "$name/said" dpdk_said "port net_af_packet0 has 1 queues, so 1 of 2 workers have nothing to do on it"
	check "$name/answers" stun client "$SERVER" 203.0.113.7
	end "$name"

	refused "$name/unread" 1 "2 of its 3 queues have workers, and what comes by the others is lost: give qpairs=2" \
		"$(device af_packet,qpairs=3)"

	# A TAP has no more than 4 queues.
	# shellcheck disable=SC2034
	WORKERS=5
	MEMORY=(--no-huge -m 128)
	config "punt: $PUNT"
	run "$name/punt" af_packet,qpairs=4 || return 0
	check "$name/punt-said" dpdk_said "port net_af_packet0 has 4 queues, so 1 of 5 workers have nothing to do on it"
	check "$name/punt-answers" stun client "$SERVER" 203.0.113.7
	end "$name/punt"
	refused "$name/punt-unread" 1 "4 of its 5 queues have workers" "$(device af_packet,qpairs=5)"
}

# What reflex-dpdk cannot get back by itself it leaves to who supervises it.
deserted()
{
	local name=deserted status=0
	memory_for af_packet
	config
	in_ns server ip link add spare type veth peer name spare-peer
	in_ns server ip link set spare up
	in_ns server ip link set spare-peer up
	run "$name" af_packet --vdev net_af_packet1,iface=spare || return 0
	in_ns server ip link del spare
	check "$name/one" eventually dpdk_said "not ready: port net_af_packet1: its device is gone: restart"
	check "$name/other-answers" stun client "$SERVER" 203.0.113.7
	in_ns server ip link del port
	check "$name/ended" eventually dpdk_ended
	wait "$REFLEX_DPDK" || status=$?
	check "$name/status" same "$status" 1
	check "$name/said" dpdk_said "error: no device is left"
}

make_lab
head -c 1000000 /dev/urandom >"$TMP/megabyte"
# over DRIVER PART
over() { ! possible "$1" || "$2" "$1"; }

only "$@"
step "neighbours, af_packet"
over af_packet neighbours
step "behind, af_packet"
over af_packet behind
step "neighbours, af_xdp"
over af_xdp neighbours
step "behind, af_xdp"
over af_xdp behind
step "own addresses"
own
step "handed up"
handed_up
step "dropped by the driver"
dropped
step "operation"
reloads
carry_on
step "wrong starts"
wrong
step "workers"
queues
more_workers
step "deserted"
deserted
