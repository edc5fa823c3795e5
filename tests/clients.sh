#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Real clients behind a real NAT: each must learn the NAT's public address, and XDP must have told it; and again, over two
# drivers of DPDK, reflex-dpdk. Then the server's kernel has the interface behind it, and the callee there.
#
#   home 192.168.1.101 --- nat (masquerade) 198.51.100.7 --- server 203.0.113.10, 203.0.113.11
#   home fd00::101 ------- nat (masquerade) 2001:db8:51::7 -- server 2001:db8:113::10
#
# Real public addresses are not used: these are the documentation blocks of RFC 5737 and RFC 3849.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

PRIVATE=192.168.1.101
PUBLIC=198.51.100.7
PUBLIC6=2001:db8:51::7
SERVER=203.0.113.10
SERVER6=2001:db8:113::10
CALLEE=203.0.113.11

case $* in
'') rounds=(xdp af_packet af_xdp);;
'--over '*) rounds=("${@:2}");;
*) echo "usage: tests/run clients [--over xdp|af_packet|af_xdp...]" >&2; exit 2;;
esac

suite clients
# shellcheck source=tests/dpdk/start.sh
. "$(dirname "$0")/dpdk/start.sh"
need_root
need ip iproute2 nft nftables ethtool ethtool bpftool bpftool curl curl \
	chromium chromium chromedriver chromium-driver stun stun-client turnutils_stunclient coturn \
	baresip baresip-core sipp sip-tester tshark tshark dumpcap wireshark-common

make_lab()
{
	ns_add home nat server
	ns_join home lan nat inside
	ns_join nat outside server wan
	in_ns home ip address add "$PRIVATE/24" dev lan
	in_ns home ip route add default via 192.168.1.1
	in_ns nat ip address add 192.168.1.1/24 dev inside
	in_ns nat ip address add "$PUBLIC/24" dev outside
	in_ns nat ip route add 203.0.113.0/24 dev outside
	in_ns nat sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
	in_ns home ip address add fd00::101/64 dev lan nodad
	in_ns home ip route add default via fd00::1
	in_ns nat ip address add fd00::1/64 dev inside nodad
	in_ns nat ip address add "$PUBLIC6/64" dev outside nodad
	in_ns nat ip route add 2001:db8:113::/64 dev outside
	in_ns nat sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
	# nft wants a newline or a semicolon after every statement, before a closing brace too.
	in_ns nat nft -f - <<-END
		table inet nat {
			chain postrouting {
				type nat hook postrouting priority srcnat
				oifname "outside" masquerade
			}
		}
	END
	xdp_pass nat outside
}

# server_addresses DEVICE
server_addresses()
{
	in_ns server ip address add "$SERVER/24" dev "$1"
	in_ns server ip address add "$CALLEE/24" dev "$1"
	in_ns server ip route add 198.51.100.0/24 dev "$1"
	in_ns server ip address add "$SERVER6/64" dev "$1" nodad
	in_ns server ip route add 2001:db8:51::/64 dev "$1"
}

serve()
{
	{
		carried_by "$1" wan
		printf '%s\n' 'services:' "  - address: $SERVER" "  - address: $SERVER6" \
			'reply: {software: Reflex}' # whose length is no multiple of 4
	} >"$TMP/reflexd.yaml"
	start_carrier "$1" server wan server_addresses
}

# What XDP_TX sends is invisible on the device that sends it, hence the capture at the NAT's end of the wire.
start_capture()
{
	spawn capture nsenter "--net=/run/netns/$NS-nat" -- \
		dumpcap -q -i outside -f 'udp port 3478' -w "$TMP/stun-$round.pcapng"
	CAPTURE=$SPAWNED
	eventually grep -q '^File: ' "$TMP/capture.log"
}

# --- who answered? ---

# answers [LABEL...]: how often this round's dataplane has answered so.
answers() { metric server reflex_packets_total "dataplane=\"$(dataplane_of "$round")\"" 'action="answer"' "$@"; }

# client TEST VERDICT FUNCTION [ADDRESS]: the function sets $learned and $detail; this round's dataplane must have given the
# answer, nobody else.
client()
{
	local before after name=$round/$1 verdict="verdict=\"$2\"" public=${4:-$PUBLIC}
	learned=
	detail=
	before=$(answers "$verdict") || before=none
	"$3" || true
	after=$(answers "$verdict") || after=none
	if [ "$learned" != "$public" ]; then
		fail "$name" "learned ${learned:-nothing} instead of $public${detail:+; $detail}"
	elif [ "$before" = none ] || [ "$after" = none ]; then
		fail "$name" "/metrics has no reflex_packets_total of this dataplane, action answer, $verdict"
	elif [ "$after" -le "$before" ]; then
		fail "$name" "learned it, but from another: its $2 stayed at $after"
	else
		pass "$name" "${detail:-$public}"
	fi
}

# --- Chromium, by the WebDriver protocol ---

webdriver()
{
	in_ns home curl --silent --show-error --max-time 60 --header 'Content-Type: application/json' \
		--request "$1" "http://127.0.0.1:9515/$2" "${@:3}"
}

# A JSON string for a script: no quote, backslash or newline of its own can get in its way.
GATHER="
const done = arguments[0], begin = performance.now(), found = [];
const connection = new RTCPeerConnection({iceServers: [{urls: ['stun:$SERVER:3478', 'stun:[$SERVER6]:3478']}]});
const end = text => { connection.close(); done(text); };
connection.onicecandidateerror = event => found.push('error ' + event.errorCode + ' ' + event.errorText);
connection.onicecandidate = event => {
	if (!event.candidate)
		return end(found.join(', '));
	const part = event.candidate.candidate.split(' ');
	found.push([part[2], part[7], part[4], Math.round(performance.now() - begin)].join(' '));
};
connection.createDataChannel('reflex');
connection.createOffer().then(offer => connection.setLocalDescription(offer)).catch(error => end('' + error));
setTimeout(() => end('not done in 20 s: ' + found.join(', ')), 20000);"

shows_page()
{
	webdriver POST "session/$SESSION/execute/sync" \
		--data '{"args": [], "script": "return document.readyState + location.protocol"}' | grep -q completedata:
}

start_chromium()
{
	local sandbox=--no-sandbox # root has none
	spawn chromedriver nsenter "--net=/run/netns/$NS-home" -- \
		env "HOME=$TMP" "TMPDIR=$TMP" chromedriver --port=9515
	eventually webdriver GET status --fail || return 1
	webdriver POST session --data @- >"$TMP/session.log" <<-END
		{"capabilities": {"alwaysMatch": {"pageLoadStrategy": "none", "goog:chromeOptions": {"binary": "$(command -v chromium)", "args": [
			"--headless=new", "$sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage",
			"--no-first-run", "--disable-background-networking", "--disable-component-update",
			"--disable-sync", "--user-data-dir=$TMP/profile"]}}}}
	END
	SESSION=$(sed -n 's/.*"sessionId":"\([^"]*\)".*/\1/p' "$TMP/session.log")
	[ -n "$SESSION" ] || return 1
	# Its own first page takes 8 s to give up on the network. Leave it, or it takes the script with it.
	webdriver POST "session/$SESSION/url" --data '{"url": "data:text/html,reflex"}' >/dev/null
	eventually shows_page
}

# Of both families, in one go.
ask_chromium()
{
	local all srflx
	if [ -z "${SESSION:-}" ] && ! start_chromium; then
		detail="chromium did not start"
		show "$TMP/chromedriver.log"
		show "$TMP/session.log"
		return
	fi
	webdriver POST "session/$SESSION/execute/async" \
		--data "{\"args\": [], \"script\": \"${GATHER//[$'\n\t']/ }\"}" >"$TMP/gathered.log"
	all=$(sed 's/^{"value":"\(.*\)"}$/\1/' "$TMP/gathered.log")
	srflx=$(tr , '\n' <<<"$all" | awk '$2 == "srflx" && $1 == "udp" { print $3, $4 }' | sort)
	learned=$(cut -d ' ' -f 1 <<<"$srflx" | paste -sd ' ')
	if [ -n "$srflx" ]; then
		detail="srflx, in ms: $(paste -sd ',' <<<"$srflx" | sed 's/,/, /g')"
	else
		detail="it gathered: ${all:-nothing}"
	fi
}

# --- the command line clients ---

# It takes a 420 for a passed test and silence for a firewall, and its exit status is the NAT type: only the
# MappedAddress line proves an answer.
ask_stun()
{
	in_ns home timeout 60 stun "$SERVER" -v >"$TMP/stun.log" 2>&1 || true
	learned=$(sed -n 's/^MappedAddress = \(.*\):[0-9]*$/\1/p' "$TMP/stun.log" | sort -u)
	! grep -q 'ok=0' "$TMP/stun.log" || learned= # it could not read the reply to its end
	[ -n "$learned" ] || show "$TMP/stun.log"
}

# turnutils ADDRESS
turnutils()
{
	(cd "$TMP" && in_ns home timeout 60 turnutils_stunclient "$1") >"$TMP/turnutils.log" 2>&1 || true
	learned=$(sed -n 's/.*UDP reflexive addr: \(.*\):[0-9]*$/\1/p' "$TMP/turnutils.log" | sort -u)
	[ -n "$learned" ] || show "$TMP/turnutils.log"
}
ask_turnutils() { turnutils "$SERVER"; }
ask_turnutils6() { turnutils "$SERVER6"; }

# --- a softphone: the reason why this exists ---

listens() { in_ns server ss -Hlun src "$1" | grep -q .; }
said() { grep -q "$2" "$1"; }

# call NAME ACCOUNT-OPTIONS: $learned is where the callee was told to send the sound. There is none: baresip 1.1.0 crashes in
# its threads for sound now and then.
call()
{
	local name=$round-$1 phone=$TMP/$round-$1 trace=$TMP/$round-$1.trace callee
	mkdir "$phone"
	cat >"$phone/config" <<-END
		sip_listen $PRIVATE:5060
		module_path $(dirname "$(dpkg -L baresip-core | grep '/stun\.so$')")
		module g711.so
		module stun.so
		module_app account.so
		module_app menu.so
	END
	echo "<sip:reflex@$PRIVATE>;regint=0;audio_codecs=PCMU$2" >"$phone/accounts"
	spawn "sipp-$name" nsenter "--net=/run/netns/$NS-server" -- \
		sipp -sn uas -i "$CALLEE" -p 5060 -m 1 -nostdin -default_behaviors all,-abortunexp -rtp_echo -trace_msg -message_file "$trace"
	callee=$SPAWNED
	eventually listens "$CALLEE:5060" || detail="sipp does not listen"
	spawn "baresip-$name" nsenter "--net=/run/netns/$NS-home" -- \
		env "HOME=$TMP" baresip -4 -f "$phone" -e "/dial sip:uas@$CALLEE" -t 90
	eventually said "$trace" '^ACK ' || detail="the call was never set up"
	stop "$SPAWNED"
	stop "$callee"
	# A media line's own address overrides the session's (RFC 8866 5.7).
	learned=$(tr -d '\r' <"$trace" | awk '
		/^INVITE / { in_invite = 1 }
		/^UDP message sent/ { exit }
		in_invite && /^c=IN IP4 / { address = $3 }
		END { print address }')
	if [ -n "$detail" ] || [ -z "$learned" ]; then
		show "$TMP/baresip-$name.log"
		show "$TMP/sipp-$name.log"
	fi
}

call_with_stun()
{
	call stun ";medianat=stun;stunserver=\"stun:$SERVER:3478\""
	[ -n "$detail" ] || detail="SDP carries $learned"
}

call_without_stun()
{
	detail=
	call plain ""
	if [ "$learned" = "$PRIVATE" ] && [ -z "$detail" ]; then
		pass "$round/baresip-without-stun" "SDP carries $learned"
	else
		fail "$round/baresip-without-stun" "SDP carries ${learned:-no address}, not $PRIVATE${detail:+; $detail}"
	fi
}

# --- tshark judges what went over the wire ---

dissect()
{
	tshark -n -r "$TMP/stun-$round.pcapng" -d udp.port==3478,stun \
		-o ip.check_checksum:TRUE -o udp.check_checksum:TRUE "$@" 2>"$TMP/tshark.log" && return
	show "$TMP/tshark.log" >&2
	return 1
}

# tshark has a dissector of its own, and other names, for RFC 3489.
REQUEST="(ip.dst == $SERVER || ipv6.dst == $SERVER6) && (stun.type == 0x0001 || classicstun.type == 0x0001)"
REPLY="(ip.src == $SERVER || ipv6.src == $SERVER6) && (stun.type in {0x0101, 0x0111} || classicstun.type in {0x0101, 0x0111})"

# none NAME FILTER WHAT: no frame may match.
none()
{
	local bad
	dissect -Y "$2" >"$TMP/bad.log"
	bad=$(wc -l <"$TMP/bad.log")
	if [ "$bad" -eq 0 ]; then
		pass "$round/wire/$1"
	else
		show "$TMP/bad.log" "$2"
		dissect -Y "$2" -V >"$TMP/bad.log"
		show "$TMP/bad.log" "the last of them"
		fail "$round/wire/$1" "$bad frames $3"
	fi
}

judge_wire()
{
	local requests=$TMP/requests replies=$TMP/replies answered
	# Retransmissions are requests of their own, so each ID must come back as often as it was sent.
	dissect -Y "$REQUEST" -T fields -e udp.srcport -e stun.id -e classicstun.id | sort >"$requests"
	dissect -Y "$REPLY" -T fields -e udp.dstport -e stun.id -e classicstun.id | sort >"$replies"
	if [ ! -s "$requests" ]; then
		show "$TMP/capture.log"
		fail "$round/wire/each-answered-once" "no request in the capture"
	elif cmp -s "$requests" "$replies"; then
		pass "$round/wire/each-answered-once" "$(wc -l <"$requests") requests"
	else
		diff "$requests" "$replies" | head -20 || true
		fail "$round/wire/each-answered-once" "$(wc -l <"$requests") requests, $(wc -l <"$replies") replies, or other IDs"
	fi
	answered=$(answers) || answered=no
	if [ "$answered" = "$(wc -l <"$replies")" ]; then
		pass "$round/wire/each-counted" "$answered answers"
	else
		fail "$round/wire/each-counted" "it counted $answered answers, the wire saw $(wc -l <"$replies")"
	fi
	none nothing-else "!($REQUEST) && !($REPLY)" "that are neither request nor reply"
	none no-warning '_ws.expert.severity >= 0x600000' "with a warning or an error"
	none not-malformed '_ws.malformed || _ws.short' "cut or malformed"
	none checksums 'ip && !(ip.checksum.status == 1) || !(udp.checksum.status == 1)' "with a checksum wrong or missing"
	none ip-header "$REPLY && !(ip.ttl == 64 && ip.flags.df == 1 && ip.id == 0 && ip.dsfield == 0) &&
		!(ipv6.hlim == 64 && ipv6.tclass == 0 && ipv6.flow == 0)" \
		"that are replies without TTL 64, DF, ID 0, DSCP 0"
	none address "stun.type == 0x0101 && !(stun.att.type == 0x0020 && stun.att.ipv4 == $PUBLIC) &&
		!(ipv6 && stun.att.type == 0x0020 && stun.att.ipv6 == $PUBLIC6) ||
		classicstun.type == 0x0101 && !(classicstun.att.type == 0x0001 && classicstun.att.ipv4 == $PUBLIC)" \
		"that are successes without $PUBLIC or $PUBLIC6"
}

step "lab: $PRIVATE behind $PUBLIC, server $SERVER"
make_lab
for round in "${rounds[@]}"; do
	begin_round "$round" || continue
	start_capture
	client chromium success ask_chromium "$PUBLIC $PUBLIC6"
	client stun-client legacy_success ask_stun
	client turnutils success ask_turnutils
	client turnutils6 success ask_turnutils6 "$PUBLIC6"
	client baresip-with-stun success call_with_stun
	call_without_stun
	# The last packets may still be on their way to the file.
	sleep 0.5
	stop "$CAPTURE"
	judge_wire
	stop_carrier
done
if [ "$suite_failed" -ne 0 ]; then
	show "$TMP/reflexd.log"
fi
