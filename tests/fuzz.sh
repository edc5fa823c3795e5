#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# libFuzzer over the core and what answers neighbours, against the oracle, under the address and undefined behaviour
# sanitizers; then how much of them the inputs that it begins with cover.
#
# usage: fuzz.sh [--seconds N]: of each target, one after the other (15)
#
# In build/fuzz, corpus/ keeps what was found, crashes/ what failed. The next run begins with both.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

# Functions of which every branch must be reached.
WALK=(stun_walk stun_read 'stun_read_.*' stun_note_unknown stun_pad_unknown message_examine_attributes)
NEIGHBOUR=(answer_arp is_echo_ipv4 answer_ipv4 answer_echo_ipv6 is_solicited_node are_options_sound are_addresses_sound
	is_solicitation answer_solicitation answer_ipv6 find_packet)

seconds=15
built=$REFLEX_BUILD/fuzz

# why LOG: one line.
why() { grep -m 1 -oE 'disagreement: .*|runtime error: .*|SUMMARY: .*' "$1" || echo "see above"; }

# run_target NAME LONGEST: fuzzes; an input that fails is kept, and shown.
run_target()
{
	local name=$1 crashes=$built/crashes/$1 log=$TMP/$1.log status=0 input
	mkdir -p "$built/corpus/$name" "$crashes"
	LLVM_PROFILE_FILE=$TMP/unused.profraw spawn "$name" timeout $((seconds + 120)) "$built/tests/fuzz/${name}_fuzz" \
		-max_total_time="$seconds" -max_len="$2" -print_final_stats=1 -artifact_prefix="$crashes/" \
		"$built/corpus/$name" "$TMP/seeds/$name" "$crashes"
	await "$SPAWNED" || status=$?
	if [ "$status" -eq 0 ]; then
		pass "$name" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs, $(sed -n 's/^INFO: Seed: /seed /p' "$log")"
		return
	fi
	show "$log"
	grep -aE '^(disagreement:|  oracle |  core )' "$log" | cut -c 1-700 || true # before the stack, which show ends with
	input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
	if [ -n "$input" ]; then
		echo "$input, the first 2,000 bytes:"
		od -An -v -tx1 -N 2000 "$input" | tr -d ' \n'
		echo
	fi
	fail "$name" "status $status: $(why "$log")"
}

# cover NAME LONGEST: what the seeds alone reach.
cover()
{
	LLVM_PROFILE_FILE=$TMP/$1.profraw timeout 120 "$built/tests/fuzz/${1}_fuzz" -runs=0 -max_len="$2" \
		"$TMP/seeds/$1" >"$TMP/cover.log" 2>&1 && return
	show "$TMP/cover.log"
	fail "cover/$1" "$(why "$TMP/cover.log")"
	exit 1
}

# All is compiled once, into every target: any of them knows the lines of all profiles.
export_coverage()
{
	llvm-profdata merge -o "$TMP/profile" "$TMP"/{frame,message,neighbour}.profraw
	llvm-cov export -instr-profile="$TMP/profile" "$built/tests/fuzz/frame_fuzz" >"$TMP/coverage"
}

print_coverage()
{
	# shellcheck disable=SC2016
	local filter='.data[0].files[] | select(.filename | test("/dataplane/(core|neighbour)/")) | .filename as $file | .summary |
		[($file | sub(".*/"; "")), (.regions, .lines, .branches | "\(.covered)/\(.count)")] | @tsv'
	echo "The seeds alone reach:"
	{
		printf 'file\tregions\tlines\tbranches\n'
		jq -r "$filter" "$TMP/coverage"
	} | awk -F '\t' '$2 != "0/0" { sub("0/0", "-", $4); printf "  %-14s %10s %10s %10s\n", $1, $2, $3, $4 }'
}

# is_excused FILE LINE COLUMN SIDE: what cannot happen but is asked for the verifier's sake, and says so.
is_excused()
{
	local condition
	condition=$(sed -n "$2p" "$1" | cut -b "$3-")
	[[ $4 == true && $condition == '!verifier_has('* ]] && sed -n "$(($2 - 1)),$(($2 + 2))p" "$1" | grep -q 'never.*; the verifier asks'
}

# check_branches NAME FUNCTION: each of its conditions must have been both true and false.
check_branches()
{
	local name=$1/$2 function=$2 file line column side count sides=0 missed=
	# A branch: line, column, their ends, how often true, how often false, index of the file.
	# shellcheck disable=SC2016
	local filter='.data[0].functions[] | select(.name | test(":" + $name + "$")) | .filenames as $files | .branches[] |
		. as $at | (["true", $at[4]], ["false", $at[5]]) | [$files[$at[6]], $at[0], $at[1], .[0], .[1]] | @tsv'
	while read -r file line column side count; do
		sides=$((sides + 1))
		[ "$count" -eq 0 ] || continue
		is_excused "$file" "$line" "$column" "$side" || missed+="${missed:+, }${file##*/}:$line:$column never $side"
	done < <(jq -r --arg name "$function" "$filter" "$TMP/coverage")
	if [ "$sides" -eq 0 ]; then
		fail "$name" "there is no such function, or it has no branches"
	elif [ -n "$missed" ]; then
		fail "$name" "$missed"
	else
		pass "$name" "$sides ways"
	fi
}

suite fuzz
case $#:${1:-} in
0:) ;;
2:--seconds) seconds=$2;;
*) fail options "usage: fuzz.sh [--seconds N]"; exit 2;;
esac
need llvm-profdata llvm llvm-cov llvm jq jq
LLVM_PROFILE_FILE=$TMP/unused.profraw "$built/tests/fuzz/corpus" "$TMP/seeds"
run_target frame 2048
run_target message 65575 # the longest message behind its head
run_target neighbour 2048
cover frame 2048
cover message 65575
cover neighbour 2048
export_coverage
print_coverage
for function in "${WALK[@]}"; do
	check_branches walk "$function"
done
for function in "${NEIGHBOUR[@]}"; do
	check_branches neighbour "$function"
done
