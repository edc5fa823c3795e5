#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Who judges the judge: the faults of mutants/list are planted one at a time into a copy of the data plane, and the
# agreement test must catch each. Those of the lists beside it are planted into what is around the core, and the suite that
# is named with each must catch it. A fault that is let through is a hole in the tests, or no fault.
#
# usage: mutants.sh [--all] [--seed N] [PATTERN]: those whose name matches the regular expression. Around the core it is as many
# as some minutes allow, in an order by the seed, or --all.
#
# For the core it compiles what it needs by itself: $CC or cc, perl-base. For the others it copies what is built.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

SEED=1
COUNTS=(--seed "$SEED" --frames 100000 --replies 20000)
CC=${CC:-cc}
CFLAGS=(-std=gnu11 -D_GNU_SOURCE -O1 -w)
TESTS=$SOURCE/tests
TEST_INCLUDES=(-I "$TESTS" -I "$TESTS/agreement")

names=() files=() olds=() news=()

# read_list FILE
read_list()
{
	local line
	while IFS= read -r line; do
		case $line in
		'#'* | '') ;;
		$'\t- '*) olds+=("${line#$'\t- '}");;
		$'\t+'*) line=${line#$'\t+'} && news+=("${line# }");;
		$'\t? '*) judges+=("${line#$'\t? '}");;
		$'\t'*) files+=("${line#$'\t'}");;
		*) names+=("$line");;
		esac
	done <"$1"
}

# The oracle and the judge see nothing of the product, so they are compiled once.
build_judge()
{
	local unit
	mkdir "$TMP/judge"
	for unit in agreement/agreement oracle/{oracle,neighbour,frames,cases,neighbour_cases,mutate}; do
		"$CC" "${CFLAGS[@]}" -DAGREEMENT_HOST_ONLY "${TEST_INCLUDES[@]}" -c "$TESTS/$unit.c" \
			-o "$TMP/judge/${unit##*/}.o"
	done
}

# build DIRECTORY: the judge together with the data plane that lies there.
build()
{
	"$CC" "${CFLAGS[@]}" "$1/dataplane/core/crc32_table.c" -o "$1/table" &&
		"$1/table" >"$1/dataplane/core/crc32_table.h" &&
		"$CC" "${CFLAGS[@]}" -I "$1/dataplane/core" -I "$1/dataplane/neighbour" -I "$1/dataplane/policy" "${TEST_INCLUDES[@]}" "$TESTS/agreement/host.c" \
			"$1/dataplane/policy/policy_build.c" "$1/dataplane/neighbour/neighbour.c" "$TMP"/judge/*.o -o "$1/agreement"
}

# plant OLD NEW <FROM >TO: false unless the old text stands there exactly once.
plant()
{
	# shellcheck disable=SC2016
	OLD=$1 NEW=$2 perl -0777 -ne '
		my $old = join "\\s+", map { quotemeta } split " ", $ENV{OLD};
		my $count = () = /$old/g;
		exit 1 if $count != 1;
		s/$old/$ENV{NEW}/;
		print'
}

# judge DIRECTORY: how it ended goes into the file `status`. It may crash (that is what the inaccessible page
# behind each frame is for) or not end at all.
judge()
{
	local status=0
	# The group keeps bash from telling of the crash.
	{ timeout 300 stdbuf -oL "$1/agreement" "${COUNTS[@]}" >"$1/log"; } 2>/dev/null || status=$?
	echo "$status" >"$1/status"
}

# The file `status` says what happened: `absent`, `broken`, or the exit status of the judge.
try_mutant()
{
	local i=$1 dir=$TMP/$1
	mkdir "$dir"
	cp -r "$TMP/sound/dataplane" "$dir/dataplane"
	if ! plant "${olds[i]}" "${news[i]}" <"$TMP/sound/dataplane/${files[i]}" >"$dir/dataplane/${files[i]}"; then
		echo absent >"$dir/status"
	elif ! build "$dir" >"$dir/log" 2>&1; then
		echo broken >"$dir/status"
	else
		judge "$dir"
	fi
	rm -rf "$dir/dataplane" "$dir/agreement" "$dir/table"
}

# first_disagreement LOG: the stage, a tab, and the first line that says why; the stage comes after its lines.
first_disagreement()
{
	awk '
		/^  [^ ]/ && why == "" { why = substr($0, 3) }
		/^(cases|truncations|generated|messages|feedback|neighbours): / {
			if (/ 0 disagreements$/) { done = $1; next }
			found = 1
			exit
		}
		END {
			next_of["cases:"] = "truncations:"; next_of["truncations:"] = "generated:"
			next_of["generated:"] = "messages:"; next_of["messages:"] = "feedback:"
			next_of["feedback:"] = "neighbours:"; next_of[""] = "cases:"
			stage = found ? $1 : next_of[done]
			sub(/:$/, "", stage)
			sub(/; oracle .*/, "", why)
			sub(/ host:/, "", why)
			printf "%s\t%s\n", stage, why
		}' "$1"
}

row() { printf '%-8s  %-*s  %-11s  %s\n' "$1" "$width" "$2" "$3" "$4"; }

# report INDEX: its row of the table, and its result.
report()
{
	local i=$1 name=${names[$1]} status stage why
	status=$(<"$TMP/$i/status")
	case $status in
	absent)
		row MISSING "$name" - "not exactly once in ${files[i]}: ${olds[i]}"
		fail "$name" "the list no longer fits ${files[i]}"
		return
		;;
	broken)
		row BROKEN "$name" - "does not compile"
		show "$TMP/$i/log"
		fail "$name" "does not compile"
		return
		;;
	0)
		row SURVIVED "$name" - -
		fail "$name" "not caught"
		return
		;;
	esac
	IFS=$'\t' read -r stage why < <(first_disagreement "$TMP/$i/log")
	case $status in
	1) ;;
	124) why="${why:+$why; }did not end";;
	139) why="${why:+$why; }then SIGSEGV at the inaccessible page"; why=${why#then };;
	*) why="${why:+$why; }status $status";;
	esac
	caught=$((caught + 1))
	row caught "$name" "$stage" "$why"
	pass "$name" "$stage: $why" >/dev/null
}

all='' seed=1 pattern=''
while [ $# -gt 0 ]; do
	case $1 in
	--all) all=yes;;
	--seed) seed=${2:?--seed needs a number} && shift;;
	*) pattern=$1;;
	esac
	shift
done

suite mutants
# shellcheck source=tests/mutants/rooms.sh
. "$TESTS/mutants/rooms.sh"
need "$CC" gcc perl perl-base
read_list "$TESTS/mutants/list"
[ "${#names[@]}" -ge 25 ]
[ "${#names[@]} ${#names[@]} ${#names[@]}" = "${#files[@]} ${#olds[@]} ${#news[@]}" ]
build_judge
ulimit -c 0

# What catches everything catches nothing: the data plane as it is must pass.
mkdir "$TMP/sound"
cp -r "$SOURCE/dataplane" "$TMP/sound/dataplane"
if ! build "$TMP/sound" >"$TMP/sound/log" 2>&1 || ! judge "$TMP/sound" || [ "$(<"$TMP/sound/status")" != 0 ]; then
	show "$TMP/sound/log"
	fail "no fault" "before a fault is planted, the data plane does not compile or disagrees with the oracle"
	exit 1
fi
pass "no fault"

width=0
chosen=()
for i in "${!names[@]}"; do
	[[ ${names[i]} =~ $pattern ]] || continue
	chosen+=("$i")
	[ "${#names[i]}" -le "$width" ] || width=${#names[i]}
done

# Two at a time on two CPUs.
running=0
for i in "${chosen[@]}"; do
	if [ "$running" -ge "$(nproc)" ]; then
		wait -n
	else
		running=$((running + 1))
	fi
	try_mutant "$i" &
done
wait

caught=0
row "" mutant "caught in" "by the first disagreement"
for i in "${chosen[@]}"; do
	report "$i"
done
printf '%d mutants, %d caught\n' "${#chosen[@]}" "$caught"

step "around the core"
if [ "$(id -u)" -ne 0 ]; then
	skip rooms "the suites that judge need root"
	exit 0
fi
rooms "$seed" "$pattern" "$all"
