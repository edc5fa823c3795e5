# SPDX-License-Identifier: BSD-2-Clause
# In: the output of Google Benchmark of $old and $new, an array of rounds each. Out: for each benchmark that both have, the
# median over the rounds of NEW/OLD, with an interval for it.
#
# The interval is that of order statistics, which assumes nothing about the distribution (David and Nagaraja, Order
# Statistics, 3rd edition, section 7.1): the k-th smallest and k-th largest ratio enclose the median of all rounds that
# could have been with a probability of 1 - 2 P(B < k), B binomial of n and 1/2. k is the largest for at least 95 %.

def median: sort | if length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;
def name: .run_name // .name | sub("/(iterations|repeats|min_time|manual_time|real_time).*"; "");

# What the bench took itself, or else CPU time.
def time: if .run_name // .name | endswith("/manual_time") then .real_time else .cpu_time end;

# Name to median; where a program prints aggregates only, to the one that it has.
def medians:
  [.benchmarks[] | select(.error_occurred | not)]
  | (map(select(.run_type == "iteration")) | if length > 0 then . else null end)
    // map(select(.aggregate_name == "median"))
  | group_by(name) | map({key: (.[0] | name), value: (map(time) | median)}) | from_entries;

# P(B < k), by its terms: n over i, divided by 2^n.
def below($n; $k):
  reduce range($k) as $i ({sum: 0, term: pow(0.5; $n)}; .sum += .term | .term *= ($n - $i) / ($i + 1)) | .sum;
def rank($n): [range(1; $n / 2 + 1 | floor) | select(1 - 2 * below($n; .) >= 0.95)] | max // null;

def verdict($low; $high): if $low == null then "?" elif $high < 1 then "faster" elif $low > 1 then "slower" else "" end;

($old | map(medians)) as $a | ($new | map(medians)) as $b
| $a[0] | keys[] | . as $name
| [range($a | length) | {old: $a[.][$name], new: $b[.][$name]} | select(.old and .new and .old > 0)]
| select(length > 0)
| (map(.new / .old) | sort) as $ratios | rank($ratios | length) as $k
| (if $k then $ratios[$k - 1] else null end) as $low | (if $k then $ratios[-$k] else null end) as $high
| [$name, (map(.old) | median), (map(.new) | median), ($ratios | median), $low, $high, verdict($low; $high)]
| @tsv
