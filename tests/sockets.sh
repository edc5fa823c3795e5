#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The socket responder with real traffic: alone and without root, TCP clients well and badly behaved, ports that others
# hold, and beside XDP.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

suite sockets
need_root
need curl curl clang clang ethtool ethtool setpriv util-linux prlimit util-linux ss iproute2 turnserver coturn nft nftables stun stun-client

SERVER=203.0.113.10
SERVER6=2001:db8::10
CLIENT=203.0.113.7
PORT=3478
MESSAGE=2112a4425a5a5a5a5a5a5a5a5a5a5a5a # cookie and transaction ID
REFLEXD=

between() { { [ "$1" -ge "$2" ] && [ "$1" -le "$3" ]; } || { echo "     $1 is not from $2 to $3"; return 1; }; }

# client COMMAND [ARGUMENT]: the test client in its namespace, over IPv4; client6 over IPv6; local_client on the server.
client() { in_ns client timeout 120 "$REFLEX_BUILD/tests/sockets/sockets-client" "$1" "$SERVER" "$PORT" "${@:2}"; }
client6() { in_ns client timeout 120 "$REFLEX_BUILD/tests/sockets/sockets-client" "$1" "$SERVER6" "$PORT" "${@:2}"; }
local_client() { in_ns server timeout 120 "$REFLEX_BUILD/tests/sockets/sockets-client" "$1" "$2" "$PORT" "${@:3}"; }

packets() { metric server reflex_packets_total "$@"; }
socket_packets() { packets 'dataplane="socket"' "$@"; }
private_clients() { metric server reflex_private_clients_total 'dataplane="socket"'; }
closed() { metric server reflex_tcp_connections_closed_total "reason=\"$1\""; }
open_connections() { scrape server metrics | awk '$1 == "reflex_tcp_connections" { print $2 }'; }
# The total that control/README.md recommends: every request once, whoever carried it.
requests() { scrape server metrics | awk '/^reflex_packets_total/ && !/action="(handoff|foreign)"/ { sum += $NF } END { print sum }'; }
memory() { awk '/^VmRSS/ { print $2 }' "/proc/$(daemon_pid)/status"; }
daemon_pid() { in_ns server ss -Hltnp 'sport = :9478' | sed -n 's/.*pid=\([0-9]*\).*/\1/p'; }
held() { in_ns server ss -Huln "sport = :$1" | grep -qF "$2:$1"; }
same_packets() { same "$(packets "${@:2}")" "$1"; }
no_connections() { same "$(open_connections)" 0; }
three_connections() { [ "$(open_connections)" -eq 3 ]; }
ready() { scrape server readyz >/dev/null; }
kept() { same "$(tr "\n" " " <"$TMP/kept")" "$* "; }

# ask_turn: whether a TURN server answers an Allocate request, however.
ask_turn()
{
	# shellcheck disable=SC2016
	in_ns client timeout 5 bash -c '
		exec 3<>"/dev/$3/$1/$2"
		printf "\0\3\0\0\x21\x12\xa4\x42reflex-tests" >&3
		head -c 20 <&3 | od -An -tx1 -N2' - "$SERVER" "$PORT" "${1:-udp}" 2>/dev/null | grep -q '01 [01]3'
}

config() { printf '%s\n' "$@" 'metrics: {listen: "127.0.0.1:9478"}' >"$TMP/reflexd.yaml"; }

# Where any user may be.
mkdir "$TMP/run" "$TMP/bin"
chmod 755 "$TMP"
chown nobody "$TMP/run"
cp "$REFLEX_BUILD/control/reflexd" "$TMP/bin/" # where any user may read it
nobody=(setpriv --reuid=nobody --regid=nogroup --clear-groups env "XDG_RUNTIME_DIR=$TMP/run")
reflexd=("$TMP/bin/reflexd" --instance "$INSTANCE" --config "$TMP/reflexd.yaml")

# start NAME COMMAND...: a daemon that must get ready.
start()
{
	local name=$1
	shift
	spawn reflexd nsenter "--net=/run/netns/$NS-server" -- "$@"
	REFLEXD=$SPAWNED
	eventually ready_or_gone server "$REFLEXD" || true
	check "$name" ready
}

# refuses NAME TEXT COMMAND...: it must end with an error of that text.
refuses()
{
	local name=$1 text=$2 got=0
	shift 2
	in_ns server timeout 60 "$@" >"$TMP/out" 2>&1 || got=$?
	if [ "$got" -eq 1 ] && grep -F error: "$TMP/out" | grep -qF -- "$text"; then
		pass "$name"
	else
		show "$TMP/out"
		fail "$name" "status $got, expected 1 and: $text"
	fi
}

# start_turn OPTION...: a TURN server on the service's address and port.
start_turn()
{
	spawn turn nsenter "--net=/run/netns/$NS-server" -- turnserver -n --no-auth --no-cli --no-tls --no-dtls \
		--listening-ip "$SERVER" --listening-port "$PORT" --userdb "$TMP/turn.db" --pidfile "$TMP/turn.pid" \
		--log-file stdout --realm test "$@"
	TURN=$SPAWNED
}

reload()
{
	local generation
	generation=$(scrape server metrics | awk '$1 == "reflex_config_generation" { print $2 }')
	kill -HUP "$(daemon_pid)"
	eventually is_generation $((generation + 1))
}
is_generation() { [ "$(scrape server metrics | awk '$1 == "reflex_config_generation" { print $2 }')" = "$1" ]; }

ns_add server client
ns_join server srv client cli
in_ns server ip address add "$SERVER/24" dev srv
in_ns server ip address add "$SERVER6/64" dev srv nodad
in_ns client ip address add "$CLIENT/24" dev cli
in_ns client ip address add 2001:db8::7/64 dev cli nodad
xdp_pass client cli

mac=$(in_ns server ip -o link show srv | sed -n 's/.*link\/ether \([0-9a-f:]*\).*/\1/p')

only "$@"
step "alone, as an unprivileged user"
config 'dataplane: socket' 'services:' "  - address: $SERVER" "  - address: $SERVER6"
start alone/start "${nobody[@]}" "${reflexd[@]}"
check alone/said logged "answering by sockets alone"
check alone/user same "$(stat -c %U "/proc/$(daemon_pid)")" nobody
check alone/capabilities same "$(cat /proc/"$(daemon_pid)"/task/*/status | awk '/^Cap(Inh|Prm|Eff|Amb)/ { print $2 }' | sort -u)" 0000000000000000
verdicts=$(grep -c '^VERDICT(' "$SOURCE/dataplane/core/verdict.def")
check series/packets same "$(scrape server metrics | grep -c '^reflex_packets_total{dataplane="socket",interface="any",')" $((3 * verdicts))
check series/bytes same "$(scrape server metrics | grep -c '^reflex_bytes_total{dataplane="socket",')" 6
check series/no-xdp same "$(scrape server metrics | grep -c 'dataplane="xdp"')" 0
check series/private-clients same "$(scrape server metrics | grep '^reflex_private_clients_total')" 'reflex_private_clients_total{dataplane="socket",interface="any"} 0'
check series/closed same "$(scrape server metrics | grep -c '^reflex_tcp_connections_closed_total')" 7
check series/self-test-uncounted same "$(requests)" 0
if command -v promtool >/dev/null; then
	scrape server metrics >"$TMP/metrics"
	check series/promtool promtool check metrics <"$TMP/metrics"
else
	skip series/promtool "promtool is not installed (package prometheus)"
fi

check udp/ipv4 client udp
check udp/ipv6 client6 udp
check udp/long client long 4000
check udp/longest client long 65504
check udp/ipv4-options client options
check udp/ipv6-extension client6 options
check udp/counted same "$(socket_packets 'verdict="success"' 'action="answer"')" 6
check udp/bytes-in same "$(metric server reflex_bytes_total 'dataplane="socket"' 'direction="rx"')" $((4 * 20 + 4000 + 65504))
check udp/bytes-out same "$(metric server reflex_bytes_total 'dataplane="socket"' 'direction="tx"')" $((4 * 32 + 2 * 44))
check local/ipv4 local_client udp "$SERVER"
check local/ipv6 local_client udp "$SERVER6"
check local/tcp local_client many "$SERVER" 10
step "sources that no client has"
check land/before client6 udp # so that the server knows the way back
check land/sent client6 land "cli/$mac"
check land/counted eventually same_packets 1 'verdict="land"' 'family="ipv6"'

# From outside with loopback addresses as the source, which the kernel lets in as far as it can be told to.
# shellcheck disable=SC2016
in_ns server sh -c 'for i in all srv; do
	echo 1 >"/proc/sys/net/ipv4/conf/$i/route_localnet"
	echo 0 >"/proc/sys/net/ipv4/conf/$i/rp_filter"
done'
in_ns client nft -f - <<-'EOF'
	table inet reflex { chain out { type filter hook postrouting priority 0;
		udp dport 3478 ip saddr set 127.0.0.2; udp dport 3478 ip6 saddr set ::1; }; }
EOF
before=$(socket_packets) answered=$(socket_packets 'action="answer"')
for address in "$SERVER" "$SERVER6"; do
	in_ns client timeout 3 "$REFLEX_BUILD/tests/sockets/sockets-client" udp "$address" "$PORT" || true
done
check loopback/counted eventually same_packets 1 'verdict="source_address"' 'family="ipv4"'
check loopback/nothing-else same "$(socket_packets)" $((before + 1))
check loopback/nothing-sent same "$(socket_packets 'action="answer"')" "$answered"
in_ns client nft delete table inet reflex

step "replies that are not sent"
before=$(socket_packets 'verdict="success"')
in_ns server nft -f - <<-'EOF'
	table inet reflex { chain out { type filter hook output priority 0; udp sport 3478 drop; }; }
EOF
check unsent/unanswered not in_ns client timeout 3 "$REFLEX_BUILD/tests/sockets/sockets-client" udp "$SERVER" "$PORT"
check unsent/counted same "$(socket_packets 'verdict="unsent"')" 1
check unsent/not-success same "$(socket_packets 'verdict="success"')" "$before"
in_ns server nft delete table inet reflex
check unsent/again client udp
answered=$(client burst 20000) || answered=0
check burst/answered between "$answered" 19000 20000

# A private client of an address that is not: counted over UDP and TCP, and not where it got nothing.
check private/none same "$(private_clients)" 0
in_ns client ip address add 10.77.0.7/32 dev cli
in_ns server ip route add 10.77.0.7/32 dev srv
in_ns client ip route add "$SERVER/32" dev cli src 10.77.0.7
check private/udp client udp
check private/tcp client many 3
check private/counted same "$(private_clients)" 4
in_ns server nft -f - <<-'EOF'
	table inet reflex { chain out { type filter hook output priority 0; udp sport 3478 drop; }; }
EOF
check private/unsent not in_ns client timeout 3 "$REFLEX_BUILD/tests/sockets/sockets-client" udp "$SERVER" "$PORT"
in_ns server nft delete table inet reflex
check private/unsent-uncounted same "$(private_clients)" 4
in_ns client ip route del "$SERVER/32" dev cli
check private/public client udp
check private/public-uncounted same "$(private_clients)" 4

step "TCP"
check tcp/many client many 1000
check tcp/many-ipv6 client6 many 1000
check tcp/bytes client bytes
check tcp/pipeline client pipeline 2000
check tcp/pipeline-ipv6 client6 pipeline 2000
check tcp/not-stun client refused 474554202f
check tcp/unaligned client refused "00010002$MESSAGE"
check tcp/too-long client refused "000105b0$MESSAGE"
check tcp/longest client ignored "001105ac$MESSAGE$(printf "80ff05a8%02896d" 0)"
check tcp/indication client ignored "00110000$MESSAGE"
check tcp/response client ignored "01010000$MESSAGE"
check tcp/not-stun-counted same "$(socket_packets 'verdict="not_stun"')" 1
check tcp/unaligned-counted same "$(socket_packets 'verdict="stun_length"')" 1
check tcp/too-long-counted same "$(socket_packets 'verdict="too_long"')" 1
check tcp/indications-counted same "$(socket_packets 'verdict="indication"')" 2
check tcp/response-counted same "$(socket_packets 'verdict="response"')" 1
check tcp/framing same "$(closed framing)" 3
check tcp/all-closed eventually no_connections

step "TCP, badly behaved"
client idle >"$TMP/idle" & idle=$!
client drip >"$TMP/drip" & drip=$!
client slow >"$TMP/slow" & slow=$!
check tcp/three eventually three_connections
check tcp/beside-bad-ones client many 100
wait "$idle" "$drip" "$slow" || true
check tcp/idle between "$(cat "$TMP/idle")" 10 19
check tcp/drip between "$(cat "$TMP/drip")" 10 19
check tcp/slow between "$(cat "$TMP/slow")" 4 15
check tcp/idle-counted same "$(closed idle)" 2
check tcp/slow-counted same "$(closed slow)" 1
check tcp/slow-unsent between "$(socket_packets 'verdict="unsent"')" 2 100000

step "TCP, a flood"
before=$(memory)
opened=$(client flood 1100)
check flood/bounded between "$opened" 900 1024
check flood/counted between "$(closed full)" 76 200
check flood/again between "$(client flood 3000)" 900 1024
check flood/memory between $(($(memory) - before)) -1000000 65536
check flood/after eventually client many 1
check flood/closed eventually no_connections

step "reload"
mkfifo "$TMP/lines"
client keep <"$TMP/lines" >"$TMP/kept" &
keep=$!
exec 9>"$TMP/lines"
echo >&9
check keep/before eventually kept answered
config 'dataplane: socket' 'services:' "  - address: $SERVER" "  - {address: $SERVER, port: 3479}"
check keep/reload reload
check keep/new-port in_ns client "$REFLEX_BUILD/tests/sockets/sockets-client" udp "$SERVER" 3479
check keep/removed not held "$PORT" "[$SERVER6]"
check keep/stayed held "$PORT" "$SERVER"
echo >&9
check keep/after eventually kept answered answered
config 'dataplane: socket' 'services:' "  - {address: $SERVER, port: 3479}"
check keep/reload-again reload
echo >&9
check keep/ended eventually kept answered answered ended
exec 9>&-
wait "$keep" || true
check keep/counted same "$(closed removed)" 1
config 'dataplane: socket' 'services:' '  - port: 53'
kill -HUP "$(daemon_pid)"
check low-port/reload eventually logged "53 cannot be bound: a port below 1024 needs CAP_NET_BIND_SERVICE, which is dropped"
check low-port/old-goes-on in_ns client "$REFLEX_BUILD/tests/sockets/sockets-client" udp "$SERVER" 3479
stop "$REFLEXD"
check stop/no-lock not test -e "$TMP/run/reflex/$INSTANCE"

step "ports"
config 'dataplane: socket' 'services:' '  - port: 53'
refuses low-port/start "53 cannot be bound: a port below 1024 needs CAP_NET_BIND_SERVICE: start as root" "${nobody[@]}" "${reflexd[@]}"
start low-port/root "${reflexd[@]}"
check low-port/capabilities same "$(cat /proc/"$(daemon_pid)"/task/*/status | awk '/^Cap/ { print $2 }' | sort -u)" 0000000000000000
check low-port/answers in_ns client "$REFLEX_BUILD/tests/sockets/sockets-client" udp "$SERVER" 53
check low-port/own-addresses in_ns client "$REFLEX_BUILD/tests/sockets/sockets-client" udp "$SERVER6" 53
sed s/9478/9479/ "$TMP/reflexd.yaml" >"$TMP/second.yaml"
refuses in-use/second "53 is in use by another program" "$TMP/bin/reflexd" --instance "${INSTANCE}x" --config "$TMP/second.yaml"
stop "$REFLEXD"

config 'dataplane: socket' 'services:' "  - address: $SERVER"
start_turn --no-tcp
check in-use/turn eventually ask_turn
refuses in-use/udp "$SERVER:$PORT is in use by another program: \`ss -ulpn 'sport = :$PORT'\` names it; stop it" "${reflexd[@]}"
stop "$TURN"
start_turn --no-udp
check in-use/turn-tcp eventually ask_turn tcp
refuses in-use/tcp "TCP port $SERVER:$PORT is in use by another program: \`ss -tlpn 'sport = :$PORT'\` names it; stop it" "${reflexd[@]}"
stop "$TURN"

if [ "$(nproc)" -gt 1 ]; then
	{
		printf '%s\n' 'dataplane: socket' 'services:'
		for ((i = 0; i < 1024; i++)); do
			echo "  - {address: $SERVER, port: $((20000 + i))}"
		done
	} >"$TMP/reflexd.yaml"
	start many/start prlimit --nofile=7000:7000 "${reflexd[@]}"
	check many/fewer-threads logged "1024 services and the limit of open files allow 1 of "
	check many/last in_ns client "$REFLEX_BUILD/tests/sockets/sockets-client" udp "$SERVER" 21023
	stop "$REFLEXD"
else
	skip many "one CPU"
fi

step "SOFTWARE without cookie"
# learns_by_stun LENGTH: whether an RFC 3489 client takes a reply with SOFTWARE of so many bytes.
learns_by_stun()
{
	config 'dataplane: socket' 'services:' "  - address: $SERVER" "reply: {software: $(printf '%.*s' "$1" Reflex-responder-of-32-characters)}"
	reload
	in_ns client timeout 60 stun "$SERVER" 1 -v >"$TMP/stun.log" 2>&1 || true
	# It prints the address before it comes to SOFTWARE, and `ok` at the end.
	grep -q "^MappedAddress = $CLIENT:" "$TMP/stun.log" && grep -q 'ok=1' "$TMP/stun.log" && return
	show "$TMP/stun.log"
	return 1
}
start software/start "${reflexd[@]}"
for length in 1 5 6 8 31 32; do
	check "software/$length" learns_by_stun "$length"
done
stop "$REFLEXD"

step "beside XDP"
# partial MODE: a client whose kernel leaves checksums to a device, as in a container beside the server's, gets its answer.
partial()
{
	local before
	before=$(socket_packets 'verdict="success"')
	in_ns client ethtool -K cli tx on >/dev/null
	check "partial/$1/ipv4" client udp
	check "partial/$1/ipv6" client6 udp
	in_ns client ethtool -K cli tx off >/dev/null
	check "partial/$1/by-xdp" same "$(packets 'dataplane="xdp"' 'verdict="partial_checksum"' 'action="handoff"')" 2
	check "partial/$1/by-sockets" same "$(socket_packets 'verdict="success"')" $((before + 2))
	check "partial/$1/none-refused" same "$(packets 'dataplane="xdp"' 'action="refuse"' 'verdict="udp_checksum"')" 0
}

config 'interfaces:' '  - name: srv'
start beside/start "${reflexd[@]}"
check beside/udp client udp
check beside/not-by-sockets same "$(socket_packets)" 0
check beside/ipv4-options client options
check beside/options-xdp same "$(packets 'dataplane="xdp"' 'verdict="ipv4_options"' 'action="handoff"')" 1
check beside/ipv6-extension client6 options
check beside/extension-xdp same "$(packets 'dataplane="xdp"' 'verdict="ipv6_extension"' 'action="handoff"')" 1
check beside/fragments client long 4000
check beside/fragments-xdp same "$(packets 'dataplane="xdp"' 'verdict="fragment"' 'action="handoff"')" 3
check beside/by-sockets same "$(socket_packets 'verdict="success"')" 3
check beside/local local_client udp "$SERVER"
check beside/tcp client many 10
check beside/total same "$(requests)" 15
check beside/land client6 land "cli/$mac"
check beside/land-xdp eventually same_packets 1 'dataplane="xdp"' 'verdict="land"'

in_ns server ip address add 203.0.113.11/24 dev srv
check beside/follow eventually held "$PORT" 203.0.113.11
check beside/follow-tcp in_ns client timeout 60 "$REFLEX_BUILD/tests/sockets/sockets-client" many 203.0.113.11 "$PORT" 1
in_ns server ip address del 203.0.113.11/24 dev srv
check beside/unfollow eventually not held "$PORT" 203.0.113.11
partial native
stop "$REFLEXD"

config 'interfaces:' '  - {name: srv, mode: generic}'
start partial/generic/start "${reflexd[@]}"
partial generic
stop "$REFLEXD"

step "otherwise: pass"
config 'interfaces:' '  - name: srv' 'services:' "  - address: $SERVER" 'otherwise: pass'
start pass/start "${reflexd[@]}"
check pass/not-held not held "$PORT" "$SERVER"
check pass/said-none logged "$SERVER:$PORT is held by no program yet"
start_turn
check pass/turn-later eventually ask_turn
check pass/turn-tcp eventually ask_turn tcp
before=$(packets 'dataplane="xdp"' 'verdict="success"')
check pass/binding client udp
check pass/binding-by-xdp same "$(packets 'dataplane="xdp"' 'verdict="success"')" $((before + 1))
check pass/reload reload
check pass/said-held logged "$SERVER:$PORT is held by another program, which gets what is passed up (otherwise: pass)"
config 'interfaces:' '  - name: srv' 'services:' "  - address: $SERVER"
kill -HUP "$(daemon_pid)"
check pass/drop-refused eventually logged "$SERVER:$PORT is in use by another program"
stop "$REFLEXD"
config 'interfaces:' '  - name: srv' 'services:' "  - address: $SERVER" 'otherwise: pass'
start pass/after-turn "${reflexd[@]}"
check pass/said-held-at-start logged "$SERVER:$PORT is held by another program"
check pass/turn-still ask_turn
stop "$TURN"
config 'interfaces:' '  - name: srv' 'services:' "  - address: $SERVER"
check pass/to-drop reload
check pass/now-held held "$PORT" "$SERVER"
check pass/now-tcp client many 1
stop "$REFLEXD"
