// SPDX-License-Identifier: BSD-2-Clause
// What an answer costs inside the kernel: the loaded program by BPF_PROG_TEST_RUN, each run on a
// fresh request, less the same with an empty program, measured side by side.
#include <benchmark/benchmark.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <linux/if_link.h>
#include <memory>
#include <net/if.h>
#include <sched.h>
#include <string>
#include <unistd.h>
#include <vector>

extern "C" {
#include "loader.h"
}

#include "floor.skel.h"
#include "requests.h"

namespace
{

constexpr int turn = 1000; // runs without a change of program
constexpr int turns = 10;  // of either program, taking turns; more where there are more interfaces
constexpr int warm_up = 500;

[[noreturn]] void die(const std::string &what)
{
	fprintf(stderr, "xdp_bench: %s\n", what.c_str());
	exit(1);
}

struct target {
	__u32 slot;		     // of the resetting program's targets
	std::vector<int> interfaces; // one after the other
	struct loader *loader; // whose counters tell what was answered; NULL: not the responder
};

struct floor_bpf *floor_programs;
struct target empty;
__u32 slots;

int program(const struct bpf_program *of)
{
	return bpf_program__fd(of);
}

__u32 add_slot(int fd)
{
	if (bpf_map_update_elem(bpf_map__fd(floor_programs->maps.targets), &slots, &fd, BPF_ANY))
		die("cannot add a program to those that are run");
	return slots++;
}

void lay_out(const struct request &request)
{
	memcpy(floor_programs->bss->request, request.frame.data(), request.frame.size());
	floor_programs->data->request_length = static_cast<__u32>(request.frame.size());
	floor_programs->data->addresses = request.addresses;
	floor_programs->bss->base = request.base;
	floor_programs->bss->address_at = request.address_at;
	memcpy(floor_programs->bss->balance_at, request.balance_at, sizeof(request.balance_at));
}

/* Returns ns of all runs together. */
double run_on(int interface, int repeat)
{
	uint8_t frame[64] = {}, out[2048];
	struct xdp_md context = {}, context_out;
	struct timespec start, end;

	struct bpf_test_run_opts options = {};
	options.sz = sizeof(options);
	options.data_in = frame;
	options.data_size_in = sizeof(frame);
	options.data_out = out;
	options.data_size_out = sizeof(out);
	options.repeat = repeat;
	context.data_end = sizeof(frame);
	context.ingress_ifindex = static_cast<__u32>(interface);
	options.ctx_in = &context;
	options.ctx_size_in = sizeof(context);
	options.ctx_out = &context_out;
	options.ctx_size_out = sizeof(context_out);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
	if (bpf_prog_test_run_opts(program(floor_programs->progs.reset), &options))
		die(std::string("BPF_PROG_TEST_RUN failed: ") + strerror(errno));
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
	if (options.retval != 3) // XDP_TX
		die("a run did not answer");
	return static_cast<double>(end.tv_sec - start.tv_sec) * 1e9 +
	       static_cast<double>(end.tv_nsec - start.tv_nsec);
}

/* As many runs on each interface. Returns ns of one. */
double run(const struct target &target, const std::vector<int> &interfaces, int count)
{
	double sum = 0;

	floor_programs->bss->which = target.slot;
	for (int interface : interfaces)
		sum += run_on(interface, count);
	return sum / count / static_cast<double>(interfaces.size());
}

/* How many packets the responder has answered by now. The kernel's own are none of them. */
uint64_t read_answers(const struct target &target)
{
	struct counters counters;
	uint64_t answers = 0;

	for (size_t i = 0; i < loader_interface_count(target.loader); i++) {
		if (loader_read(target.loader, i, &counters))
			die("cannot read the counters");
		for (const auto &family : counters.packets) {
			for (int verdict = 0; verdict < VERDICTS; verdict++) {
				if (verdict_action(static_cast<enum verdict>(verdict)) ==
				    ACTION_ANSWER)
					answers += family[verdict];
			}
		}
	}
	return answers;
}

void measure(benchmark::State &state, const struct target &target, const struct request &request)
{
	const std::vector<int> &interfaces = target.interfaces;
	int rounds = std::max(1, turns / static_cast<int>(interfaces.size()));
	uint64_t before = 0, expected = interfaces.size() * static_cast<uint64_t>(rounds) * turn;

	lay_out(request);
	run(empty, interfaces, warm_up);
	run(target, interfaces, warm_up);
	for (auto _ : state) {
		double cost = 0;

		if (target.loader)
			before = read_answers(target);
		for (int i = 0; i < rounds; i++) {
			cost -= run(empty, interfaces, turn);
			cost += run(target, interfaces, turn);
		}
		state.SetIterationTime(std::max(cost, 0.0) / rounds / 1e9);
		if (target.loader && read_answers(target) - before != expected)
			die("not every run was answered");
	}
}

void add(const std::string &name, const struct target &target, const struct request &request)
{
	benchmark::RegisterBenchmark(
		name.c_str(), [=](benchmark::State &state) { measure(state, target, request); })
		->UseManualTime()
		->Unit(benchmark::kNanosecond)
		->Iterations(1);
}

/* --- programs --- */

/* Interfaces of a network namespace of our own, which goes with us; each is attached to once. */
class interfaces
{
public:
	void make(int pairs)
	{
		FILE *batch;

		if (unshare(CLONE_NEWNET))
			die("cannot make a network namespace; it needs root");
		batch = popen("ip -batch -", "w");
		for (int i = 0; batch && i < 2 * pairs; i += 2) {
			fprintf(batch, "link add b%d type veth peer name b%d\n", i, i + 1);
			fprintf(batch, "link set b%d up\nlink set b%d up\n", i, i + 1);
		}
		if (!batch || pclose(batch))
			die("cannot make interfaces");
	}

	std::string take()
	{
		return "b" + std::to_string(taken++);
	}

private:
	int taken = 0;
};

class interfaces veths;
std::vector<struct loader *> loaders;

/* The responder with these services, on so many interfaces. */
struct target load(const std::vector<struct policy_service> &services, int count)
{
	auto policy = std::make_unique<struct policy>();
	std::string instance =
		"bench-" + std::to_string(getpid()) + "-" + std::to_string(loaders.size());
	struct target target = {};
	struct error error;
	int fd;

	if (loader_create(&target.loader, instance.c_str(), &error))
		die(error.text);
	loaders.push_back(target.loader);
	if (!request_policy(*policy, services))
		die("cannot set the policy");
	loader_set_policy(target.loader, policy.get());
	for (int i = 0; i < count; i++) {
		const std::string name = veths.take();

		if (loader_attach(target.loader, name.c_str(), LOADER_NATIVE, &error))
			die(error.text);
		target.interfaces.push_back(static_cast<int>(if_nametoindex(name.c_str())));
	}
	fd = bpf_obj_get(("/sys/fs/bpf/reflex/" + instance + "/program").c_str());
	if (fd < 0)
		die("cannot find the program's pin");
	target.slot = add_slot(fd);
	close(fd);
	return target;
}

void clean_up()
{
	for (struct loader *loader : loaders) {
		loader_detach(loader);
		loader_destroy(loader);
	}
	loaders.clear();
}

/* --- what is measured --- */

/*
 * BPF_PROG_TEST_RUN enters a program into the kernel's dispatcher and takes it out again, which
 * takes milliseconds and CPU time; not where it stands in there already, being attached. The
 * loopback is down: no packet comes by.
 */
void load_floor()
{
	floor_programs = floor_bpf__open_and_load();
	if (!floor_programs ||
	    bpf_xdp_attach(1, program(floor_programs->progs.reset), XDP_FLAGS_SKB_MODE, nullptr))
		die("cannot load and attach the programs to measure against");
}

struct target floor_target(const struct bpf_program *of, const struct target &responder)
{
	return {add_slot(program(of)), responder.interfaces, nullptr};
}

void add_floor(const struct target &responder)
{
	const auto &of = floor_programs->progs;

	empty = floor_target(of.empty, responder);
	add("reflector", floor_target(of.reflector, responder), request_build(4, true, ""));
	add("growing_reflector", floor_target(of.growing_reflector, responder),
	    request_build(4, true, ""));
}

void add_requests(const struct target &responder, int family)
{
	const std::string suffix = family == 4 ? "/ipv4" : "/ipv6";

	for (const struct profile &i : profiles)
		add(i.name + suffix, responder, request_build(family, i.cookie, i.attributes));
	for (int count = 0; count <= 16; count++)
		add("attributes" + suffix + "/" + std::to_string(count), responder,
		    request_build(family, true, request_attributes(count).c_str()));
	for (uint32_t sources : {1, 1000, 100000, 1000000, 10000000})
		add("sources" + suffix + "/" + std::to_string(sources), responder,
		    request_build_varied(family, end::source, sources));
}

void add_services(int family, uint32_t count)
{
	const std::string suffix = family == 4 ? "/ipv4/" : "/ipv6/";
	std::vector<struct policy_service> services;

	for (uint32_t i = 0; i < count; i++)
		services.push_back(request_service(family, REQUEST_BASE(family), i));
	add("services" + suffix + std::to_string(count), load(services, 1),
	    request_build_varied(family, end::destination, count));
}

void add_interfaces(int count)
{
	add("interfaces/ipv4/" + std::to_string(count), load(request_services(), count),
	    request_build(4, true, ""));
}

} // namespace

int main(int argc, char **argv)
{
	std::vector<std::string> own = {"--benchmark_repetitions=41",
					"--benchmark_enable_random_interleaving=true",
					"--benchmark_display_aggregates_only=true"};
	std::vector<char *> options = request_options(argc, argv, own);
	int count = static_cast<int>(options.size());
	struct target responder;

	benchmark::Initialize(&count, options.data());
	if (benchmark::ReportUnrecognizedArguments(count, options.data()))
		return 2;
	atexit(clean_up); // where a bench fails, too
	veths.make(40);
	load_floor();
	responder = load(request_services(), 1);
	add_floor(responder);
	for (int family : {4, 6}) {
		add_requests(responder, family);
		for (uint32_t services : {1, 4, 16, 64, 256, 1024})
			add_services(family, services);
	}
	for (int interfaces : {1, 2, 4, 8, 16, 32})
		add_interfaces(interfaces);
	benchmark::RunSpecifiedBenchmarks();
	return 0;
}
