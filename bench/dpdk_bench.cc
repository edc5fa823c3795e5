// SPDX-License-Identifier: BSD-2-Clause
// What an answer costs over DPDK, without a port: bursts of real mbufs, as a driver hands them over.
//
// hot: the requests are laid out by memcpy right before, all else is in the first cache.
// cold: buffers, frames, policy and table of CRCs are in no cache when the burst begins.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ether.h>
#include <rte_mbuf.h>

extern "C" {
#include "core/crc32.h"
}

#include "requests.h"

namespace
{

constexpr uint16_t burst = 32;  // as DPDK receives
constexpr size_t bursts = 64;	// cold ones, for one repetition
constexpr unsigned buffers = 255;

std::unique_ptr<struct policy> served;
struct rte_mbuf *frames[burst];

/* What is done with a burst of so many. */
using carrier = void (*)();

void leave()
{
	benchmark::DoNotOptimize(frames);
}

void reflect()
{
	for (struct rte_mbuf *i : frames) {
		auto *ethernet = rte_pktmbuf_mtod(i, struct rte_ether_hdr *);

		std::swap(ethernet->dst_addr, ethernet->src_addr);
	}
}

void lay_out(const std::vector<uint8_t> &request)
{
	for (struct rte_mbuf *i : frames) {
		memcpy(rte_pktmbuf_mtod(i, void *), request.data(), request.size());
		i->data_len = static_cast<uint16_t>(request.size());
		i->pkt_len = i->data_len;
	}
}

void run_hot(benchmark::State &state, carrier carry, const std::vector<uint8_t> &request)
{
	while (state.KeepRunningBatch(burst)) {
		lay_out(request);
		carry();
		benchmark::ClobberMemory();
	}
}

void flush(const void *from, size_t size)
{
	const auto *bytes = static_cast<const uint8_t *>(from);

	for (size_t i = 0; i < size; i += 64)
		__builtin_ia32_clflush(bytes + i);
	__builtin_ia32_clflush(bytes + size - 1);
	__sync_synchronize();
}

} // namespace
