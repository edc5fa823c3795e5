// SPDX-License-Identifier: BSD-2-Clause
// What a burst costs a worker of reflex-dpdk, in ns per packet: real mbufs, and a port that is a
// ring in memory, so that a frame is back as soon as it is sent.
//
// hot: the requests are laid out by memcpy right before, all else is in the first cache.
// cold: frames, policy and table of CRCs are in no cache when the burst begins. The mbufs are: a
// driver has just written them.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

extern "C" {
#include "crc32.h"
#include "dpdk_worker.h"
}

#include "flush.h"
#include "requests.h"

namespace
{

constexpr uint16_t burst = DPDK_BURST;
constexpr uint16_t port = 0;
constexpr size_t bursts = 64; // cold ones, for one repetition
constexpr size_t mixed = 128; // bursts of requests of all profiles, too many to be learnt by heart
constexpr unsigned buffers = 255; // they are used over and over

std::unique_ptr<struct policy> served;
std::unique_ptr<struct segment_slot> slot;
struct dpdk_queue queue;
struct rte_mbuf *frames[burst];

using requests = std::vector<std::vector<uint8_t>>;

/* What is done with the frames, which ends with sending them. */
using carrier = void (*)();

void leave()
{
	rte_eth_tx_burst(port, 0, frames, burst);
}

void swap()
{
	for (struct rte_mbuf *i : frames) {
		auto *ethernet = rte_pktmbuf_mtod(i, struct rte_ether_hdr *);

		std::swap(ethernet->dst_addr, ethernet->src_addr);
	}
	leave();
}

void answer()
{
	dpdk_worker_answer(&queue, served.get(), frames, burst);
}

uint64_t answered()
{
	uint64_t packets = 0;

	for (const auto &family : slot->counters.packets) {
		for (unsigned i = 0; i < VERDICTS; i++) {
			if (verdict_action(static_cast<enum verdict>(i)) == ACTION_ANSWER)
				packets += family[i];
		}
	}
	return packets;
}

/* Takes back what was sent, and lays requests out in it, from so many on. */
void lay_out(const requests &from, size_t next)
{
	for (uint16_t got = 0; got < burst;)
		got += rte_eth_rx_burst(port, 0, frames + got, burst - got);
	for (struct rte_mbuf *i : frames) {
		const std::vector<uint8_t> &request = from[next++ % from.size()];

		memcpy(rte_pktmbuf_mtod(i, void *), request.data(), request.size());
		i->data_len = static_cast<uint16_t>(request.size());
		i->pkt_len = i->data_len;
	}
}

/* Every packet is answered, or the figure is worth nothing. */
void check(benchmark::State &state, carrier carry, uint64_t before)
{
	if (carry == answer && answered() - before != static_cast<uint64_t>(state.iterations()))
		state.SkipWithError("not all answered");
}

void run_hot(benchmark::State &state, carrier carry, const requests &from)
{
	uint64_t before = answered();
	size_t next = 0;

	while (state.KeepRunningBatch(burst)) {
		lay_out(from, next);
		next += burst;
		carry();
	}
	check(state, carry, before);
}

void run_cold(benchmark::State &state, carrier carry, const requests &from)
{
	for (auto _ : state) {
		uint64_t before = answered();

		lay_out(from, 0);
		for (struct rte_mbuf *i : frames)
			flush(rte_pktmbuf_mtod(i, void *), i->data_len);
		flush(served.get(), sizeof(*served));
		flush(crc32_table, sizeof(crc32_table));
		auto start = std::chrono::steady_clock::now();
		carry();
		std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;

		state.SetIterationTime(took.count() / burst);
		if (carry == answer && answered() - before != burst)
			state.SkipWithError("not all answered");
	}
}

/* --- what is measured --- */

void add(const std::string &name, carrier carry, const requests &from)
{
	benchmark::RegisterBenchmark(("hot/" + name).c_str(), run_hot, carry, from);
	benchmark::RegisterBenchmark(("cold/" + name).c_str(), run_cold, carry, from)
		->UseManualTime()
		->Iterations(bursts);
}

void add_requests(int family)
{
	std::string suffix = family == 4 ? "/ipv4" : "/ipv6";
	requests bare = {request_build(family, true, "").frame};

	add("send" + suffix, leave, bare);
	add("mac_swap" + suffix, swap, bare);
	for (const struct profile &i : profiles)
		add(i.name + suffix, answer, {request_build(family, i.cookie, i.attributes).frame});
}

void add_mixed()
{
	requests from = request_build_mixed(mixed * burst);

	benchmark::RegisterBenchmark("mixed/send", run_hot, leave, from);
	benchmark::RegisterBenchmark("mixed/mac_swap", run_hot, swap, from);
	benchmark::RegisterBenchmark("mixed/all", run_hot, answer, from);
}

/* --- EAL, a ring as a port, mbufs --- */

/* Returns 0 or a negative errno. */
int start_port()
{
	struct rte_eth_conf settings = {};
	struct rte_mempool *pool = rte_pktmbuf_pool_create(
		"frames", buffers, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	int error;

	if (!pool || rte_pktmbuf_alloc_bulk(pool, frames, burst) < 0)
		return -ENOMEM;
	error = rte_eth_dev_configure(port, 1, 1, &settings);
	if (!error)
		error = rte_eth_rx_queue_setup(port, 0, buffers, SOCKET_ID_ANY, nullptr, pool);
	if (!error)
		error = rte_eth_tx_queue_setup(port, 0, buffers, SOCKET_ID_ANY, nullptr);
	if (!error)
		error = rte_eth_dev_start(port);
	if (!error)
		leave(); // so that there is something to take back
	return error;
}

bool start_eal()
{
	std::vector<std::string> own = {"--no-huge",	  "--no-shconf",      "--no-pci",
					"--no-telemetry", "--vdev=net_ring0", "--log-level=error"};
	char name[] = "dpdk_bench", *self = name;
	std::vector<char *> options = request_options(1, &self, own);

	return rte_eal_init(static_cast<int>(options.size()), options.data()) >= 0;
}

} // namespace

int main(int argc, char **argv)
{
	std::vector<std::string> own = {"--benchmark_repetitions=21", "--benchmark_min_time=0.002",
					"--benchmark_enable_random_interleaving=true",
					"--benchmark_display_aggregates_only=true"};
	std::vector<char *> options = request_options(argc, argv, own);
	int count = static_cast<int>(options.size()), error;

	benchmark::Initialize(&count, options.data());
	if (benchmark::ReportUnrecognizedArguments(count, options.data()))
		return 2;
	served = std::make_unique<struct policy>();
	slot = std::make_unique<struct segment_slot>();
	error = start_eal() ? start_port() : -rte_errno;
	if (error || !request_policy(*served, request_services())) {
		fprintf(stderr, "dpdk_bench: cannot make %s: %s\n", error ? "a port" : "the policy",
			rte_strerror(-error));
		return 1;
	}
	queue.punt = RTE_MAX_ETHPORTS;
	queue.slot = slot.get();
	add_requests(4);
	add_requests(6);
	add_mixed();
	benchmark::RunSpecifiedBenchmarks();
	rte_eal_cleanup();
	return 0;
}
