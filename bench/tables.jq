# SPDX-License-Identifier: BSD-2-Clause
# The summary as Markdown, as bench/README.md and README.md show it.

def round_to(digits): . as $x | pow(10; digits) as $scale | ($x * $scale | round) / $scale;
def fixed(digits):
  if . == null then "–" else
    (round_to(digits) | tostring) as $text
    | if digits == 0 then $text
      else ($text | split(".")) as $parts | $parts[0] + "." + ((($parts[1] // "") + "000")[:digits]) end
  end;
def grouped: round | tostring | [while(. != ""; .[:-3])] | reverse as $heads
  | [$heads | range(length) as $i | .[$i][(if $i > 0 then (.[$i - 1] | length) else 0 end):]] | join(",");
# Median and, where asked for, the quartiles.
def median(digits): if . == null then "–" else .median | fixed(digits) end;
def quartiles(digits): if . == null then "–" else "\(.median | fixed(digits)) (\(.low | fixed(digits))–\(.high | fixed(digits)))" end;
def row: "| " + join(" | ") + " |";
def table(header): (header | row), (header | map("---") | row), (.[] | row);

def title: {
  reflector: "XDP reflector: swaps and sends", growing_reflector: "the same, growing the packet",
  xdp: "**Reflex, XDP**", sockets: "Reflex, sockets", dpdk: "Reflex, DPDK", stund: "stund", coturn: "coturn"}[.] // .;
def order: ["reflector", "growing_reflector", "xdp", "dpdk", "sockets", "stund", "coturn"];
def microseconds: if . == null then "–" else .median / 1000 | fixed(1) end;

def end_to_end:
  .servers as $servers | [order[] | select($servers[.]) | . as $name | $servers[.] | [
      ($name | title), (.cpu | quartiles(0)), (.ratio | quartiles(2)), (1e9 / .cpu.median | grouped),
      (.cpu_as_sent | median(0)), (.rate.median | grouped),
      (.latency.p50 | microseconds), (.latency.p90 | microseconds), (.latency.p99 | microseconds), (.latency.p999 | microseconds)]]
  | table(["server", "CPU ns per answer", "× reflector", "answers/s and core", "CPU ns, load by AF_XDP", "answers/s of that", "p50 µs", "p90", "p99", "p99.9"]);

def profiles: ["reflector", "growing_reflector", "bare", "legacy", "fingerprint", "change_request", "legacy_change_request",
  "software", "software_fingerprint", "microsoft", "dslforum", "connectivity_check", "unknown_attribute"];
def in_kernel:
  .kernel as $k | [profiles[] | . as $p | [$p, ($k[$p + "/ipv4"] // $k[$p] | quartiles(1)), ($k[$p + "/ipv6"] | quartiles(1))]]
  | table(["request", "IPv4", "IPv6"]);
def on_host:
  .core as $c | [(["memcpy"] + profiles)[] | select($c["hot/" + . + "/ipv4"]) | . as $p
    | [$p, ($c["hot/" + $p + "/ipv4"] | quartiles(1)), ($c["cold/" + $p + "/ipv4"] | quartiles(1)),
       ($c["hot/" + $p + "/ipv6"] | quartiles(1)), ($c["cold/" + $p + "/ipv6"] | quartiles(1))]]
    + [["all of these, mixed", ($c["mixed/all"] | quartiles(1)), "–", "–", "–"]]
  | table(["request", "IPv4 hot", "cold", "IPv6 hot", "cold"]);
def sums:
  .core as $c | [16, 48, 96, 480, 1440 | . as $n | [tostring] + (["checksum", "crc", "copy"] | map($c["\(.)/\($n)"] | median(1)))]
  | table(["bytes", "checksum", "CRC-32", "memcpy"]);

def steps(prefix): to_entries | map(select(.key | startswith(prefix)) | {n: (.key | ltrimstr(prefix) | tonumber), value}) | sort_by(.n);
def growth(name):
  (.kernel | steps(name + "/ipv4/")) as $four | (.kernel | steps(name + "/ipv6/") | map({key: (.n | tostring), value}) | from_entries) as $six
  | [$four[] | [(.n | grouped), (.value | quartiles(1)), ($six[.n | tostring].value // $six[.n | tostring] | quartiles(1))]]
  | table([name, "IPv4", "IPv6"]);
def sources_end_to_end:
  .sources as $s | (order | map(select($s[.]))) as $names
  | [($s[$names[0]] // [])[] | .sources as $n | [($n | grouped)] + ($names | map($s[.][] | select(.sources == $n) | .cpu | quartiles(0)))]
  | table(["sources"] + ($names | map(title)));

def dpdk_requests: ["bare/ipv4", "bare/ipv6", "fingerprint/ipv4", "software_fingerprint/ipv4", "unknown_attribute/ipv4", "mixed"];
def dpdk:
  .dpdk as $d | [dpdk_requests[] | select($d[.]) | . as $r | $d[.]
    | [$r, (.loop.mpps | quartiles(1)), (.testpmd.mpps | quartiles(1)), (.reflex.mpps | quartiles(1)), (.reflex.ratio | quartiles(2))]]
  | table(["request", "MAC swap loop: Mpps", "testpmd macswap: Mpps", "Reflex: Mpps", "Reflex / loop"]);
# By what was measured alone; the rest is what the parts cost one another.
def dpdk_costs:
  .dpdk as $d | (.core | map_values(.median)) as $core | (.dpdk_burst | map_values(.median)) as $burst
  | [dpdk_requests[] | select($d[.]) | . as $r
    | (if . == "mixed" then ["mixed/", "", "mixed/all"] else ["hot/", "/" + split("/")[1], "hot/" + .] end) as [$from, $family, $this]
    | ($d[$r].loop.ns.median - $burst[$from + "mac_swap" + $family] + $burst[$from + "send" + $family]) as $driver
    | ($core[$this] - $core[$from + "memcpy" + $family]) as $responder
    | ($burst[$this] - $burst[$from + "send" + $family]) as $worker
    | $d[$r].reflex.ns.median as $whole
    | [$driver, $responder, $worker - $responder, $whole - $driver - $worker, $whole] | [$r] + map(fixed(1))]
  | table(["request", "driver: the loop without its swap", "+ core", "+ worker around it", "+ rest", "= reflex-dpdk"]);
def dpdk_cold:
  .dpdk_burst as $b | [("send", "mac_swap", (profiles[] | select(contains("reflector") | not))) | . as $p | select($b["hot/" + . + "/ipv4"])
    | [$p] + [$b["hot/" + $p + "/ipv4", "cold/" + $p + "/ipv4", "hot/" + $p + "/ipv6", "cold/" + $p + "/ipv6"] | quartiles(1)]]
  | table(["request", "IPv4 hot", "cold", "IPv6 hot", "cold"]);
def idle:
  .idle as $i | {xdp: "**Reflex, XDP**", dpdk_poll: "Reflex, DPDK, `idle: poll`", dpdk_sleep: "Reflex, DPDK, `idle: sleep`"} as $titles
  | [$titles | to_entries[] | select($i[.key]) | $i[.key] as $of | [.value, ($of["0"].percent | quartiles(1))]
    + ([$of["1000"], $of["20000"] | (.percent | quartiles(1)), (.latency.p50 | microseconds), (.latency.p99 | microseconds)])]
  | table(["server", "CPU % without load", "at 1,000/s", "p50 µs", "p99", "at 20,000/s", "p50 µs", "p99"]);
def dpdk_sections:
  if .machine.dpdk != "" then "### DPDK: Mpps on one core", "", "Left out: \(.machine.dpdk).", ""
  else "### DPDK: Mpps on one core", "", dpdk, "", "Buffers are in \(.machine.memory).", "",
    "### DPDK, where the time goes: ns per packet", "", dpdk_costs, "",
    "### DPDK, a burst in a worker: ns per packet", "", dpdk_cold, "",
    "### Idle: CPU and latency over veth", "", idle, ""
  end;

# Bytes of an Ethernet frame on the wire: FCS 4, at least 64 with it; preamble 8, gap 12.
def on_wire: [. + 4, 64] | max + 20;
def plan_rows: [
  {name: "IPv4, bare", request: 62, reply: 74, kernel: "bare/ipv4"},
  {name: "IPv4, FINGERPRINT", request: 70, reply: 82, kernel: "fingerprint/ipv4"},
  {name: "IPv6, bare", request: 82, reply: 106, kernel: "bare/ipv6"},
  {name: "IPv6, FINGERPRINT", request: 90, reply: 114, kernel: "fingerprint/ipv6"}];
def cores(mpps; ns): if ns == null then "–" else mpps * ns / 1000 | fixed(1) end;
def plan:
  .kernel as $k | .servers.xdp.cpu.median as $high | .servers.reflector.cpu.median as $carry
  | [plan_rows[] as $r | 10, 25, 100, 400 | . as $gbit | ($gbit * 1000 / 8 / ($r.reply | on_wire)) as $mpps
    | $k[$r.kernel].median as $low | ($low - $k["bare/ipv4"].median) as $more
    | [$r.name, "\($r.request) → \($r.reply)", ($gbit | tostring), ($gbit * 1000 / 8 / ($r.request | on_wire) | fixed(1)),
       ($mpps | fixed(1)), cores($mpps; $low), cores($mpps; $high + $more)]]
  | table(["request", "frame bytes", "Gbit/s", "Mpps that could come in", "Mpps answered, replies fill the line", "cores, the program alone", "cores, as over veth"]);

def pad($n): . + " " * ([$n - length, 0] | max);
def left($n): (" " * ([$n - length, 0] | max)) + .;
def bar(most): (. * 60 / most | [., 1] | max | round) as $n | [range($n) | "█"] | add;
def bars:
  .servers as $s | ([$s[].cpu.median] | max) as $most
  | "```", (order[] | select($s[.]) | . as $name | $s[.].cpu.median as $ns
    | ($name | title | gsub("\\*"; "") | pad(32)) + ($ns | grouped | left(6))
      + " ns " + ($ns | bar($most))), "```";

def noise: "Machine: \(.machine.cpu), \(.machine.cores) cores (\(.machine.hypervisor)), Linux \(.machine.kernel), \(.machine.system); revision \(.machine.revision); \(.machine.date).",
  "",
  "How noisy: the same work took up to \(.noise.slowest | fixed(2)) times its shortest time (quartiles \(.noise.work.low / .noise.work.median | fixed(2))–\(.noise.work.high / .noise.work.median | fixed(2)) of the median, \(.noise.work.count) samples); the hypervisor kept \(.noise.steal_percent.median | fixed(1)) % of the CPUs' time; load average \(.machine.load) when it began. \(.machine.rounds) rounds. Medians (and quartiles).";

noise, "",
"### End to end", "", end_to_end, "",
"### The picture", "", bars, "",
"### In the kernel: ns over an empty program", "", in_kernel, "",
"### On the host: ns", "", on_host, "",
"### Sums alone: ns", "", sums, "",
"### How the cost grows: ns in the kernel", "", growth("attributes"), "", growth("services"), "", growth("interfaces"), "", growth("sources"), "",
"### Sources, end to end: CPU ns per answer", "", sources_end_to_end, "",
dpdk_sections,
"### The plan", "", plan
