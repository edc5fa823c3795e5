# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The faults around the core: of the daemons, the loader and the carriers. Each is planted into a copy of the sources that is
# built already, so that one file is compiled anew, and judged by steps of the suite that its list names. mutants.sh sources it.

ROOMS=(control xdp socket segment config dpdk)
BUDGET=150 # seconds for the sample

targets=() # that the suites run, and that faults are planted into

# prepare: the copy, with the times of its files, or all would be built anew.
prepare()
{
	local units
	mapfile -t units < <(printf '%s\n' "${judges[@]}" | sed -n 's|^unit |tests/unit/|p' | sort -u)
	mkdir "$TMP/tree"
	(cd "$SOURCE" && cp -a bench control dataplane meson.build meson_options.txt tests xdp "$TMP/tree/") || return
	mkdir "$TMP/tree/build"
	(cd "$REFLEX_BUILD" && cp -a build.ninja .ninja_log .ninja_deps meson-info meson-private bench control dataplane tests xdp \
		"$TMP/tree/build/") || return
	# A fault may leave something unused. All else that the suites run stays as it is.
	sed -i '/^ ARGS = /{ s/ -Werror / /; s/ -O2 / -O1 /; }' "$TMP/tree/build/build.ninja"
	targets=(control/reflexd)
	[ ! -e "$REFLEX_BUILD/dataplane/reflex-dpdk" ] || targets+=(dataplane/reflex-dpdk)
	ninja -C "$TMP/tree/build" "${targets[@]}" "${units[@]}" >"$TMP/tree.log" 2>&1 || show "$TMP/tree.log"
}

# run_judge BUILD LOG SUITE STEPS: its status; the first failure ends it, and is the first line of LOG.why.
run_judge()
{
	local build=$1 log=$2 suite=$3 steps=$4 status=0
	rm -f "$log.results"
	case $suite in
	unit) timeout 30 "$build/tests/unit/$steps" >"$log" 2>&1 || status=$?;;
	*) REFLEX_BUILD=$build REFLEX_RESULTS=$log.results REFLEX_STOP=yes REFLEX_PATIENCE=8 \
		timeout 120 "$TESTS/$suite.sh" "$steps" </dev/null >"$log" 2>&1 || status=$?;;
	esac
	{
		grep -sm 1 ^fail "$log.results" | cut -f 2 || grep -m 1 -oE '^\[  FAILED  \] .*' "$log" || tail -n 1 "$log"
	} >"$log.why" 2>/dev/null || true
	return "$status"
}

# sound JUDGE: it must pass where no fault is; each judge is asked that once, by the first who needs it.
sound()
{
	local dir=$TMP/sound-${1//[^a-z_-]/.} status=0
	mkdir -p "$dir"
	(
		flock 9
		[ ! -e "$dir/status" ] || exit 0
		# Once more where a machine stood still.
		run_judge "$REFLEX_BUILD" "$dir/log" "${1%% *}" "${1#* }" ||
			run_judge "$REFLEX_BUILD" "$dir/log" "${1%% *}" "${1#* }" || status=$?
		echo "$status" >"$dir/status"
	) 9>"$dir/lock"
	[ "$(<"$dir/status")" -eq 0 ]
}

# build_fault TREE JUDGE: what the judge needs.
build_fault()
{
	case $2 in
	unit*) ninja -C "$1/build" "tests/unit/${2#* }";;
	*) ninja -C "$1/build" "${targets[@]}";;
	esac 2>&1
}

# try_fault INDEX TREE: the file `status` says what happened: `absent`, `broken`, `unsound`, or the exit status of the judge.
try_fault()
{
	local i=$1 tree=$2 dir=$TMP/fault$1 status=0
	mkdir "$dir"
	if ! sound "${judges[i]}"; then
		echo unsound >"$dir/status"
		return
	fi
	if ! plant "${olds[i]}" "${news[i]}" <"$SOURCE/${files[i]}" >"$dir/planted"; then
		echo absent >"$dir/status"
		return
	fi
	cat "$dir/planted" >"$tree/${files[i]}"
	if build_fault "$tree" "${judges[i]}" >"$dir/log"; then
		run_judge "$tree/build" "$dir/log" "${judges[i]%% *}" "${judges[i]#* }" || status=$?
		echo "$status" >"$dir/status"
	else
		echo broken >"$dir/status"
	fi
	cat "$SOURCE/${files[i]}" >"$tree/${files[i]}" # with a new time, so that it is built again
}

# work NUMBER INDEX...: the share of one worker, until the time is over.
work()
{
	local tree=$TMP/tree$1 i
	shift
	cp -a "$TMP/tree" "$tree"
	for i; do
		[ "$SECONDS" -lt "$deadline" ] || break
		try_fault "$i" "$tree"
	done
	rm -rf "$tree"
}

report_fault()
{
	local i=$1 name=${names[$1]} status why
	status=$(<"$TMP/fault$i/status")
	case $status in
	absent) fail "$name" "the list no longer fits ${files[i]}: not exactly once in it: ${olds[i]}";;
	broken)
		show "$TMP/fault$i/log"
		fail "$name" "does not compile"
		;;
	unsound)
		show "$TMP/sound-${judges[i]//[^a-z_-]/.}/log"
		fail "$name" "its judge fails without a fault, too: ${judges[i]}"
		;;
	0) fail "$name" "not caught by ${judges[i]}";;
	*)
		why=$(<"$TMP/fault$i/log.why")
		row caught "$name" "${judges[i]%% *}" "$why"
		pass "$name" "${judges[i]}: $why" >/dev/null
		;;
	esac
}

# rooms SEED PATTERN [ALL]: of the faults that match, in an order by the seed, as many as there is time for, or all.
rooms()
{
	local seed=$1 pattern=$2 room i order=() workers tried=0
	names=() files=() olds=() news=() judges=()
	for room in "${ROOMS[@]}"; do
		read_list "$TESTS/mutants/$room"
	done
	[ "${#names[@]} ${#names[@]} ${#names[@]} ${#names[@]}" = "${#files[@]} ${#olds[@]} ${#news[@]} ${#judges[@]}" ]
	mapfile -t order < <(for i in "${!names[@]}"; do
		[[ ! ${names[i]} =~ $pattern ]] || echo "$i"
	done | awk -v seed="$seed" 'BEGIN { srand(seed) } { print rand(), $1 }' | sort | cut -d ' ' -f 2)
	[ "${#order[@]}" -gt 0 ] || return 0
	prepare || { fail rooms "$REFLEX_BUILD is not built"; return 0; }
	[ -z "${3:-}" ] || BUDGET=36000
	deadline=$((SECONDS + BUDGET))
	# shellcheck disable=SC2034
	width=60 # of a name, for row
	workers=$(nproc)
	for ((i = 0; i < workers; i++)); do
		# shellcheck disable=SC2046
		work "$i" $(for ((j = i; j < ${#order[@]}; j += workers)); do echo "${order[j]}"; done) &
	done
	wait
	for i in "${order[@]}"; do
		[ ! -e "$TMP/fault$i/status" ] || { report_fault "$i"; tried=$((tried + 1)); }
	done
	echo "$tried of ${#order[@]} faults around the core tried, seed $seed"
}
