# SPDX-License-Identifier: BSD-2-Clause
# The summary as tab-separated columns for plots.gp; $what names the plot.

def order: ["reflector", "growing_reflector", "xdp", "dpdk", "sockets", "stund", "coturn"];
def servers(f): .servers as $s | order[] | select($s[.]) | [.] + ($s[.] | f);
def steps(prefix): to_entries | map(select(.key | startswith(prefix)) | {key: (.key | ltrimstr(prefix)), value}) | from_entries;
def columns: if . then [.median, .low, .high] else ["-", "-", "-"] end;

if $what == "throughput" then servers(.rate | columns)
elif $what == "cpu" then servers(.cpu | columns)
elif $what == "latency" then
  ["server", "p50", "p90", "p99", "p99.9"],
  servers(if .latency then [.latency[] | .median / 1000] else empty end)
elif $what == "dpdk" then
  ["request", "MAC swap loop", "Reflex"], (.dpdk | to_entries[] | [.key, .value.loop.mpps.median, .value.reflex.mpps.median])
else
  (.kernel | steps($what + "/ipv4/")) as $four | (.kernel | steps($what + "/ipv6/")) as $six
  | $four | keys | sort_by(tonumber)[] | [.] + ($four[.] | columns) + ($six[.] | columns)
end | @tsv
