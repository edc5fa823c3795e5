# SPDX-License-Identifier: BSD-2-Clause
# Plots of bench/run, from the tables that it puts beside them. Called with the folder as ARG1.
cd ARG1
set terminal svg size 800,420 font "sans,12" noenhanced background "white"
set datafile separator tab
set style fill solid 0.7 border -1
set boxwidth 0.6
set grid ytics
unset key
set yrange [0:*]

set output "throughput.svg"
set title "Answers a second, a CPU each for load and server"
plot "throughput.tsv" using 0:2:xtic(1) with boxes, "" using 0:2:3:4 with errorbars linecolor "black"

set logscale y
set yrange [*:*]
set output "cpu.svg"
set title "Server CPU ns per answer"
set yrange [50:*]
plot "cpu.tsv" using 0:2:xtic(1) with boxes, "" using 0:2:3:4 with errorbars linecolor "black"

set key top left
set yrange [*:*]
set output "latency.svg"
set title "Round trip at 20,000 requests a second, microseconds"
set style data histograms
set style histogram clustered gap 1
plot for [i = 2:5] "latency.tsv" using i:xtic(1) title columnheader(i)

unset logscale y
set yrange [0:*]
if (int(system("wc -l <dpdk.tsv")) > 1) {
	set key top right
	set output "dpdk.svg"
	set title "DPDK: millions of packets a second on one core, by request"
	plot for [i = 2:3] "dpdk.tsv" using i:xtic(1) title columnheader(i)
	set key top left
}

set style data linespoints
set ylabel "ns over an empty program"
do for [name in "attributes services interfaces sources"] {
	set output name.".svg"
	set title "Cost of an answer by number of ".name
	if (name eq "attributes") { unset logscale x } else { set logscale x 2 }
	if (name eq "sources") { set logscale x 10; set xrange [1:1e7] } else { set xrange [*:*] }
	if (name eq "interfaces") {
		plot name.".tsv" using 1:2:3:4 with yerrorlines title "IPv4"
	} else {
		plot name.".tsv" using 1:2:3:4 with yerrorlines title "IPv4", \
			"" using 1:5:6:7 with yerrorlines title "IPv6"
	}
}
