#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Whether reflexd says that it serves only where it does: addresses that are another host's too, or more than there is
# room for, or that change all the time; replies that do not go out; requests that are dropped before they are read.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

suite health
need_root
need curl curl ethtool ethtool nft nftables ss iproute2

SERVER=203.0.113.10
CLIENT=203.0.113.7
PORT=3478
REFLEXD=

# client COMMAND ADDRESS [ARGUMENT]: the test client of the sockets, in its namespace.
client() { in_ns client timeout 120 "$REFLEX_BUILD/tests/sockets/sockets-client" "$1" "$2" "${ASKED:-$PORT}" "${@:3}"; }
# ask ADDRESS: whether it is answered, over UDP.
ask() { [ "$(client burst "$1" 1)" = 1 ]; }
unanswered() { ! ask "$1"; }
config() { printf '%s\n' "$@" >"$TMP/reflexd.yaml"; }
start() { start_reflexd server --config "$TMP/reflexd.yaml"; }
status() { in_ns server curl --silent --max-time 15 --output "$TMP/body" --write-out '%{http_code}' "http://127.0.0.1:9478/$1"; }
ready() { [ "$(status readyz)" = 200 ]; }
# unready TEXT: whether /readyz says it.
unready() { [ "$(status readyz)" = 503 ] && grep -qF -- "$1" "$TMP/body"; }
gauge() { scrape server metrics | awk -v name="$1" '$1 == name { print $2 }'; }
gauge_is() { same "$(gauge "$1")" "$2"; }
held() { in_ns server ss -Huan "sport = :$PORT" | awk -v a="$1:$PORT" '$4 == a { found = 1 } END { exit !found }'; }
lines() { wc -l <"$TMP/reflexd.log"; }
answered() { metric server reflex_packets_total 'action="answer"' "$@"; }

server_and_client

only "$@"
step "an IPv6 address that another host has too"
DUPLICATE=2001:db8::20
duplicate() { in_ns "$1" ip address show | grep -F "$DUPLICATE" | grep -q dadfailed; }
in_ns client ip address add "$DUPLICATE/64" dev cli nodad
in_ns server ip address add "$DUPLICATE/64" dev srv
check duplicate/found eventually duplicate server
config 'interfaces: [{name: srv}]'
check duplicate/start start
check duplicate/said logged "warning: $DUPLICATE failed duplicate address detection"
check duplicate/not-held not held "[$DUPLICATE]"
check duplicate/others ask 2001:db8::10
check duplicate/metric gauge_is 'reflex_services_left_out{reason="duplicate_address"}' 1
check duplicate/ready ready
in_ns client ip address del "$DUPLICATE/64" dev cli
in_ns server ip address del "$DUPLICATE/64" dev srv
in_ns server ip address add "$DUPLICATE/64" dev srv
check duplicate/settled eventually held "[$DUPLICATE]"
check duplicate/answers ask "$DUPLICATE"
check duplicate/metric-again gauge_is 'reflex_services_left_out{reason="duplicate_address"}' 0
in_ns server ip address del "$DUPLICATE/64" dev srv
check duplicate/removed eventually not held "[$DUPLICATE]"
in_ns client ip address add "$DUPLICATE/64" dev cli nodad
in_ns server ip address add "$DUPLICATE/64" dev srv
check duplicate/while-running eventually gauge_is 'reflex_services_left_out{reason="duplicate_address"}' 1
said_twice() { same "$(grep -c "$DUPLICATE failed" "$TMP/reflexd.log")" 2; }
check duplicate/while-running-said wait_for 20 said_twice # a change is said at most every 10 s
stop "$REFLEXD"

# One that is named must be answered on for the node to be ready. With an alternate the other address goes on.
config 'interfaces: [{name: srv}]' 'services:' "  - {address: $DUPLICATE, alternate: {address: '2001:db8::10', port: 3479}}"
spawn reflexd nsenter "--net=/run/netns/$NS-server" -- "$REFLEX_BUILD/control/reflexd" --instance "$INSTANCE" --config "$TMP/reflexd.yaml"
REFLEXD=$SPAWNED
check duplicate/named eventually unready "$DUPLICATE is not answered on, as another host has it too"
check duplicate/other-pair ask 2001:db8::10
stop "$REFLEXD"
in_ns client ip address del "$DUPLICATE/64" dev cli
in_ns server ip address del "$DUPLICATE/64" dev srv

step "more own addresses than there is room for"
# addresses add|del FROM TO: of 10.1/16 on srv.
addresses()
{
	for ((i = $2; i < $3; i++)); do
		echo "address $1 10.1.$((i / 256)).$((i % 256))/32 dev srv"
	done | in_ns server ip -batch -
}
in_ns client ip route add 10.1.0.0/16 via "$SERVER"
addresses add 0 500
config 'interfaces: [{name: srv}]' 'services: [{port: 3478}]'
check limit/start start
check limit/metric gauge_is 'reflex_services_left_out{reason="limit"}' 0
addresses add 500 1100
check limit/not-ready eventually unready "more own addresses and ports than the 1024 that can be answered on"
all=$(in_ns server ip -oneline address show dev srv | wc -l)
check limit/excess eventually gauge_is 'reflex_services_left_out{reason="limit"}' $((all - 1024))
check limit/generation gauge_is reflex_ready 0
check limit/first ask 10.1.0.0
check limit/before ask 10.1.1.243 # the last that was there at the start
check limit/as-many-as-fit same "$(in_ns server ss -Huan "sport = :$PORT" | wc -l)" 1024
addresses del 0 1
check limit/removed eventually not held 10.1.0.0
check limit/removed-unanswered unanswered 10.1.0.0
check limit/next-comes eventually gauge_is 'reflex_services_left_out{reason="limit"}' $((all - 1025))
addresses del 900 1100
check limit/again eventually ready
check limit/none-left-out gauge_is 'reflex_services_left_out{reason="limit"}' 0
check limit/all-others ask 10.1.3.131
check limit/once same "$(grep -c 'not ready: there are more' "$TMP/reflexd.log")" 1
addresses del 1 900

step "addresses and interfaces that change all the time"
# churn: a thousand addresses and some hundred interfaces, one by one, on an interface that is not named.
churn()
{
	in_ns server ip link add foreign type bridge
	in_ns server ip link set foreign up
	for ((i = 0; i < 1000; i++)); do
		echo "address add 10.2.$((i / 256)).$((i % 256))/32 dev foreign"
	done | in_ns server ip -batch -
	for ((i = 0; i < 300; i++)); do
		echo "link add foreign$i type bridge"
		echo "link set foreign$i up"
	done | in_ns server ip -batch -
	in_ns server ip link del foreign
	for ((i = 0; i < 300; i++)); do
		echo "link del foreign$i"
	done | in_ns server ip -batch -
}
before=$(lines)
churn
check churn/ready ready
in_ns server ip address add 203.0.113.11/24 dev srv
check churn/followed eventually held 203.0.113.11
in_ns server ip address del 203.0.113.11/24 dev srv
check churn/unfollowed eventually not held 203.0.113.11
check churn/lines test $(($(lines) - before)) -le 6
stop "$REFLEXD"

# Without interfaces all of these are own addresses.
config 'dataplane: socket'
check churn/sockets start
before=$(lines)
churn
check churn/sockets-ready eventually ready
check churn/sockets-lines test $(($(lines) - before)) -le 8
stop "$REFLEXD"

step "requests that are dropped before they are read"
config 'dataplane: socket' 'services:' "  - address: $SERVER" "  - {address: $SERVER, port: 3479}"
check drops/start start
drops() { metric server reflex_socket_drops_total "port=\"$1\""; }
check drops/none same "$(drops 3478) $(drops 3479)" "0 0"
pid=$(cat "/run/reflex/$INSTANCE/lock")
kill -STOP "$pid"
client burst "$SERVER" 1000 >/dev/null
kill -CONT "$pid"
read_all() { same "$(($(answered) + $(drops 3478)))" 1000; }
check drops/sum eventually read_all
check drops/counted test "$(drops 3478)" -ge 100
check drops/by-port same "$(drops 3479)" 0
# A socket that is closed by a reload is asked for the last time then.
before=$(drops 3478)
config 'dataplane: socket' 'services:' "  - {address: $SERVER, port: 3479}"
kill -STOP "$pid"
client burst "$SERVER" 1000 >/dev/null
kill -HUP "$pid"
kill -CONT "$pid"
check drops/reload eventually gauge_is reflex_config_generation 2
check drops/former-port test "$(drops 3478)" -ge $((before + 100))
before=$(drops 3478)
config 'dataplane: socket' 'services:' "  - address: $SERVER"
kill -HUP "$pid"
check drops/reload-again eventually gauge_is reflex_config_generation 3
check drops/goes-on same "$(drops 3478)" "$before"
# A port that cannot be opened is listed too.
spawn holder nsenter "--net=/run/netns/$NS-server" -- nc -u -l "$SERVER" 3481
holder=$SPAWNED
is_bound() { in_ns server ss -Huan "sport = :3481" | grep -q .; }
check drops/held eventually is_bound
config 'dataplane: socket' 'services:' "  - address: $SERVER" "  - {address: $SERVER, port: 3481}"
kill -HUP "$pid"
check drops/held-refused eventually gauge_is reflex_config_last_reload_successful 0
check drops/held-listed same "$(drops 3481)" 0
stop "$holder"
stop "$REFLEXD"

step "replies that the kernel refuses"
config 'dataplane: socket' 'services:' "  - address: $SERVER" '  - address: "2001:db8::10"'
check refused/start start
# asked SECONDS ADDRESS: requests twice a second, for so long, whether answered or not.
asked()
{
	local end=$((SECONDS + $1))
	while [ "$SECONDS" -lt "$end" ]; do
		# shellcheck disable=SC2016
		in_ns client bash -c 'printf "\0\1\0\0\x21\x12\xa4\x42reflex-tests" >"/dev/udp/$1/$2"' - "$2" "$PORT"
		sleep 0.5
	done
}
firewall() { in_ns server nft add rule inet reflex out "$@"; }
in_ns server nft add table inet reflex
in_ns server nft add chain inet reflex out '{ type filter hook output priority 0; }'

# No route to a client, which anyone can have it by a forged source, says nothing of other clients.
in_ns server ip route add prohibit 192.0.2.0/24
in_ns server sh -c 'echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter; echo 0 >/proc/sys/net/ipv4/conf/srv/rp_filter'
in_ns client ip address add 192.0.2.7/32 dev cli
in_ns client ip route replace "$SERVER/32" dev cli src 192.0.2.7
asked 14 "$SERVER"
check refused/forged-counted test "$(metric server reflex_packets_total 'verdict="unsent"')" -ge 10
check refused/forged-ready ready
in_ns client ip route del "$SERVER/32" dev cli
in_ns client ip address del 192.0.2.7/32 dev cli

# A bad moment neither.
firewall udp sport "$PORT" drop
client burst "$SERVER" 200 >/dev/null
check refused/moment ready
in_ns server nft flush chain inet reflex out
check refused/answers ask "$SERVER"

# Where some go out, the node serves.
firewall udp sport "$PORT" numgen inc mod 2 0 drop
asked 13 "$SERVER"
check refused/half ready
in_ns server nft flush chain inet reflex out

firewall ip6 daddr ::/0 udp sport "$PORT" drop
asked 8 2001:db8::10 &
asked 20 "$SERVER" # the other family is none the worse
wait $!
check refused/short ready
asked 13 2001:db8::10
check refused/not-ready eventually unready "the kernel refuses the replies over IPv6: see whether an output firewall drops them"
check refused/said logged "not ready: the kernel refuses the replies over IPv6"
in_ns server nft flush chain inet reflex out
check refused/answers-again ask 2001:db8::10
check refused/not-at-once unready "the kernel refuses the replies over IPv6"
check refused/ready-again eventually ready
check refused/once same "$(grep -c "not ready:" "$TMP/reflexd.log")" 1
in_ns server nft delete table inet reflex
in_ns server ip route del prohibit 192.0.2.0/24
stop "$REFLEXD"

step "a veth pair whose far end has no XDP program"
far() { in_ns client bpftool net "$@" dev cli; }
transmit_errors() { metric server reflex_xdp_transmit_errors_total 'interface="srv"'; }
linked() { in_ns server ip -details link show dev srv | grep -q 'prog/xdp'; }
config 'interfaces: [{name: srv}]' 'services:' "  - address: $SERVER"
check far/with start
check far/with-native logged "srv: attached in native mode"
check far/no-errors same "$(transmit_errors)" 0
stop "$REFLEXD"
far detach xdpdrv
check far/without start
check far/without-said logged "auto: answering by sockets, which is slower: srv: the far end of this veth pair has no XDP program"
check far/without-answers ask "$SERVER"
check far/without-detached not linked
stop "$REFLEXD"
config 'interfaces: [{name: srv, mode: auto}]' 'services:' "  - address: $SERVER"
check far/generic start
check far/generic-said logged "auto: in the kernel's generic mode, which is much slower: srv: the far end of this veth pair"
check far/generic-answers ask "$SERVER"
check far/generic-by-xdp same "$(answered 'dataplane="xdp"')" 1
stop "$REFLEXD"

config 'dataplane: xdp' 'interfaces: [{name: srv}]' 'services:' "  - address: $SERVER"
spawn reflexd nsenter "--net=/run/netns/$NS-server" -- "$REFLEX_BUILD/control/reflexd" --instance "$INSTANCE" --config "$TMP/reflexd.yaml"
REFLEXD=$SPAWNED
check far/asked-for eventually unready "srv: the far end of this veth pair has no XDP program"
check far/asked-for-said eventually logged "not ready: srv: the far end of this veth pair has no XDP program"
asked 14 "$SERVER"
check far/errors test "$(transmit_errors)" -ge 10
check far/errors-counted same "$(transmit_errors)" "$(answered 'dataplane="xdp"')"
xdp_pass client cli
check far/answers ask "$SERVER"
# What was not sent before keeps it so for half a minute.
check far/driver unready "srv: its driver does not send the answers"
check far/ready eventually ready
before=$(transmit_errors)
in_ns server ip link del srv
ns_join server srv client cli
xdp_pass client cli
in_ns server ip address add "$SERVER/24" dev srv
in_ns client ip address add "$CLIENT/24" dev cli
check far/made-again eventually logged "srv: attached again in native mode"
check far/made-again-ready eventually ready
check far/never-back same "$(transmit_errors)" "$before"
stop "$REFLEXD"
