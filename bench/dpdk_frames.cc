// SPDX-License-Identifier: BSD-2-Clause
// Writes a capture of requests, for net_pcap to play in a loop: all of one profile and family, or
// of all of them in random order. No two have the same client or transaction ID.
//
//	dpdk_frames PROFILE/ipv4|PROFILE/ipv6|mixed >FILE
#include <cstdio>
#include <cstring>
#include <iterator>
#include <random>
#include <string>

#include "requests.h"

namespace
{

constexpr int count = 1024;

std::minstd_rand chance(1);

void add16(std::vector<uint8_t> &to, uint16_t value)
{
	to.insert(to.end(), {static_cast<uint8_t>(value), static_cast<uint8_t>(value >> 8)});
}

void add32(std::vector<uint8_t> &to, uint32_t value)
{
	add16(to, static_cast<uint16_t>(value));
	add16(to, static_cast<uint16_t>(value >> 16));
}

/* The file format of libpcap, little-endian. */
void add_header(std::vector<uint8_t> &to)
{
	add32(to, 0xa1b2c3d4);
	add16(to, 2); // version 2.4
	add16(to, 4);
	add32(to, 0);
	add32(to, 0);
	add32(to, FRAME_MAX); // no frame is cut
	add32(to, 1);	      // Ethernet
}

void add_request(std::vector<uint8_t> &to, const struct profile &profile, int family)
{
	struct request request = {};
	struct frame frame;

	frame_init(&frame, family);
	frame_address(frame.source, REQUEST_BASE(family));
	frame.source[family == 4 ? 2 : 14] = static_cast<uint8_t>(chance());
	frame.source[family == 4 ? 3 : 15] = static_cast<uint8_t>(chance());
	frame.source_port = static_cast<int>(1024 + chance() % 64512);
	frame_stun(&frame, 0x0001, profile.cookie);
	for (int i = 8; i < 20; i++)
		frame.payload[i] = static_cast<uint8_t>(chance());
	frame_attributes(&frame, profile.attributes);
	request_finish(request, frame);

	add32(to, 0); // when
	add32(to, 0);
	add32(to, static_cast<uint32_t>(request.frame.size()));
	add32(to, static_cast<uint32_t>(request.frame.size()));
	to.insert(to.end(), request.frame.begin(), request.frame.end());
}

const struct profile *find(const std::string &name)
{
	return std::find_if(std::begin(profiles), std::end(profiles),
			    [&](const struct profile &i) { return i.name == name; });
}

} // namespace

int main(int argc, char **argv)
{
	std::string name = argc == 2 ? argv[1] : "", suffix;
	const struct profile *profile;
	std::vector<uint8_t> file;

	suffix = name.substr(std::min(name.find('/'), name.size()));
	profile = find(name.substr(0, name.find('/')));
	if (name != "mixed" &&
	    (profile == std::end(profiles) || (suffix != "/ipv4" && suffix != "/ipv6"))) {
		fprintf(stderr, "usage: dpdk_frames PROFILE/ipv4|PROFILE/ipv6|mixed >FILE\n");
		return 2;
	}
	add_header(file);
	for (int i = 0; i < count; i++) {
		if (name == "mixed")
			add_request(file, profiles[chance() % std::size(profiles)],
				    chance() % 2 ? 4 : 6);
		else
			add_request(file, *profile, suffix == "/ipv4" ? 4 : 6);
	}
	return fwrite(file.data(), 1, file.size(), stdout) != file.size() || fflush(stdout);
}
