#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Behaviour discovery (RFC 5780, RFC 3489): real clients behind real NATs must call each NAT by its name, over XDP, over
# sockets, and over DPDK. And TCP, by a real client too.
#
#   home 192.168.1.101 --- nat 198.51.100.N ---+
#   home 192.168.1.101 --- nat 198.51.100.N ---+--- server 203.0.113.10, 203.0.113.11
#   home 192.0.2.N ------- router -------------+
#
# Each NAT is a router of its own with a home of its own, so all of them are asked at the same time.
# `tests/run nats --against coturn` asks coturn instead, to see that the NATs are what they are called here.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

PRIVATE=192.168.1.101
SERVER=203.0.113.10
ALTERNATE=203.0.113.11
SERVER6=2001:db8::10
ALTERNATE6=2001:db8::11

case $* in
'') rounds=(xdp socket af_xdp);;
'--against '*) rounds=("${@:2}");;
*) echo "usage: tests/run nats [--against xdp|socket|af_packet|af_xdp|coturn...]" >&2; exit 2;;
esac

suite nats
# shellcheck source=tests/dpdk/start.sh
. "$(dirname "$0")/dpdk/start.sh"
need_root
need ip iproute2 nft nftables ethtool ethtool bpftool bpftool curl curl \
	turnutils_natdiscovery coturn stun stun-client stunc sofia-sip-bin

# --- the internet ---

make_internet()
{
	ns_add server internet
	in_ns internet ip link add bridge type bridge
	in_ns internet ip link set bridge up
	ns_join server wan internet server
	in_ns internet ip link set server master bridge
	xdp_pass internet server
}

# server_addresses DEVICE: and the ways to the NATs.
server_addresses()
{
	local route
	in_ns server ip address add "$SERVER/24" dev "$1"
	in_ns server ip address add "$ALTERNATE/24" dev "$1"
	in_ns server ip address add "$SERVER6/64" dev "$1" nodad
	in_ns server ip address add "$ALTERNATE6/64" dev "$1" nodad
	in_ns server ip route add 198.51.100.0/24 dev "$1"
	for route in "${routes[@]}"; do
		# shellcheck disable=SC2086
		in_ns server ip route replace $route
	done
}

# --- the NATs ---

# In every ruleset of a NAT: what nobody asked for ends here and leaves no trace. Else the trace would occupy the public
# port, and a later mapping, which should be the same, would have to be another.
# shellcheck disable=SC2016
GUARD='
	chain input {
		type filter hook input priority filter
		iifname "outside" ct state new drop
	}'

# nft keeps ports where it can, and then a server that gets a port wrong is not found out. So here the public port is
# another one, always the same for a private port...
# shellcheck disable=SC2016
BY_PORT='meta l4proto { tcp, udp } snat to $PUBLIC : th sport ^ 0x1000'
# ... or always the same for a private port and the address of a server.
BY_ADDRESS="ip daddr $SERVER meta l4proto { tcp, udp } snat to \$PUBLIC : th sport ^ 0x1000
	ip daddr $ALTERNATE meta l4proto { tcp, udp } snat to \$PUBLIC : th sport ^ 0x2000"

# Lets in whom this public port has sent to, whatever port they send from: priority srcnat + 1 sees the public port.
# shellcheck disable=SC2016
BY_TALK='
	map talked {
		type inet_service . ipv4_addr : inet_service
		flags dynamic, timeout
		timeout 20s
	}
	chain remember {
		type filter hook postrouting priority srcnat + 1
		oifname "outside" meta l4proto udp update @talked { udp sport . ip daddr : ct original proto-src }
	}
	chain prerouting {
		type nat hook prerouting priority dstnat
		iifname "outside" meta l4proto udp dnat to $PRIVATE : udp dport . ip saddr map @talked
	}'

nats=() routes=()
declare -A home public public6 mapping filtering ports hairpin lifetime stun stunc

# nat NAME HOME MAPPING FILTERING PORTS <RULES: in the words of RFC 4787. HOME is private, or public where nothing is
# translated. PORTS: preserves or random.
nat()
{
	local name=$1 inner=home-$1 nat=nat-$1 number=$((${#nats[@]} + 1)) outside
	nats+=("$name")
	mapping[$name]=$3 filtering[$name]=$4 ports[$name]=$5 hairpin[$name]=no lifetime[$name]=lives
	outside=198.51.100.$number
	home[$name]=$PRIVATE public[$name]=$outside
	ns_add "$inner" "$nat"
	ns_join "$inner" lan "$nat" inside
	ns_join "$nat" outside internet "nat$number"
	in_ns internet ip link set "nat$number" master bridge
	in_ns "$nat" ip address add 192.168.1.1/24 dev inside
	in_ns "$nat" ip address add "$outside/24" dev outside
	in_ns "$nat" ip route add 203.0.113.0/24 dev outside
	in_ns "$nat" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
	if [ "$2" = private ]; then
		in_ns "$inner" ip address add "$PRIVATE/24" dev lan
	else
		home[$name]=192.0.2.$number public[$name]=192.0.2.$number
		in_ns "$inner" ip address add "${home[$name]}/32" dev lan
		in_ns "$nat" ip route add "${public[$name]}" dev inside
		routes+=("${public[$name]} via $outside" "2001:db8:0:$number::/64 via 2001:db8::1:$number")
		public6[$name]=2001:db8:0:$number::101
		in_ns "$nat" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
		in_ns "$nat" ip address add "2001:db8::1:$number/64" dev outside nodad
		in_ns "$nat" ip address add "2001:db8:0:$number::1/64" dev inside nodad
		in_ns "$inner" ip address add "${public6[$name]}/64" dev lan nodad
		in_ns "$inner" ip route add default via "2001:db8:0:$number::1"
	fi
	in_ns "$inner" ip route add default via 192.168.1.1 dev lan onlink
	{ echo "define PUBLIC = $outside"; echo "define PRIVATE = $PRIVATE"; cat; } | in_ns "$nat" nft -f -
}

INDEPENDENT='Endpoint Independent'
ADDRESS='Address Dependent'
PORT='Address and Port Dependent'

# nft wants a newline or a semicolon after every statement, before a closing brace too.
make_nats()
{
	nat open public "$INDEPENDENT" "$INDEPENDENT" preserves </dev/null
	hairpin[open]=yes

	nat firewall public "$INDEPENDENT" "$PORT" preserves <<-END
		table inet firewall {
			chain forward {
				type filter hook forward priority filter
				iifname "outside" ct state new drop
			}
		}
	END
	hairpin[firewall]=yes

	nat full-cone private "$INDEPENDENT" "$INDEPENDENT" preserves <<-END
		table ip nat {
			chain prerouting {
				type nat hook prerouting priority dstnat
				iifname "outside" dnat to \$PRIVATE
			}
			chain postrouting {
				type nat hook postrouting priority srcnat
				oifname "outside" snat to \$PUBLIC
			}
		}
	END

	nat full-cone-hairpin private "$INDEPENDENT" "$INDEPENDENT" random <<-END
		table ip nat { $GUARD
			chain prerouting {
				type nat hook prerouting priority dstnat
				ip daddr \$PUBLIC meta l4proto udp dnat to \$PRIVATE : udp dport ^ 0x1000
			}
			chain postrouting {
				type nat hook postrouting priority srcnat
				ip saddr \$PRIVATE $BY_PORT
			}
		}
	END
	hairpin[full-cone-hairpin]=yes

	nat restricted-cone private "$INDEPENDENT" "$ADDRESS" random <<-END
		table ip nat { $GUARD $BY_TALK
			chain postrouting {
				type nat hook postrouting priority srcnat
				$BY_PORT
			}
		}
	END

	nat port-restricted-cone private "$INDEPENDENT" "$PORT" preserves <<-END
		table ip nat { $GUARD
			chain postrouting {
				type nat hook postrouting priority srcnat
				oifname "outside" masquerade
			}
		}
	END

	nat address-dependent private "$ADDRESS" "$ADDRESS" random <<-END
		table ip nat { $GUARD $BY_TALK
			chain postrouting {
				type nat hook postrouting priority srcnat
				$BY_ADDRESS
			}
		}
	END

	nat address-dependent-port-restricted private "$ADDRESS" "$PORT" random <<-END
		table ip nat { $GUARD
			chain postrouting {
				type nat hook postrouting priority srcnat
				$BY_ADDRESS
			}
		}
	END

	nat symmetric private "$PORT" "$PORT" random <<-END
		table ip nat { $GUARD
			chain postrouting {
				type nat hook postrouting priority srcnat
				oifname "outside" masquerade fully-random
			}
		}
	END

	nat forgetful private "$INDEPENDENT" "$PORT" preserves <<-END
		table ip nat { $GUARD
			chain postrouting {
				type nat hook postrouting priority srcnat
				oifname "outside" masquerade
			}
		}
	END
	# shellcheck disable=SC2016
	in_ns nat-forgetful sh -c 'for i in /proc/sys/net/netfilter/nf_conntrack_udp_timeout*; do echo 1 >"$i"; done'
	lifetime[forgetful]=expired
}

# --- what the RFC 3489 clients call them, who do not tell one dependent mapping from another ---

name_nats()
{
	local name
	for name in "${nats[@]}"; do
		case ${public6[$name]:+open},${mapping[$name]},${filtering[$name]} in
		"open,$INDEPENDENT,$INDEPENDENT")
			stun[$name]='Open'
			stunc[$name]='Open Internet'
			continue;;
		"open,$INDEPENDENT,$PORT")
			stun[$name]='Firewall'
			stunc[$name]='Symmetric UDP Firewall'
			continue;;
		",$INDEPENDENT,$INDEPENDENT")
			stun[$name]='Independent Mapping, Independent Filter'
			stunc[$name]='Full-Cone NAT (endpoint independent filtering and mapping)';;
		",$INDEPENDENT,$ADDRESS")
			stun[$name]='Independent Mapping, Address Dependent Filter'
			stunc[$name]='Restricted Cone NAT (endpoint independent mapping)';;
		",$INDEPENDENT,$PORT")
			stun[$name]='Independent Mapping, Port Dependent Filter'
			stunc[$name]='Port Restricted Cone NAT (endpoint independent mapping)';;
		*,"$ADDRESS")
			stun[$name]='Dependent Mapping'
			stunc[$name]='Address dependent filtering, endpoint dependent mapping';;
		*)
			stun[$name]='Dependent Mapping'
			stunc[$name]='Symmetric NAT (address and port dependent filtering, endpoint dependent mapping)';;
		esac
		case ${ports[$name]} in preserves) stun[$name]+=', preserves ports';; random) stun[$name]+=', random port';; esac
		case ${hairpin[$name]} in yes) stun[$name]+=', will hairpin';; no) stun[$name]+=', no hairpin';; esac
	done
}

# --- the server ---

serve()
{
	if [ "$1" = coturn ]; then
		server_addresses wan
		start_coturn
		return
	fi
	{ carried_by "$1" wan; cat; } >"$TMP/reflexd.yaml" <<-END
		services:
		  - address: $SERVER
		    port: 3478
		    alternate: {address: $ALTERNATE, port: 3479}
		    response_port: true
		    padding: true
		  - address: $SERVER6
		    port: 3478
		    alternate: {address: $ALTERNATE6, port: 3479}
		    response_port: true
		    padding: true
	END
	start_carrier "$1" server wan server_addresses
}

start_coturn()
{
	spawn coturn nsenter "--net=/run/netns/$NS-server" "--wd=$TMP" -- \
		turnserver -n --no-cli --no-tls --no-dtls --no-auth --alt-listening-port 3479 \
		-L "$SERVER" -L "$ALTERNATE" -L "$SERVER6" -L "$ALTERNATE6" \
		--pidfile "$TMP/coturn.pid" --db "$TMP/coturn.db" --log-file stdout
	REFLEXD=$SPAWNED
	eventually in_ns home-open timeout 1 stun "$SERVER" 1
}

# --- the clients ---

asked=()

# ask NAT CLIENT COMMAND...: in the background.
ask()
{
	local name=$1 client=$2
	shift 2
	spawn "$round-$name-$client" nsenter "--net=/run/netns/$NS-home-$name" -- timeout 90 "$@"
	asked+=("$SPAWNED")
}

answered_all()
{
	local group
	for group in "${asked[@]}"; do
		await "$group" || true # exit codes mean too many things
	done
	asked=()
}

# is NAME EXPECTED SAID LOG
is()
{
	if [ "$3" = "$2" ]; then
		pass "$1" "$3"
	else
		show "$4"
		fail "$1" "it says '$3' instead of '$2'"
	fi
}

# natdiscovery takes any answer for a passed test, an error too: whatever it complains about becomes part of what it said.
# The addresses that it learned while it looked for the mapping become letters, a letter for each.
said_natdiscovery()
{
	awk '
		/^-= / { said = said (said ? "; " : "") $2; part = $2 }
		/^(No NAT|NAT with)/ { said = said (/^No NAT/ ? ", no NAT" : ", " $0) }
		/reflexive addr:/ {
			if (part == "Mapping") {
				if (!($NF in letter)) letter[$NF] = substr("ABC", ++letters, 1)
				said = said " " letter[$NF]
			}
			sub(/:[0-9]+$/, "", $NF)
			at[$NF]
		}
		/^Received a request/ { said = said ", hairpinned" }
		/ALG detected|error|Cannot|Wrong|Not received|not a / { said = said ", " $0 }
		END { for (address in at) said = said " at " address; print said }' "$1"
}

# expect_natdiscovery NAT ADDRESS. It asks the first pair, then the other address, then what the second answer calls
# OTHER-ADDRESS. By RFC 5780 section 7.4 that is the first address again, with its other port, but it takes it for the other
# address with its other port, which is what coturn says. So it cannot name a mapping that depends on the address alone; but
# what it learned shows one: its first and third mappings are the same.
expect_natdiscovery()
{
	local open=${public6[$1]:+, no NAT} learned
	case $round,${mapping[$1]} in
	*,"$INDEPENDENT") learned="A$open A, NAT with $INDEPENDENT";;
	coturn,"$ADDRESS") learned="A B B, NAT with $ADDRESS";;
	*,"$ADDRESS") learned="A B A, NAT with $PORT";;
	*,"$PORT") learned="A B C, NAT with $PORT";;
	esac
	echo "Mapping $learned Mapping!; Filtering$open, NAT with ${filtering[$1]} Filtering! at $2"
}

said_stun()
{
	local at
	at=$(sed -n 's/^MappedAddress = \(.*\):[0-9]*$/\1/p' "$1" | sort -u)
	echo "$(sed -n 's/^Primary: \(.*\)\t$/\1/p' "$1") at ${at//$'\n'/ }"
}

# Each of its tests alone, from a port of its own. One that gets no answer waits for ever.
# shellcheck disable=SC2016
STUN_TESTS='
	port=21000
	for test in 1 2 3 4 5 10 11 -1 -2; do
		echo "test $test"
		timeout 3 stun "$0" "$test" -v -p $((port += 10))
	done'

# The tests that were answered, with the right address, from the right pair.
said_stun_tests()
{
	awk -v at="$2" -v server="$SERVER" -v alternate="$ALTERNATE" '
		BEGIN { from[2] = from[4] = alternate ":3478"; from[3] = server ":3479" }
		/^test / { test = $2; good = 0; want = test in from ? from[test] : server ":3478" }
		/^MappedAddress = / { sub(/:[0-9]+$/, "", $3); good = $3 == at }
		/^SourceAddress = / { if (good && $3 == want && !(test in said)) { said[test]; list = list test " " } }
		END { print list }' "$1"
}

expect_stun_tests()
{
	case ${filtering[$1]} in
	"$INDEPENDENT") echo "1 2 3 4 5 10 11 -1 -2 ";;
	"$ADDRESS") echo "1 3 5 10 11 -1 -2 ";;
	"$PORT") echo "1 5 10 11 -1 -2 ";;
	esac
}

said_stunc()
{
	sed -n -e 's/.*local address NATed as \(.*\):[0-9]*$/\1/p' -e "s/.*NAT type determined to be '\(.*\)'.*/\1/p" "$1" |
		sed 'N;s/\(.*\)\n\(.*\)/\2 at \1/'
}

said_natbd() { grep -E '^(udp|tcp)-[a-z]*: ' "$1" | sort | paste -s -d ';' | sed 's/;/; /g'; }

expect_natbd()
{
	echo "udp-address: untouched $2; udp-filtering: ${filtering[$1]}; udp-hairpinning: ${hairpin[$1]};" \
		"udp-lifetime: ${lifetime[$1]}; udp-mapping: ${mapping[$1]}"
}

expect_tcp() { echo "tcp-address: untouched $2; tcp-mapping: ${mapping[$1]}"; }

NATBD=$REFLEX_BUILD/tests/nats/natbd
# Its other tests over UDP know no IPv6.
UDP=(udp-mapping udp-filtering udp-address udp-hairpinning udp-lifetime)
TCP=(tcp-mapping tcp-address)

# What XDP answers.
ask_udp()
{
	local name
	for name in "${nats[@]}"; do
		ask "$name" natdiscovery turnutils_natdiscovery -m -f -L "${home[$name]}" "$SERVER"
		ask "$name" response-port turnutils_natdiscovery -t -T 3 "$SERVER"
		ask "$name" hairpin turnutils_natdiscovery -H "$SERVER"
		ask "$name" stun stun "$SERVER" -v -p 20000
		ask "$name" stun-tests sh -c "$STUN_TESTS" "$SERVER"
		ask "$name" stunc stunc "$SERVER" -b -n
		ask "$name" natbd "$NATBD" "$SERVER" "${home[$name]}" "${UDP[@]}"
		if [ -n "${public6[$name]:-}" ]; then
			ask "$name" natdiscovery6 turnutils_natdiscovery -m -f -L "${public6[$name]}" "$SERVER6"
			ask "$name" natbd6 "$NATBD" "$SERVER6" "${public6[$name]}" udp-mapping
		fi
	done
	answered_all
	for name in "${nats[@]}"; do
		judge_udp "$name" "$round/$name" "$TMP/$round-$name" "${public[$name]}"
	done
}

judge_udp()
{
	local name=$1 result=$2 log=$3 at=$4
	is "$result/natdiscovery" "$(expect_natdiscovery "$name" "$at")" \
		"$(said_natdiscovery "$log-natdiscovery.log")" "$log-natdiscovery.log"
	is "$result/natdiscovery-response-port" "${lifetime[$name]}" \
		"$(said_lifetime "$log-response-port.log")" "$log-response-port.log"
	is "$result/natdiscovery-hairpinning" "Hairpinning$([ "${hairpin[$name]}" = no ] || echo ', hairpinned') at $at" \
		"$(said_natdiscovery "$log-hairpin.log")" "$log-hairpin.log"
	is "$result/stun" "${stun[$name]} at $at" "$(said_stun "$log-stun.log")" "$log-stun.log"
	is "$result/stun-tests" "$(expect_stun_tests "$name")" "$(said_stun_tests "$log-stun-tests.log" "$at")" \
		"$log-stun-tests.log"
	is "$result/stunc" "${stunc[$name]} at $at" "$(said_stunc "$log-stunc.log")" "$log-stunc.log"
	is "$result/natbd" "$(expect_natbd "$name" "$at")" "$(said_natbd "$log-natbd.log")" "$log-natbd.log"
	[ -n "${public6[$name]:-}" ] || return 0
	at=${public6[$name]}
	is "$result/natdiscovery6" "$(expect_natdiscovery "$name" "$at")" \
		"$(said_natdiscovery "$log-natdiscovery6.log")" "$log-natdiscovery6.log"
	is "$result/natbd6" "udp-mapping: ${mapping[$name]}" "$(said_natbd "$log-natbd6.log")" "$log-natbd6.log"
}

# It asks from a second port for an answer to the first one, 3 s later.
said_lifetime()
{
	case $(grep -c '^RFC 5780 response' "$1"),$(grep -c '^STUN receive timeout' "$1") in
	2,0) echo lives;;
	1,1) echo expired;;
	*) echo nonsense;;
	esac
}

# What only sockets answer: PADDING and TCP.
ask_sockets()
{
	local name result log
	for name in "${nats[@]}"; do
		# The kernel puts fragments together for af_packet, and then they do not fit into the other interface.
		[ "$round" = af_packet ] ||
			ask "$name" padding turnutils_natdiscovery -P -m -f -L "${home[$name]}" "$SERVER"
		ask "$name" tcp "$NATBD" "$SERVER" "${home[$name]}" "${TCP[@]}"
		[ -z "${public6[$name]:-}" ] || ask "$name" tcp6 "$NATBD" "$SERVER6" "${public6[$name]}" "${TCP[@]}"
	done
	answered_all
	for name in "${nats[@]}"; do
		result=$round/$name
		log=$TMP/$round-$name
		[ "$round" = af_packet ] || is "$result/natdiscovery-padding" "$(expect_natdiscovery "$name" "${public[$name]}")" \
			"$(said_natdiscovery "$log-padding.log")" "$log-padding.log"
		is "$result/natbd-tcp" "$(expect_tcp "$name" "${public[$name]}")" "$(said_natbd "$log-tcp.log")" "$log-tcp.log"
		[ -z "${public6[$name]:-}" ] ||
			is "$result/natbd-tcp6" "$(expect_tcp "$name" "${public6[$name]}")" "$(said_natbd "$log-tcp6.log")" "$log-tcp6.log"
	done
}

# --- who answered ---

answers() { metric server reflex_packets_total "dataplane=\"$1\"" 'action="answer"' || echo 0; }

# by NAME DATAPLANE OTHER: all the answers so far came from DATAPLANE.
by()
{
	local mine other
	mine=$(answers "$2")
	other=$(answers "$3")
	if [ "$mine" -gt 0 ] && [ "$other" -eq 0 ]; then
		pass "$1" "$mine answers"
	else
		fail "$1" "$2 counted $mine answers, $3 $other"
	fi
}

step "lab"
make_internet
make_nats
name_nats

for round in "${rounds[@]}"; do
	begin_round "$round" || continue
	ask_udp
	case $round in
	xdp) by xdp/by-xdp xdp socket;;
	socket) by socket/by-sockets socket xdp;;
	af_*) by "$round/by-dpdk" dpdk socket;;
	esac
	ask_sockets
	case $round in af_*) check "$round/nothing-lost" same "$(dpdk_lost server)" 0;; esac
	stop_carrier
	in_ns server ip address flush dev wan
done
if [ "$suite_failed" -ne 0 ]; then
	show "$TMP/reflexd.log"
fi
