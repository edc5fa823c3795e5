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

ns_add server client
ns_join server srv client cli
in_ns server ip address add "$SERVER/24" dev srv
in_ns server ip address add 2001:db8::10/64 dev srv nodad
in_ns client ip address add "$CLIENT/24" dev cli
in_ns client ip address add 2001:db8::7/64 dev cli nodad
xdp_pass client cli

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
check duplicate/while-running-said eventually said_twice
stop "$REFLEXD"

# One that is named must be answered on for the node to be ready. With an alternate the other address goes on.
config 'interfaces: [{name: srv}]' 'services:' "  - {address: $DUPLICATE, alternate: {address: '2001:db8::10', port: 3479}}"
spawn reflexd nsenter "--net=/run/netns/$NS-server" -- "$REFLEX_BUILD/control/reflexd" --instance "$INSTANCE" --config "$TMP/reflexd.yaml"
REFLEXD=$SPAWNED
check duplicate/named eventually unready "$DUPLICATE is not answered on, as another host has it too"
check duplicate/other-corner ask 2001:db8::10
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
before=$(drops 3478)
config 'dataplane: socket' 'services:' "  - {address: $SERVER, port: 3479}"
kill -HUP "$pid"
check drops/reload eventually gauge_is reflex_config_generation 2
check drops/former-port same "$(drops 3478)" "$before"
config 'dataplane: socket' 'services:' "  - address: $SERVER"
kill -HUP "$pid"
check drops/reload-again eventually gauge_is reflex_config_generation 3
check drops/goes-on same "$(drops 3478)" "$before"
stop "$REFLEXD"
