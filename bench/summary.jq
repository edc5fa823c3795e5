# SPDX-License-Identifier: BSD-2-Clause
# From the samples of bench/run to medians, quartiles and ratios. In: $machine, $noise, $core, $xdp, $servers,
# $dpdk, $dpdk_burst, $idle, each slurped.

def quantile(p):
  sort | ((length - 1) * p) as $at | ($at | floor) as $i
  | .[$i] + ($at - $i) * ((.[$i + 1] // .[$i]) - .[$i]);
def spread: {median: quantile(0.5), low: quantile(0.25), high: quantile(0.75), count: length};

# Of Google Benchmark: one entry for each benchmark, without what its name says of how it was run. Where the bench does not
# take the time itself, it is CPU time.
def benchmarks:
  [.[].benchmarks[] | select(.run_type == "iteration" and (.error_occurred | not))]
  | group_by(.run_name)
  | map({key: (.[0].run_name | sub("/(iterations|repeats|min_time|manual_time|real_time).*"; "")),
         value: (map(if .run_name | endswith("/manual_time") then .real_time else .cpu_time end) | spread)})
  | from_entries;

# What comes back from a reflector is no right answer, but an answer.
def answers: .load.answered + .load.wrong;
# XDP programs are best compared by frames that come as from a driver, sockets by those of sockets.
def cost: .cpu_ns / (if .test == "live" then .replies else answers end);

def of(test): map(select(.test == test));
# Each against the reflector of its own round: the machine is not as fast in another.
def ratios($base): map(.round as $round | cost / ($base[] | select(.round == $round) | cost));
def percentiles:
  . as $runs | ["p50", "p90", "p99", "p999"] | map(. as $p | {key: $p, value: ($runs | map(.load.rtt_ns[$p]) | spread)})
  | from_entries;
def server($base):
  of("throughput") as $throughput | of("latency") as $latency
  | (of("live") | if length > 0 then . else $throughput end) as $compared
  | {
      cpu: ($compared | map(cost) | spread), ratio: ($compared | ratios($base) | spread), compared: $compared[0].test,
      rate: ($throughput | map(answers / .load.seconds) | spread), cpu_as_sent: ($throughput | map(cost) | spread),
      mode: $throughput[0].load.mode,
      latency: (if $latency | map(.load.answered) | add > 0 then $latency | percentiles else null end)
    };
def end_to_end:
  (map(select(.server == "reflector")) | of("live")) as $base
  | group_by(.server) | map({key: .[0].server, value: server($base)}) | from_entries;
def sources:
  map(select(.test | startswith("throughput-sources-")))
  | group_by(.server) | map({
      key: .[0].server,
      value: (group_by(.test | ltrimstr("throughput-sources-") | tonumber)
        | map({sources: (.[0].test | ltrimstr("throughput-sources-") | tonumber), cpu: (map(cost) | spread)}))
    }) | from_entries;

# Over DPDK: ns per packet of each program, and the rate of each against that of the loop in the same round.
def per_packet: .seconds * 1e9 / .packets;
def against($base): map(.round as $round | ($base[] | select(.round == $round) | per_packet) / per_packet);
def dpdk:
  group_by(.request) | map((map(select(.program == "loop"))) as $base | {
    key: .[0].request,
    value: (group_by(.program) | map({key: .[0].program, value: {
      ns: (map(per_packet) | spread), mpps: (map(1000 / per_packet) | spread), ratio: (against($base) | spread)}}) | from_entries)
  }) | from_entries;

# By rate of requests: the percentage of a CPU, and how long an answer took.
def idle:
  group_by(.server) | map({key: .[0].server, value: (group_by(.test) | map({key: (.[0].test | ltrimstr("latency-")), value: {
    percent: (map(.cpu_ns / .load.seconds / 1e7) | spread), latency: (if .[0].load.rtt_ns then percentiles else null end)}})
  | from_entries)}) | from_entries;

{
  machine: $machine[0],
  noise: ($noise | {work: (map(.work) | spread), slowest: (map(.work) | max / min), steal_percent: (map(.steal) | spread)}),
  core: ($core | benchmarks),
  kernel: ($xdp | benchmarks),
  servers: ($servers | end_to_end),
  sources: ($servers | sources),
  dpdk: ($dpdk | dpdk),
  dpdk_burst: ($dpdk_burst | benchmarks),
  idle: ($idle | idle)
}
