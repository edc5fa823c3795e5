// SPDX-License-Identifier: BSD-2-Clause
// What an answer costs inside the kernel: the loaded program by BPF_PROG_TEST_RUN, each run on a
// fresh request, less the same with an empty program, measured side by side.
#include <benchmark/benchmark.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <unistd.h>
#include <vector>

extern "C" {
#include "loader.h"
#include "policy_build.h"
#include "tests/oracle/frames.h"
}

#include "floor.skel.h"

namespace
{

constexpr int runs = 10000;

struct floor_bpf *floor_programs;
struct loader *responder;
int responder_fd = -1;

[[noreturn]] void die(const char *what)
{
	fprintf(stderr, "xdp_bench: %s\n", what);
	exit(1);
}

int program(const struct bpf_program *of)
{
	return bpf_program__fd(of);
}

std::vector<uint8_t> build(int family, const char *attributes)
{
	struct frame frame;
	std::vector<uint8_t> bytes(2048);

	frame_init(&frame, family);
	frame_stun(&frame, 0x0001, true);
	frame_attributes(&frame, attributes);
	bytes.resize(frame_build(&frame, bytes.data(), bytes.size()));
	return bytes;
}

double run(int fd)
{
	uint8_t frame[64] = {}, out[2048];
	struct timespec start, end;
	__u32 zero = 0;

	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_out = out,
		    .data_size_in = sizeof(frame), .data_size_out = sizeof(out), .repeat = runs);
	if (bpf_map_update_elem(bpf_map__fd(floor_programs->maps.target), &zero, &fd, BPF_ANY))
		die("cannot set the target");
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
	if (bpf_prog_test_run_opts(program(floor_programs->progs.reset), &options))
		die("BPF_PROG_TEST_RUN failed");
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
	if (options.retval != 3) // XDP_TX
		die("a run did not answer");
	return static_cast<double>(end.tv_sec - start.tv_sec) * 1e9 +
	       static_cast<double>(end.tv_nsec - start.tv_nsec);
}

void answer(benchmark::State &state, int fd, const std::vector<uint8_t> &request)
{
	memcpy(floor_programs->bss->request, request.data(), request.size());
	floor_programs->data->request_length = static_cast<__u32>(request.size());
	for (auto _ : state) {
		double floor = run(program(floor_programs->progs.empty)), cost = run(fd);

		state.SetIterationTime(cost > floor ? (cost - floor) / runs / 1e9 : 0);
	}
}

void set_up()
{
	static struct policy policy;
	struct policy_service services[2] = {
		{FAMILY_IPV4, {203, 0, 113, 10}, 3478, 0, {}, false, false},
		{FAMILY_IPV6, {0x20, 0x01, 0x0d, 0xb8}, 3478, 0, {}, false, false}};
	struct policy_settings settings = {};
	std::string instance = "bench-" + std::to_string(getpid());
	char error[256];

	services[1].address[15] = 0x10;
	settings.services = services;
	settings.services_count = 2;
	settings.mirror_fingerprint = settings.legacy = settings.low_source_ports = true;
	if (loader_create(&responder, instance.c_str(), error, sizeof(error)))
		die(error);
	if (policy_build(&policy, &settings, nullptr) || loader_set_policy(responder, &policy))
		die("cannot set the policy");
	responder_fd = bpf_obj_get(("/sys/fs/bpf/reflex/" + instance + "/program").c_str());
	floor_programs = floor_bpf__open_and_load();
	if (responder_fd < 0 || !floor_programs)
		die("cannot load the programs to measure against");
}

void add(const char *name, int fd, const std::vector<uint8_t> &request)
{
	benchmark::RegisterBenchmark(name,
				     [=](benchmark::State &state) { answer(state, fd, request); })
		->UseManualTime()
		->Unit(benchmark::kNanosecond)
		->Iterations(1)
		->Repetitions(41)
		->ReportAggregatesOnly();
}

} // namespace

int main(int argc, char **argv)
{
	benchmark::Initialize(&argc, argv);
	if (benchmark::ReportUnrecognizedArguments(argc, argv))
		return 2;
	set_up();
	add("reflector", program(floor_programs->progs.reflector), build(4, ""));
	add("growing_reflector", program(floor_programs->progs.growing_reflector), build(4, ""));
	add("bare/ipv4", responder_fd, build(4, ""));
	add("bare/ipv6", responder_fd, build(6, ""));
	add("fingerprint/ipv4", responder_fd, build(4, "F"));
	add("software/ipv4", responder_fd, build(4, "8022'libre_v3.2.0_(x86_64/linux)"));
	add("software_fingerprint/ipv4", responder_fd, build(4, "8022'tailnode F"));
	add("unknown_attribute/ipv4", responder_fd, build(4, "7fff=01020304"));
	add("16_attributes/ipv4", responder_fd, build(4, "16*8022=01020304"));
	benchmark::RunSpecifiedBenchmarks();
	loader_detach(responder);
	loader_destroy(responder);
	floor_bpf__destroy(floor_programs);
	return 0;
}
