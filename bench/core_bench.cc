// SPDX-License-Identifier: BSD-2-Clause
// What an answer costs on the host: the core's C functions on a request in memory, as DPDK and
// sockets call them.
//
// hot: the request is laid out by memcpy right before, all else is in the first cache.
// cold: bursts of 32 whose frames, policy and table of CRCs are in no cache when they begin.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

extern "C" {
#include "checksum.h"
#include "crc32.h"
#include "responder.h"
}

#include "flush.h"
#include "requests.h"

namespace
{

constexpr size_t room = 2048;  // from frame to frame, as of DPDK's buffers
constexpr size_t burst = 32;   // as DPDK receives
constexpr size_t bursts = 64;  // cold ones, for one repetition
constexpr size_t mixed = 4096; // requests of all profiles, too many to be learnt by heart

std::unique_ptr<struct policy> served;

/* A carrier: a request becomes a reply where it is. Returns the reply's length. */
using carrier = size_t (*)(uint8_t *frame, size_t length);

size_t emit(uint8_t *frame, const struct packet &packet, enum family fast)
{
	uint32_t link_length = responder_link_length(&packet, fast);
	size_t length = link_length + responder_reply_length(&packet, fast);
	struct link_header link;

	if (fast)
		ethernet_swap(frame, &link);
	else
		ethernet_swap_tagged(frame, link_length, &link);
	return responder_emit(frame, frame + length, frame, &link, served.get(), &packet, fast)
		       ? length
		       : 0;
}

size_t respond(uint8_t *frame, size_t length)
{
	struct packet packet;
	enum family fast;
	enum verdict verdict =
		responder_examine(frame, frame + length, served.get(), 0, &packet, &fast);

	if (fast == FAMILY_IPV4)
		return emit(frame, packet, FAMILY_IPV4);
	if (fast == FAMILY_IPV6)
		return emit(frame, packet, FAMILY_IPV6);
	return verdict_action(verdict) == ACTION_ANSWER ? emit(frame, packet, FAMILY_OTHER) : 0;
}

/* Swaps both ends' addresses and ports without a look. */
size_t reflect(uint8_t *frame, size_t length)
{
	size_t address = length > 62 && frame[12] == 0x86 ? 16 : 4;
	uint8_t *ip = frame + (address == 4 ? 26 : 22), *ports = ip + 2 * address;

	std::swap_ranges(frame, frame + 6, frame + 6);
	std::swap_ranges(ip, ip + address, ip + address);
	std::swap_ranges(ports, ports + 2, ports + 2);
	return length;
}

size_t leave(uint8_t *frame, size_t length)
{
	benchmark::DoNotOptimize(frame);
	return length;
}

/* Reads all of it, and no more. */
size_t copy(uint8_t *frame, size_t length)
{
	static uint8_t to[room];

	memcpy(to, frame, length);
	benchmark::DoNotOptimize(to);
	benchmark::ClobberMemory();
	return length;
}

bool answers(carrier carry, const std::vector<uint8_t> &request)
{
	std::vector<uint8_t> frame(room);

	std::copy(request.begin(), request.end(), frame.begin());
	return carry(frame.data(), request.size()) != 0;
}

/* --- hot --- */

void run_hot(benchmark::State &state, carrier carry, const std::vector<uint8_t> &request)
{
	std::vector<uint8_t> frame(room);

	if (!answers(carry, request))
		state.SkipWithError("not answered");
	for (auto _ : state) {
		memcpy(frame.data(), request.data(), request.size());
		benchmark::DoNotOptimize(carry(frame.data(), request.size()));
		benchmark::ClobberMemory();
	}
}

/* Other requests each time: no branch is known beforehand. */
void run_mixed(benchmark::State &state, carrier carry,
	       const std::vector<std::vector<uint8_t>> &requests)
{
	std::vector<uint8_t> frame(room);
	size_t next = 0;

	for (auto _ : state) {
		const std::vector<uint8_t> &request = requests[next++ % mixed];

		memcpy(frame.data(), request.data(), request.size());
		benchmark::DoNotOptimize(carry(frame.data(), request.size()));
		benchmark::ClobberMemory();
	}
}

/* --- cold --- */

void run_cold(benchmark::State &state, carrier carry, const std::vector<uint8_t> &request)
{
	std::vector<uint8_t> frames(burst * room);

	if (!answers(carry, request))
		state.SkipWithError("not answered");
	for (auto _ : state) {
		for (size_t i = 0; i < burst; i++)
			memcpy(&frames[i * room], request.data(), request.size());
		flush(frames.data(), frames.size());
		flush(served.get(), sizeof(*served));
		flush(crc32_table, sizeof(crc32_table));
		auto start = std::chrono::steady_clock::now();
		for (size_t i = 0; i < burst; i++)
			benchmark::DoNotOptimize(carry(&frames[i * room], request.size()));
		std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;

		state.SetIterationTime(took.count() / burst);
	}
}

/* --- sums alone --- */

void run_checksum(benchmark::State &state)
{
	std::vector<uint8_t> bytes(static_cast<size_t>(state.range(0)), 0x5a);

	for (auto _ : state) {
		uint64_t sum = 0;

		benchmark::DoNotOptimize(bytes.data());
		benchmark::ClobberMemory();
		for (size_t i = 0; i < bytes.size(); i += 16)
			sum += checksum_4(&bytes[i]);
		benchmark::DoNotOptimize(checksum_fold(sum));
	}
}

void run_crc(benchmark::State &state)
{
	std::vector<uint8_t> bytes(static_cast<size_t>(state.range(0)), 0x5a);

	for (auto _ : state) {
		uint32_t crc = CRC32_START;
		size_t i = 0;

		benchmark::DoNotOptimize(bytes.data());
		benchmark::ClobberMemory();
		for (; i + 12 <= bytes.size(); i += 12)
			crc = crc32_3(crc, bytes_load32(&bytes[i]), bytes_load32(&bytes[i + 4]),
				      bytes_load32(&bytes[i + 8]));
		for (; i + 4 <= bytes.size(); i += 4)
			crc = crc32_1(crc, bytes_load32(&bytes[i]));
		benchmark::DoNotOptimize(crc);
	}
}

void run_memcpy(benchmark::State &state)
{
	std::vector<uint8_t> from(static_cast<size_t>(state.range(0)), 0x5a), to(from.size());

	for (auto _ : state) {
		memcpy(to.data(), from.data(), from.size());
		benchmark::DoNotOptimize(to.data());
		benchmark::ClobberMemory();
	}
}

/* --- what is measured --- */

void add(const std::string &name, carrier carry, const std::vector<uint8_t> &request)
{
	/* The request is laid out by memcpy in any case; where that is all, the cold one is read.
	 */
	carrier cold = carry == leave ? copy : carry;

	benchmark::RegisterBenchmark(("hot/" + name).c_str(), run_hot, carry, request);
	benchmark::RegisterBenchmark(("cold/" + name).c_str(), run_cold, cold, request)
		->UseManualTime()
		->Iterations(bursts);
}

void add_requests(int family)
{
	std::string suffix = family == 4 ? "/ipv4" : "/ipv6";
	std::vector<uint8_t> bare = request_build(family, true, "").frame;

	add("memcpy" + suffix, leave, bare);
	add("reflector" + suffix, reflect, bare);
	for (const struct profile &i : profiles)
		add(i.name + suffix, respond, request_build(family, i.cookie, i.attributes).frame);
	for (int count : {0, 1, 2, 4, 8, 16})
		add("attributes" + suffix + "/" + std::to_string(count), respond,
		    request_build(family, true, request_attributes(count).c_str()).frame);
}

void add_mixed()
{
	std::vector<std::vector<uint8_t>> requests = request_build_mixed(mixed);

	benchmark::RegisterBenchmark("mixed/memcpy", run_mixed, leave, requests);
	benchmark::RegisterBenchmark("mixed/all", run_mixed, respond, requests);
}

void add_sums()
{
	for (int size : {16, 48, 96, 480, 1440}) {
		benchmark::RegisterBenchmark("checksum", run_checksum)->Arg(size);
		benchmark::RegisterBenchmark("crc", run_crc)->Arg(size);
		benchmark::RegisterBenchmark("copy", run_memcpy)->Arg(size);
	}
}

} // namespace

int main(int argc, char **argv)
{
	std::vector<std::string> own = {"--benchmark_repetitions=21", "--benchmark_min_time=0.002",
					"--benchmark_enable_random_interleaving=true",
					"--benchmark_display_aggregates_only=true"};
	std::vector<char *> options = request_options(argc, argv, own);
	int count = static_cast<int>(options.size());

	benchmark::Initialize(&count, options.data());
	if (benchmark::ReportUnrecognizedArguments(count, options.data()))
		return 2;
	served = std::make_unique<struct policy>();
	if (!request_policy(*served, request_services())) {
		fprintf(stderr, "core_bench: cannot make the policy\n");
		return 1;
	}
	add_requests(4);
	add_requests(6);
	add_mixed();
	add_sums();
	benchmark::RunSpecifiedBenchmarks();
	return 0;
}
