/* SPDX-License-Identifier: BSD-2-Clause */
/* The requests that the benches send: those of real clients, and longer ones. */
#ifndef REFLEX_BENCH_REQUESTS_H
#define REFLEX_BENCH_REQUESTS_H

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" {
#include "policy_build.h"
#include "tests/oracle/frames.h"
}

struct profile {
	const char *name;
	bool cookie; // without: RFC 3489
	const char *attributes;
};

constexpr struct profile profiles[] = {
	{"bare", true, ""},					// Chromium, libnice, Linphone
	{"legacy", false, ""},					// pjsip, Asterisk
	{"fingerprint", true, "F"},				// Firefox
	{"change_request", true, "0003=00000000"},		// stuntman
	{"legacy_change_request", false, "0003=00000000"},	// pjnath, vovida
	{"software", true, "8022'libre_v3.2.0_(x86_64/linux)"}, // baresip
	{"software_fingerprint", true, "8022'tailnode F"},	// Tailscale
	{"microsoft", true, "8008=00000006 8050=00000001 8054/4 8070/4"},	// Lync, Teams
	{"dslforum", false, "c001'dslforum.org/TR-111_ c002/16 0006'0a1b2c3d"}, // TR-111
	{"connectivity_check", true,						// libwebrtc
	 "0006'abcd:efgh c057=00010032 802a/8 0025 0024=6e7f1eff 0008/20 F"},
	{"unknown_attribute", true, "7fff=01020304"}, // answered by error 420
};

struct request {
	std::vector<uint8_t> frame;
	// Where an address stands that may be varied, and what keeps the checksums (floor.bpf.c).
	uint16_t address_at, balance_at[2];
	uint32_t base;
	uint32_t addresses;
};

enum class end { source, destination };

/* The balance of the first value: the checksums that are computed here then hold for all. */
inline uint16_t request_balance(uint32_t address)
{
	uint32_t sum = (address >> 16) + (address & 0xffff);

	return static_cast<uint16_t>(~(sum + (sum >> 16)));
}

#define REQUEST_BASE(family) ((family) == 4 ? "198.18.0.1" : "2001:db8:1::1")

/* One address takes so many values, beginning with the base. */
inline void request_vary(struct request &request, struct frame &frame, enum end which,
			 uint32_t addresses)
{
	uint8_t *address = which == end::source ? frame.source : frame.destination;
	uint16_t at = which == end::source ? 12 : 16, balance;

	frame_address(address, REQUEST_BASE(frame.family));
	if (frame.family == 6) {
		address += 12;
		at = which == end::source ? 20 : 36;
	}
	request.addresses = addresses;
	request.base = static_cast<uint32_t>(address[0]) << 24 | address[1] << 16 |
		       address[2] << 8 | address[3];
	request.address_at = 14 + at;
	request.balance_at[0] = request.balance_at[1] = frame.family == 4 ? 60 : 80;
	balance = request_balance(request.base);
	frame.payload[18] = static_cast<uint8_t>(balance >> 8);
	frame.payload[19] = static_cast<uint8_t>(balance);
	if (frame.family == 4) {
		request.balance_at[1] = 18;
		frame.id = balance;
	}
}

inline void request_finish(struct request &request, const struct frame &frame)
{
	request.frame.resize(FRAME_MAX);
	request.frame.resize(frame_build(&frame, request.frame.data(), FRAME_MAX));
}

/* A request to the services of request_services. */
inline struct request request_build(int family, bool cookie, const char *attributes)
{
	struct request request = {};
	struct frame frame;

	request.addresses = 1;
	frame_init(&frame, family);
	frame_stun(&frame, 0x0001, cookie);
	frame_attributes(&frame, attributes);
	request_finish(request, frame);
	return request;
}

/* A bare request, one of whose addresses takes so many values. */
inline struct request request_build_varied(int family, enum end which, uint32_t addresses)
{
	struct request request = {};
	struct frame frame;

	frame_init(&frame, family);
	frame_stun(&frame, 0x0001, true);
	request_vary(request, frame, which, addresses);
	request_finish(request, frame);
	return request;
}

/* Of all profiles and both families, in random order. */
inline std::vector<std::vector<uint8_t>> request_build_mixed(size_t count)
{
	std::vector<std::vector<uint8_t>> requests;
	std::minstd_rand random(1);

	while (requests.size() < count) {
		const struct profile &profile = profiles[random() % std::size(profiles)];

		requests.push_back(
			request_build(random() % 2 ? 4 : 6, profile.cookie, profile.attributes)
				.frame);
	}
	return requests;
}

/* So many attributes that are read and skipped. */
inline std::string request_attributes(int count)
{
	return count ? std::to_string(count) + "*8022=01020304" : "";
}

/* A service at an address, which counts up with the number. */
inline struct policy_service request_service(int family, const char *address, uint32_t number)
{
	struct policy_service service = {};
	size_t low = family == 4 ? 2 : 14;

	service.family = family == 4 ? FAMILY_IPV4 : FAMILY_IPV6;
	service.port = 3478;
	frame_address(service.address, address);
	number += service.address[low] << 8 | service.address[low + 1];
	service.address[low] = static_cast<uint8_t>(number >> 8);
	service.address[low + 1] = static_cast<uint8_t>(number);
	return service;
}

/* What request_build asks: one service of each family. */
inline std::vector<struct policy_service> request_services()
{
	return {request_service(4, "203.0.113.10", 0), request_service(6, "2001:db8::10", 0)};
}

inline bool request_policy(struct policy &policy,
			   const std::vector<struct policy_service> &services)
{
	struct policy_settings settings = {};

	settings.mirror_fingerprint = settings.legacy = settings.low_source_ports = true;
	return policy_build(&policy, &settings, services.data(), services.size(), nullptr) == 0;
}

/* Options that a bench has unless the command line says otherwise. */
inline std::vector<char *> request_options(int argc, char **argv, std::vector<std::string> &own)
{
	std::vector<char *> all = {argv[0]};

	std::transform(own.begin(), own.end(), std::back_inserter(all),
		       [](std::string &option) { return option.data(); });
	all.insert(all.end(), argv + 1, argv + argc);
	return all;
}

#endif
