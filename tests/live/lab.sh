# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Wires on which no kernel says a word of its own, and counters that must be exact. A suite sources it behind lib.sh.

# sysctls SPACE KEY=VALUE...: where a process of that namespace sees them.
# shellcheck disable=SC2016
sysctls() { in_ns "$1" sh -c 'for i; do echo "${i#*=}" >"/proc/sys/net/${i%%=*}" || exit; done' - "${@:2}"; }

# No router solicitation, no link-local address and so no MLD report, no duplicate address detection; ICMP
# errors without a rate limit, so that none can hide.
quiet()
{
	sysctls "$1" ipv6/conf/default/addr_gen_mode=1 ipv6/conf/default/accept_ra=0 \
		ipv6/conf/default/accept_dad=0 ipv6/conf/default/router_solicitations=0 \
		ipv4/conf/all/rp_filter=0 ipv4/conf/default/rp_filter=0 \
		ipv4/icmp_ratelimit=0 ipv6/icmp/ratelimit=0
}

# --- counters ---

# The dataplanes whose counters must be exact. What the kernel lets through to the sockets is not always for us to say.
DATAPLANES='xdp|socket'

# Every counter of the daemon, as `INTERFACE FAMILY VERDICT ACTION PACKETS` or `INTERFACE FAMILY rx|tx BYTES`.
counters()
{
	scrape server metrics | sed -nE \
		-e "s/^reflex_packets_total\{dataplane=\"($DATAPLANES)\",interface=\"(.*)\",family=\"(.*)\",verdict=\"(.*)\",action=\"(.*)\"\} /\2 \3 \4 \5 /p" \
		-e "s/^reflex_bytes_total\{dataplane=\"($DATAPLANES)\",interface=\"(.*)\",family=\"(.*)\",direction=\"(.*)\"\} /\2 \3 \4 /p"
}

# changes BEFORE AFTER: those that moved, and by how much. A series that comes or goes is an error too.
changes()
{
	awk '
		{ value = $NF; key = $0; sub(/ [^ ]*$/, "", key) }
		NR == FNR { before[key] = value; next }
		!(key in before) { print key, "new series"; next }
		{ if (value != before[key]) print key, value - before[key]; delete before[key] }
		END { for (key in before) print key, "lost series" }' "$1" "$2" | sort
}

begin()
{
	: >"$TMP/expected"
	counters >"$TMP/before"
}

# counted NAME: every counter must have moved as the driver says, and no other.
counted()
{
	counters >"$TMP/after"
	changes "$TMP/before" "$TMP/after" >"$TMP/changes"
	sort "$TMP/expected" >"$TMP/wanted"
	if [ ! -s "$TMP/wanted" ]; then
		fail "$1/counters" "the driver expects none"
	elif diff "$TMP/wanted" "$TMP/changes" >"$TMP/difference.log"; then
		pass "$1/counters" "$(wc -l <"$TMP/wanted") series moved, each as expected"
	else
		show "$TMP/difference.log" "expected < > counted"
		fail "$1/counters" "$(grep -c '^[<>]' "$TMP/difference.log") lines differ"
	fi
}

# judged NAME STATUS LOG: the driver's last line tells what it did.
judged()
{
	local detail
	detail=$(tail -n 1 "$3")
	case $2 in
	0) pass "$1" "$detail";;
	2) skip "$1" "this kernel leaves every frame some room: $detail";;
	*) show "$3"; fail "$1" "$detail";;
	esac
}
