/* SPDX-License-Identifier: BSD-2-Clause */
#include "cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- configurations ---- */

#define SERVICES_MANY 1024

static const struct {
	const char *address;
	uint16_t port;
} usual_services[] = {
	/* the first of each family is what frame_init() asks */
	{"203.0.113.10", 3478},
	{"2001:db8::10", 3478},
	/* crosswise: neither .10:3479 nor .11:3478 is one */
	{"203.0.113.11", 3479},
	{"2001:db8::11", 3479},
	{"203.0.113.10", 19302},
	{"2001:db8::10", 19302},
	{"198.51.100.1", 19302},
	{"2001:db8:1::1", 19302},
	{"192.0.2.255", 65535},
	{"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", 65535},
	{"203.0.113.11", 53},
	/* ends like 203.0.113.10 */
	{"2001:db8::cb00:710a", 3478},
	{"fe80::10", 3478},
};

static struct oracle_service services[SERVICES_MANY];

static const struct {
	const char *address;
	const char *alternate_address; /* NULL: none */
	uint16_t port;
	uint16_t alternate_port;
	bool strict; /* neither RESPONSE-PORT nor PADDING, whatever the configuration */
} discovery_services[] = {
	{"203.0.113.10", "198.51.100.20", 3478, 3479},
	{"2001:db8::10", "2001:db8:99::20", 3478, 3479},
	/* plain ones, also at addresses and ports of the pairs */
	{"203.0.113.11", NULL, 3478},
	{"2001:db8::11", NULL, 3478},
	{"203.0.113.10", NULL, 19302},
	{"2001:db8::10", NULL, 19302},
	{"198.51.100.20", NULL, 53},
	{"2001:db8:99::20", NULL, 53},
	/* the first ones' addresses, the other way round and with another */
	{"198.51.100.20", "203.0.113.10", 5000, 80},
	{"2001:db8:99::20", "2001:db8::10", 5000, 80},
	{"203.0.113.10", "192.0.2.254", 65535, 1, true},
	{"2001:db8::10", "2001:db8:ffff:ffff:ffff:ffff:ffff:fffe", 65535, 1, true},
};

/* All the same but for what each answers. */
static struct oracle_service discovery[4][COUNT(discovery_services)];

#define USUAL	   .services = services, .services_count = COUNT(usual_services)
#define ALTERNATES .services_count = COUNT(discovery_services)
#define COMMON	   .mirror_fingerprint = true, .legacy = true, .low_source_ports = true
#define SOFTWARE   "Reflex STUN responder 0123456789"

static const struct {
	const char *name;
	struct oracle_config config;
} configs[CASES_CONFIGS] = {
	[CASES_DEFAULT] = {"default", {USUAL, COMMON}},
	[CASES_LEGACY_OFF] = {"legacy off",
			      {USUAL, .mirror_fingerprint = true, .low_source_ports = true}},
	[CASES_SOFTWARE_1] = {"software of 1 byte", {USUAL, COMMON, .software = "R"}},
	[CASES_SOFTWARE_4] = {"software of 4 bytes", {USUAL, COMMON, .software = "Rflx"}},
	[CASES_SOFTWARE_5] = {"software of 5 bytes", {USUAL, COMMON, .software = "Rflx5"}},
	[CASES_SOFTWARE_32] = {"software of 32 bytes", {USUAL, COMMON, .software = SOFTWARE}},
	[CASES_FINGERPRINT_NEVER] = {"fingerprint never",
				     {USUAL, .legacy = true, .low_source_ports = true}},
	[CASES_WRONG_IGNORED] = {"wrong fingerprint ignored",
				 {USUAL, COMMON, .ignore_wrong_fingerprint = true}},
	[CASES_LOW_PORTS_OFF] = {"low source ports off",
				 {USUAL, .mirror_fingerprint = true, .legacy = true}},
	[CASES_PASS] = {"otherwise pass", {USUAL, COMMON, .pass_refused = true}},
	[CASES_EVERYTHING] = {"everything",
			      {USUAL, .software = "Rflx5", .ignore_wrong_fingerprint = true,
			       .pass_refused = true}},
	[CASES_ONE_SERVICE] = {"one service", {.services = services, .services_count = 2, COMMON}},
	[CASES_MANY_SERVICES] = {"1024 services",
				 {.services = services, .services_count = SERVICES_MANY, COMMON}},
	[CASES_DISCOVERY] = {"discovery", {.services = discovery[0], ALTERNATES, COMMON}},
	[CASES_RESPONSE_PORT] = {"discovery and RESPONSE-PORT",
				 {.services = discovery[1], ALTERNATES, COMMON}},
	[CASES_PADDING] = {"discovery and PADDING",
			   {.services = discovery[2], ALTERNATES, COMMON, .pass_refused = true}},
	[CASES_DISCOVERY_ALL] = {"discovery and all",
				 {.services = discovery[3],
				  ALTERNATES,
				  .software = SOFTWARE,
				  .mirror_fingerprint = true,
				  .legacy = true}},
};

static void fill_discovery(void)
{
	for (unsigned i = 0; i < 4 * COUNT(discovery_services); i++) {
		unsigned which = i % 4, row = i / 4;
		struct oracle_service *service = &discovery[which][row];

		frame_address(service->address, discovery_services[row].address);
		service->family = strchr(discovery_services[row].address, ':') ? 6 : 4;
		service->port = discovery_services[row].port;
		if (!discovery_services[row].alternate_address)
			continue;
		service->discovery = true;
		frame_address(service->alternate_address,
			      discovery_services[row].alternate_address);
		service->alternate_port = discovery_services[row].alternate_port;
		service->response_port = which & 1 && !discovery_services[row].strict;
		service->padding = which & 2 && !discovery_services[row].strict;
	}
}

/* Behind the usual ones come neighbours in 10/8 and 2001:db8:2::/48, four ports per address. */
static void fill_services(void)
{
	for (unsigned i = 0; i < SERVICES_MANY; i++) {
		struct oracle_service *service = &services[i];
		unsigned host = i / 4;

		if (i < COUNT(usual_services)) {
			frame_address(service->address, usual_services[i].address);
			service->family = strchr(usual_services[i].address, ':') ? 6 : 4;
			service->port = usual_services[i].port;
			continue;
		}
		frame_address(service->address, host % 2 ? "10.20.0.0" : "2001:db8:2::");
		service->family = host % 2 ? 4 : 6;
		service->address[host % 2 ? 3 : 15] = (uint8_t)host;
		service->port = (uint16_t)(3478 + i % 4);
	}
}

const struct oracle_config *cases_config(enum cases_config which)
{
	if (services[0].family == 0) {
		fill_services();
		fill_discovery();
	}
	return &configs[which].config;
}

const char *cases_config_name(enum cases_config which)
{
	return configs[which].name;
}

/* ---- the language of the table ---- */

#define V4	 1 /* only over IPv4 */
#define V6	 2 /* only over IPv6 */
#define UNTAGGED 4 /* not with each number of tags: it is about these, or tells nothing more */
#define SEED	 8 /* among the seeds */

struct setting {
	size_t offset; /* of an int of struct frame; 0 ends the list */
	int value;
};

#define SET(field, value)                                                                          \
	{                                                                                          \
		offsetof(struct frame, field), value                                               \
	}

/* Over a network or the loopback interface by UDP, or by TCP */
enum carrier { WIRE, LOCAL, STREAM };

struct row {
	const char *name;
	const char *verdict;
	int only;
	enum cases_config config;
	/* what differs from a bare request with cookie; "IPV4|IPV6" where the families differ */
	bool legacy;
	unsigned type;
	const char *transaction; /* the last 12 or all 16 bytes, in hex */
	const char *attributes;	 /* see frame_attributes() */
	const char *payload;	 /* in hex, instead of all the above */
	const char *source;
	const char *destination;
	const char *mac_source;
	const char *mac_destination;
	struct setting set[5];
	void (*make)(struct frame *frame);
	/*
	 * A pair of the first services of discovery_services: primary or alternate address,
	 * primary or alternate port; which is asked, and which the reply leaves from if it is not
	 * the same
	 */
	const char *pair;
	const char *from;
	/*
	 * Attributes of the reply, in hex, where X, M, E, B, F are XOR-MAPPED-ADDRESS and
	 * MAPPED-ADDRESS of the usual client, ERROR-CODE 420 and 400, FINGERPRINT; R, O, S, C,
	 * each with a pair, RESPONSE-ORIGIN, OTHER-ADDRESS, SOURCE-ADDRESS, CHANGED-ADDRESS; P
	 * PADDING
	 */
	const char *want;
	int reply_port; /* that the reply goes to, if not the source port */
	bool private_client;

	/* of messages only */
	enum carrier carrier;
	unsigned mtu; /* if not the carrier's */
	int filler;   /* bytes of one more attribute, behind all others and not aligned */
	int padding;  /* bytes of P */
};

/* 198.51.100.7:54321 and [2001:db8:7::7]:54321, with frame_transaction */
#define X_IPV4 "0020 0008 0001 f523 e721c045"
#define X_IPV6 "0020 0014 0002 f523 0113a9fa b7e0a701 bc34d686 fa87dfa9"
#define M_IPV4 "0001 0008 0001 d431 c6336407"
#define M_IPV6 "0001 0014 0002 d431 20010db8 00070000 00000000 00000007"
#define E_BOTH "0009 0004 0000 04 14"
#define B_BOTH "0009 0004 0000 04 00"

static const struct pair {
	const char *name;
	const char *ipv4, *ipv6;
	int port;
	const char *hex_ipv4, *hex_ipv6; /* as in an address attribute */
} pairs[] = {
	{"pp", "203.0.113.10", "2001:db8::10", 3478, "0001 0d96 cb00710a",
	 "0002 0d96 20010db8 00000000 00000000 00000010"},
	{"pa", "203.0.113.10", "2001:db8::10", 3479, "0001 0d97 cb00710a",
	 "0002 0d97 20010db8 00000000 00000000 00000010"},
	{"ap", "198.51.100.20", "2001:db8:99::20", 3478, "0001 0d96 c6336414",
	 "0002 0d96 20010db8 00990000 00000000 00000020"},
	{"aa", "198.51.100.20", "2001:db8:99::20", 3479, "0001 0d97 c6336414",
	 "0002 0d97 20010db8 00990000 00000000 00000020"},
};

#define SOFTWARE_1	  "8022 0001 52000000"
#define SOFTWARE_4	  "8022 0004 52666c78"
#define SOFTWARE_5	  "8022 0005 52666c78 35000000"
#define SOFTWARE_1_LEGACY "8022 0004 52202020"
#define SOFTWARE_5_LEGACY "8022 0008 52666c78 35202020"
#define SOFTWARE_32                                                                                \
	"8022 0020 5265666c 65782053 54554e20 72657370 6f6e6465 72203031 32333435 36373839"

#define ZEROS_4	 "00000000"
#define ZEROS_20 ZEROS_4 ZEROS_4 ZEROS_4 ZEROS_4 ZEROS_4

#define ALL_KNOWN                                                                                  \
	"0001/8 0006'user 0009/4 000a/2 0014'realm 0015'nonce 001d/4 001e/32 0020/8 0024/4 0025"
#define ALL_KNOWN_LEGACY "0004/8 0005/8 0007'secret 000b/8"

/* ---- frames that need arithmetic ---- */

/* The sum of the IPv4 header comes out as 0xffff, so its checksum as 0. */
static void make_ip_checksum_zero(struct frame *frame)
{
	struct frame other = *frame;
	uint8_t bytes[FRAME_MAX];

	other.tags_count = 0;
	other.id = 0;
	frame_build(&other, bytes, sizeof(bytes));
	frame->id = bytes[24] << 8 | bytes[25];
}

/* Both 0 and 0xffff verify (RFC 1624 3). */
static void make_ip_checksum_ffff(struct frame *frame)
{
	make_ip_checksum_zero(frame);
	frame->ip_checksum = 0xffff;
}

/* The UDP sum comes out as 0, so 0xffff is sent. */
static void make_udp_checksum_ffff(struct frame *frame)
{
	struct frame other;
	uint8_t bytes[FRAME_MAX];
	size_t at = frame->family == 4 ? 14 + 20 + 6 : 14 + 40 + 6;

	memset(frame->payload + 18, 0, 2);
	other = *frame;
	other.tags_count = 0;
	frame_build(&other, bytes, sizeof(bytes));
	memcpy(frame->payload + 18, bytes + at, 2);
}

/* A UDP checksum over the trailer too, as of a UDP length that counts it. */
static void make_udp_checksum_of_trailer(struct frame *frame)
{
	struct frame other = *frame;
	uint8_t bytes[FRAME_MAX];
	size_t at = frame->family == 4 ? 14 + 20 + 6 : 14 + 40 + 6;

	other.tags_count = 0;
	other.udp_length_delta = frame->udp_trailer;
	frame_build(&other, bytes, sizeof(bytes));
	frame->udp_checksum = bytes[at] << 8 | bytes[at + 1];
}

/* The pseudo-header's sum, but of a datagram that is longer by 8. */
static void make_partial_of_longer(struct frame *frame)
{
	struct frame other = *frame;
	uint8_t bytes[FRAME_MAX];
	size_t at = frame->family == 4 ? 14 + 20 + 6 : 14 + 40 + 6;

	other.tags_count = 0;
	other.udp_partial = 1;
	other.udp_trailer = 8;
	other.udp_length_delta = 8;
	frame_build(&other, bytes, sizeof(bytes));
	frame->udp_checksum = bytes[at] << 8 | bytes[at + 1];
}

/* All that the sum is of beside the pseudo-header sums up to nothing, so it is right as it is. */
static void make_partial_right(struct frame *frame)
{
	struct frame other;
	uint8_t bytes[FRAME_MAX];
	size_t at = frame->family == 4 ? 14 + 20 + 6 : 14 + 40 + 6;
	unsigned sum;

	/* The last word of the ID makes up for what is sent instead of what is right. */
	memset(frame->payload + 18, 0, 2);
	other = *frame;
	other.tags_count = 0;
	frame_build(&other, bytes, sizeof(bytes));
	sum = 0xffff - (bytes[at] * 256u + bytes[at + 1]);
	other.udp_partial = 0;
	frame_build(&other, bytes, sizeof(bytes));
	sum += bytes[at] * 256u + bytes[at + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	frame->payload[18] = (uint8_t)(sum >> 8);
	frame->payload[19] = (uint8_t)sum;
}

/* A FINGERPRINT whose CRC was not XORed with 0x5354554e. */
static void make_fingerprint_without_xor(struct frame *frame)
{
	frame_fingerprint(frame, 0x5354554e);
}

/* A FINGERPRINT that is right for the message without its SOFTWARE. */
static void make_fingerprint_of_shorter(struct frame *frame)
{
	uint8_t value[4];

	frame_fingerprint(frame, 0);
	memcpy(value, frame->payload + 24, 4);
	frame->payload_length = 20;
	frame_software(frame, "");
	frame_attribute(frame, 0x8028, value, 4);
}

/* A request of 1,472 bytes, the most that is read */
static void make_256(struct frame *frame)
{
	frame_attribute(frame, 0x8022, NULL, 256 - 24);
}

static void make_256_fingerprint(struct frame *frame)
{
	frame_attribute(frame, 0x8022, NULL, 256 - 24 - 8);
	frame_fingerprint(frame, 0);
}

static void make_260(struct frame *frame)
{
	frame_attribute(frame, 0x8022, NULL, 260 - 24);
}

/* 363 attributes of 4 bytes */
static void make_59_attributes(struct frame *frame)
{
	frame_attributes(frame, "59*8022");
}

/* One that neither the UDP length nor the STUN length counts. */
static void make_trailing_fingerprint(struct frame *frame)
{
	frame_fingerprint(frame, 0);
	frame->udp_length_delta = -8;
	frame->stun_length_delta = -8;
}

/* ---- the table ---- */

/* clang-format off: the tables are laid out by hand */
static const struct row bare_rows[] = {
	{.name = "bare", .verdict = "success", .only = SEED, .want = "X"},
	{.name = "bare legacy",
	 .verdict = "legacy_success",
	 .only = SEED,
	 .legacy = true,
	 .want = "M"},
	{.name = "bare, one service",
	 .verdict = "success",
	 .config = CASES_ONE_SERVICE,
	 .want = "X"},
	{.name = "bare, 1024 services",
	 .verdict = "success",
	 .config = CASES_MANY_SERVICES,
	 .want = "X"},
	{.name = "bare, everything else set",
	 .verdict = "success",
	 .config = CASES_EVERYTHING,
	 .want = "X" SOFTWARE_5},
	{.name = "cookie, byte-swapped",
	 .verdict = "legacy_success",
	 .legacy = true,
	 .transaction = "42a41221 b7e7a701bc34d686fa87dfae",
	 .want = "M"},
	{.name = "reply checksum comes out as 0",
	 .verdict = "success",
	 .transaction = "b7e7a701bc34d686000062d5|"
			"b7e7a701bc34d6860007bc00",
	 .want = "002000080001f523e721c045|"
		 "002000140002f5230113a9fab7e0a701bc34d6860007bc07"},
	{.name = "legacy reply checksum comes out as 0",
	 .verdict = "legacy_success",
	 .legacy = true,
	 .transaction = "b7e7a701bc34d68600005122|"
			"b7e7a701bc34d6860000581b",
	 .want = "M"},
	{.name = "420 reply checksum comes out as 0",
	 .verdict = "unknown_attribute",
	 .transaction = "b7e7a701bc34d68600007b41|"
			"b7e7a701bc34d686000085f7",
	 .attributes = "7fff",
	 .want = "E 000a0002 7fff0000"},
	{.name = "FINGERPRINT reply checksum comes out as 0",
	 .verdict = "success",
	 .transaction = "b7e7a701bc34d686000226b2|"
			"b7e7a701bc34d68600002fa6",
	 .attributes = "F",
	 .want = "002000080001f523e721c045 F|"
		 "002000140002f5230113a9fab7e0a701bc34d68600002fa1 F"},
	{.name = "IPv4 header checksum of the reply is 0",
	 .verdict = "success",
	 .only = V4,
	 .source = "198.51.56.115",
	 .want = "0020 0008 0001 f523 e7219c31"},
};

static const struct row link_rows[] = {
	{.name = "one 802.1ad tag",
	 .verdict = "success",
	 .only = UNTAGGED,
	 .set = {SET(tags_count, 1), SET(tags[0].tpid, 0x88a8), SET(tags[0].tci, 0x0064)},
	 .want = "X"},
	{.name = "priority tag, VID 0",
	 .verdict = "success",
	 .only = UNTAGGED,
	 .set = {SET(tags_count, 1), SET(tags[0].tpid, 0x8100), SET(tags[0].tci, 0xe000)},
	 .want = "X"},
	{.name = "tag of all ones",
	 .verdict = "success",
	 .only = UNTAGGED,
	 .set = {SET(tags_count, 1), SET(tags[0].tpid, 0x8100), SET(tags[0].tci, 0xffff)},
	 .want = "X"},
	{.name = "two 802.1Q tags",
	 .verdict = "success",
	 .only = UNTAGGED,
	 .set = {SET(tags_count, 2), SET(tags[0].tpid, 0x8100), SET(tags[0].tci, 0x0001),
		 SET(tags[1].tpid, 0x8100), SET(tags[1].tci, 0x0fff)},
	 .want = "X"},
	{.name = "two 802.1ad tags",
	 .verdict = "success",
	 .only = UNTAGGED,
	 .set = {SET(tags_count, 2), SET(tags[0].tpid, 0x88a8), SET(tags[0].tci, 0x8100),
		 SET(tags[1].tpid, 0x88a8), SET(tags[1].tci, 0x0800)},
	 .want = "X"},
	{.name = "802.1Q outside 802.1ad",
	 .verdict = "success",
	 .only = UNTAGGED,
	 .set = {SET(tags_count, 2), SET(tags[0].tpid, 0x8100), SET(tags[0].tci, 0x88a8),
		 SET(tags[1].tpid, 0x88a8), SET(tags[1].tci, 0x86dd)},
	 .want = "X"},
	{.name = "three tags",
	 .verdict = "not_ip",
	 .only = UNTAGGED,
	 .set = {SET(tags_count, 3), SET(tags[0].tpid, 0x88a8), SET(tags[1].tpid, 0x8100),
		 SET(tags[2].tpid, 0x8100)}},
	{.name = "tag 0x9100",
	 .verdict = "not_ip",
	 .only = UNTAGGED,
	 .set = {SET(tags_count, 1), SET(tags[0].tpid, 0x9100)}},
	{.name = "tag 0x9200",
	 .verdict = "not_ip",
	 .only = UNTAGGED,
	 .set = {SET(tags_count, 1), SET(tags[0].tpid, 0x9200)}},
	{.name = "tag 0x9100 inside 802.1Q",
	 .verdict = "not_ip",
	 .only = UNTAGGED,
	 .set = {SET(tags_count, 2), SET(tags[0].tpid, 0x8100), SET(tags[1].tpid, 0x9100)}},
	{.name = "ARP", .verdict = "not_ip", .set = {SET(ethertype, 0x0806)}},
	{.name = "LLC length", .verdict = "not_ip", .set = {SET(ethertype, 0x0030)}},
	{.name = "MPLS", .verdict = "not_ip", .set = {SET(ethertype, 0x8847)}},
	{.name = "PPPoE", .verdict = "not_ip", .set = {SET(ethertype, 0x8864)}},
	{.name = "LLDP", .verdict = "not_ip", .set = {SET(ethertype, 0x88cc)}},
	{.name = "EtherType 0x0801", .verdict = "not_ip", .set = {SET(ethertype, 0x0801)}},
	{.name = "EtherType 0x0008", .verdict = "not_ip", .set = {SET(ethertype, 0x0008)}},
	{.name = "EtherType 0xdd86", .verdict = "not_ip", .set = {SET(ethertype, 0xdd86)}},
	{.name = "EtherType 0xffff", .verdict = "not_ip", .set = {SET(ethertype, 0xffff)}},
	{.name = "IPv4 as IPv6",
	 .verdict = "ip_header",
	 .only = V4,
	 .set = {SET(ethertype, 0x86dd)}},
	{.name = "IPv6 as IPv4",
	 .verdict = "ip_header",
	 .only = V6,
	 .set = {SET(ethertype, 0x0800)}},
	{.name = "no byte", .verdict = "not_ip", .only = UNTAGGED, .set = {SET(end, 0)}},
	{.name = "one byte", .verdict = "not_ip", .only = UNTAGGED, .set = {SET(end, 1)}},
	{.name = "MACs only", .verdict = "not_ip", .set = {SET(end, 12)}},
	{.name = "half an EtherType", .verdict = "not_ip", .set = {SET(end, 13)}},
	{.name = "EtherType only", .verdict = "ip_header", .set = {SET(end_behind_ip, 0)}},
	{.name = "one byte behind the EtherType",
	 .verdict = "ip_header",
	 .set = {SET(end_behind_ip, 1)}},
#define ONE_TAG	 SET(tags_count, 1), SET(tags[0].tpid, 0x8100)
#define TWO_TAGS SET(tags_count, 2), SET(tags[0].tpid, 0x88a8), SET(tags[1].tpid, 0x8100)
	{.name = "tag: TPID only",
	 .verdict = "not_ip",
	 .only = UNTAGGED,
	 .set = {ONE_TAG, SET(end, 14)}},
	{.name = "tag: half a TCI",
	 .verdict = "not_ip",
	 .only = UNTAGGED,
	 .set = {ONE_TAG, SET(end, 15)}},
	{.name = "tag: no EtherType",
	 .verdict = "not_ip",
	 .only = UNTAGGED,
	 .set = {ONE_TAG, SET(end, 16)}},
	{.name = "tag: half an EtherType",
	 .verdict = "not_ip",
	 .only = UNTAGGED,
	 .set = {ONE_TAG, SET(end, 17)}},
	{.name = "second tag: TPID only",
	 .verdict = "not_ip",
	 .only = UNTAGGED,
	 .set = {TWO_TAGS, SET(end, 18)}},
	{.name = "second tag: no EtherType",
	 .verdict = "not_ip",
	 .only = UNTAGGED,
	 .set = {TWO_TAGS, SET(end, 20)}},
	{.name = "second tag: half an EtherType",
	 .verdict = "not_ip",
	 .only = UNTAGGED,
	 .set = {TWO_TAGS, SET(end, 21)}},

	{.name = "broadcast destination MAC",
	 .verdict = "link_address",
	 .mac_destination = "ffffffffffff"},
	{.name = "IPv4 multicast destination MAC",
	 .verdict = "link_address",
	 .mac_destination = "01005e000001"},
	{.name = "IPv6 multicast destination MAC",
	 .verdict = "link_address",
	 .mac_destination = "333300000001"},
	{.name = "group bit of the destination MAC",
	 .verdict = "link_address",
	 .mac_destination = "535400123456"},
	{.name = "broadcast source MAC", .verdict = "link_address", .mac_source = "ffffffffffff"},
	{.name = "group bit of the source MAC",
	 .verdict = "link_address",
	 .mac_source = "031a2b3c4d5e"},
	{.name = "lone group bit of the source MAC",
	 .verdict = "link_address",
	 .mac_source = "010000000000"},
	{.name = "no group bit but all the others",
	 .verdict = "success",
	 .mac_source = "feffffffffff",
	 .mac_destination = "fefffffffffe",
	 .want = "X"},
	{.name = "MACs of zeros",
	 .verdict = "success",
	 .mac_source = "000000000000",
	 .mac_destination = "000000000000",
	 .want = "X"},
	{.name = "equal MACs", .verdict = "success", .mac_source = "525400123456", .want = "X"},
};

#define DESTINATION(text, port, family, label, expected)                                           \
	{                                                                                          \
		.name = "to " text " port " #port, .verdict = label, .only = family,               \
		.destination = text, .set = {SET(destination_port, port)}, .want = expected        \
	}

static const struct row where_rows[] = {
	DESTINATION("203.0.113.11", 3479, V4, "success", "X"),
	DESTINATION("203.0.113.10", 19302, V4, "success", "X"),
	DESTINATION("198.51.100.1", 19302, V4, "success", "X"),
	DESTINATION("192.0.2.255", 65535, V4, "success", "X"),
	DESTINATION("203.0.113.11", 53, V4, "success", "X"),
	DESTINATION("2001:db8::11", 3479, V6, "success", "X"),
	DESTINATION("2001:db8::10", 19302, V6, "success", "X"),
	DESTINATION("2001:db8:1::1", 19302, V6, "success", "X"),
	DESTINATION("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", 65535, V6, "success", "X"),
	DESTINATION("2001:db8::cb00:710a", 3478, V6, "success", "X"),
	DESTINATION("fe80::10", 3478, V6, "success", "X"),
	{.name = "the last of 1024 services",
	 .verdict = "success",
	 .only = V4,
	 .config = CASES_MANY_SERVICES,
	 .destination = "10.20.0.255",
	 .set = {SET(destination_port, 3481)},
	 .want = "X"},
	{.name = "the last of 1024 services",
	 .verdict = "success",
	 .only = V6,
	 .config = CASES_MANY_SERVICES,
	 .destination = "2001:db8:2::fe",
	 .set = {SET(destination_port, 3481)},
	 .want = "X"},
	{.name = "behind the last of 1024 services",
	 .verdict = "not_service",
	 .only = V4,
	 .config = CASES_MANY_SERVICES,
	 .destination = "10.20.0.255",
	 .set = {SET(destination_port, 3482)}},
	{.name = "second service where there is one",
	 .verdict = "not_service",
	 .only = V4,
	 .config = CASES_ONE_SERVICE,
	 .destination = "203.0.113.11",
	 .set = {SET(destination_port, 3479)}},
	{.name = "second service where there is one",
	 .verdict = "not_service",
	 .only = V6,
	 .config = CASES_ONE_SERVICE,
	 .destination = "2001:db8::11",
	 .set = {SET(destination_port, 3479)}},

	{.name = "port 0", .verdict = "not_service", .set = {SET(destination_port, 0)}},
	{.name = "port 3477", .verdict = "not_service", .set = {SET(destination_port, 3477)}},
	{.name = "port 3479", .verdict = "not_service", .set = {SET(destination_port, 3479)}},
	{.name = "port 3478 byte-swapped",
	 .verdict = "not_service",
	 .set = {SET(destination_port, 0x960d)}},
	{.name = "port 65535 elsewhere",
	 .verdict = "not_service",
	 .set = {SET(destination_port, 65535)}},
	DESTINATION("203.0.113.11", 3478, V4, "not_service", NULL),
	DESTINATION("203.0.113.9", 3478, V4, "not_service", NULL),
	DESTINATION("203.0.113.138", 3478, V4, "not_service", NULL),
	DESTINATION("202.0.113.10", 3478, V4, "not_service", NULL),
	DESTINATION("75.0.113.10", 3478, V4, "not_service", NULL),
	DESTINATION("10.113.0.203", 3478, V4, "not_service", NULL),
	DESTINATION("0.0.0.0", 3478, V4, "not_service", NULL),
	DESTINATION("127.0.0.1", 3478, V4, "not_service", NULL),
	DESTINATION("255.255.255.255", 3478, V4, "not_service", NULL),
	DESTINATION("203.0.113.255", 3478, V4, "not_service", NULL),
	DESTINATION("224.0.0.1", 3478, V4, "not_service", NULL),
	DESTINATION("2001:db8::11", 3478, V6, "not_service", NULL),
	DESTINATION("2001:db8::12", 3478, V6, "not_service", NULL),
	DESTINATION("a001:db8::10", 3478, V6, "not_service", NULL),
	DESTINATION("2001:db8:0:0:8000::10", 3478, V6, "not_service", NULL),
	DESTINATION("2001:db8:0:1::10", 3478, V6, "not_service", NULL),
	DESTINATION("2001:db8::1:0:10", 3478, V6, "not_service", NULL),
	DESTINATION("::cb00:710a", 3478, V6, "not_service", NULL),
	DESTINATION("::ffff:203.0.113.10", 3478, V6, "not_service", NULL),
	DESTINATION("cb00:710a::", 3478, V6, "not_service", NULL),
	DESTINATION("::", 3478, V6, "not_service", NULL),
	DESTINATION("ff02::1", 3478, V6, "not_service", NULL),
	{.name = "other port, all else wrong too",
	 .verdict = "not_service",
	 .source = "0.0.0.0|::",
	 .mac_source = "ffffffffffff",
	 .set = {SET(destination_port, 3477), SET(udp_checksum_xor, 1), SET(source_port, 0),
		 SET(udp_length, 0)}},

	{.name = "TCP", .verdict = "not_udp", .set = {SET(protocol, 6)}},
	{.name = "ICMP", .verdict = "not_udp", .set = {SET(protocol, 1)}},
	{.name = "ICMPv6", .verdict = "not_udp", .set = {SET(protocol, 58)}},
	{.name = "SCTP", .verdict = "not_udp", .set = {SET(protocol, 132)}},
	{.name = "UDP-Lite", .verdict = "not_udp", .set = {SET(protocol, 136)}},
	{.name = "protocol 16", .verdict = "not_udp", .set = {SET(protocol, 16)}},
	{.name = "ESP", .verdict = "not_udp", .set = {SET(protocol, 50)}},
	{.name = "no next header", .verdict = "not_udp", .set = {SET(protocol, 59)}},
	{.name = "protocol 255", .verdict = "not_udp", .set = {SET(protocol, 255)}},
	{.name = "TCP, fixed header only",
	 .verdict = "not_udp",
	 .only = V4,
	 .set = {SET(protocol, 6), SET(end_behind_ip, 20)}},
	{.name = "TCP, fixed header only",
	 .verdict = "not_udp",
	 .only = V6,
	 .set = {SET(protocol, 6), SET(end_behind_ip, 40)}},
	{.name = "TCP fragment",
	 .verdict = "not_udp",
	 .only = V4,
	 .set = {SET(protocol, 6), SET(fragment, 0x2000)}},
	/* extension headers are none over IPv4 */
	{.name = "protocol 0", .verdict = "not_udp", .only = V4, .set = {SET(protocol, 0)}},
	{.name = "protocol 44", .verdict = "not_udp", .only = V4, .set = {SET(protocol, 44)}},
	{.name = "protocol 51", .verdict = "not_udp", .only = V4, .set = {SET(protocol, 51)}},
};

#define NEXT_HEADER(number, label)                                                                 \
	{                                                                                          \
		.name = "next header " #number, .verdict = label, .only = V6,                      \
		.set = { SET(protocol, number) }                                                   \
	}
#define EXTENSION(number, label)                                                                   \
	{                                                                                          \
		.name = "extension header " #number, .verdict = label, .only = V6,                 \
		.set = { SET(extensions_count, 1),                                                 \
			 SET(extensions[0], number) }                                              \
	}
#define FRAGMENT(bits, label, expected)                                                            \
	{                                                                                          \
		.name = "fragment field " #bits, .verdict = label, .only = V4,                     \
		.set = {SET(fragment, bits)}, .want = expected                                     \
	}

static const struct row ip_rows[] = {
	{.name = "version 0", .verdict = "ip_header", .set = {SET(version, 0)}},
	{.name = "version 5", .verdict = "ip_header", .set = {SET(version, 5)}},
	{.name = "version 15", .verdict = "ip_header", .set = {SET(version, 15)}},
	{.name = "version 6", .verdict = "ip_header", .only = V4, .set = {SET(version, 6)}},
	{.name = "version 4", .verdict = "ip_header", .only = V6, .set = {SET(version, 4)}},
	{.name = "IHL 0", .verdict = "ip_header", .only = V4, .set = {SET(ihl, 0)}},
	{.name = "IHL 4", .verdict = "ip_header", .only = V4, .set = {SET(ihl, 4)}},
	{.name = "IHL 15, behind the end",
	 .verdict = "ip_header",
	 .only = V4,
	 .set = {SET(ihl, 15)}},
	{.name = "IHL 6, no options",
	 .verdict = "ipv4_options",
	 .only = V4,
	 .set = {SET(ihl, 6), SET(udp_checksum, 3478)}},
	{.name = "IHL 6, so another port",
	 .verdict = "not_service",
	 .only = V4,
	 .set = {SET(ihl, 6), SET(udp_checksum, 3477)}},

	{.name = "19 bytes of IP", .verdict = "ip_header", .set = {SET(end_behind_ip, 19)}},
	{.name = "20 bytes of IP", .verdict = "ip_header", .set = {SET(end_behind_ip, 20)}},
	{.name = "27 bytes of IP", .verdict = "ip_header", .set = {SET(end_behind_ip, 27)}},
	{.name = "28 bytes of IP",
	 .verdict = "ip_length",
	 .only = V4,
	 .set = {SET(end_behind_ip, 28)}},
	{.name = "39 bytes of IP",
	 .verdict = "ip_header",
	 .only = V6,
	 .set = {SET(end_behind_ip, 39)}},
	{.name = "40 bytes of IP",
	 .verdict = "ip_header",
	 .only = V6,
	 .set = {SET(end_behind_ip, 40)}},
	{.name = "47 bytes of IP",
	 .verdict = "ip_header",
	 .only = V6,
	 .set = {SET(end_behind_ip, 47)}},
	{.name = "48 bytes of IP",
	 .verdict = "ip_length",
	 .only = V6,
	 .set = {SET(end_behind_ip, 48)}},
	{.name = "last byte cut",
	 .verdict = "ip_length",
	 .only = V4,
	 .set = {SET(end_behind_ip, 47)}},
	{.name = "last byte cut",
	 .verdict = "ip_length",
	 .only = V6,
	 .set = {SET(end_behind_ip, 67)}},

	{.name = "IP length 0", .verdict = "ip_header", .set = {SET(ip_length, 0)}},
	{.name = "IP length 7", .verdict = "ip_header", .set = {SET(ip_length, 7)}},
	{.name = "IP length 8", .verdict = "udp_length", .only = V6, .set = {SET(ip_length, 8)}},
	{.name = "IP length 19", .verdict = "ip_header", .only = V4, .set = {SET(ip_length, 19)}},
	{.name = "IP length 20", .verdict = "ip_header", .only = V4, .set = {SET(ip_length, 20)}},
	{.name = "IP length 27", .verdict = "ip_header", .only = V4, .set = {SET(ip_length, 27)}},
	{.name = "IP length 28", .verdict = "udp_length", .only = V4, .set = {SET(ip_length, 28)}},
	{.name = "IP length one short", .verdict = "udp_length", .set = {SET(ip_length_delta, -1)}},
	{.name = "IP length four short",
	 .verdict = "udp_length",
	 .set = {SET(ip_length_delta, -4)}},
	{.name = "IP length one over", .verdict = "ip_length", .set = {SET(ip_length_delta, 1)}},
	{.name = "IP length four over", .verdict = "ip_length", .set = {SET(ip_length_delta, 4)}},
	{.name = "IP length 65535", .verdict = "ip_length", .set = {SET(ip_length, 65535)}},
	{.name = "IP length over within a trailer",
	 .verdict = "success",
	 .set = {SET(ip_length_delta, 4), SET(ip_trailer, 4)},
	 .want = "X"},
	{.name = "IP length over a trailer by one",
	 .verdict = "ip_length",
	 .set = {SET(ip_length_delta, 5), SET(ip_trailer, 4)}},
	{.name = "IP length as of IPv4 over IPv6",
	 .verdict = "ip_length",
	 .only = V6,
	 .set = {SET(ip_length, 68)}},

	{.name = "IP checksum off by one",
	 .verdict = "ip_checksum",
	 .only = V4,
	 .set = {SET(ip_checksum_xor, 1)}},
	{.name = "IP checksum, first bit",
	 .verdict = "ip_checksum",
	 .only = V4,
	 .set = {SET(ip_checksum_xor, 0x8000)}},
	{.name = "IP checksum inverted",
	 .verdict = "ip_checksum",
	 .only = V4,
	 .set = {SET(ip_checksum_xor, 0xffff)}},
	{.name = "IP checksum 0",
	 .verdict = "ip_checksum",
	 .only = V4,
	 .set = {SET(ip_checksum, 0)}},
	{.name = "IP checksum ffff",
	 .verdict = "ip_checksum",
	 .only = V4,
	 .set = {SET(ip_checksum, 0xffff)}},
	{.name = "IP checksum 0, rightly",
	 .verdict = "success",
	 .only = V4,
	 .make = make_ip_checksum_zero,
	 .want = "X"},
	{.name = "IP checksum ffff, rightly",
	 .verdict = "success",
	 .only = V4,
	 .make = make_ip_checksum_ffff,
	 .want = "X"},
	{.name = "wrong IP checksum, UDP checksum 0",
	 .verdict = "ip_checksum",
	 .only = V4,
	 .set = {SET(ip_checksum_xor, 0x0100), SET(udp_checksum, 0)}},

	{.name = "TTL 0", .verdict = "success", .set = {SET(ttl, 0)}, .want = "X"},
	{.name = "TTL 1", .verdict = "success", .set = {SET(ttl, 1)}, .want = "X"},
	{.name = "TTL 255", .verdict = "success", .set = {SET(ttl, 255)}, .want = "X"},
	{.name = "TOS 0", .verdict = "success", .set = {SET(tos, 0)}, .want = "X"},
	{.name = "TOS 255",
	 .verdict = "success",
	 .set = {SET(tos, 255), SET(id, 0xffff)},
	 .want = "X"},
	{.name = "flow label 0",
	 .verdict = "success",
	 .only = V6,
	 .set = {SET(flow_label, 0)},
	 .want = "X"},
	{.name = "flow label fffff",
	 .verdict = "success",
	 .only = V6,
	 .set = {SET(flow_label, 0xfffff)},
	 .want = "X"},

	FRAGMENT(0x4000, "success", "X"),
	FRAGMENT(0x8000, "success", "X"), /* the reserved bit says nothing */
	FRAGMENT(0xc000, "success", "X"),
	FRAGMENT(0x2000, "fragment", NULL),
	FRAGMENT(0x6000, "fragment", NULL),
	FRAGMENT(0x0001, "fragment", NULL),
	FRAGMENT(0x0100, "fragment", NULL),
	FRAGMENT(0x1000, "fragment", NULL),
	FRAGMENT(0x1fff, "fragment", NULL),
	FRAGMENT(0xffff, "fragment", NULL),
	{.name = "fragment to another port",
	 .verdict = "fragment",
	 .only = V4,
	 .set = {SET(fragment, 0x2000), SET(destination_port, 80)}},
	{.name = "fragment to another address",
	 .verdict = "not_service",
	 .only = V4,
	 .destination = "203.0.113.12",
	 .set = {SET(fragment, 0x2000)}},
	{.name = "fragment with options",
	 .verdict = "fragment",
	 .only = V4,
	 .set = {SET(fragment, 0x00b9), SET(options_length, 8)}},
	{.name = "fragment, fixed header only",
	 .verdict = "fragment",
	 .only = V4,
	 .set = {SET(fragment, 0x00b9), SET(end_behind_ip, 20)}},
	{.name = "fragment, wrong checksum",
	 .verdict = "fragment",
	 .only = V4,
	 .set = {SET(fragment, 0x2000), SET(ip_checksum_xor, 1)}},
	{.name = "fragment, otherwise pass",
	 .verdict = "fragment",
	 .only = V4,
	 .config = CASES_PASS,
	 .set = {SET(fragment, 0x2000)}},

	{.name = "options of 4 bytes",
	 .verdict = "ipv4_options",
	 .only = V4,
	 .set = {SET(options_length, 4)}},
	{.name = "options of 8 bytes",
	 .verdict = "ipv4_options",
	 .only = V4,
	 .set = {SET(options_length, 8)}},
	{.name = "options of 40 bytes",
	 .verdict = "ipv4_options",
	 .only = V4,
	 .set = {SET(options_length, 40)}},
	{.name = "options, FINGERPRINT",
	 .verdict = "ipv4_options",
	 .only = V4,
	 .attributes = "F",
	 .set = {SET(options_length, 4)}},
	{.name = "options, not STUN",
	 .verdict = "ipv4_options",
	 .only = V4,
	 .type = 0xff01,
	 .set = {SET(options_length, 4)}},
	{.name = "options to another port",
	 .verdict = "not_service",
	 .only = V4,
	 .set = {SET(options_length, 4), SET(destination_port, 80)}},
	{.name = "options to another address",
	 .verdict = "not_service",
	 .only = V4,
	 .destination = "203.0.113.12",
	 .set = {SET(options_length, 4)}},
	{.name = "options, wrong checksum",
	 .verdict = "ipv4_options",
	 .only = V4,
	 .set = {SET(options_length, 4), SET(ip_checksum_xor, 1)}},
	{.name = "options, cut behind the UDP header",
	 .verdict = "ipv4_options",
	 .only = V4,
	 .set = {SET(options_length, 4), SET(end_behind_ip, 32)}},
	{.name = "options, UDP header cut",
	 .verdict = "ip_header",
	 .only = V4,
	 .set = {SET(options_length, 4), SET(end_behind_ip, 31)}},
	{.name = "options cut",
	 .verdict = "ip_header",
	 .only = V4,
	 .set = {SET(options_length, 40), SET(end_behind_ip, 59)}},
	{.name = "options, IP length cuts UDP",
	 .verdict = "ip_header",
	 .only = V4,
	 .set = {SET(options_length, 4), SET(ip_length, 31)}},

	NEXT_HEADER(0, "ipv6_extension"),
	NEXT_HEADER(43, "ipv6_extension"),
	NEXT_HEADER(44, "fragment"),
	NEXT_HEADER(51, "ipv6_extension"),
	NEXT_HEADER(60, "ipv6_extension"),
	NEXT_HEADER(135, "ipv6_extension"),
	NEXT_HEADER(139, "ipv6_extension"),
	NEXT_HEADER(140, "ipv6_extension"),
	NEXT_HEADER(4, "not_udp"),
	NEXT_HEADER(18, "not_udp"),
	NEXT_HEADER(41, "not_udp"),
	NEXT_HEADER(42, "not_udp"),
	NEXT_HEADER(45, "not_udp"),
	NEXT_HEADER(52, "not_udp"),
	NEXT_HEADER(61, "not_udp"),
	NEXT_HEADER(134, "not_udp"),
	NEXT_HEADER(138, "not_udp"),
	NEXT_HEADER(141, "not_udp"),
	NEXT_HEADER(253, "not_udp"),
	NEXT_HEADER(254, "not_udp"),
	EXTENSION(0, "ipv6_extension"),
	EXTENSION(43, "ipv6_extension"),
	EXTENSION(44, "fragment"),
	EXTENSION(60, "ipv6_extension"),
	{.name = "IPv6 first fragment",
	 .verdict = "fragment",
	 .only = V6,
	 .set = {SET(extensions_count, 1), SET(extensions[0], 44), SET(fragment, 0x0001)}},
	{.name = "IPv6 later fragment",
	 .verdict = "fragment",
	 .only = V6,
	 .set = {SET(extensions_count, 1), SET(extensions[0], 44), SET(fragment, 0x05a8)}},
	{.name = "hop-by-hop, then a fragment",
	 .verdict = "ipv6_extension",
	 .only = V6,
	 .set = {SET(extensions_count, 2), SET(extensions[0], 0), SET(extensions[1], 44)}},
	{.name = "three extension headers",
	 .verdict = "ipv6_extension",
	 .only = V6,
	 .set = {SET(extensions_count, 3), SET(extensions[0], 0), SET(extensions[1], 43),
		 SET(extensions[2], 60)}},
	{.name = "extension header to another port",
	 .verdict = "ipv6_extension",
	 .only = V6,
	 .set = {SET(extensions_count, 1), SET(extensions[0], 60), SET(destination_port, 80)}},
	{.name = "extension header to another address",
	 .verdict = "not_service",
	 .only = V6,
	 .destination = "2001:db8::12",
	 .set = {SET(extensions_count, 1), SET(extensions[0], 60)}},
	{.name = "IPv6 fragment to another address",
	 .verdict = "not_service",
	 .only = V6,
	 .destination = "2001:db8::12",
	 .set = {SET(extensions_count, 1), SET(extensions[0], 44)}},
	{.name = "extension header cut",
	 .verdict = "ipv6_extension",
	 .only = V6,
	 .set = {SET(extensions_count, 1), SET(extensions[0], 0), SET(end_behind_ip, 40)}},
	{.name = "extension header, otherwise pass",
	 .verdict = "ipv6_extension",
	 .only = V6,
	 .config = CASES_PASS,
	 .set = {SET(extensions_count, 1), SET(extensions[0], 0)}},
};

static const struct row udp_rows[] = {
	{.name = "UDP length 0", .verdict = "udp_length", .set = {SET(udp_length, 0)}},
	{.name = "UDP length 7", .verdict = "udp_length", .set = {SET(udp_length, 7)}},
	{.name = "UDP length 8", .verdict = "stun_runt", .set = {SET(udp_length, 8)}},
	{.name = "UDP length 9", .verdict = "stun_runt", .set = {SET(udp_length, 9)}},
	{.name = "UDP length 27", .verdict = "stun_runt", .set = {SET(udp_length, 27)}},
	{.name = "UDP length 29", .verdict = "udp_length", .set = {SET(udp_length, 29)}},
	{.name = "UDP length 32", .verdict = "udp_length", .set = {SET(udp_length, 32)}},
	{.name = "UDP length 65535", .verdict = "udp_length", .set = {SET(udp_length, 65535)}},
	{.name = "UDP length 28 byte-swapped",
	 .verdict = "udp_length",
	 .set = {SET(udp_length, 0x1c00)}},
	{.name = "UDP length over the IP length within the frame",
	 .verdict = "udp_length",
	 .set = {SET(udp_length, 32), SET(ip_trailer, 4)}},
	{.name = "UDP length short of the payload",
	 .verdict = "stun_length",
	 .attributes = "8022",
	 .set = {SET(udp_length_delta, -4)}},
	{.name = "UDP length over STUN within the IP length",
	 .verdict = "stun_length",
	 .set = {SET(udp_length_delta, 4), SET(udp_trailer, 4)}},

	{.name = "1 byte behind IP",
	 .verdict = "success",
	 .set = {SET(ip_trailer, 1)},
	 .want = "X"},
	{.name = "4 bytes behind IP",
	 .verdict = "success",
	 .set = {SET(ip_trailer, 4), SET(trailer_byte, 0xff)},
	 .want = "X"},
	{.name = "12 bytes behind IP",
	 .verdict = "success",
	 .set = {SET(ip_trailer, 12)},
	 .want = "X"},
	{.name = "13 bytes behind IP",
	 .verdict = "success",
	 .only = SEED,
	 .set = {SET(ip_trailer, 13), SET(trailer_byte, 0xa5)},
	 .want = "X"},
	{.name = "500 bytes behind IP",
	 .verdict = "success",
	 .set = {SET(ip_trailer, 500), SET(trailer_byte, 0x80)},
	 .want = "X"},
	{.name = "1 byte behind UDP",
	 .verdict = "success",
	 .set = {SET(udp_trailer, 1), SET(trailer_byte, 0xff)},
	 .want = "X"},
	{.name = "4 bytes behind UDP",
	 .verdict = "success",
	 .set = {SET(udp_trailer, 4), SET(trailer_byte, 0xff)},
	 .want = "X"},
	{.name = "24 bytes behind UDP",
	 .verdict = "success",
	 .set = {SET(udp_trailer, 24), SET(trailer_byte, 0x01)},
	 .want = "X"},
	{.name = "500 bytes behind UDP",
	 .verdict = "success",
	 .set = {SET(udp_trailer, 500), SET(trailer_byte, 0x7f)},
	 .want = "X"},
	{.name = "trailers behind UDP and IP",
	 .verdict = "success",
	 .only = SEED,
	 .set = {SET(udp_trailer, 3), SET(ip_trailer, 5), SET(trailer_byte, 0x33)},
	 .want = "X"},
	{.name = "trailers, legacy",
	 .verdict = "legacy_success",
	 .legacy = true,
	 .set = {SET(udp_trailer, 8), SET(ip_trailer, 40), SET(trailer_byte, 0xff)},
	 .want = "M"},
	{.name = "trailers, FINGERPRINT",
	 .verdict = "success",
	 .attributes = "F",
	 .set = {SET(udp_trailer, 8), SET(ip_trailer, 4), SET(trailer_byte, 0xff)},
	 .want = "X F"},
	{.name = "trailers, 420",
	 .verdict = "unknown_attribute",
	 .attributes = "7fff",
	 .set = {SET(udp_trailer, 7), SET(ip_trailer, 1), SET(trailer_byte, 0xff)},
	 .want = "E 000a0002 7fff0000"},
	{.name = "FINGERPRINT in the trailer",
	 .verdict = "success",
	 .make = make_trailing_fingerprint,
	 .want = "X"},
	{.name = "1400 bytes behind IP",
	 .verdict = "success",
	 .set = {SET(ip_trailer, 1400)},
	 .want = "X"},

	{.name = "UDP checksum off by one",
	 .verdict = "udp_checksum",
	 .set = {SET(udp_checksum_xor, 1)}},
	{.name = "UDP checksum, first bit",
	 .verdict = "udp_checksum",
	 .set = {SET(udp_checksum_xor, 0x8000)}},
	{.name = "UDP checksum inverted",
	 .verdict = "udp_checksum",
	 .set = {SET(udp_checksum_xor, 0xffff)}},
	{.name = "UDP checksum ffff",
	 .verdict = "udp_checksum",
	 .set = {SET(udp_checksum, 0xffff)}},
	{.name = "UDP checksum ffff, rightly",
	 .verdict = "success",
	 .make = make_udp_checksum_ffff},
	{.name = "legacy UDP checksum ffff, rightly",
	 .verdict = "legacy_success",
	 .legacy = true,
	 .make = make_udp_checksum_ffff,
	 .want = "M"},
	{.name = "UDP checksum 0",
	 .verdict = "success",
	 .only = V4,
	 .set = {SET(udp_checksum, 0)},
	 .want = "X"},
	{.name = "UDP checksum 0",
	 .verdict = "udp_checksum_missing",
	 .only = V6,
	 .set = {SET(udp_checksum, 0)}},
	{.name = "legacy UDP checksum 0",
	 .verdict = "legacy_success",
	 .only = V4,
	 .legacy = true,
	 .set = {SET(udp_checksum, 0)},
	 .want = "M"},
	{.name = "legacy UDP checksum 0",
	 .verdict = "udp_checksum_missing",
	 .only = V6,
	 .legacy = true,
	 .set = {SET(udp_checksum, 0)}},
	{.name = "UDP checksum 0, FINGERPRINT",
	 .verdict = "success",
	 .only = V4,
	 .attributes = "F",
	 .set = {SET(udp_checksum, 0)},
	 .want = "X F"},
	{.name = "UDP checksum 0, wrong FINGERPRINT",
	 .verdict = "wrong_fingerprint",
	 .only = V4,
	 .attributes = "F!",
	 .set = {SET(udp_checksum, 0)}},
	{.name = "UDP checksum 0, 420",
	 .verdict = "unknown_attribute",
	 .only = V4,
	 .attributes = "7fff",
	 .set = {SET(udp_checksum, 0)},
	 .want = "E 000a0002 7fff0000"},
	{.name = "UDP checksum with a trailer",
	 .verdict = "udp_checksum",
	 .set = {SET(udp_trailer, 5), SET(trailer_byte, 0xff)},
	 .make = make_udp_checksum_of_trailer},
	{.name = "wrong UDP checksum, otherwise pass",
	 .verdict = "udp_checksum",
	 .config = CASES_PASS,
	 .set = {SET(udp_checksum_xor, 0x0400)}},

	{.name = "partial UDP checksum",
	 .verdict = "partial_checksum",
	 .set = {SET(udp_partial, 1)}},
	{.name = "legacy partial UDP checksum",
	 .verdict = "partial_checksum",
	 .legacy = true,
	 .set = {SET(udp_partial, 1)}},
	{.name = "partial UDP checksum, FINGERPRINT",
	 .verdict = "partial_checksum",
	 .attributes = "F",
	 .set = {SET(udp_partial, 1)}},
	{.name = "partial UDP checksum, otherwise pass",
	 .verdict = "partial_checksum",
	 .config = CASES_PASS,
	 .set = {SET(udp_partial, 1)}},
	{.name = "partial UDP checksum with trailers",
	 .verdict = "partial_checksum",
	 .set = {SET(udp_partial, 1), SET(udp_trailer, 5), SET(ip_trailer, 3),
		 SET(trailer_byte, 0xff)}},
	{.name = "partial UDP checksum, wrong FINGERPRINT",
	 .verdict = "partial_checksum",
	 .attributes = "F!",
	 .set = {SET(udp_partial, 1)}},
	{.name = "partial UDP checksum, off by one",
	 .verdict = "udp_checksum",
	 .set = {SET(udp_partial, 1), SET(udp_checksum_xor, 1)}},
	{.name = "partial UDP checksum, inverted",
	 .verdict = "udp_checksum",
	 .set = {SET(udp_partial, 1), SET(udp_checksum_xor, 0xffff)}},
	{.name = "partial UDP checksum of another length",
	 .verdict = "udp_checksum",
	 .make = make_partial_of_longer},
	{.name = "partial UDP checksum that is right",
	 .verdict = "legacy_success",
	 .legacy = true,
	 .set = {SET(udp_partial, 1)},
	 .make = make_partial_right,
	 .want = "M"},
	{.name = "partial UDP checksum of a response",
	 .verdict = "response",
	 .type = 0x0101,
	 .set = {SET(udp_partial, 1)}},
	{.name = "partial UDP checksum from a source that no client has",
	 .verdict = "source_address",
	 .source = "127.0.0.1|::1",
	 .set = {SET(udp_partial, 1)}},
	{.name = "256 bytes", .verdict = "success", .make = make_256, .want = "X"},
	{.name = "256 bytes, partial UDP checksum",
	 .verdict = "partial_checksum",
	 .make = make_256,
	 .set = {SET(udp_partial, 1)}},
	{.name = "256 bytes, FINGERPRINT",
	 .verdict = "success",
	 .make = make_256_fingerprint,
	 .want = "X F"},
	{.name = "legacy, 256 bytes",
	 .verdict = "legacy_success",
	 .legacy = true,
	 .make = make_256,
	 .want = "M"},
	{.name = "256 bytes, wrong UDP checksum",
	 .verdict = "udp_checksum",
	 .make = make_256,
	 .set = {SET(udp_checksum_xor, 2)}},
	{.name = "256 bytes, many attributes",
	 .verdict = "too_many_attributes",
	 .make = make_59_attributes},
	{.name = "260 bytes", .verdict = "oversize", .make = make_260},
	{.name = "legacy, 260 bytes", .verdict = "oversize", .legacy = true, .make = make_260},
	{.name = "260 bytes, otherwise pass",
	 .verdict = "oversize",
	 .config = CASES_PASS,
	 .make = make_260},
};

#define SOURCE(text, family, label)                                                                \
	{                                                                                          \
		.name = "from " text, .verdict = label, .only = family, .source = text             \
	}
#define BOGON4(text)  SOURCE(text, V4, "source_address")
#define BOGON6(text)  SOURCE(text, V6, "source_address")
#define CLIENT4(text) SOURCE(text, V4, "success")
#define CLIENT6(text) SOURCE(text, V6, "success")
#define PRIVATE(text, family)                                                                      \
	{                                                                                          \
		.name = "from " text, .verdict = "success", .only = family, .source = text,        \
		.private_client = true                                                             \
	}
#define PRIVATE4(text) PRIVATE(text, V4)
#define PRIVATE6(text) PRIVATE(text, V6)

static const struct row source_rows[] = {
	BOGON4("0.0.0.0"),
	BOGON4("0.0.0.1"),
	BOGON4("0.255.255.255"),
	CLIENT4("1.0.0.0"),
	CLIENT4("1.1.1.1"),
	PRIVATE4("10.0.0.1"),
	PRIVATE4("100.64.0.1"),
	CLIENT4("126.255.255.255"),
	BOGON4("127.0.0.0"),
	BOGON4("127.0.0.1"),
	BOGON4("127.255.255.255"),
	CLIENT4("128.0.0.0"),
	CLIENT4("169.253.255.255"),
	BOGON4("169.254.0.0"),
	BOGON4("169.254.169.254"),
	BOGON4("169.254.255.255"),
	CLIENT4("169.255.0.0"),
	CLIENT4("168.254.0.1"),
	CLIENT4("170.254.0.1"),
	PRIVATE4("172.16.0.1"),
	PRIVATE4("192.168.1.101"),
	CLIENT4("198.51.100.255"),
	CLIENT4("203.0.113.9"),
	CLIENT4("203.0.113.11"), /* another service */
	CLIENT4("223.255.255.255"),
	BOGON4("224.0.0.0"),
	BOGON4("224.0.0.251"),
	BOGON4("239.255.255.255"),
	BOGON4("240.0.0.0"),
	BOGON4("248.1.2.3"),
	BOGON4("255.255.255.254"),
	BOGON4("255.255.255.255"),
	BOGON6("::"),
	BOGON6("::1"),
	BOGON6("::2"),
	BOGON6("::100"),
	BOGON6("::1:0"),
	BOGON6("::127.0.0.1"),
	BOGON6("::198.51.100.7"),
	BOGON6("::ffff:ffff"),
	CLIENT6("::1:0:0"),
	CLIENT6("::1:0:0:0"),
	CLIENT6("::1:0:0:0:1"),
	CLIENT6("0:0:0:1::1"),
	CLIENT6("1::"),
	BOGON6("::ffff:0:0"),
	BOGON6("::ffff:198.51.100.7"),
	BOGON6("::ffff:127.0.0.1"),
	BOGON6("::ffff:ffff:ffff"),
	CLIENT6("::fffe:198.51.100.7"),
	CLIENT6("::ff00:198.51.100.7"),
	CLIENT6("::ffff:0:198.51.100.7"),
	CLIENT6("::1:ffff:198.51.100.7"),
	CLIENT6("0:1::ffff:198.51.100.7"),
	BOGON6("100::"),
	BOGON6("100::1"),
	BOGON6("100::ffff:ffff:ffff:ffff"),
	CLIENT6("100:0:0:1::1"),
	CLIENT6("100:0:1::1"),
	CLIENT6("100:1::1"),
	CLIENT6("101::1"),
	CLIENT6("ff:ffff:ffff:ffff::1"),
	CLIENT6("8000::"),
	CLIENT6("8000::1"),
	CLIENT6("64:ff9b::198.51.100.7"),
	CLIENT6("7f00::1"),
	CLIENT6("e000::1"),
	PRIVATE6("fc00::1"),
	PRIVATE6("fe80::1"),
	PRIVATE6("fec0::1"),
	PRIVATE6("feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
	BOGON6("ff00::"),
	BOGON6("ff02::1"),
	BOGON6("ff0e::1"),
	BOGON6("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
	CLIENT4("9.255.255.255"),
	PRIVATE4("10.0.0.0"),
	PRIVATE4("10.255.255.255"),
	CLIENT4("11.0.0.0"),
	CLIENT4("74.0.0.1"), /* as 10 and so on, of the first byte's last six bits */
	CLIENT4("36.64.0.1"),
	CLIENT4("44.16.0.1"),
	CLIENT4("64.168.0.1"),
	CLIENT4("100.63.255.255"),
	PRIVATE4("100.64.0.0"),
	PRIVATE4("100.127.255.255"),
	CLIENT4("100.128.0.0"),
	CLIENT4("172.15.255.255"),
	PRIVATE4("172.16.0.0"),
	PRIVATE4("172.31.255.255"),
	CLIENT4("172.32.0.0"),
	CLIENT4("192.167.255.255"),
	PRIVATE4("192.168.0.0"),
	PRIVATE4("192.168.255.255"),
	CLIENT4("192.169.0.0"),
	CLIENT6("fbff:ffff::1"),
	PRIVATE6("fc00::"),
	PRIVATE6("fdff:ffff::1"),
	CLIENT6("fe00::1"),
	CLIENT6("fe7f:ffff::1"),
	{.name = "private, legacy",
	 .verdict = "legacy_success",
	 .legacy = true,
	 .source = "10.0.0.1|fd00::1",
	 .private_client = true},
	{.name = "private, FINGERPRINT",
	 .verdict = "success",
	 .attributes = "F",
	 .source = "10.0.0.1|fd00::1",
	 .private_client = true},
	{.name = "private, discovery",
	 .verdict = "success",
	 .config = CASES_DISCOVERY,
	 .attributes = "0003=00000006",
	 .source = "10.0.0.1|fd00::1",
	 .private_client = true},
	{.name = "private, 420",
	 .verdict = "unknown_attribute",
	 .attributes = "7fff",
	 .source = "10.0.0.1|fd00::1"},
	{.name = "private, handed up",
	 .verdict = "oversize",
	 .source = "10.0.0.1|fd00::1",
	 .make = make_260},
	{.name = "private, to a private service",
	 .verdict = "success",
	 .only = V6,
	 .source = "fd00::1",
	 .destination = "fe80::10"},
	{.name = "private, to a private service",
	 .verdict = "success",
	 .only = V4,
	 .config = CASES_MANY_SERVICES,
	 .source = "192.168.1.101",
	 .destination = "10.20.0.5"},
	{.name = "private, FINGERPRINT to a private service",
	 .verdict = "success",
	 .only = V4,
	 .config = CASES_MANY_SERVICES,
	 .attributes = "F",
	 .source = "192.168.1.101",
	 .destination = "10.20.0.5"},
	{.name = "public, to a private service",
	 .verdict = "success",
	 .only = V4,
	 .config = CASES_MANY_SERVICES,
	 .destination = "10.20.0.5"},
	{.name = "from 127.0.0.1, otherwise pass",
	 .verdict = "source_address",
	 .only = V4,
	 .config = CASES_PASS,
	 .source = "127.0.0.1"},

	{.name = "LAND",
	 .verdict = "land",
	 .source = "203.0.113.10|2001:db8::10",
	 .set = {SET(source_port, 3478)}},
	{.name = "LAND from another port",
	 .verdict = "land",
	 .source = "203.0.113.10|2001:db8::10"},
	{.name = "from another port's service",
	 .verdict = "land",
	 .source = "203.0.113.10|2001:db8::10",
	 .set = {SET(source_port, 19302)}},
	{.name = "from one address below",
	 .verdict = "success",
	 .source = "203.0.113.9|2001:db8::f"},
	{.name = "from the address with the first bit turned",
	 .verdict = "success",
	 .source = "75.0.113.10|a001:db8::10"},
	{.name = "from the address with a bit turned in its middle",
	 .verdict = "success",
	 .source = "203.0.112.10|2001:db8:0:0:1::10"},

#define PORT_X(port4)                                                                              \
	"0020 0008 0001 " port4 " e721c045|"                                                       \
	"0020 0014 0002 " port4 " 0113a9fa b7e0a701 bc34d686 fa87dfa9"
	{.name = "from port 0", .verdict = "source_port", .set = {SET(source_port, 0)}},
	{.name = "legacy from port 0",
	 .verdict = "source_port",
	 .legacy = true,
	 .set = {SET(source_port, 0)}},
	{.name = "from port 1",
	 .verdict = "success",
	 .set = {SET(source_port, 1)},
	 .want = PORT_X("2113")},
	{.name = "from port 53",
	 .verdict = "success",
	 .set = {SET(source_port, 53)},
	 .want = PORT_X("2127")},
	{.name = "from port 1023",
	 .verdict = "success",
	 .set = {SET(source_port, 1023)},
	 .want = PORT_X("22ed")},
	{.name = "from port 1024",
	 .verdict = "success",
	 .set = {SET(source_port, 1024)},
	 .want = PORT_X("2512")},
	{.name = "from port 3478",
	 .verdict = "success",
	 .set = {SET(source_port, 3478)},
	 .want = PORT_X("2c84")},
	{.name = "from port 8466, XORed 0",
	 .verdict = "success",
	 .set = {SET(source_port, 0x2112)},
	 .want = PORT_X("0000")},
	{.name = "from port 65535",
	 .verdict = "success",
	 .set = {SET(source_port, 65535)},
	 .want = PORT_X("deed")},
	{.name = "low ports off: port 0",
	 .verdict = "source_port",
	 .config = CASES_LOW_PORTS_OFF,
	 .set = {SET(source_port, 0)}},
	{.name = "low ports off: port 1",
	 .verdict = "low_source_port",
	 .config = CASES_LOW_PORTS_OFF,
	 .set = {SET(source_port, 1)}},
	{.name = "low ports off: port 256",
	 .verdict = "low_source_port",
	 .config = CASES_LOW_PORTS_OFF,
	 .set = {SET(source_port, 256)}},
	{.name = "low ports off: port 1023",
	 .verdict = "low_source_port",
	 .config = CASES_LOW_PORTS_OFF,
	 .set = {SET(source_port, 1023)}},
	{.name = "low ports off: port 1024",
	 .verdict = "success",
	 .config = CASES_LOW_PORTS_OFF,
	 .set = {SET(source_port, 1024)},
	 .want = PORT_X("2512")},
	/* low when byte-swapped */
	{.name = "low ports off: port 0x4001",
	 .verdict = "success",
	 .config = CASES_LOW_PORTS_OFF,
	 .set = {SET(source_port, 0x4001)},
	 .want = PORT_X("6113")},
	{.name = "low ports off: bare",
	 .verdict = "success",
	 .config = CASES_LOW_PORTS_OFF,
	 .want = "X"},
};

#define TYPE(number, label)                                                                        \
	{                                                                                          \
		.name = "type " #number, .verdict = label, .type = number                          \
	}
#define TYPE_LEGACY(number, label)                                                                 \
	{                                                                                          \
		.name = "legacy type " #number, .verdict = label, .type = number, .legacy = true   \
	}
#define PAYLOAD(text, label, hex)                                                                  \
	{                                                                                          \
		.name = text, .verdict = label, .payload = hex                                     \
	}

static const struct row stun_rows[] = {
	PAYLOAD("no payload", "stun_runt", ""),
	PAYLOAD("payload of 1 byte", "stun_runt", "00"),
	PAYLOAD("payload of 4 bytes", "stun_runt", "00010000"),
	PAYLOAD("NAT keepalive of zeros", "stun_runt", "00000000"),
	PAYLOAD("CRLF keepalive", "stun_runt", "0d0a0d0a"),
	PAYLOAD("payload of 19 bytes", "stun_runt", "00010000 2112a442 b7e7a701 bc34d686 fa87df"),
	PAYLOAD("19 bytes of ff", "stun_runt", "ffffffff ffffffff ffffffff ffffffff ffffff"),
	PAYLOAD("20 bytes of zeros", "unknown_method", ZEROS_20),
	PAYLOAD("20 bytes of ff", "not_stun", "ffffffff ffffffff ffffffff ffffffff ffffffff"),
	PAYLOAD("payload of 21 bytes", "stun_length",
		"00010000 2112a442 b7e7a701 bc34d686 fa87dfae 00"),
	PAYLOAD("payload of 23 bytes", "stun_length",
		"00010003 2112a442 b7e7a701 bc34d686 fa87dfae 802200"),
	PAYLOAD("payload of 22 bytes, length 0", "stun_length",
		"00010000 2112a442 b7e7a701 bc34d686 fa87dfae 8022"),
	PAYLOAD("SIP OPTIONS", "not_stun",
		"4f505449 4f4e5320 7369703a 61406220 5349502f 322e300d 0a0d0a"),
	PAYLOAD("DNS query", "not_stun",
		"1a2b0100 00010000 00000000 07657861 6d706c65 03636f6d 00000100 01"),
	PAYLOAD("TURN channel data", "not_stun", "40000010 " ZEROS_20),
	PAYLOAD("RTP", "not_stun", "80000001 " ZEROS_20),
	PAYLOAD("DTLS", "not_stun", "16fefd00 " ZEROS_20),
	PAYLOAD("QUIC", "not_stun", "c0000001 " ZEROS_20),
	TYPE(0x0401, "not_stun"),
	TYPE(0x0801, "not_stun"),
	TYPE(0x1001, "not_stun"),
	TYPE(0x2001, "not_stun"),
	TYPE(0x3eef, "not_stun"),
	TYPE(0x4001, "not_stun"),
	TYPE(0x8001, "not_stun"),
	TYPE(0xc001, "not_stun"),
	TYPE(0xff01, "not_stun"),
	TYPE(0x0101, "response"),
	TYPE(0x0111, "response"),
	TYPE(0x0102, "response"),
	TYPE(0x0103, "response"),
	TYPE(0x0113, "response"),
	TYPE(0x0301, "response"),
	TYPE(0x0311, "response"),
	TYPE(0x03ff, "response"),
	TYPE(0x0100, "response"),
	TYPE(0x0110, "response"),
	TYPE(0x0011, "indication"),
	TYPE(0x0010, "indication"),
	TYPE(0x0016, "indication"),
	TYPE(0x0017, "indication"),
	TYPE(0x0031, "indication"),
	TYPE(0x0211, "indication"),
	TYPE(0x02ff, "indication"),
	TYPE(0x0002, "unknown_method"),
	TYPE(0x0003, "unknown_method"),
	TYPE(0x0004, "unknown_method"),
	TYPE(0x0005, "unknown_method"),
	TYPE(0x0008, "unknown_method"),
	TYPE(0x0009, "unknown_method"),
	TYPE(0x000f, "unknown_method"),
	TYPE(0x0021, "unknown_method"),
	TYPE(0x0041, "unknown_method"),
	TYPE(0x0080, "unknown_method"),
	TYPE(0x0081, "unknown_method"),
	TYPE(0x0201, "unknown_method"),
	TYPE(0x02ef, "unknown_method"),
	TYPE_LEGACY(0x0101, "response"),
	TYPE_LEGACY(0x0111, "response"),
	TYPE_LEGACY(0x0002, "unknown_method"), /* Shared Secret */
	TYPE_LEGACY(0x0102, "response"),
	TYPE_LEGACY(0x0112, "response"),
	TYPE_LEGACY(0x0011, "indication"),
	TYPE_LEGACY(0x0201, "unknown_method"),
	{.name = "success response with an address",
	 .verdict = "response",
	 .type = 0x0101,
	 .attributes = "0020/8 F"},
	{.name = "error response 420",
	 .verdict = "response",
	 .type = 0x0111,
	 .attributes = "0009=00000414 000a=7fff"},
	{.name = "indication with FINGERPRINT",
	 .verdict = "indication",
	 .type = 0x0011,
	 .attributes = "F"},
	{.name = "response, otherwise pass",
	 .verdict = "response",
	 .config = CASES_PASS,
	 .type = 0x0101},
	{.name = "indication, otherwise pass",
	 .verdict = "indication",
	 .config = CASES_PASS,
	 .type = 0x0011},
	{.name = "TURN Allocate, otherwise pass",
	 .verdict = "unknown_method",
	 .config = CASES_PASS,
	 .type = 0x0003,
	 .attributes = "0019=11000000"},

	{.name = "STUN length 1", .verdict = "stun_length", .set = {SET(stun_length, 1)}},
	{.name = "STUN length 2", .verdict = "stun_length", .set = {SET(stun_length, 2)}},
	{.name = "STUN length 4, none there",
	 .verdict = "stun_length",
	 .set = {SET(stun_length, 4)}},
	{.name = "STUN length 0, one attribute",
	 .verdict = "stun_length",
	 .attributes = "8022",
	 .set = {SET(stun_length, 0)}},
	{.name = "STUN length 3, one attribute",
	 .verdict = "stun_length",
	 .attributes = "8022",
	 .set = {SET(stun_length, 3)}},
	{.name = "STUN length counts the header",
	 .verdict = "stun_length",
	 .attributes = "8022",
	 .set = {SET(stun_length, 24)}},
	{.name = "STUN length 65535", .verdict = "stun_length", .set = {SET(stun_length, 65535)}},
	{.name = "STUN length 65516", .verdict = "stun_length", .set = {SET(stun_length, 65516)}},
	{.name = "STUN length byte-swapped",
	 .verdict = "stun_length",
	 .attributes = "8022",
	 .set = {SET(stun_length, 0x0400)}},
	{.name = "STUN length 256 over",
	 .verdict = "stun_length",
	 .attributes = "8022",
	 .set = {SET(stun_length, 0x0104)}},

	{.name = "cookie, first byte off",
	 .verdict = "legacy_success",
	 .legacy = true,
	 .transaction = "2012a442 b7e7a701bc34d686fa87dfae",
	 .want = "M"},
	{.name = "cookie, second byte off",
	 .verdict = "legacy_success",
	 .legacy = true,
	 .transaction = "2113a442 b7e7a701bc34d686fa87dfae",
	 .want = "M"},
	{.name = "cookie, third byte off",
	 .verdict = "legacy_success",
	 .legacy = true,
	 .transaction = "21122442 b7e7a701bc34d686fa87dfae",
	 .want = "M"},
	{.name = "cookie, last byte off",
	 .verdict = "legacy_success",
	 .legacy = true,
	 .transaction = "2112a443 b7e7a701bc34d686fa87dfae",
	 .want = "M"},
	{.name = "cookie one word late",
	 .verdict = "legacy_success",
	 .legacy = true,
	 .transaction = "b7e7a701 2112a442bc34d686fa87dfae",
	 .want = "M"},
	{.name = "transaction ID of zeros",
	 .verdict = "legacy_success",
	 .legacy = true,
	 .transaction = "00000000 00000000 00000000 00000000",
	 .want = "M"},
	{.name = "transaction ID of ff",
	 .verdict = "legacy_success",
	 .legacy = true,
	 .transaction = "ffffffff ffffffff ffffffff ffffffff",
	 .want = "M"},
	{.name = "cookie, then zeros",
	 .verdict = "success",
	 .transaction = "00000000 00000000 00000000",
	 .want = "0020 0008 0001 f523 e721c045|"
		 "0020 0014 0002 f523 0113a9fa 00070000 00000000 00000007"},
	{.name = "cookie, then ff",
	 .verdict = "success",
	 .transaction = "ffffffff ffffffff ffffffff",
	 .want = "0020 0008 0001 f523 e721c045|"
		 "0020 0014 0002 f523 0113a9fa fff8ffff ffffffff fffffff8"},
	{.name = "legacy off: bare", .verdict = "success", .config = CASES_LEGACY_OFF, .want = "X"},
	{.name = "legacy off: no cookie",
	 .verdict = "no_cookie",
	 .config = CASES_LEGACY_OFF,
	 .legacy = true},
	{.name = "legacy off: cookie, last bit off",
	 .verdict = "no_cookie",
	 .config = CASES_LEGACY_OFF,
	 .legacy = true,
	 .transaction = "2112a443 b7e7a701bc34d686fa87dfae"},
	{.name = "legacy off: CHANGE-REQUEST",
	 .verdict = "no_cookie",
	 .config = CASES_LEGACY_OFF,
	 .legacy = true,
	 .attributes = "0003=00000006"},
	{.name = "legacy off: response without cookie",
	 .verdict = "response",
	 .config = CASES_LEGACY_OFF,
	 .legacy = true,
	 .type = 0x0101},
	{.name = "everything else set: no cookie",
	 .verdict = "no_cookie",
	 .config = CASES_EVERYTHING,
	 .legacy = true},
};

/* Of two faults, the first in the order of checks names the verdict. */
static const struct row order_rows[] = {
	{.name = "IP length before UDP length",
	 .verdict = "ip_length",
	 .set = {SET(ip_length_delta, 1), SET(udp_length, 0)}},
	{.name = "UDP length before IP checksum",
	 .verdict = "udp_length",
	 .only = V4,
	 .set = {SET(udp_length, 7), SET(ip_checksum_xor, 1)}},
	{.name = "IP checksum before MACs",
	 .verdict = "ip_checksum",
	 .only = V4,
	 .mac_source = "ffffffffffff",
	 .set = {SET(ip_checksum_xor, 1)}},
	{.name = "UDP length before MACs",
	 .verdict = "udp_length",
	 .mac_destination = "ffffffffffff",
	 .set = {SET(udp_length, 29)}},
	{.name = "MACs before source",
	 .verdict = "link_address",
	 .mac_destination = "ffffffffffff",
	 .source = "127.0.0.1|::1"},
	{.name = "source before source port",
	 .verdict = "source_address",
	 .source = "127.0.0.1|::1",
	 .set = {SET(source_port, 0)}},
	{.name = "LAND before source port",
	 .verdict = "land",
	 .source = "203.0.113.10|2001:db8::10",
	 .set = {SET(source_port, 0)}},
	{.name = "LAND before low source port",
	 .verdict = "land",
	 .config = CASES_LOW_PORTS_OFF,
	 .source = "203.0.113.10|2001:db8::10",
	 .set = {SET(source_port, 53)}},
	{.name = "source port before STUN runt",
	 .verdict = "source_port",
	 .payload = "",
	 .set = {SET(source_port, 0)}},
	{.name = "low source port before STUN runt",
	 .verdict = "low_source_port",
	 .config = CASES_LOW_PORTS_OFF,
	 .payload = "ff",
	 .set = {SET(source_port, 53)}},
	{.name = "STUN runt before not STUN", .verdict = "stun_runt", .payload = "ffffffff"},
	{.name = "STUN runt before UDP checksum",
	 .verdict = "stun_runt",
	 .payload = "0001",
	 .set = {SET(udp_checksum_xor, 1)}},
	{.name = "not STUN before STUN length",
	 .verdict = "not_stun",
	 .type = 0x0401,
	 .set = {SET(stun_length, 3)}},
	{.name = "STUN length before class",
	 .verdict = "stun_length",
	 .type = 0x0101,
	 .set = {SET(stun_length, 4)}},
	{.name = "class before UDP checksum",
	 .verdict = "response",
	 .type = 0x0101,
	 .set = {SET(udp_checksum_xor, 1)}},
	{.name = "class before attributes",
	 .verdict = "indication",
	 .type = 0x0011,
	 .attributes = "8022>8"},
	{.name = "method before cookie",
	 .verdict = "unknown_method",
	 .config = CASES_LEGACY_OFF,
	 .legacy = true,
	 .type = 0x0002},
	{.name = "class before method", .verdict = "response", .type = 0x0113},
	{.name = "class before cookie",
	 .verdict = "indication",
	 .config = CASES_LEGACY_OFF,
	 .legacy = true,
	 .type = 0x0011},
	{.name = "cookie before oversize",
	 .verdict = "no_cookie",
	 .config = CASES_LEGACY_OFF,
	 .legacy = true,
	 .make = make_260},
	{.name = "cookie before UDP checksum",
	 .verdict = "no_cookie",
	 .config = CASES_LEGACY_OFF,
	 .legacy = true,
	 .set = {SET(udp_checksum_xor, 1)}},
	{.name = "oversize before UDP checksum",
	 .verdict = "oversize",
	 .make = make_260,
	 .set = {SET(udp_checksum_xor, 1)}},
	{.name = "oversize before a missing UDP checksum",
	 .verdict = "oversize",
	 .only = V6,
	 .make = make_260,
	 .set = {SET(udp_checksum, 0)}},
	{.name = "class before oversize", .verdict = "response", .type = 0x0101, .make = make_260},
	{.name = "UDP checksum before attributes",
	 .verdict = "udp_checksum",
	 .attributes = "8022>8",
	 .set = {SET(udp_checksum_xor, 1)}},
	{.name = "UDP checksum before FINGERPRINT",
	 .verdict = "udp_checksum",
	 .attributes = "F!",
	 .set = {SET(udp_checksum_xor, 1)}},
	{.name = "missing UDP checksum before attributes",
	 .verdict = "udp_checksum_missing",
	 .only = V6,
	 .attributes = "8022>8",
	 .set = {SET(udp_checksum, 0)}},
	{.name = "17th before its length",
	 .verdict = "too_many_attributes",
	 .attributes = "16*8022 8022>8"},
	{.name = "16th's length before the 17th",
	 .verdict = "malformed_attribute",
	 .attributes = "15*8022 0003/8 8022"},
	{.name = "17th before FINGERPRINT's length",
	 .verdict = "too_many_attributes",
	 .attributes = "16*8022 8028/8"},
	{.name = "FINGERPRINT not last before the 17th",
	 .verdict = "malformed_attribute",
	 .attributes = "15*8022 8028/4 8022"},
	{.name = "attributes before a wrong FINGERPRINT",
	 .verdict = "malformed_attribute",
	 .attributes = "0003/0 F!"},
	{.name = "wrong FINGERPRINT before 420",
	 .verdict = "wrong_fingerprint",
	 .attributes = "7fff F!"},
	{.name = "malformed before 420",
	 .verdict = "malformed_attribute",
	 .attributes = "7fff 8022>4"},
	{.name = "too many before 420", .verdict = "too_many_attributes", .attributes = "17*7fff"},
};

#define ATTRIBUTES(list, label, expected)                                                          \
	{                                                                                          \
		.name = "[" list "]", .verdict = label, .attributes = list, .want = expected       \
	}
#define LEGACY(list, label, expected)                                                              \
	{                                                                                          \
		.name = "legacy [" list "]", .verdict = label, .attributes = list, .legacy = true, \
		.want = expected                                                                   \
	}
#define SKIPPED(list)		    ATTRIBUTES(list, "success", "X")
#define MALFORMED(list)		    ATTRIBUTES(list, "malformed_attribute", NULL)
#define UNKNOWN(list, types)	    ATTRIBUTES(list, "unknown_attribute", "E 000a" types)
#define LEGACY_SKIPPED(list)	    LEGACY(list, "legacy_success", "M")
#define LEGACY_UNKNOWN(list, types) LEGACY(list, "unknown_attribute", "E 000a" types)
#define LEGACY_MALFORMED(list)	    LEGACY(list, "malformed_attribute", NULL)

static const struct row attribute_rows[] = {
	/* known, but not in use: skipped */
	SKIPPED("0001/8"),
	SKIPPED("0006'evtj:h6vY"),
	SKIPPED("0008/20"),
	SKIPPED("0009=00000414"),
	SKIPPED("000a=7fff"),
	SKIPPED("0014'example.org"),
	SKIPPED("0015'f//499k954d6OL34oL9FSTvy64sA"),
	SKIPPED("001c/32"),
	SKIPPED("001d/4"),
	SKIPPED("001e/32"),
	SKIPPED("0020/8"),
	SKIPPED("0024=6e0001ff"),
	SKIPPED("0025"),
	SKIPPED(ALL_KNOWN),
	SKIPPED(ALL_KNOWN " 0008/20 001c/32"),
	/* their values are not read, so no length is wrong */
	SKIPPED("0001"),
	SKIPPED("0006/0"),
	SKIPPED("0008/4"),
	SKIPPED("001c/5"),
	SKIPPED("0020/1"),
	SKIPPED("0024/3"),
	SKIPPED("0025/8"),
	LEGACY_SKIPPED("0001/8"),
	LEGACY_SKIPPED("0004/8"),
	LEGACY_SKIPPED("0005/8"),
	LEGACY_SKIPPED("0006'user"),
	LEGACY_SKIPPED("0007'password"),
	LEGACY_SKIPPED("0008/20"),
	LEGACY_SKIPPED("000b/8"),
	LEGACY_SKIPPED("0020/8"),
	LEGACY_SKIPPED("0025"),
	LEGACY_SKIPPED(ALL_KNOWN),
	LEGACY_SKIPPED(ALL_KNOWN_LEGACY),
	UNKNOWN("0004/8", "0002 00040000"),
	UNKNOWN("0005/8", "0002 00050000"),
	UNKNOWN("0007'password", "0002 00070000"),
	UNKNOWN("000b/8", "0002 000b0000"),
	UNKNOWN(ALL_KNOWN_LEGACY, "0008 00040005 0007000b"),

	/* 7 and 19 */
	UNKNOWN("0000", "0002 00000000"),
	UNKNOWN("0002/8", "0002 00020000"), /* RESPONSE-ADDRESS */
	UNKNOWN("000c/4", "0002 000c0000"),
	UNKNOWN("000d/4", "0002 000d0000"),
	UNKNOWN("0012/8", "0002 00120000"),
	UNKNOWN("0013/8", "0002 00130000"),
	UNKNOWN("0016/8", "0002 00160000"),
	UNKNOWN("0017/4", "0002 00170000"),
	UNKNOWN("0018/4", "0002 00180000"),
	UNKNOWN("0019/4", "0002 00190000"),
	UNKNOWN("001a", "0002 001a0000"),
	UNKNOWN("001b", "0002 001b0000"),
	UNKNOWN("001f", "0002 001f0000"),
	UNKNOWN("0021", "0002 00210000"),
	UNKNOWN("0022/8", "0002 00220000"),
	UNKNOWN("0023", "0002 00230000"),
	UNKNOWN("0026/4", "0002 00260000"),
	UNKNOWN("0027=0d960000", "0002 00270000"),
	UNKNOWN("002a/4", "0002 002a0000"),
	UNKNOWN("0028/4", "0002 00280000"),
	UNKNOWN("0106", "0002 01060000"),
	UNKNOWN("0600", "0002 06000000"),
	UNKNOWN("7fff", "0002 7fff0000"),
	UNKNOWN("7fff/1", "0002 7fff0000"),
	UNKNOWN("7fff/100", "0002 7fff0000"),
	SKIPPED("8000"),
	SKIPPED("8001/4"),
	SKIPPED("8003'alt.example"),
	SKIPPED("8023/8"),
	SKIPPED("8029/8"),
	SKIPPED("802b/8 802c/8"),
	SKIPPED("c001/4 c002/1"),
	SKIPPED("ffff/7"),
	UNKNOWN("7ffe 7fff", "0004 7ffe7fff"),
	UNKNOWN("7fff 7ffe", "0004 7fff7ffe"),
	UNKNOWN("7ffd 7ffe 7fff", "0006 7ffd7ffe 7fff0000"),
	UNKNOWN("7ffe 7ffe", "0002 7ffe0000"),
	UNKNOWN("7ffe 7fff 7ffe", "0004 7ffe7fff"),
	UNKNOWN("7ffe 7fff 7ffe 7ffd 7fff", "0006 7ffe7fff 7ffd0000"),
	UNKNOWN("16*7fff", "0002 7fff0000"),
	UNKNOWN("0000 0000", "0002 00000000"),
	UNKNOWN("8022'x 7fff ffff/3 7ffe", "0004 7fff7ffe"),
	UNKNOWN("0101 0102 0103 0104 0105 0106 0107 0108 0109 010a 010b 010c 010d 010e 010f",
		"001e 01010102 01030104 01050106 01070108 0109010a 010b010c 010d010e 010f0000"),
	UNKNOWN("0101 0102 0103 0104 0105 0106 0107 0108 0109 010a 010b 010c 010d 010e 010f 0110",
		"0020 01010102 01030104 01050106 01070108 0109010a 010b010c 010d010e 010f0110"),
	ATTRIBUTES("0101 0102 0103 0104 0105 0106 0107 0108 0109 010a 010b 010c 010d 010e 010f F",
		   "unknown_attribute",
		   "E 000a001e 01010102 01030104 01050106 01070108 0109010a 010b010c 010d010e"
		   "010f0000 F"),
	LEGACY_UNKNOWN("0000", "0004 00000000"),
	LEGACY_UNKNOWN("0002/8", "0004 00020002"),
	LEGACY_UNKNOWN("0026/4", "0004 00260026"),
	LEGACY_UNKNOWN("0027/4", "0004 00270027"),
	LEGACY_UNKNOWN("7fff", "0004 7fff7fff"),
	LEGACY_UNKNOWN("7ffe 7fff", "0004 7ffe7fff"),
	LEGACY_UNKNOWN("7ffd 7ffe 7fff", "0008 7ffd7ffe 7fff7fff"),
	LEGACY_UNKNOWN("7ffe 7fff 7ffe", "0004 7ffe7fff"),
	LEGACY_UNKNOWN("7ffe 7ffe", "0004 7ffe7ffe"),
	LEGACY_UNKNOWN("c001/4 7fff 0007/3 ffff", "0004 7fff7fff"),
	LEGACY_UNKNOWN("0101 0102 0103 0104 0105 0106 0107 0108 0109 010a 010b 010c 010d 010e 010f",
		       "0020 01010102 01030104 01050106 01070108 0109010a 010b010c 010d010e"
		       "010f010f"),
	LEGACY_UNKNOWN("0101 0102 0103 0104 0105 0106 0107 0108 0109 010a 010b 010c 010d 010e 010f "
		       "0110",
		       "0020 01010102 01030104 01050106 01070108 0109010a 010b010c 010d010e"
		       "010f0110"),

	/* behind MESSAGE-INTEGRITY, 14.5 */
	SKIPPED("0008/20 7fff"),
	SKIPPED("0008/20 0003=00000006"),
	SKIPPED("0008/20 0003/8"),
	SKIPPED("0008/20 0008/20 7fff"),
	SKIPPED("0008/20 001c/32 7fff"),
	SKIPPED("0008 7fff"),
	SKIPPED("001c/32 7fff"),
	SKIPPED("001c/32 0008/20 7fff"),
	SKIPPED("001c/32 0003=00000002 0003/0"),
	UNKNOWN("7fff 0008/20", "0002 7fff0000"),
	UNKNOWN("7ffe 0008/20 7fff", "0002 7ffe0000"),
	UNKNOWN("7ffe 001c/32 7fff", "0002 7ffe0000"),
	UNKNOWN("0003=00000002 0008/20", "0002 00030000"),
	UNKNOWN("0009/20 7fff", "0002 7fff0000"),
	ATTRIBUTES("0008/20 F", "success", "X F"),
	ATTRIBUTES("001c/32 F", "success", "X F"),
	ATTRIBUTES("0008/20 001c/32 F", "success", "X F"),
	ATTRIBUTES("0008/20 7fff F", "success", "X F"),
	ATTRIBUTES("001c/32 0003/0 F", "success", "X F"),
	ATTRIBUTES("7fff 0008/20 F", "unknown_attribute", "E 000a0002 7fff0000 F"),
	ATTRIBUTES("0008/20 F!", "wrong_fingerprint", NULL),
	ATTRIBUTES("001c/32 F!", "wrong_fingerprint", NULL),
	MALFORMED("0008/20 F 7fff"),
	MALFORMED("0008/20 8028/8"),
	MALFORMED("001c/32 F 8022"),
	MALFORMED("0008/20 7fff>4"),
	MALFORMED("001c/32 7fff>65535"),
	LEGACY_SKIPPED("0008/20 7fff"),
	LEGACY_SKIPPED("0008/20 0003=00000006"),
	LEGACY_SKIPPED("0008/20 0003/3"),
	LEGACY_SKIPPED("001c/32 7fff"),
	LEGACY_UNKNOWN("7fff 0008/20 7ffe", "0004 7fff7fff"),
	LEGACY_MALFORMED("0008/20 8022>4"),

	/* 9: overruns and padding */
	MALFORMED("8022>1"),
	MALFORMED("8022>4"),
	MALFORMED("8022>5/4"),
	MALFORMED("8022>8/4"),
	MALFORMED("7fff>4"),
	MALFORMED("0006>9/8"),
	MALFORMED("0008>20"),
	MALFORMED("8022>65532"),
	MALFORMED("8022>65533"),
	MALFORMED("8022>65534"),
	MALFORMED("8022>65535"),
	MALFORMED("7fff>65533"),
	MALFORMED("8022>256/4"),
	MALFORMED("8022>1024/4"),
	MALFORMED("8022'x 8022>1"),
	MALFORMED("0003>8/4"),
	MALFORMED("0003>4"),
	LEGACY_MALFORMED("8022>1"),
	LEGACY_MALFORMED("7fff>65533"),
	LEGACY_MALFORMED("0006>65535/8"),
	/* swallows the attribute behind it, which is then no attribute */
	SKIPPED("8022>4 7fff"),
	SKIPPED("8022>1 7fff"),
	UNKNOWN("8022>0/4 7fff", "0004 00007fff"),
	SKIPPED("8022'a~ff"),
	SKIPPED("8022'ab~ff"),
	SKIPPED("8022'abc~80"),
	SKIPPED("0006'user1~ff 8022'abc~7f"),
	UNKNOWN("7fff'abcde~ff", "0002 7fff0000"),
	ATTRIBUTES("8022'abcde~ff F", "success", "X F"),
	LEGACY_SKIPPED("0006'a~20"),

	/* CHANGE-REQUEST, 19 */
	SKIPPED("0003=00000000"),
	SKIPPED("0003=00000001"),
	SKIPPED("0003=00000008"),
	SKIPPED("0003=fffffff9"),
	SKIPPED("0003=06000000"),
	SKIPPED("0003=00000600"),
	SKIPPED("0003=00000000 0003=00000006"),
	SKIPPED("0003=00000000 0003/0"),
	SKIPPED("0003=00000000 0003/8"),
	SKIPPED("0003=00000000 8022'x 0003=00000002 0003=00000004"),
	UNKNOWN("0003=00000002", "0002 00030000"),
	UNKNOWN("0003=00000004", "0002 00030000"),
	UNKNOWN("0003=00000006", "0002 00030000"),
	UNKNOWN("0003=ffffffff", "0002 00030000"),
	UNKNOWN("0003=00000002 0003=00000000", "0002 00030000"),
	UNKNOWN("0003=00000002 0003=00000004", "0002 00030000"),
	UNKNOWN("0003=00000002 0003/0", "0002 00030000"),
	UNKNOWN("7fff 0003=00000006", "0004 7fff0003"),
	UNKNOWN("0003=00000006 7fff", "0004 00037fff"),
	UNKNOWN("0003=00000000 7fff", "0002 7fff0000"),
	MALFORMED("0003"),
	MALFORMED("0003/1"),
	MALFORMED("0003/3"),
	MALFORMED("0003/5"),
	MALFORMED("0003/8"),
	MALFORMED("0003/8 0003=00000000"),
	MALFORMED("7fff 0003/2"),
	ATTRIBUTES("0003=00000000 F", "success", "X F"),
	ATTRIBUTES("0003=00000004 F", "unknown_attribute", "E 000a0002 00030000 F"),
	LEGACY_SKIPPED("0003=00000000"),
	LEGACY_SKIPPED("0003=00000000 0003=00000002"),
	LEGACY_UNKNOWN("0003=00000002", "0004 00030003"),
	LEGACY_UNKNOWN("0003=00000004", "0004 00030003"),
	LEGACY_UNKNOWN("0003=00000006", "0004 00030003"),
	LEGACY_MALFORMED("0003"),
	LEGACY_MALFORMED("0003/8"),

	/* 6 */
	ATTRIBUTES("F", "success", "X F"),
	ATTRIBUTES("8022'a F", "success", "X F"),
	ATTRIBUTES("7fff F", "unknown_attribute", "E 000a0002 7fff0000 F"),
	ATTRIBUTES("7ffe 7fff F", "unknown_attribute", "E 000a0004 7ffe7fff F"),
	ATTRIBUTES("F!", "wrong_fingerprint", NULL),
	ATTRIBUTES("8028=00000000", "wrong_fingerprint", NULL),
	ATTRIBUTES("8028=ffffffff", "wrong_fingerprint", NULL),
	ATTRIBUTES("8022'tailnode F!", "wrong_fingerprint", NULL),
	MALFORMED("F 8022"),
	MALFORMED("F! 8022"),
	MALFORMED("F 7fff"),
	MALFORMED("F F"),
	MALFORMED("F 8022'x F"),
	MALFORMED("8028"),
	MALFORMED("8028/1"),
	MALFORMED("8028/3"),
	MALFORMED("8028/5"),
	MALFORMED("8028/8"),
	MALFORMED("8028>3=00000000"),
	MALFORMED("8028>4"),
	MALFORMED("8022'x 8028>8/4"),
	LEGACY_SKIPPED("F"),
	LEGACY_SKIPPED("F!"),
	LEGACY_SKIPPED("8028"),
	LEGACY_SKIPPED("8028/8"),
	LEGACY_SKIPPED("F 8022"),
	LEGACY_SKIPPED("F F"),
	LEGACY_SKIPPED("0008/20 F 7fff"),
	LEGACY_UNKNOWN("F 7fff", "0004 7fff7fff"),
	LEGACY_MALFORMED("8028>4"),

	/* 10 */
	SKIPPED("15*8022"),
	SKIPPED("16*8022"),
	SKIPPED("16*8022'abc"),
	SKIPPED("0008/20 15*7fff"),
	ATTRIBUTES("14*8022 F", "success", "X F"),
	ATTRIBUTES("15*8022 F", "success", "X F"),
	ATTRIBUTES("15*8022 F!", "wrong_fingerprint", NULL),
	UNKNOWN("15*8022 7fff", "0002 7fff0000"),
	ATTRIBUTES("17*8022", "too_many_attributes", NULL),
	ATTRIBUTES("16*8022 F", "too_many_attributes", NULL),
	ATTRIBUTES("16*8022 7fff", "too_many_attributes", NULL),
	ATTRIBUTES("17*0025", "too_many_attributes", NULL),
	ATTRIBUTES("0008/20 16*8022", "too_many_attributes", NULL),
	ATTRIBUTES("001c/32 16*7fff", "too_many_attributes", NULL),
	ATTRIBUTES("0003=00000000 16*0003=00000000", "too_many_attributes", NULL),
	ATTRIBUTES("59*8022", "too_many_attributes", NULL),
	MALFORMED("15*8022 8022>4"),
	LEGACY_SKIPPED("16*c001"),
	LEGACY("17*c001", "too_many_attributes", NULL),
	LEGACY("17*7fff", "too_many_attributes", NULL),
};

#define WITH(variant, text, list, label, expected)                                                 \
	{                                                                                          \
		.name = text, .verdict = label, .config = variant, .attributes = list,             \
		.want = expected                                                                   \
	}
#define WITH_LEGACY(variant, text, list, label, expected)                                          \
	{                                                                                          \
		.name = text, .verdict = label, .config = variant, .attributes = list,             \
		.legacy = true, .want = expected                                                   \
	}

static const struct row setting_rows[] = {
	WITH(CASES_SOFTWARE_1, "SOFTWARE 1: bare", "", "success", "X" SOFTWARE_1),
	WITH(CASES_SOFTWARE_4, "SOFTWARE 4: bare", "", "success", "X" SOFTWARE_4),
	WITH(CASES_SOFTWARE_5, "SOFTWARE 5: bare", "", "success", "X" SOFTWARE_5),
	WITH(CASES_SOFTWARE_32, "SOFTWARE 32: bare", "", "success", "X" SOFTWARE_32),
	WITH(CASES_SOFTWARE_1, "SOFTWARE 1: FINGERPRINT", "F", "success", "X" SOFTWARE_1 "F"),
	WITH(CASES_SOFTWARE_4, "SOFTWARE 4: FINGERPRINT", "F", "success", "X" SOFTWARE_4 "F"),
	WITH(CASES_SOFTWARE_5, "SOFTWARE 5: FINGERPRINT", "F", "success", "X" SOFTWARE_5 "F"),
	WITH(CASES_SOFTWARE_32, "SOFTWARE 32: FINGERPRINT", "F", "success", "X" SOFTWARE_32 "F"),
	WITH(CASES_SOFTWARE_4, "SOFTWARE 4: Tailscale", "8022'tailnode F", "success",
	     "X" SOFTWARE_4 "F"),
	WITH(CASES_SOFTWARE_1, "SOFTWARE 1: 420", "7fff", "unknown_attribute",
	     "E 000a0002 7fff0000" SOFTWARE_1),
	WITH(CASES_SOFTWARE_32, "SOFTWARE 32: 420", "7ffe 7fff F", "unknown_attribute",
	     "E 000a0004 7ffe7fff" SOFTWARE_32 "F"),
	WITH_LEGACY(CASES_SOFTWARE_1, "SOFTWARE 1: legacy", "", "legacy_success",
		    "M" SOFTWARE_1_LEGACY),
	WITH_LEGACY(CASES_SOFTWARE_4, "SOFTWARE 4: legacy", "", "legacy_success", "M" SOFTWARE_4),
	WITH_LEGACY(CASES_SOFTWARE_5, "SOFTWARE 5: legacy", "", "legacy_success",
		    "M" SOFTWARE_5_LEGACY),
	WITH_LEGACY(CASES_SOFTWARE_32, "SOFTWARE 32: legacy", "F", "legacy_success",
		    "M" SOFTWARE_32),
	WITH_LEGACY(CASES_SOFTWARE_5, "SOFTWARE 5: legacy 420", "7fff", "unknown_attribute",
		    "E 000a0004 7fff7fff" SOFTWARE_5_LEGACY),

	WITH(CASES_FINGERPRINT_NEVER, "fingerprint never: bare", "", "success", "X"),
	WITH(CASES_FINGERPRINT_NEVER, "fingerprint never: right", "F", "success", "X"),
	WITH(CASES_FINGERPRINT_NEVER, "fingerprint never: 420", "7fff F", "unknown_attribute",
	     "E 000a0002 7fff0000"),
	WITH(CASES_FINGERPRINT_NEVER, "fingerprint never: wrong", "F!", "wrong_fingerprint", NULL),
	WITH(CASES_FINGERPRINT_NEVER, "fingerprint never: not last", "F 8022",
	     "malformed_attribute", NULL),
	WITH_LEGACY(CASES_FINGERPRINT_NEVER, "fingerprint never: legacy", "F", "legacy_success",
		    "M"),

	WITH(CASES_WRONG_IGNORED, "wrong ignored: right", "F", "success", "X F"),
	WITH(CASES_WRONG_IGNORED, "wrong ignored: one bit", "F!", "success", "X F"),
	WITH(CASES_WRONG_IGNORED, "wrong ignored: zeros", "8028=00000000", "success", "X F"),
	WITH(CASES_WRONG_IGNORED, "wrong ignored: 420", "7fff F!", "unknown_attribute",
	     "E 000a0002 7fff0000 F"),
	WITH(CASES_WRONG_IGNORED, "wrong ignored: not last", "F! 8022", "malformed_attribute",
	     NULL),
	WITH(CASES_WRONG_IGNORED, "wrong ignored: length 8", "8028/8", "malformed_attribute", NULL),
	WITH(CASES_WRONG_IGNORED, "wrong ignored: bare", "", "success", "X"),
	WITH_LEGACY(CASES_WRONG_IGNORED, "wrong ignored: legacy", "F!", "legacy_success", "M"),
	WITH(CASES_EVERYTHING, "everything else set: wrong FINGERPRINT", "F!", "success",
	     "X" SOFTWARE_5),

	WITH(CASES_PASS, "pass: bare", "", "success", "X"),
	WITH(CASES_PASS, "pass: 420", "7fff", "unknown_attribute", "E 000a0002 7fff0000"),
	WITH(CASES_PASS, "pass: malformed", "0003", "malformed_attribute", NULL),
	WITH(CASES_PASS, "pass: too many", "17*8022", "too_many_attributes", NULL),
	WITH(CASES_PASS, "pass: wrong FINGERPRINT", "F!", "wrong_fingerprint", NULL),
	WITH_LEGACY(CASES_PASS, "pass: legacy", "", "legacy_success", "M"),
	{.name = "pass: not STUN", .verdict = "not_stun", .config = CASES_PASS, .type = 0xff01},
	{.name = "pass: not a service",
	 .verdict = "not_service",
	 .config = CASES_PASS,
	 .set = {SET(destination_port, 80)}},
	{.name = "FINGERPRINT without its XOR",
	 .verdict = "wrong_fingerprint",
	 .make = make_fingerprint_without_xor},
	{.name = "FINGERPRINT of a shorter message",
	 .verdict = "wrong_fingerprint",
	 .make = make_fingerprint_of_shorter},
};

/* RFC 5769 2.1 and 2.4, and what clients.md names. */
#define RFC5769_HEADER "2112a442 b7e7a701bc34d686fa87dfae"
#define RFC5769_REQUEST                                                                            \
	"00010058" RFC5769_HEADER "80220010 5354554e 20746573 7420636c 69656e74"                   \
	"00240004 6e0001ff 80290008 932ff9b1 51263b36"                                             \
	"00060009 6576746a 3a683676 59202020"                                                      \
	"00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2 80280004 e57a3bcf"
#define RFC5769_RESPONSE_IPV4                                                                      \
	"0101003c" RFC5769_HEADER "8022000b 74657374 20766563 746f7220"                            \
	"00200008 0001a147 e112a643"                                                               \
	"00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7 80280004 c07d4c96"
#define RFC5769_RESPONSE_IPV6                                                                      \
	"01010048" RFC5769_HEADER "8022000b 74657374 20766563 746f7220"                            \
	"00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9"                                    \
	"00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41 80280004 c8fb0b4c"
#define RFC5769_LONG_TERM                                                                          \
	"00010060 2112a442 78ad3433 c6ad72c0 29da412e"                                             \
	"00060012 e3839ee3 8388e383 aae38383 e382afe3 82b90000"                                    \
	"0015001c 662f2f34 39396b39 35346436 4f4c3334 6f4c3946 53547679 36347341"                  \
	"0014000b 6578616d 706c652e 6f726700"                                                      \
	"00080014 f6702465 6dd64a3e 02b8e071 2e85c9a2 8ca89666"

static const struct row sample_rows[] = {
	{.name = "RFC 5769 2.1",
	 .verdict = "success",
	 .only = SEED,
	 .payload = RFC5769_REQUEST,
	 .want = "X F"},
	{.name = "RFC 5769 2.2", .verdict = "response", .payload = RFC5769_RESPONSE_IPV4},
	{.name = "RFC 5769 2.3", .verdict = "response", .payload = RFC5769_RESPONSE_IPV6},
	{.name = "RFC 5769 2.4",
	 .verdict = "success",
	 .only = SEED,
	 .payload = RFC5769_LONG_TERM,
	 .want = "0020 0008 0001 f523 e721c045|"
		 "0020 0014 0002 f523 0113a9fa 78aa3433 c6ad72c0 29da4129"},
};

static const struct row client_rows[] = {
	{.name = "Chromium",
	 .verdict = "success",
	 .transaction = "41326b4d7a78515730704a44",
	 .want = "0020 0008 0001 f523 e721c045|"
		 "0020 0014 0002 f523 0113a9fa 41356b4d 7a785157 30704a43"},
	{.name = "Firefox", .verdict = "success", .only = SEED, .attributes = "F", .want = "X F"},
	{.name = "Tailscale",
	 .verdict = "success",
	 .only = SEED,
	 .attributes = "8022'tailnode F",
	 .want = "X F"},
	{.name = "libnice", .verdict = "success", .want = "X"},
	{.name = "libnice, RFC 3489 mode",
	 .verdict = "legacy_success",
	 .legacy = true,
	 .transaction = "0a0b0c0d 0102030405060708090a0b0c",
	 .want = "M"},
	{.name = "libnice, connectivity check",
	 .verdict = "success",
	 .only = SEED,
	 .attributes = "8022'libnice_0.1.21 0006'a1b2:c3d4 0024=6e0001ff 802a/8 0008/20 F",
	 .want = "X F"},
	{.name = "libwebrtc, connectivity check",
	 .verdict = "success",
	 .only = SEED,
	 .attributes = "0006'abcd:efgh c057=00010032 802a/8 0025 0024=6e7f1eff 0008/20 F",
	 .want = "X F"},
	{.name = "connectivity check, wrong FINGERPRINT",
	 .verdict = "wrong_fingerprint",
	 .attributes = "0006'abcd:efgh 8029/8 0024=6e7f1eff 0008/20 F!"},
	{.name = "baresip",
	 .verdict = "success",
	 .only = SEED,
	 .attributes = "8022'libre_v2.10.0_(x86_64/linux)",
	 .want = "X"},
	{.name = "Linphone", .verdict = "success", .want = "X"},
	{.name = "pjsip", .verdict = "legacy_success", .legacy = true, .want = "M"},
	{.name = "pjnath, ICE",
	 .verdict = "success",
	 .attributes = "8022'pjnath-2.13",
	 .want = "X"},
	{.name = "pjnath, NAT detection, test 1",
	 .verdict = "legacy_success",
	 .only = SEED,
	 .legacy = true,
	 .attributes = "0003=00000000",
	 .want = "M"},
	{.name = "pjnath, NAT detection, test 2",
	 .verdict = "unknown_attribute",
	 .only = SEED,
	 .legacy = true,
	 .attributes = "0003=00000006",
	 .want = "E 000a0004 00030003"},
	{.name = "Asterisk",
	 .verdict = "legacy_success",
	 .legacy = true,
	 .transaction = "6b8b4567 327b23c6643c986966334873",
	 .want = "M"},
	{.name = "Asterisk, with a USERNAME",
	 .verdict = "legacy_success",
	 .legacy = true,
	 .attributes = "0006'0a1b2c3d",
	 .want = "M"},
	{.name = "stuntman",
	 .verdict = "success",
	 .only = SEED,
	 .attributes = "0003=00000000",
	 .want = "X"},
	{.name = "stuntman, change both",
	 .verdict = "unknown_attribute",
	 .attributes = "0003=00000006",
	 .want = "E 000a0002 00030000"},
	{.name = "natdiscovery, RESPONSE-PORT",
	 .verdict = "unknown_attribute",
	 .only = SEED,
	 .attributes = "8022'Coturn-4.6.1_'Gorst' 0027=d4320000 F",
	 .want = "E 000a0002 00270000 F"},
	{.name = "natdiscovery, CHANGE-REQUEST and PADDING",
	 .verdict = "oversize",
	 .attributes = "8022'Coturn-4.6.1_'Gorst' 0003=00000006 0026/1500 F"},
	{.name = "short PADDING",
	 .verdict = "unknown_attribute",
	 .only = SEED,
	 .attributes = "0003=00000004 0026/64",
	 .want = "E 000a0004 00030026"},
	{.name = "vovida, test 2",
	 .verdict = "unknown_attribute",
	 .legacy = true,
	 .transaction = "00000000 000000000000000000000002",
	 .attributes = "0003=00000006",
	 .want = "E 000a0004 00030003"},
	{.name = "vovida, test 3",
	 .verdict = "unknown_attribute",
	 .legacy = true,
	 .transaction = "00000000 000000000000000000000003",
	 .attributes = "0003=00000002",
	 .want = "E 000a0004 00030003"},
	{.name = "vovida, test 1",
	 .verdict = "legacy_success",
	 .legacy = true,
	 .transaction = "00000000 000000000000000000000001",
	 .attributes = "0003=00000000",
	 .want = "M"},
	{.name = "vovida, RESPONSE-ADDRESS",
	 .verdict = "unknown_attribute",
	 .only = SEED,
	 .legacy = true,
	 .attributes = "0002=0001d431c6336408 0003=00000002",
	 .want = "E 000a0004 00020003"},
	{.name = "TR-111",
	 .verdict = "legacy_success",
	 .only = SEED,
	 .legacy = true,
	 .attributes = "c001'dslforum.org/TR-111_ 0006'00D09E-123456",
	 .want = "M"},
	{.name = "TR-111, binding change",
	 .verdict = "legacy_success",
	 .only = SEED,
	 .legacy = true,
	 .attributes = "c001'dslforum.org/TR-111_ c002 0006'cpe 0008/20",
	 .want = "M"},
	{.name = "Microsoft edge",
	 .verdict = "success",
	 .only = SEED,
	 .attributes = "8008=00000006 8070=00000003 8050/4 8054/8 F",
	 .want = "X F"},
	{.name = "Microsoft ICE",
	 .verdict = "success",
	 .attributes = "0006'abcd:efgh:1 0024=6e7f1eff 802a/8 8054'1~00 8070=00000003 0008/20 F",
	 .want = "X F"},
	{.name = "Zoiper 5", .verdict = "success", .attributes = "8022'Zoiper_rv2.10", .want = "X"},
};

static const struct row walk_rows[] = {
	{.name = "sixteen unknown",
	 .verdict = "unknown_attribute",
	 .only = SEED,
	 .attributes = "0101 0102 0103 0104 0105 0106 0107 0108 0109 010a 010b 010c 010d 010e "
		       "010f 0110",
	 .want = "E 000a0020 01010102 01030104 01050106 01070108 0109010a 010b010c 010d010e"
		 "010f0110"},
	{.name = "sixteen attributes",
	 .verdict = "success",
	 .only = SEED,
	 .attributes = ALL_KNOWN " 8022'abc~ff c001/5 0008/20 001c/32 F",
	 .want = "X F"},
	{.name = "all known to RFC 3489",
	 .verdict = "legacy_success",
	 .only = SEED,
	 .legacy = true,
	 .attributes = ALL_KNOWN_LEGACY " 0006'u 0008/20 F",
	 .want = "M"},
	{.name = "three unknown, legacy",
	 .verdict = "unknown_attribute",
	 .only = SEED,
	 .legacy = true,
	 .attributes = "7ffd/3~ff 7ffe/1 7fff/2",
	 .want = "E 000a0008 7ffd7ffe 7fff7fff"},
	{.name = "behind MESSAGE-INTEGRITY",
	 .verdict = "success",
	 .only = SEED,
	 .attributes = "0008/20 7fff/4 0003/8 F",
	 .want = "X F"},
};

#define CHANGE(asked, flags, leaves, other)                                                        \
	{.name = "CHANGE-REQUEST " flags " at " asked,                                             \
	 .verdict = "success",                                                                     \
	 .config = CASES_DISCOVERY,                                                                \
	 .attributes = "0003=0000000" flags,                                                       \
	 .pair = asked,                                                                            \
	 .from = leaves,                                                                           \
	 .want = "X M R" leaves "O" other},                                                        \
	{                                                                                          \
		.name = "legacy CHANGE-REQUEST " flags " at " asked, .verdict = "legacy_success",  \
		.config = CASES_DISCOVERY, .attributes = "0003=0000000" flags, .pair = asked,      \
		.from = leaves, .legacy = true, .want = "M S" leaves "C" other                     \
	}
#define BARE(asked, other)                                                                         \
	{.name = "bare at " asked,                                                                 \
	 .verdict = "success",                                                                     \
	 .config = CASES_DISCOVERY,                                                                \
	 .pair = asked,                                                                            \
	 .want = "X M R" asked "O" other},                                                         \
	{                                                                                          \
		.name = "legacy at " asked, .verdict = "legacy_success",                           \
		.config = CASES_DISCOVERY, .pair = asked, .legacy = true,                          \
		.want = "M S" asked "C" other                                                      \
	}
/* Asked at the first pair: where the reply leaves from and which port it goes to, 0 for the usual
 */
#define ASK(variant, list, leaves, port, label, expected)                                          \
	{                                                                                          \
		.name = #variant " [" list "]", .verdict = label, .config = CASES_##variant,       \
		.attributes = list, .from = leaves, .reply_port = port, .want = expected           \
	}
#define ASK_LEGACY(variant, list, leaves, label, expected)                                         \
	{                                                                                          \
		.name = #variant " legacy [" list "]", .verdict = label,                           \
		.config = CASES_##variant, .attributes = list, .from = leaves, .legacy = true,     \
		.want = expected                                                                   \
	}
#define DISCOVERY_PLAIN(list) ASK(DISCOVERY, list, "pp", 0, "success", "X M Rpp Oaa")
#define DISCOVERY_UNKNOWN(list, types)                                                             \
	ASK(DISCOVERY, list, "pp", 0, "unknown_attribute", "E 000a" types)
#define DISCOVERY_MALFORMED(list) ASK(DISCOVERY, list, NULL, 0, "malformed_attribute", NULL)
#define PORT_TO(list, port)	  ASK(RESPONSE_PORT, list, "pp", port, "success", "X M Rpp Oaa")
#define PORT_UNKNOWN(list, types)                                                                  \
	ASK(RESPONSE_PORT, list, "pp", 0, "unknown_attribute", "E 000a" types)
#define PORT_MALFORMED(list) ASK(RESPONSE_PORT, list, NULL, 0, "malformed_attribute", NULL)
#define PADS(list)	     ASK(PADDING, list, NULL, 0, "padding", NULL)
#define PADDING_UNKNOWN(list, types)                                                               \
	ASK(PADDING, list, "pp", 0, "unknown_attribute", "E 000a" types)
#define BAD(list, expected) ASK(DISCOVERY_ALL, list, "pp", 0, "bad_request", expected)
#define ALL_UNKNOWN(list, expected)                                                                \
	ASK(DISCOVERY_ALL, list, "pp", 0, "unknown_attribute", "E 000a" expected)

/* Which pairs there are, and what each answers. */
static const struct row pair_rows[] = {
	BARE("pp", "aa"),
	BARE("pa", "ap"),
	BARE("ap", "pa"),
	BARE("aa", "pp"),
	CHANGE("pp", "0", "pp", "aa"),
	CHANGE("pp", "2", "pa", "aa"),
	CHANGE("pp", "4", "ap", "aa"),
	CHANGE("pp", "6", "aa", "aa"),
	CHANGE("pa", "0", "pa", "ap"),
	CHANGE("pa", "2", "pp", "ap"),
	CHANGE("pa", "4", "aa", "ap"),
	CHANGE("pa", "6", "ap", "ap"),
	CHANGE("ap", "0", "ap", "pa"),
	CHANGE("ap", "2", "aa", "pa"),
	CHANGE("ap", "4", "pp", "pa"),
	CHANGE("ap", "6", "pa", "pa"),
	CHANGE("aa", "0", "aa", "pp"),
	CHANGE("aa", "2", "ap", "pp"),
	CHANGE("aa", "4", "pa", "pp"),
	CHANGE("aa", "6", "pp", "pp"),

#define AT(text4, text6, port, variant, list, label, expected)                                     \
	{                                                                                          \
		.name = "at " text4 " or " text6 " port " #port " [" list "]", .verdict = label,   \
		.config = variant, .destination = text4 "|" text6, .attributes = list,             \
		.set = {SET(destination_port, port)}, .want = expected                             \
	}
	/* no pairs */
	AT("203.0.113.10", "2001:db8::10", 3480, CASES_DISCOVERY, "", "not_service", NULL),
	AT("198.51.100.20", "2001:db8:99::20", 3477, CASES_DISCOVERY, "", "not_service", NULL),
	AT("198.51.100.20", "2001:db8:99::20", 19302, CASES_DISCOVERY, "", "not_service", NULL),
	AT("198.51.100.21", "2001:db8:99::21", 3478, CASES_DISCOVERY, "", "not_service", NULL),
	AT("203.0.113.11", "2001:db8::11", 3479, CASES_DISCOVERY, "", "not_service", NULL),
	AT("192.0.2.254", "2001:db8:ffff:ffff:ffff:ffff:ffff:fffe", 3478, CASES_DISCOVERY, "",
	   "not_service", NULL),
	AT("192.0.2.254", "2001:db8:ffff:ffff:ffff:ffff:ffff:fffe", 80, CASES_DISCOVERY, "",
	   "not_service", NULL),
	AT("198.51.100.20", "2001:db8:99::20", 3478, CASES_DEFAULT, "", "not_service", NULL),
	AT("203.0.113.10", "2001:db8::10", 3479, CASES_DEFAULT, "", "not_service", NULL),

/* the pairs of others, which share the addresses */
#define OTHER_80                                                                                   \
	"X M 802b0008 0001 0050 c6336414 802c0008 0001 1388 cb00710a|"                             \
	"X M 802b0014 0002 0050 20010db8 00990000 00000000 00000020"                               \
	"802c0014 0002 1388 20010db8 00000000 00000000 00000010"
	AT("198.51.100.20", "2001:db8:99::20", 5000, CASES_DISCOVERY, "", "success",
	   "X M 802b0008 0001 1388 c6336414 802c0008 0001 0050 cb00710a|"
	   "X M 802b0014 0002 1388 20010db8 00990000 00000000 00000020"
	   "802c0014 0002 0050 20010db8 00000000 00000000 00000010"),
	AT("198.51.100.20", "2001:db8:99::20", 80, CASES_DISCOVERY, "", "success", OTHER_80),
	AT("203.0.113.10", "2001:db8::10", 80, CASES_DISCOVERY, "", "success",
	   "X M 802b0008 0001 0050 cb00710a 802c0008 0001 1388 c6336414|"
	   "X M 802b0014 0002 0050 20010db8 00000000 00000000 00000010"
	   "802c0014 0002 1388 20010db8 00990000 00000000 00000020"),
	AT("192.0.2.254", "2001:db8:ffff:ffff:ffff:ffff:ffff:fffe", 1, CASES_DISCOVERY, "",
	   "success",
	   "X M 802b0008 0001 0001 c00002fe 802c0008 0001 ffff cb00710a|"
	   "X M 802b0014 0002 0001 20010db8 ffffffff ffffffff fffffffe"
	   "802c0014 0002 ffff 20010db8 00000000 00000000 00000010"),
	AT("203.0.113.10", "2001:db8::10", 65535, CASES_RESPONSE_PORT, "0027=c001",
	   "unknown_attribute", "E 000a0002 00270000"),
	AT("192.0.2.254", "2001:db8:ffff:ffff:ffff:ffff:ffff:fffe", 65535, CASES_PADDING, "0026",
	   "unknown_attribute", "E 000a0002 00260000"),
	AT("192.0.2.254", "2001:db8:ffff:ffff:ffff:ffff:ffff:fffe", 1, CASES_DISCOVERY_ALL,
	   "0026 0027=0035", "unknown_attribute", "E 000a0004 00260027" SOFTWARE_32),

/* services without an alternate, next to them */
#define PLAIN(variant, list, label, expected)                                                      \
	AT("203.0.113.11", "2001:db8::11", 3478, variant, list, label, expected),                  \
		AT("203.0.113.10", "2001:db8::10", 19302, variant, list, label, expected),         \
		AT("198.51.100.20", "2001:db8:99::20", 53, variant, list, label, expected)
	PLAIN(CASES_DISCOVERY, "", "success", "X"),
	PLAIN(CASES_DISCOVERY, "F", "success", "X F"),
	PLAIN(CASES_DISCOVERY, "0003=00000000", "success", "X"),
	PLAIN(CASES_DISCOVERY, "0003=00000002", "unknown_attribute", "E 000a0002 00030000"),
	PLAIN(CASES_DISCOVERY, "0003=00000004", "unknown_attribute", "E 000a0002 00030000"),
	PLAIN(CASES_DISCOVERY, "0003=00000006", "unknown_attribute", "E 000a0002 00030000"),
	PLAIN(CASES_RESPONSE_PORT, "0027=c001", "unknown_attribute", "E 000a0002 00270000"),
	PLAIN(CASES_RESPONSE_PORT, "0027=0000", "unknown_attribute", "E 000a0002 00270000"),
	PLAIN(CASES_RESPONSE_PORT, "0027/8", "unknown_attribute", "E 000a0002 00270000"),
	PLAIN(CASES_PADDING, "0026", "unknown_attribute", "E 000a0002 00260000"),
	PLAIN(CASES_DISCOVERY_ALL, "", "success", "X" SOFTWARE_32),
	PLAIN(CASES_DISCOVERY_ALL, "0027=0035 0026", "unknown_attribute",
	      "E 000a0004 00270026" SOFTWARE_32),
	{.name = "plain, legacy",
	 .verdict = "legacy_success",
	 .config = CASES_DISCOVERY,
	 .legacy = true,
	 .set = {SET(destination_port, 19302)},
	 .want = "M"},

/* LAND */
#define FROM(text4, text6, at, label)                                                              \
	{                                                                                          \
		.name = "from " text4 " or " text6 " to " at, .verdict = label,                    \
		.config = CASES_DISCOVERY, .source = text4 "|" text6, .pair = at                   \
	}
	FROM("203.0.113.10", "2001:db8::10", "pp", "land"),
	FROM("203.0.113.10", "2001:db8::10", "pa", "land"),
	FROM("203.0.113.10", "2001:db8::10", "ap", "land"),
	FROM("203.0.113.10", "2001:db8::10", "aa", "land"),
	FROM("198.51.100.20", "2001:db8:99::20", "pp", "land"),
	FROM("198.51.100.20", "2001:db8:99::20", "pa", "land"),
	FROM("198.51.100.20", "2001:db8:99::20", "ap", "land"),
	FROM("198.51.100.20", "2001:db8:99::20", "aa", "land"),
	FROM("198.51.100.21", "2001:db8:99::21", "pp", "success"),
	FROM("198.51.100.21", "2001:db8:99::21", "aa", "success"),
	FROM("198.51.100.4", "a001:db8:99::20", "pp", "success"),
	FROM("203.0.113.11", "2001:db8::11", "aa", "success"),
	FROM("192.0.2.254", "2001:db8:ffff:ffff:ffff:ffff:ffff:fffe", "pp", "success"),
	{.name = "LAND by the alternate before source port",
	 .verdict = "land",
	 .config = CASES_DISCOVERY,
	 .source = "198.51.100.20|2001:db8:99::20",
	 .set = {SET(source_port, 0)}},
	{.name = "LAND by the alternate, from the port of a pair",
	 .verdict = "land",
	 .config = CASES_DISCOVERY,
	 .source = "198.51.100.20|2001:db8:99::20",
	 .attributes = "0003=00000006",
	 .set = {SET(source_port, 3479)}},
	{.name = "LAND by another one's alternate",
	 .verdict = "success",
	 .config = CASES_DISCOVERY,
	 .source = "198.51.100.20|2001:db8:99::20",
	 .set = {SET(destination_port, 65535)}},
	{.name = "LAND by an alternate at a plain service",
	 .verdict = "success",
	 .config = CASES_DISCOVERY,
	 .source = "198.51.100.20|2001:db8:99::20",
	 .set = {SET(destination_port, 19302)}},
	{.name = "LAND by the alternate, no pair",
	 .verdict = "not_service",
	 .config = CASES_DISCOVERY,
	 .source = "198.51.100.20|2001:db8:99::20",
	 .set = {SET(destination_port, 3480)}},
	{.name = "source address before LAND by the alternate",
	 .verdict = "source_address",
	 .config = CASES_DISCOVERY,
	 .source = "127.0.0.1|::1",
	 .pair = "aa"},

/* what is handed up */
#define HANDED(text, label, family, ...)                                                           \
	{                                                                                          \
		.name = text, .verdict = label, .only = family, .config = CASES_DISCOVERY,         \
		.set = {__VA_ARGS__}, .pair = "aa"                                                 \
	}
	HANDED("fragment to aa", "fragment", V4, SET(fragment, 0x2000)),
	HANDED("later fragment to aa", "fragment", V4, SET(fragment, 0x00b9)),
	HANDED("options to aa", "ipv4_options", V4, SET(options_length, 4)),
	HANDED("fragment to aa", "fragment", V6, SET(extensions_count, 1), SET(extensions[0], 44)),
	HANDED("extension to aa", "ipv6_extension", V6, SET(extensions_count, 1),
	       SET(extensions[0], 60)),
	{.name = "fragment to the alternate address, another port",
	 .verdict = "fragment",
	 .only = V4,
	 .config = CASES_DISCOVERY,
	 .destination = "192.0.2.254",
	 .set = {SET(fragment, 0x2000), SET(destination_port, 8080)}},
	{.name = "extension to the alternate address, another port",
	 .verdict = "ipv6_extension",
	 .only = V6,
	 .config = CASES_DISCOVERY,
	 .destination = "2001:db8:ffff:ffff:ffff:ffff:ffff:fffe",
	 .set = {SET(extensions_count, 1), SET(extensions[0], 0), SET(destination_port, 8080)}},
	{.name = "fragment to no alternate address",
	 .verdict = "not_service",
	 .only = V4,
	 .config = CASES_DISCOVERY,
	 .destination = "192.0.2.255",
	 .set = {SET(fragment, 0x2000)}},
	{.name = "extension to no alternate address",
	 .verdict = "not_service",
	 .only = V6,
	 .config = CASES_DISCOVERY,
	 .destination = "2001:db8:99::21",
	 .set = {SET(extensions_count, 1), SET(extensions[0], 0)}},
};

/* The attributes of RFC 5780, at services that know them and at others. */
static const struct row behaviour_rows[] = {
	/* CHANGE-REQUEST */
	DISCOVERY_PLAIN("0003=00000001"),
	DISCOVERY_PLAIN("0003=fffffff9"),
	DISCOVERY_PLAIN("0003=06060600"),
	DISCOVERY_PLAIN("0003=00000000 0003=00000006"),
	DISCOVERY_PLAIN("0003=00000000 0003/8"),
	DISCOVERY_PLAIN("0008/20 0003=00000006"),
	DISCOVERY_PLAIN("0008/20 0003/8"),
	DISCOVERY_PLAIN("001c/32 0003=00000006"),
	ASK(DISCOVERY, "0003=ffffffff", "aa", 0, "success", "X M Raa Oaa"),
	ASK(DISCOVERY, "0003=fffffffb", "pa", 0, "success", "X M Rpa Oaa"),
	ASK(DISCOVERY, "0003=fffffffd", "ap", 0, "success", "X M Rap Oaa"),
	ASK(DISCOVERY, "0003=00000002 0003=00000004", "pa", 0, "success", "X M Rpa Oaa"),
	ASK(DISCOVERY, "0003=00000004 0003=00000000", "ap", 0, "success", "X M Rap Oaa"),
	ASK(DISCOVERY, "0003=00000006 0003/0", "aa", 0, "success", "X M Raa Oaa"),
	ASK(DISCOVERY, "0003=00000006 0008/20", "aa", 0, "success", "X M Raa Oaa"),
	ASK(DISCOVERY, "8022'x 0006'user ffff/3 0003=00000006", "aa", 0, "success", "X M Raa Oaa"),
	ASK(DISCOVERY, "15*8022 0003=00000006", "aa", 0, "success", "X M Raa Oaa"),
	ASK(DISCOVERY, "16*8022 0003=00000006", NULL, 0, "too_many_attributes", NULL),
	ASK(DISCOVERY, "0003=00000006 F", "aa", 0, "success", "X M Raa Oaa F"),
	ASK(DISCOVERY, "0003=00000002 F", "pa", 0, "success", "X M Rpa Oaa F"),
	ASK(DISCOVERY, "F", "pp", 0, "success", "X M Rpp Oaa F"),
	ASK(DISCOVERY, "0003=00000006 F!", NULL, 0, "wrong_fingerprint", NULL),
	DISCOVERY_MALFORMED("0003"),
	DISCOVERY_MALFORMED("0003/3"),
	DISCOVERY_MALFORMED("0003/8"),
	DISCOVERY_MALFORMED("0003/8 0003=00000006"),
	DISCOVERY_MALFORMED("0003>4"),
	DISCOVERY_UNKNOWN("7fff", "0002 7fff0000"),
	DISCOVERY_UNKNOWN("0003=00000006 7fff", "0002 7fff0000"),
	DISCOVERY_UNKNOWN("7fff 0003=00000002", "0002 7fff0000"),
	DISCOVERY_UNKNOWN("0003=00000004 7ffe 7fff", "0004 7ffe7fff"),
	DISCOVERY_UNKNOWN("0002/8", "0002 00020000"),
	DISCOVERY_UNKNOWN("0004/8 0005/8", "0004 00040005"),
	ASK(DISCOVERY, "0003=00000006 7fff F", "pp", 0, "unknown_attribute",
	    "E 000a0002 7fff0000 F"),
	ASK_LEGACY(DISCOVERY, "F", "pp", "legacy_success", "M Spp Caa"),
	ASK_LEGACY(DISCOVERY, "0003=00000006 0003=00000002", "aa", "legacy_success", "M Saa Caa"),
	ASK_LEGACY(DISCOVERY, "0008/20 0003=00000006", "pp", "legacy_success", "M Spp Caa"),
	ASK_LEGACY(DISCOVERY, "0004/8 0005/8 0003=00000002", "pa", "legacy_success", "M Spa Caa"),
	ASK_LEGACY(DISCOVERY, "0003=00000006 7fff", "pp", "unknown_attribute",
		   "E 000a0004 7fff7fff"),
	ASK_LEGACY(DISCOVERY, "0003/8", NULL, "malformed_attribute", NULL),
	{.name = "420 at aa",
	 .verdict = "unknown_attribute",
	 .config = CASES_DISCOVERY,
	 .pair = "aa",
	 .attributes = "0003=00000006 7fff",
	 .want = "E 000a0002 7fff0000"},
	{.name = "UDP checksum 0, CHANGE-REQUEST",
	 .verdict = "success",
	 .only = V4,
	 .config = CASES_DISCOVERY,
	 .attributes = "0003=00000006",
	 .set = {SET(udp_checksum, 0)},
	 .from = "aa",
	 .want = "X M Raa Oaa"},
	{.name = "trailers, CHANGE-REQUEST",
	 .verdict = "success",
	 .config = CASES_DISCOVERY,
	 .attributes = "0003=00000004",
	 .set = {SET(udp_trailer, 7), SET(ip_trailer, 90), SET(trailer_byte, 0xff)},
	 .from = "ap",
	 .want = "X M Rap Oaa"},
	{.name = "256 bytes at aa",
	 .verdict = "success",
	 .config = CASES_DISCOVERY,
	 .pair = "aa",
	 .make = make_256,
	 .want = "X M Raa Opp"},
	{.name = "wrong UDP checksum at aa",
	 .verdict = "udp_checksum",
	 .config = CASES_DISCOVERY,
	 .pair = "aa",
	 .set = {SET(udp_checksum_xor, 1)}},
	{.name = "response at aa",
	 .verdict = "response",
	 .config = CASES_DISCOVERY,
	 .pair = "aa",
	 .type = 0x0101,
	 .attributes = "0020/8 802b/8 802c/8"},

	/* RESPONSE-PORT and PADDING where they are not configured: the value is not read */
	DISCOVERY_UNKNOWN("0027=c0010000", "0002 00270000"),
	DISCOVERY_UNKNOWN("0027=0000", "0002 00270000"),
	DISCOVERY_UNKNOWN("0027/8", "0002 00270000"),
	DISCOVERY_UNKNOWN("0026", "0002 00260000"),
	DISCOVERY_UNKNOWN("0026/200", "0002 00260000"),
	DISCOVERY_UNKNOWN("0026 0027=c001", "0004 00260027"),
	DISCOVERY_UNKNOWN("0003=00000006 0027=c001", "0002 00270000"),
	DISCOVERY_UNKNOWN("0003=00000006 0026/4", "0002 00260000"),
	DISCOVERY_PLAIN("0008/20 0027=c001 0026"),
	ASK_LEGACY(DISCOVERY, "0027=c001", "pp", "unknown_attribute", "E 000a0004 00270027"),
	ASK_LEGACY(DISCOVERY, "0026/4", "pp", "unknown_attribute", "E 000a0004 00260026"),
	PORT_UNKNOWN("0026", "0002 00260000"),
	PORT_UNKNOWN("0027=c001 0026", "0002 00260000"),
	PORT_UNKNOWN("0026 0027=c001", "0002 00260000"),
	PADDING_UNKNOWN("0027=c001", "0002 00270000"),
	PADDING_UNKNOWN("0027=0000 0026", "0002 00270000"),
	PADDING_UNKNOWN("0026 0027/8", "0002 00270000"),

	/* RESPONSE-PORT */
	PORT_TO("", 0),
	PORT_TO("0027=c0010000", 49153),
	PORT_TO("0027=c001", 49153),
	PORT_TO("0027=c001~ff", 49153),
	PORT_TO("0027=c001ffff", 49153),
	PORT_TO("0027=d4310000", 54321),
	PORT_TO("0027=0001", 1),
	PORT_TO("0027=00350000", 53),
	PORT_TO("0027=0100", 256),
	PORT_TO("0027=03ff", 1023),
	PORT_TO("0027=ffff", 65535),
	PORT_TO("0027=c001 0027=c002", 49153),
	PORT_TO("0027=c001 0027=0000", 49153),
	PORT_TO("0027=c0010000 0027/8", 49153),
	PORT_TO("0008/20 0027=c001", 0),
	PORT_TO("0008/20 0027/8", 0),
	PORT_TO("001c/32 0027=0000", 0),
	PORT_TO("0027=c001 0008/20 0027=c002", 49153),
	PORT_TO("0027=c001 0008/20 0026", 49153),
	PORT_TO("0003=00000000 0027=c001", 49153),
	PORT_TO("15*8022 0027=c001", 49153),
	PORT_MALFORMED("0027"),
	PORT_MALFORMED("0027/1"),
	PORT_MALFORMED("0027=c00100"),
	PORT_MALFORMED("0027/5"),
	PORT_MALFORMED("0027/6"),
	PORT_MALFORMED("0027=c001000000000000"),
	PORT_MALFORMED("0027=0000"),
	PORT_MALFORMED("0027=00000000"),
	PORT_MALFORMED("0027=0000c001"),
	PORT_MALFORMED("0027=0000 0027=c001"),
	PORT_MALFORMED("0027/8 0027=c001"),
	PORT_MALFORMED("0027=c001 0003/8"),
	PORT_MALFORMED("7fff 0027=0000"),
	PORT_MALFORMED("0027>2"),
	PORT_UNKNOWN("0027=c001 7fff", "0002 7fff0000"),
	PORT_UNKNOWN("7fff 0003=00000006 0027=c001", "0002 7fff0000"),
	ASK(RESPONSE_PORT, "0027=c001 F", "pp", 49153, "success", "X M Rpp Oaa F"),
	ASK(RESPONSE_PORT, "0027=c001 F!", NULL, 0, "wrong_fingerprint", NULL),
	ASK(RESPONSE_PORT, "0003=00000002 0027=c001", "pa", 49153, "success", "X M Rpa Oaa"),
	ASK(RESPONSE_PORT, "0027=c001 0003=00000004", "ap", 49153, "success", "X M Rap Oaa"),
	ASK(RESPONSE_PORT, "0003=00000006 0027=c0010000 F", "aa", 49153, "success",
	    "X M Raa Oaa F"),
	ASK_LEGACY(RESPONSE_PORT, "", "pp", "legacy_success", "M Spp Caa"),
	ASK_LEGACY(RESPONSE_PORT, "0027=c001", "pp", "unknown_attribute", "E 000a0004 00270027"),
	ASK_LEGACY(RESPONSE_PORT, "0027=0000", "pp", "unknown_attribute", "E 000a0004 00270027"),
	ASK_LEGACY(RESPONSE_PORT, "0027/8", "pp", "unknown_attribute", "E 000a0004 00270027"),
	ASK_LEGACY(RESPONSE_PORT, "0003=00000006", "aa", "legacy_success", "M Saa Caa"),
	{.name = "RESPONSE-PORT, change both at ap",
	 .verdict = "success",
	 .config = CASES_RESPONSE_PORT,
	 .pair = "ap",
	 .attributes = "0027=c001 0003=00000006",
	 .from = "pa",
	 .reply_port = 49153,
	 .want = "X M Rpa Opa"},

	/* PADDING */
	PADS("0026"),
	PADS("0026/1"),
	PADS("0026/4"),
	PADS("0026/200"),
	PADS("0026/232"),
	PADS("0026 0026/7"),
	PADS("16*0026"),
	PADS("0003=00000000 0026"),
	PADS("0003=00000006 0026/64"),
	PADS("0026 F"),
	PADS("0026 0008/20 7fff F"),
	ASK(PADDING, "0026/233", NULL, 0, "oversize", NULL),
	ASK(PADDING, "17*0026", NULL, 0, "too_many_attributes", NULL),
	ASK(PADDING, "0026 F!", NULL, 0, "wrong_fingerprint", NULL),
	ASK(PADDING, "0026>4", NULL, 0, "malformed_attribute", NULL),
	ASK(PADDING, "0026 0003/8", NULL, 0, "malformed_attribute", NULL),
	ASK(PADDING, "0008/20 0026", "pp", 0, "success", "X M Rpp Oaa"),
	ASK(PADDING, "001c/32 0026/64", "pp", 0, "success", "X M Rpp Oaa"),
	PADDING_UNKNOWN("0026 7fff", "0002 7fff0000"),
	PADDING_UNKNOWN("7ffe 0026 7fff", "0004 7ffe7fff"),
	ASK_LEGACY(PADDING, "0026", "pp", "unknown_attribute", "E 000a0004 00260026"),
	ASK_LEGACY(PADDING, "0003=00000006 0026/64", "pp", "unknown_attribute",
		   "E 000a0004 00260026"),
	{.name = "PADDING at aa",
	 .verdict = "padding",
	 .config = CASES_DISCOVERY_ALL,
	 .pair = "aa",
	 .attributes = "0026"},

	/* both, low source ports off, SOFTWARE */
	BAD("0027=c001 0026", "B" SOFTWARE_32),
	BAD("0026/200 0027=c0010000", "B" SOFTWARE_32),
	BAD("0003=00000006 0027=c001 0026", "B" SOFTWARE_32),
	BAD("0026 0003=00000002 0027=c001", "B" SOFTWARE_32),
	BAD("0027=c001 0026 F", "B" SOFTWARE_32 "F"),
	BAD("0027=c001 0026 0027=0000 0008/20 7fff", "B" SOFTWARE_32),
	{.name = "both at aa",
	 .verdict = "bad_request",
	 .config = CASES_DISCOVERY_ALL,
	 .pair = "aa",
	 .attributes = "0003=00000004 0026 0027=c001",
	 .want = "B" SOFTWARE_32},
	ASK(DISCOVERY_ALL, "0027=c001 0026 F!", NULL, 0, "wrong_fingerprint", NULL),
	ALL_UNKNOWN("0027=c001 0026 7fff", "0002 7fff0000" SOFTWARE_32),
	ALL_UNKNOWN("7fff 0026 0003=00000006 0027=c001 F", "0002 7fff0000" SOFTWARE_32 "F"),
	ASK(DISCOVERY_ALL, "0027=c001 0008/20 0026", "pp", 49153, "success",
	    "X M Rpp Oaa" SOFTWARE_32),
	ASK(DISCOVERY_ALL, "0026 0008/20 0027=c001", NULL, 0, "padding", NULL),
	ASK(DISCOVERY_ALL, "0026", NULL, 0, "padding", NULL),
	ASK(DISCOVERY_ALL, "0026 0027=0000", NULL, 0, "malformed_attribute", NULL),
	ASK(DISCOVERY_ALL, "0027/8 0026", NULL, 0, "malformed_attribute", NULL),
	ASK(DISCOVERY_ALL, "0026 0027=0035", NULL, 0, "low_source_port", NULL),
	ASK(DISCOVERY_ALL, "0027=0001", NULL, 0, "low_source_port", NULL),
	ASK(DISCOVERY_ALL, "0027=00350000", NULL, 0, "low_source_port", NULL),
	ASK(DISCOVERY_ALL, "0027=03ff", NULL, 0, "low_source_port", NULL),
	ASK(DISCOVERY_ALL, "0027=0100", NULL, 0, "low_source_port", NULL),
	ASK(DISCOVERY_ALL, "0027=0035 7fff", NULL, 0, "low_source_port", NULL),
	ASK(DISCOVERY_ALL, "7fff 0027=0035", NULL, 0, "low_source_port", NULL),
	ASK(DISCOVERY_ALL, "0027=0035 0003/8", NULL, 0, "low_source_port", NULL),
	ASK(DISCOVERY_ALL, "0003/8 0027=0035", NULL, 0, "malformed_attribute", NULL),
	ASK(DISCOVERY_ALL, "0027=0035 F!", NULL, 0, "low_source_port", NULL),
	ASK(DISCOVERY_ALL, "0027=0000", NULL, 0, "malformed_attribute", NULL),
	ASK(DISCOVERY_ALL, "0027=0400", "pp", 1024, "success", "X M Rpp Oaa" SOFTWARE_32),
	ASK(DISCOVERY_ALL, "0027=0400 0027=0035", "pp", 1024, "success", "X M Rpp Oaa" SOFTWARE_32),
	ASK(DISCOVERY_ALL, "0008/20 0027=0035", "pp", 0, "success", "X M Rpp Oaa" SOFTWARE_32),
	{.name = "RESPONSE-PORT from a low port",
	 .verdict = "low_source_port",
	 .config = CASES_DISCOVERY_ALL,
	 .attributes = "0027=c001",
	 .set = {SET(source_port, 53)}},
	ASK(DISCOVERY_ALL, "", "pp", 0, "success", "X M Rpp Oaa" SOFTWARE_32),
	ASK(DISCOVERY_ALL, "F", "pp", 0, "success", "X M Rpp Oaa" SOFTWARE_32 "F"),
	ASK(DISCOVERY_ALL, "0003=00000006 F", "aa", 0, "success", "X M Raa Oaa" SOFTWARE_32 "F"),
	ASK(DISCOVERY_ALL, "0003=00000002 0027=c001 F", "pa", 49153, "success",
	    "X M Rpa Oaa" SOFTWARE_32 "F"),
	ASK_LEGACY(DISCOVERY_ALL, "", "pp", "legacy_success", "M Spp Caa" SOFTWARE_32),
	ASK_LEGACY(DISCOVERY_ALL, "0003=00000004", "ap", "legacy_success", "M Sap Caa" SOFTWARE_32),
	ASK_LEGACY(DISCOVERY_ALL, "0027=0035 0026", "pp", "unknown_attribute",
		   "E 000a0004 00270026" SOFTWARE_32),

	/* sums that come out as 0 */
	{.name = "CHANGE-REQUEST reply checksum comes out as 0",
	 .verdict = "success",
	 .config = CASES_DISCOVERY,
	 .transaction = "b7e7a701bc34d6860000058c|"
			"b7e7a701bc34d68600037df0",
	 .attributes = "0003=00000006",
	 .from = "aa",
	 .want = "X M Raa Oaa|"
		 "00200014 0002f523 0113a9fa b7e0a701 bc34d686 00037df7"
		 "M Raa Oaa"},
	{.name = "legacy CHANGE-REQUEST reply checksum comes out as 0",
	 .verdict = "legacy_success",
	 .config = CASES_DISCOVERY,
	 .legacy = true,
	 .transaction = "b7e7a701bc34d6860000cf3c|"
			"b7e7a701bc34d6860000dfeb",
	 .attributes = "0003=00000002",
	 .from = "pa",
	 .want = "M Spa Caa"},
	{.name = "RESPONSE-PORT reply checksum comes out as 0",
	 .verdict = "success",
	 .config = CASES_RESPONSE_PORT,
	 .transaction = "b7e7a701bc34d6860000f637|"
			"b7e7a701bc34d686000588b0",
	 .attributes = "0027=c001",
	 .reply_port = 49153,
	 .want = "X M Rpp Oaa|"
		 "00200014 0002f523 0113a9fa b7e0a701 bc34d686 000588b7"
		 "M Rpp Oaa"},
	{.name = "IPv4 header checksum of the changed reply is 0",
	 .verdict = "success",
	 .only = V4,
	 .config = CASES_DISCOVERY,
	 .source = "198.51.74.18",
	 .attributes = "0003=00000006",
	 .from = "aa",
	 .want = "00200008 0001f523 e721ee50"
		 "00010008 0001d431 c6334a12 Raa Oaa"},
};

/* ---- messages ---- */

#define TELL(by, variant, list, label, expected)                                                   \
	{                                                                                          \
		.name = #by " " #variant " [" list "]", .verdict = label, .carrier = by,           \
		.config = CASES_##variant, .attributes = list, .want = expected                    \
	}
#define TELL_LEGACY(by, variant, list, label, expected)                                            \
	{                                                                                          \
		.name = #by " " #variant " legacy [" list "]", .verdict = label, .carrier = by,    \
		.config = CASES_##variant, .attributes = list, .legacy = true, .want = expected    \
	}
#define PADDED(interface, length)                                                                  \
	{                                                                                          \
		.name = "PADDING, MTU " #interface, .verdict = "success", .config = CASES_PADDING, \
		.attributes = "0026", .mtu = interface, .padding = length, .want = "X M Rpp Oaa P" \
	}
#define FILLED(by, length, label, expected)                                                        \
	{                                                                                          \
		.name = #by ", filled by " #length, .verdict = label, .carrier = by,               \
		.filler = length, .want = expected                                                 \
	}
#define SENT(by, text, label, hex)                                                                 \
	{                                                                                          \
		.name = #by ", " text, .verdict = label, .carrier = by, .payload = hex             \
	}
#define COMES(by, text4, text6, label)                                                             \
	{                                                                                          \
		.name = #by ", from " text4 " or " text6, .verdict = label, .carrier = by,         \
		.config = CASES_DISCOVERY, .source = text4 "|" text6                               \
	}
#define STREAM_UNKNOWN(list, types)                                                                \
	TELL(STREAM, DISCOVERY_ALL, list, "unknown_attribute", "E 000a" types SOFTWARE_32)

static const struct row message_rows[] = {
	/* the same verdicts */
	TELL(WIRE, DEFAULT, "", "success", "X"),
	TELL(WIRE, DEFAULT, "F", "success", "X F"),
	TELL(WIRE, DEFAULT, "F!", "wrong_fingerprint", NULL),
	TELL(WIRE, DEFAULT, "7fff", "unknown_attribute", "E 000a0002 7fff0000"),
	TELL(WIRE, DEFAULT, "0003=00000006", "unknown_attribute", "E 000a0002 00030000"),
	TELL(WIRE, DEFAULT, "0003=00000000", "success", "X"),
	TELL(WIRE, DEFAULT, "0003/8", "malformed_attribute", NULL),
	TELL(WIRE, DEFAULT, "17*8022", "too_many_attributes", NULL),
	TELL(WIRE, SOFTWARE_5, "F", "success", "X" SOFTWARE_5 "F"),
	TELL(WIRE, PASS, "F!", "wrong_fingerprint", NULL),
	TELL_LEGACY(WIRE, DEFAULT, "", "legacy_success", "M"),
	TELL_LEGACY(WIRE, DEFAULT, "7fff", "unknown_attribute", "E 000a0004 7fff7fff"),
	TELL_LEGACY(WIRE, LEGACY_OFF, "", "no_cookie", NULL),
	TELL(LOCAL, DEFAULT, "", "success", "X"),
	TELL_LEGACY(LOCAL, DEFAULT, "", "legacy_success", "M"),
	TELL(STREAM, DEFAULT, "", "success", "X"),
	TELL(STREAM, DEFAULT, "F", "success", "X F"),
	TELL(STREAM, DEFAULT, "F!", "wrong_fingerprint", NULL),
	TELL(STREAM, DEFAULT, "7fff", "unknown_attribute", "E 000a0002 7fff0000"),
	TELL(STREAM, DEFAULT, "0003=00000006", "unknown_attribute", "E 000a0002 00030000"),
	TELL(STREAM, DEFAULT, "8022>4", "malformed_attribute", NULL),
	TELL(STREAM, DEFAULT, "17*8022", "too_many_attributes", NULL),
	TELL_LEGACY(STREAM, DEFAULT, "", "legacy_success", "M"),
	TELL_LEGACY(WIRE, SOFTWARE_5, "", "legacy_success", "M" SOFTWARE_5_LEGACY),
	TELL_LEGACY(LOCAL, SOFTWARE_1, "", "legacy_success", "M" SOFTWARE_1_LEGACY),
	TELL_LEGACY(STREAM, SOFTWARE_5, "", "legacy_success", "M" SOFTWARE_5_LEGACY),
	TELL_LEGACY(STREAM, SOFTWARE_1, "7fff", "unknown_attribute",
		    "E 000a0004 7fff7fff" SOFTWARE_1_LEGACY),
	TELL_LEGACY(STREAM, LEGACY_OFF, "", "no_cookie", NULL),
	{.name = "to another port", .verdict = "not_service", .set = {SET(destination_port, 80)}},
	{.name = "stream to another port",
	 .verdict = "not_service",
	 .carrier = STREAM,
	 .set = {SET(destination_port, 80)}},
	{.name = "to no pair",
	 .verdict = "not_service",
	 .config = CASES_DISCOVERY,
	 .set = {SET(destination_port, 3480)}},

	/* who asks */
	COMES(WIRE, "127.0.0.1", "::1", "source_address"),
	COMES(WIRE, "255.255.255.255", "ff02::1", "source_address"),
	COMES(WIRE, "240.0.0.1", "::ffff:198.51.100.7", "source_address"),
	COMES(WIRE, "0.0.0.1", "100::7", "source_address"),
	COMES(WIRE, "203.0.113.10", "2001:db8::10", "land"),
	COMES(WIRE, "198.51.100.20", "2001:db8:99::20", "land"),
	COMES(WIRE, "203.0.113.11", "2001:db8::11", "success"),
	COMES(LOCAL, "127.0.0.1", "::1", "success"),
	COMES(LOCAL, "203.0.113.10", "2001:db8::10", "success"),
	COMES(LOCAL, "198.51.100.20", "2001:db8:99::20", "success"),
	COMES(STREAM, "127.0.0.1", "::1", "success"),
	COMES(STREAM, "203.0.113.10", "2001:db8::10", "success"),
	COMES(STREAM, "198.51.100.20", "2001:db8:99::20", "success"),
	{.name = "local, source equal to destination",
	 .verdict = "success",
	 .carrier = LOCAL,
	 .source = "203.0.113.10|2001:db8::10",
	 .want = "0020 0008 0001 f523 ea12d548|"
		 "0020 0014 0002 f523 0113a9fa b7e7a701 bc34d686 fa87dfbe"},
#define FROM_PORT(by, variant, number, label)                                                      \
	{                                                                                          \
		.name = #by ", " #variant ", from port " #number, .verdict = label, .carrier = by, \
		.config = CASES_##variant,                                                         \
		.set = { SET(source_port, number) }                                                \
	}
	FROM_PORT(WIRE, DEFAULT, 0, "source_port"),
	FROM_PORT(LOCAL, DEFAULT, 0, "source_port"),
	FROM_PORT(WIRE, DEFAULT, 53, "success"),
	FROM_PORT(WIRE, LOW_PORTS_OFF, 53, "low_source_port"),
	FROM_PORT(LOCAL, LOW_PORTS_OFF, 1023, "low_source_port"),
	FROM_PORT(STREAM, LOW_PORTS_OFF, 1023, "low_source_port"),
	FROM_PORT(STREAM, LOW_PORTS_OFF, 1024, "success"),
	{.name = "LAND before source port",
	 .verdict = "land",
	 .config = CASES_DISCOVERY,
	 .source = "198.51.100.20|2001:db8:99::20",
	 .set = {SET(source_port, 0)}},
	{.name = "source port before STUN runt",
	 .verdict = "source_port",
	 .payload = "",
	 .set = {SET(source_port, 0)}},

/* what is no request */
#define REST "2112a442 b7e7a701 bc34d686 fa87dfae"
	SENT(WIRE, "nothing", "stun_runt", ""),
	SENT(WIRE, "19 bytes", "stun_runt", "00010000 2112a442 b7e7a701 bc34d686 fa87df"),
	SENT(WIRE, "not STUN", "not_stun", "40000000" REST),
	SENT(WIRE, "length 4 of 0", "stun_length", "00010004" REST),
	SENT(WIRE, "length 0 of 4", "stun_length", "00010000" REST "80220000"),
	SENT(WIRE, "length 1", "stun_length", "00010001" REST "00"),
	SENT(WIRE, "response", "response", "01010000" REST),
	SENT(WIRE, "indication", "indication", "00110000" REST),
	SENT(WIRE, "Allocate", "unknown_method", "00030000" REST),
	SENT(STREAM, "not STUN", "not_stun", "40000000" REST),
	SENT(STREAM, "not STUN, length 1", "not_stun", "40000001" REST "00"),
	SENT(STREAM, "length 1", "stun_length", "00010001" REST "00"),
	SENT(STREAM, "length 2", "stun_length", "00010002" REST "0000"),
	SENT(STREAM, "response of length 3", "stun_length", "01010003" REST "000000"),
	SENT(STREAM, "response", "response", "01010000" REST),
	SENT(STREAM, "indication", "indication", "00110000" REST),
	SENT(STREAM, "Allocate", "unknown_method", "00030000" REST),

	/* 24 bytes and so many more */
	FILLED(WIRE, 1448, "success", "X"),
	FILLED(WIRE, 1452, "success", "X"),
	FILLED(WIRE, 65480, "success", "X"),
	FILLED(WIRE, 1450, "stun_length", NULL),
	FILLED(STREAM, 1448, "success", "X"),
	FILLED(STREAM, 1450, "stun_length", NULL),
	FILLED(STREAM, 1452, "too_long", NULL),
	FILLED(STREAM, 65508, "too_long", NULL),
	{.name = "stream, too long before class",
	 .verdict = "too_long",
	 .carrier = STREAM,
	 .type = 0x0101,
	 .filler = 1452},
	{.name = "stream, too long before cookie",
	 .verdict = "too_long",
	 .carrier = STREAM,
	 .config = CASES_LEGACY_OFF,
	 .legacy = true,
	 .filler = 1452},
	{.name = "not STUN before too long",
	 .verdict = "not_stun",
	 .carrier = STREAM,
	 .type = 0x0401,
	 .filler = 1452},
	{.name = "unknown, 65,504 bytes",
	 .verdict = "unknown_attribute",
	 .attributes = "7fff",
	 .filler = 65476,
	 .want = "E 000a0002 7fff0000"},

/* RFC 5780 */
#define CHANGED(by, asked, flags, leaves, other)                                                   \
	{                                                                                          \
		.name = #by ", CHANGE-REQUEST " flags " at " asked, .verdict = "success",          \
		.carrier = by, .config = CASES_DISCOVERY, .attributes = "0003=0000000" flags,      \
		.pair = asked, .from = leaves, .want = "X M R" leaves "O" other                    \
	}
	CHANGED(WIRE, "pp", "0", "pp", "aa"),
	CHANGED(WIRE, "pp", "2", "pa", "aa"),
	CHANGED(WIRE, "pp", "4", "ap", "aa"),
	CHANGED(WIRE, "pp", "6", "aa", "aa"),
	CHANGED(WIRE, "ap", "2", "aa", "pa"),
	CHANGED(WIRE, "ap", "4", "pp", "pa"),
	CHANGED(WIRE, "aa", "6", "pp", "pp"),
	CHANGED(LOCAL, "pa", "6", "ap", "ap"),
	CHANGED(STREAM, "pp", "0", "pp", "aa"),
	CHANGED(STREAM, "pa", "0", "pa", "ap"),
	CHANGED(STREAM, "ap", "0", "ap", "pa"),
	CHANGED(STREAM, "aa", "0", "aa", "pp"),
	TELL(WIRE, DISCOVERY, "0003=00000006 7fff", "unknown_attribute", "E 000a0002 7fff0000"),
	TELL(WIRE, DISCOVERY, "0027=c001", "unknown_attribute", "E 000a0002 00270000"),
	TELL(WIRE, DISCOVERY, "0026", "unknown_attribute", "E 000a0002 00260000"),
	TELL(WIRE, RESPONSE_PORT, "0027=0000", "malformed_attribute", NULL),
	TELL(WIRE, RESPONSE_PORT, "0027/8", "malformed_attribute", NULL),
	TELL(LOCAL, DISCOVERY_ALL, "0027=0035", "low_source_port", NULL),
	TELL(WIRE, DISCOVERY_ALL, "0027=c001 0026", "bad_request", "B" SOFTWARE_32),
	TELL(LOCAL, DISCOVERY_ALL, "0026 0003=00000006 0027=c001 F", "bad_request",
	     "B" SOFTWARE_32 "F"),
	TELL(WIRE, DISCOVERY_ALL, "0027=c001 0026 7fff", "unknown_attribute",
	     "E 000a0002 7fff0000" SOFTWARE_32),
	TELL_LEGACY(WIRE, DISCOVERY_ALL, "0026", "unknown_attribute",
		    "E 000a0004 00260026" SOFTWARE_32),
	TELL_LEGACY(WIRE, DISCOVERY, "0003=00000000", "legacy_success", "M Spp Caa"),
	{.name = "RESPONSE-PORT",
	 .verdict = "success",
	 .config = CASES_RESPONSE_PORT,
	 .attributes = "0027=c001",
	 .reply_port = 49153,
	 .want = "X M Rpp Oaa"},
	{.name = "RESPONSE-PORT, change port",
	 .verdict = "success",
	 .config = CASES_DISCOVERY_ALL,
	 .attributes = "0003=00000002 0027=c0010000 F",
	 .from = "pa",
	 .reply_port = 49153,
	 .want = "X M Rpa Oaa" SOFTWARE_32 "F"},
	{.name = "legacy, change both",
	 .verdict = "legacy_success",
	 .config = CASES_DISCOVERY,
	 .legacy = true,
	 .attributes = "0003=00000006",
	 .from = "aa",
	 .want = "M Saa Caa"},

	/* PADDING */
	PADDED(1280, 1280),
	PADDED(1500, 1500),
	PADDED(1501, 1504),
	PADDED(1502, 1504),
	PADDED(1503, 1504),
	PADDED(1504, 1504),
	PADDED(8997, 9000),
	PADDED(9000, 9000),
	PADDED(9001, 9000),
	PADDED(65536, 9000),
	{.name = "PADDING of 1,500, change both, FINGERPRINT",
	 .verdict = "success",
	 .config = CASES_DISCOVERY_ALL,
	 .carrier = WIRE,
	 .attributes = "0026/1500 0003=00000006 F",
	 .from = "aa",
	 .padding = 1500,
	 .want = "X M Raa Oaa" SOFTWARE_32 "P F"},
	{.name = "PADDING, local",
	 .verdict = "success",
	 .config = CASES_DISCOVERY_ALL,
	 .carrier = LOCAL,
	 .attributes = "0026/3 0026",
	 .pair = "aa",
	 .padding = 9000,
	 .want = "X M Raa Opp" SOFTWARE_32 "P"},
	TELL(WIRE, PADDING, "0008/20 0026", "success", "X M Rpp Oaa"),
	TELL(WIRE, PADDING, "0026 F!", "wrong_fingerprint", NULL),
	TELL(WIRE, PADDING, "0026 7fff", "unknown_attribute", "E 000a0002 7fff0000"),

	/* over TCP none of it */
	STREAM_UNKNOWN("0003=00000002", "0002 00030000"),
	STREAM_UNKNOWN("0003=00000004", "0002 00030000"),
	STREAM_UNKNOWN("0003=00000006", "0002 00030000"),
	STREAM_UNKNOWN("0003=00000006 0003/8", "0002 00030000"),
	STREAM_UNKNOWN("0027=c001", "0002 00270000"),
	STREAM_UNKNOWN("0027=0000", "0002 00270000"),
	STREAM_UNKNOWN("0027=0035", "0002 00270000"),
	STREAM_UNKNOWN("0027/8", "0002 00270000"),
	STREAM_UNKNOWN("0026/64", "0002 00260000"),
	STREAM_UNKNOWN("0027=c001 0026", "0004 00270026"),
	STREAM_UNKNOWN("0026 0027=c001 0003=00000006", "0006 00260027 00030000"),
	TELL(STREAM, DISCOVERY_ALL, "0003/8", "malformed_attribute", NULL),
	TELL(STREAM, DISCOVERY_ALL, "0003=00000000 0003=00000006 F", "success",
	     "X M Rpp Oaa" SOFTWARE_32 "F"),
	TELL(STREAM, DISCOVERY_ALL, "0008/20 0003=00000006 0026", "success",
	     "X M Rpp Oaa" SOFTWARE_32),
	TELL_LEGACY(STREAM, DISCOVERY, "", "legacy_success", "M Spp Caa"),
	TELL_LEGACY(STREAM, DISCOVERY, "0003=00000006", "unknown_attribute", "E 000a0004 00030003"),
};

/* ---- whole replies ---- */

/* Worked out apart from the oracle, by another program in another language. */
static const struct literal {
	const char *name;
	int family;
	int tags;
	const char *hex;
} literals[] = {
	{"bare", 4, 0,
	 "021a2b3c4d5e5254001234560800"
	 "4500003c 00004000 4011d46b cb00710a c6336407"
	 "0d96d431 0028889e"
	 "0101000c 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00200008 0001f523 e721c045"},
	{"bare", 4, 1,
	 "021a2b3c4d5e525400123456810020640800"
	 "4500003c 00004000 4011d46b cb00710a c6336407"
	 "0d96d431 0028889e"
	 "0101000c 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00200008 0001f523 e721c045"},
	{"bare", 4, 2,
	 "021a2b3c4d5e52540012345688a8e0c881000ffe0800"
	 "4500003c 00004000 4011d46b cb00710a c6336407"
	 "0d96d431 0028889e"
	 "0101000c 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00200008 0001f523 e721c045"},
	{"bare legacy", 4, 0,
	 "021a2b3c4d5e5254001234560800"
	 "4500003c 00004000 4011d46b cb00710a c6336407"
	 "0d96d431 002876eb"
	 "0101000c 63c7117e b7e7a701 bc34d686 fa87dfae"
	 "00010008 0001d431 c6336407"},
	{"bare legacy", 4, 2,
	 "021a2b3c4d5e52540012345688a8e0c881000ffe0800"
	 "4500003c 00004000 4011d46b cb00710a c6336407"
	 "0d96d431 002876eb"
	 "0101000c 63c7117e b7e7a701 bc34d686 fa87dfae"
	 "00010008 0001d431 c6336407"},
	{"trailers behind UDP and IP", 4, 1,
	 "021a2b3c4d5e525400123456810020640800"
	 "4500003c 00004000 4011d46b cb00710a c6336407"
	 "0d96d431 0028889e"
	 "0101000c 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00200008 0001f523 e721c045"},
	{"UDP checksum 0", 4, 0,
	 "021a2b3c4d5e5254001234560800"
	 "4500003c 00004000 4011d46b cb00710a c6336407"
	 "0d96d431 0028889e"
	 "0101000c 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00200008 0001f523 e721c045"},
	{"Firefox", 4, 0,
	 "021a2b3c4d5e5254001234560800"
	 "45000044 00004000 4011d463 cb00710a c6336407"
	 "0d96d431 0030c01d"
	 "01010014 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00200008 0001f523 e721c045"
	 "80280004 5f07e934"},
	{"Firefox", 4, 1,
	 "021a2b3c4d5e525400123456810020640800"
	 "45000044 00004000 4011d463 cb00710a c6336407"
	 "0d96d431 0030c01d"
	 "01010014 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00200008 0001f523 e721c045"
	 "80280004 5f07e934"},
	{"[7fff]", 4, 0,
	 "021a2b3c4d5e5254001234560800"
	 "45000040 00004000 4011d467 cb00710a c6336407"
	 "0d96d431 002ca10a"
	 "01110010 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00090004 00000414"
	 "000a0002 7fff0000"},
	{"legacy [7fff]", 4, 0,
	 "021a2b3c4d5e5254001234560800"
	 "45000040 00004000 4011d467 cb00710a c6336407"
	 "0d96d431 002c7118"
	 "01110010 63c7117e b7e7a701 bc34d686 fa87dfae"
	 "00090004 00000414"
	 "000a0004 7fff7fff"},
	{"legacy [7ffd 7ffe 7fff]", 4, 2,
	 "021a2b3c4d5e52540012345688a8e0c881000ffe0800"
	 "45000044 00004000 4011d463 cb00710a c6336407"
	 "0d96d431 0030710c"
	 "01110014 63c7117e b7e7a701 bc34d686 fa87dfae"
	 "00090004 00000414"
	 "000a0008 7ffd7ffe 7fff7fff"},
	{"[7ffd 7ffe 7fff]", 4, 1,
	 "021a2b3c4d5e525400123456810020640800"
	 "45000044 00004000 4011d463 cb00710a c6336407"
	 "0d96d431 0030a0fe"
	 "01110014 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00090004 00000414"
	 "000a0006 7ffd7ffe 7fff0000"},
	{"[7fff F]", 4, 2,
	 "021a2b3c4d5e52540012345688a8e0c881000ffe0800"
	 "45000048 00004000 4011d45f cb00710a c6336407"
	 "0d96d431 0034d4f8"
	 "01110018 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00090004 00000414"
	 "000a0002 7fff0000"
	 "80280004 f82e539e"},
	{"SOFTWARE 1: bare", 4, 0,
	 "021a2b3c4d5e5254001234560800"
	 "45000044 00004000 4011d463 cb00710a c6336407"
	 "0d96d431 0030b662"
	 "01010014 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00200008 0001f523 e721c045"
	 "80220001 52000000"},
	{"SOFTWARE 5: legacy", 4, 0,
	 "021a2b3c4d5e5254001234560800"
	 "45000048 00004000 4011d45f cb00710a c6336407"
	 "0d96d431 0034e27d"
	 "01010018 63c7117e b7e7a701 bc34d686 fa87dfae"
	 "00010008 0001d431 c6336407"
	 "80220008 52666c78 35202020"},
	{"SOFTWARE 32: FINGERPRINT", 4, 1,
	 "021a2b3c4d5e525400123456810020640800"
	 "45000068 00004000 4011d43f cb00710a c6336407"
	 "0d96d431 00541047"
	 "01010038 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00200008 0001f523 e721c045"
	 "80220020 5265666c 65782053 54554e20 72657370 6f6e6465 72203031 32333435 36373839"
	 "80280004 43642219"},
	{"SOFTWARE 5: legacy 420", 4, 0,
	 "021a2b3c4d5e5254001234560800"
	 "4500004c 00004000 4011d45b cb00710a c6336407"
	 "0d96d431 0038dcaa"
	 "0111001c 63c7117e b7e7a701 bc34d686 fa87dfae"
	 "00090004 00000414"
	 "000a0004 7fff7fff"
	 "80220008 52666c78 35202020"},
	{"bare", 6, 0,
	 "021a2b3c4d5e52540012345686dd"
	 "60000000 00341140 20010db8 00000000 00000000"
	 "00000010 20010db8 00070000 00000000 00000007"
	 "0d96d431 0034c3ad"
	 "01010018 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00200014 0002f523 0113a9fa b7e0a701 bc34d686 fa87dfa9"},
	{"bare", 6, 1,
	 "021a2b3c4d5e5254001234568100206486dd"
	 "60000000 00341140 20010db8 00000000 00000000"
	 "00000010 20010db8 00070000 00000000 00000007"
	 "0d96d431 0034c3ad"
	 "01010018 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00200014 0002f523 0113a9fa b7e0a701 bc34d686 fa87dfa9"},
	{"bare", 6, 2,
	 "021a2b3c4d5e52540012345688a8e0c881000ffe86dd"
	 "60000000 00341140 20010db8 00000000 00000000"
	 "00000010 20010db8 00070000 00000000 00000007"
	 "0d96d431 0034c3ad"
	 "01010018 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00200014 0002f523 0113a9fa b7e0a701 bc34d686 fa87dfa9"},
	{"bare legacy", 6, 0,
	 "021a2b3c4d5e52540012345686dd"
	 "60000000 00341140 20010db8 00000000 00000000"
	 "00000010 20010db8 00070000 00000000 00000007"
	 "0d96d431 00347de4"
	 "01010018 63c7117e b7e7a701 bc34d686 fa87dfae"
	 "00010014 0002d431 20010db8 00070000 00000000 00000007"},
	{"bare legacy", 6, 2,
	 "021a2b3c4d5e52540012345688a8e0c881000ffe86dd"
	 "60000000 00341140 20010db8 00000000 00000000"
	 "00000010 20010db8 00070000 00000000 00000007"
	 "0d96d431 00347de4"
	 "01010018 63c7117e b7e7a701 bc34d686 fa87dfae"
	 "00010014 0002d431 20010db8 00070000 00000000 00000007"},
	{"trailers behind UDP and IP", 6, 1,
	 "021a2b3c4d5e5254001234568100206486dd"
	 "60000000 00341140 20010db8 00000000 00000000"
	 "00000010 20010db8 00070000 00000000 00000007"
	 "0d96d431 0034c3ad"
	 "01010018 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00200014 0002f523 0113a9fa b7e0a701 bc34d686 fa87dfa9"},
	{"Firefox", 6, 0,
	 "021a2b3c4d5e52540012345686dd"
	 "60000000 003c1140 20010db8 00000000 00000000"
	 "00000010 20010db8 00070000 00000000 00000007"
	 "0d96d431 003c356f"
	 "01010020 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00200014 0002f523 0113a9fa b7e0a701 bc34d686 fa87dfa9"
	 "80280004 298be46e"},
	{"Firefox", 6, 1,
	 "021a2b3c4d5e5254001234568100206486dd"
	 "60000000 003c1140 20010db8 00000000 00000000"
	 "00000010 20010db8 00070000 00000000 00000007"
	 "0d96d431 003c356f"
	 "01010020 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00200014 0002f523 0113a9fa b7e0a701 bc34d686 fa87dfa9"
	 "80280004 298be46e"},
	{"[7fff]", 6, 0,
	 "021a2b3c4d5e52540012345686dd"
	 "60000000 002c1140 20010db8 00000000 00000000"
	 "00000010 20010db8 00070000 00000000 00000007"
	 "0d96d431 002cabc0"
	 "01110010 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00090004 00000414"
	 "000a0002 7fff0000"},
	{"legacy [7fff]", 6, 0,
	 "021a2b3c4d5e52540012345686dd"
	 "60000000 002c1140 20010db8 00000000 00000000"
	 "00000010 20010db8 00070000 00000000 00000007"
	 "0d96d431 002c7bce"
	 "01110010 63c7117e b7e7a701 bc34d686 fa87dfae"
	 "00090004 00000414"
	 "000a0004 7fff7fff"},
	{"legacy [7ffd 7ffe 7fff]", 6, 2,
	 "021a2b3c4d5e52540012345688a8e0c881000ffe86dd"
	 "60000000 00301140 20010db8 00000000 00000000"
	 "00000010 20010db8 00070000 00000000 00000007"
	 "0d96d431 00307bc2"
	 "01110014 63c7117e b7e7a701 bc34d686 fa87dfae"
	 "00090004 00000414"
	 "000a0008 7ffd7ffe 7fff7fff"},
	{"[7ffd 7ffe 7fff]", 6, 1,
	 "021a2b3c4d5e5254001234568100206486dd"
	 "60000000 00301140 20010db8 00000000 00000000"
	 "00000010 20010db8 00070000 00000000 00000007"
	 "0d96d431 0030abb4"
	 "01110014 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00090004 00000414"
	 "000a0006 7ffd7ffe 7fff0000"},
	{"[7fff F]", 6, 2,
	 "021a2b3c4d5e52540012345688a8e0c881000ffe86dd"
	 "60000000 00341140 20010db8 00000000 00000000"
	 "00000010 20010db8 00070000 00000000 00000007"
	 "0d96d431 0034dfae"
	 "01110018 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00090004 00000414"
	 "000a0002 7fff0000"
	 "80280004 f82e539e"},
	{"SOFTWARE 1: bare", 6, 0,
	 "021a2b3c4d5e52540012345686dd"
	 "60000000 003c1140 20010db8 00000000 00000000"
	 "00000010 20010db8 00070000 00000000 00000007"
	 "0d96d431 003cf171"
	 "01010020 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00200014 0002f523 0113a9fa b7e0a701 bc34d686 fa87dfa9"
	 "80220001 52000000"},
	{"SOFTWARE 5: legacy", 6, 0,
	 "021a2b3c4d5e52540012345686dd"
	 "60000000 00401140 20010db8 00000000 00000000"
	 "00000010 20010db8 00070000 00000000 00000007"
	 "0d96d431 0040e976"
	 "01010024 63c7117e b7e7a701 bc34d686 fa87dfae"
	 "00010014 0002d431 20010db8 00070000 00000000 00000007"
	 "80220008 52666c78 35202020"},
	{"SOFTWARE 32: FINGERPRINT", 6, 1,
	 "021a2b3c4d5e5254001234568100206486dd"
	 "60000000 00601140 20010db8 00000000 00000000"
	 "00000010 20010db8 00070000 00000000 00000007"
	 "0d96d431 00600da4"
	 "01010044 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00200014 0002f523 0113a9fa b7e0a701 bc34d686 fa87dfa9"
	 "80220020 5265666c 65782053 54554e20 72657370 6f6e6465 72203031 32333435 36373839"
	 "80280004 507052bf"},
	{"SOFTWARE 5: legacy 420", 6, 0,
	 "021a2b3c4d5e52540012345686dd"
	 "60000000 00381140 20010db8 00000000 00000000"
	 "00000010 20010db8 00070000 00000000 00000007"
	 "0d96d431 0038e760"
	 "0111001c 63c7117e b7e7a701 bc34d686 fa87dfae"
	 "00090004 00000414"
	 "000a0004 7fff7fff"
	 "80220008 52666c78 35202020"},
	{"IPv4 header checksum of the reply is 0", 4, 0,
	 "021a2b3c4d5e5254001234560800"
	 "4500003c 00004000 40110000 cb00710a c6333873"
	 "0d96d431 0028d846"
	 "0101000c 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00200008 0001f523 e7219c31"},
	{"reply checksum comes out as 0", 4, 0,
	 "021a2b3c4d5e5254001234560800"
	 "4500003c 00004000 4011d46b cb00710a c6336407"
	 "0d96d431 0028ffff"
	 "0101000c 2112a442 b7e7a701 bc34d686 000062d5"
	 "00200008 0001f523 e721c045"},
	{"reply checksum comes out as 0", 4, 2,
	 "021a2b3c4d5e52540012345688a8e0c881000ffe0800"
	 "4500003c 00004000 4011d46b cb00710a c6336407"
	 "0d96d431 0028ffff"
	 "0101000c 2112a442 b7e7a701 bc34d686 000062d5"
	 "00200008 0001f523 e721c045"},
	{"reply checksum comes out as 0", 6, 0,
	 "021a2b3c4d5e52540012345686dd"
	 "60000000 00341140 20010db8 00000000 00000000"
	 "00000010 20010db8 00070000 00000000 00000007"
	 "0d96d431 0034ffff"
	 "01010018 2112a442 b7e7a701 bc34d686 0007bc00"
	 "00200014 0002f523 0113a9fa b7e0a701 bc34d686 0007bc07"},
	{"reply checksum comes out as 0", 6, 2,
	 "021a2b3c4d5e52540012345688a8e0c881000ffe86dd"
	 "60000000 00341140 20010db8 00000000 00000000"
	 "00000010 20010db8 00070000 00000000 00000007"
	 "0d96d431 0034ffff"
	 "01010018 2112a442 b7e7a701 bc34d686 0007bc00"
	 "00200014 0002f523 0113a9fa b7e0a701 bc34d686 0007bc07"},
	{"legacy reply checksum comes out as 0", 4, 0,
	 "021a2b3c4d5e5254001234560800"
	 "4500003c 00004000 4011d46b cb00710a c6336407"
	 "0d96d431 0028ffff"
	 "0101000c 63c7117e b7e7a701 bc34d686 00005122"
	 "00010008 0001d431 c6336407"},
	{"legacy reply checksum comes out as 0", 4, 2,
	 "021a2b3c4d5e52540012345688a8e0c881000ffe0800"
	 "4500003c 00004000 4011d46b cb00710a c6336407"
	 "0d96d431 0028ffff"
	 "0101000c 63c7117e b7e7a701 bc34d686 00005122"
	 "00010008 0001d431 c6336407"},
	{"legacy reply checksum comes out as 0", 6, 0,
	 "021a2b3c4d5e52540012345686dd"
	 "60000000 00341140 20010db8 00000000 00000000"
	 "00000010 20010db8 00070000 00000000 00000007"
	 "0d96d431 0034ffff"
	 "01010018 63c7117e b7e7a701 bc34d686 0000581b"
	 "00010014 0002d431 20010db8 00070000 00000000 00000007"},
	{"legacy reply checksum comes out as 0", 6, 2,
	 "021a2b3c4d5e52540012345688a8e0c881000ffe86dd"
	 "60000000 00341140 20010db8 00000000 00000000"
	 "00000010 20010db8 00070000 00000000 00000007"
	 "0d96d431 0034ffff"
	 "01010018 63c7117e b7e7a701 bc34d686 0000581b"
	 "00010014 0002d431 20010db8 00070000 00000000 00000007"},
	{"420 reply checksum comes out as 0", 4, 0,
	 "021a2b3c4d5e5254001234560800"
	 "45000040 00004000 4011d467 cb00710a c6336407"
	 "0d96d431 002cffff"
	 "01110010 2112a442 b7e7a701 bc34d686 00007b41"
	 "00090004 00000414"
	 "000a0002 7fff0000"},
	{"420 reply checksum comes out as 0", 4, 2,
	 "021a2b3c4d5e52540012345688a8e0c881000ffe0800"
	 "45000040 00004000 4011d467 cb00710a c6336407"
	 "0d96d431 002cffff"
	 "01110010 2112a442 b7e7a701 bc34d686 00007b41"
	 "00090004 00000414"
	 "000a0002 7fff0000"},
	{"420 reply checksum comes out as 0", 6, 0,
	 "021a2b3c4d5e52540012345686dd"
	 "60000000 002c1140 20010db8 00000000 00000000"
	 "00000010 20010db8 00070000 00000000 00000007"
	 "0d96d431 002cffff"
	 "01110010 2112a442 b7e7a701 bc34d686 000085f7"
	 "00090004 00000414"
	 "000a0002 7fff0000"},
	{"420 reply checksum comes out as 0", 6, 2,
	 "021a2b3c4d5e52540012345688a8e0c881000ffe86dd"
	 "60000000 002c1140 20010db8 00000000 00000000"
	 "00000010 20010db8 00070000 00000000 00000007"
	 "0d96d431 002cffff"
	 "01110010 2112a442 b7e7a701 bc34d686 000085f7"
	 "00090004 00000414"
	 "000a0002 7fff0000"},
	{"FINGERPRINT reply checksum comes out as 0", 4, 0,
	 "021a2b3c4d5e5254001234560800"
	 "45000044 00004000 4011d463 cb00710a c6336407"
	 "0d96d431 0030ffff"
	 "01010014 2112a442 b7e7a701 bc34d686 000226b2"
	 "00200008 0001f523 e721c045"
	 "80280004 bcd8ff03"},
	{"FINGERPRINT reply checksum comes out as 0", 4, 2,
	 "021a2b3c4d5e52540012345688a8e0c881000ffe0800"
	 "45000044 00004000 4011d463 cb00710a c6336407"
	 "0d96d431 0030ffff"
	 "01010014 2112a442 b7e7a701 bc34d686 000226b2"
	 "00200008 0001f523 e721c045"
	 "80280004 bcd8ff03"},
	{"FINGERPRINT reply checksum comes out as 0", 6, 0,
	 "021a2b3c4d5e52540012345686dd"
	 "60000000 003c1140 20010db8 00000000 00000000"
	 "00000010 20010db8 00070000 00000000 00000007"
	 "0d96d431 003cffff"
	 "01010020 2112a442 b7e7a701 bc34d686 00002fa6"
	 "00200014 0002f523 0113a9fa b7e0a701 bc34d686 00002fa1"
	 "80280004 79981ef2"},
	{"FINGERPRINT reply checksum comes out as 0", 6, 2,
	 "021a2b3c4d5e52540012345688a8e0c881000ffe86dd"
	 "60000000 003c1140 20010db8 00000000 00000000"
	 "00000010 20010db8 00070000 00000000 00000007"
	 "0d96d431 003cffff"
	 "01010020 2112a442 b7e7a701 bc34d686 00002fa6"
	 "00200014 0002f523 0113a9fa b7e0a701 bc34d686 00002fa1"
	 "80280004 79981ef2"},
	{"CHANGE-REQUEST 6 at pp", 4, 0,
	 "021a2b3c4d5e5254001234560800"
	 "45000060 00004000 4011e60a c6336414 c6336407"
	 "0d97d431 004c2b55"
	 "01010030 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00200008 0001f523 e721c045"
	 "00010008 0001d431 c6336407"
	 "802b0008 00010d97 c6336414"
	 "802c0008 00010d97 c6336414"},
	{"CHANGE-REQUEST 6 at pp", 4, 2,
	 "021a2b3c4d5e52540012345688a8e0c881000ffe0800"
	 "45000060 00004000 4011e60a c6336414 c6336407"
	 "0d97d431 004c2b55"
	 "01010030 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00200008 0001f523 e721c045"
	 "00010008 0001d431 c6336407"
	 "802b0008 00010d97 c6336414"
	 "802c0008 00010d97 c6336414"},
	{"CHANGE-REQUEST 6 at pp", 6, 0,
	 "021a2b3c4d5e52540012345686dd"
	 "60000000 007c1140 20010db8 00990000 00000000"
	 "00000020 20010db8 00070000 00000000 00000007"
	 "0d97d431 007c4785"
	 "01010060 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00200014 0002f523 0113a9fa b7e0a701 bc34d686 fa87dfa9"
	 "00010014 0002d431 20010db8 00070000 00000000 00000007"
	 "802b0014 00020d97 20010db8 00990000 00000000 00000020"
	 "802c0014 00020d97 20010db8 00990000 00000000 00000020"},
	{"CHANGE-REQUEST 6 at pp", 6, 1,
	 "021a2b3c4d5e5254001234568100206486dd"
	 "60000000 007c1140 20010db8 00990000 00000000"
	 "00000020 20010db8 00070000 00000000 00000007"
	 "0d97d431 007c4785"
	 "01010060 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00200014 0002f523 0113a9fa b7e0a701 bc34d686 fa87dfa9"
	 "00010014 0002d431 20010db8 00070000 00000000 00000007"
	 "802b0014 00020d97 20010db8 00990000 00000000 00000020"
	 "802c0014 00020d97 20010db8 00990000 00000000 00000020"},
	{"legacy CHANGE-REQUEST 4 at aa", 4, 0,
	 "021a2b3c4d5e5254001234560800"
	 "45000054 00004000 4011d453 cb00710a c6336407"
	 "0d97d431 0040e343"
	 "01010024 63c7117e b7e7a701 bc34d686 fa87dfae"
	 "00010008 0001d431 c6336407"
	 "00040008 00010d97 cb00710a"
	 "00050008 00010d96 cb00710a"},
	{"legacy CHANGE-REQUEST 4 at aa", 6, 2,
	 "021a2b3c4d5e52540012345688a8e0c881000ffe86dd"
	 "60000000 00641140 20010db8 00000000 00000000"
	 "00000010 20010db8 00070000 00000000 00000007"
	 "0d97d431 0064065f"
	 "01010048 63c7117e b7e7a701 bc34d686 fa87dfae"
	 "00010014 0002d431 20010db8 00070000 00000000 00000007"
	 "00040014 00020d97 20010db8 00000000 00000000 00000010"
	 "00050014 00020d96 20010db8 00000000 00000000 00000010"},
	{"bare at ap", 4, 0,
	 "021a2b3c4d5e5254001234560800"
	 "45000060 00004000 4011e60a c6336414 c6336407"
	 "0d96d431 004c1994"
	 "01010030 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00200008 0001f523 e721c045"
	 "00010008 0001d431 c6336407"
	 "802b0008 00010d96 c6336414"
	 "802c0008 00010d97 cb00710a"},
	{"bare at ap", 6, 0,
	 "021a2b3c4d5e52540012345686dd"
	 "60000000 007c1140 20010db8 00990000 00000000"
	 "00000020 20010db8 00070000 00000000 00000007"
	 "0d96d431 007c4830"
	 "01010060 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00200014 0002f523 0113a9fa b7e0a701 bc34d686 fa87dfa9"
	 "00010014 0002d431 20010db8 00070000 00000000 00000007"
	 "802b0014 00020d96 20010db8 00990000 00000000 00000020"
	 "802c0014 00020d97 20010db8 00000000 00000000 00000010"},
	{"legacy at pa", 4, 0,
	 "021a2b3c4d5e5254001234560800"
	 "45000054 00004000 4011d453 cb00710a c6336407"
	 "0d97d431 0040f506"
	 "01010024 63c7117e b7e7a701 bc34d686 fa87dfae"
	 "00010008 0001d431 c6336407"
	 "00040008 00010d97 cb00710a"
	 "00050008 00010d96 c6336414"},
	{"legacy at pa", 6, 0,
	 "021a2b3c4d5e52540012345686dd"
	 "60000000 00641140 20010db8 00000000 00000000"
	 "00000010 20010db8 00070000 00000000 00000007"
	 "0d97d431 006405b6"
	 "01010048 63c7117e b7e7a701 bc34d686 fa87dfae"
	 "00010014 0002d431 20010db8 00070000 00000000 00000007"
	 "00040014 00020d97 20010db8 00000000 00000000 00000010"
	 "00050014 00020d96 20010db8 00990000 00000000 00000020"},
	{"DISCOVERY_ALL [0003=00000006 F]", 4, 1,
	 "021a2b3c4d5e525400123456810020640800"
	 "4500008c 00004000 4011e5de c6336414 c6336407"
	 "0d97d431 0078d69b"
	 "0101005c 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00200008 0001f523 e721c045"
	 "00010008 0001d431 c6336407"
	 "802b0008 00010d97 c6336414"
	 "802c0008 00010d97 c6336414"
	 "80220020 5265666c 65782053 54554e20 72657370 6f6e6465 72203031 32333435 36373839"
	 "80280004 fe8a4354"},
	{"DISCOVERY_ALL [0003=00000006 F]", 6, 2,
	 "021a2b3c4d5e52540012345688a8e0c881000ffe86dd"
	 "60000000 00a81140 20010db8 00990000 00000000"
	 "00000020 20010db8 00070000 00000000 00000007"
	 "0d97d431 00a86ef9"
	 "0101008c 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00200014 0002f523 0113a9fa b7e0a701 bc34d686 fa87dfa9"
	 "00010014 0002d431 20010db8 00070000 00000000 00000007"
	 "802b0014 00020d97 20010db8 00990000 00000000 00000020"
	 "802c0014 00020d97 20010db8 00990000 00000000 00000020"
	 "80220020 5265666c 65782053 54554e20 72657370 6f6e6465 72203031 32333435 36373839"
	 "80280004 89a03c11"},
	{"DISCOVERY_ALL [0027=c001 0026 F]", 4, 0,
	 "021a2b3c4d5e5254001234560800"
	 "45000064 00004000 4011d443 cb00710a c6336407"
	 "0d96d431 0050cd84"
	 "01110034 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00090004 00000400"
	 "80220020 5265666c 65782053 54554e20 72657370 6f6e6465 72203031 32333435 36373839"
	 "80280004 46f6f9ec"},
	{"DISCOVERY_ALL [0027=c001 0026 F]", 6, 1,
	 "021a2b3c4d5e5254001234568100206486dd"
	 "60000000 00501140 20010db8 00000000 00000000"
	 "00000010 20010db8 00070000 00000000 00000007"
	 "0d96d431 0050d83a"
	 "01110034 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00090004 00000400"
	 "80220020 5265666c 65782053 54554e20 72657370 6f6e6465 72203031 32333435 36373839"
	 "80280004 46f6f9ec"},
	{"RESPONSE_PORT [0027=c001]", 4, 0,
	 "021a2b3c4d5e5254001234560800"
	 "45000060 00004000 4011d447 cb00710a c6336407"
	 "0d96c001 004c1c01"
	 "01010030 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00200008 0001f523 e721c045"
	 "00010008 0001d431 c6336407"
	 "802b0008 00010d96 cb00710a"
	 "802c0008 00010d97 c6336414"},
	{"RESPONSE_PORT [0027=c001]", 6, 0,
	 "021a2b3c4d5e52540012345686dd"
	 "60000000 007c1140 20010db8 00000000 00000000"
	 "00000010 20010db8 00070000 00000000 00000007"
	 "0d96c001 007c5d09"
	 "01010060 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00200014 0002f523 0113a9fa b7e0a701 bc34d686 fa87dfa9"
	 "00010014 0002d431 20010db8 00070000 00000000 00000007"
	 "802b0014 00020d96 20010db8 00000000 00000000 00000010"
	 "802c0014 00020d97 20010db8 00990000 00000000 00000020"},
	{"DISCOVERY_ALL [0003=00000002 0027=c001 F]", 4, 2,
	 "021a2b3c4d5e52540012345688a8e0c881000ffe0800"
	 "4500008c 00004000 4011d41b cb00710a c6336407"
	 "0d97c001 00780976"
	 "0101005c 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00200008 0001f523 e721c045"
	 "00010008 0001d431 c6336407"
	 "802b0008 00010d97 cb00710a"
	 "802c0008 00010d97 c6336414"
	 "80220020 5265666c 65782053 54554e20 72657370 6f6e6465 72203031 32333435 36373839"
	 "80280004 d38f2c1f"},
	{"DISCOVERY_ALL [0003=00000002 0027=c001 F]", 6, 1,
	 "021a2b3c4d5e5254001234568100206486dd"
	 "60000000 00a81140 20010db8 00000000 00000000"
	 "00000010 20010db8 00070000 00000000 00000007"
	 "0d97c001 00a8fa10"
	 "0101008c 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00200014 0002f523 0113a9fa b7e0a701 bc34d686 fa87dfa9"
	 "00010014 0002d431 20010db8 00070000 00000000 00000007"
	 "802b0014 00020d97 20010db8 00000000 00000000 00000010"
	 "802c0014 00020d97 20010db8 00990000 00000000 00000020"
	 "80220020 5265666c 65782053 54554e20 72657370 6f6e6465 72203031 32333435 36373839"
	 "80280004 335e1cbe"},
	{"DISCOVERY [0003=00000006 7fff]", 4, 0,
	 "021a2b3c4d5e5254001234560800"
	 "45000040 00004000 4011d467 cb00710a c6336407"
	 "0d96d431 002ca10a"
	 "01110010 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00090004 00000414"
	 "000a0002 7fff0000"},
	{"DISCOVERY [0003=00000006 7fff]", 6, 0,
	 "021a2b3c4d5e52540012345686dd"
	 "60000000 002c1140 20010db8 00000000 00000000"
	 "00000010 20010db8 00070000 00000000 00000007"
	 "0d96d431 002cabc0"
	 "01110010 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00090004 00000414"
	 "000a0002 7fff0000"},
	{"CHANGE-REQUEST reply checksum comes out as 0", 4, 0,
	 "021a2b3c4d5e5254001234560800"
	 "45000060 00004000 4011e60a c6336414 c6336407"
	 "0d97d431 004cffff"
	 "01010030 2112a442 b7e7a701 bc34d686 0000058c"
	 "00200008 0001f523 e721c045"
	 "00010008 0001d431 c6336407"
	 "802b0008 00010d97 c6336414"
	 "802c0008 00010d97 c6336414"},
	{"CHANGE-REQUEST reply checksum comes out as 0", 4, 2,
	 "021a2b3c4d5e52540012345688a8e0c881000ffe0800"
	 "45000060 00004000 4011e60a c6336414 c6336407"
	 "0d97d431 004cffff"
	 "01010030 2112a442 b7e7a701 bc34d686 0000058c"
	 "00200008 0001f523 e721c045"
	 "00010008 0001d431 c6336407"
	 "802b0008 00010d97 c6336414"
	 "802c0008 00010d97 c6336414"},
	{"CHANGE-REQUEST reply checksum comes out as 0", 6, 0,
	 "021a2b3c4d5e52540012345686dd"
	 "60000000 007c1140 20010db8 00990000 00000000"
	 "00000020 20010db8 00070000 00000000 00000007"
	 "0d97d431 007cffff"
	 "01010060 2112a442 b7e7a701 bc34d686 00037df0"
	 "00200014 0002f523 0113a9fa b7e0a701 bc34d686 00037df7"
	 "00010014 0002d431 20010db8 00070000 00000000 00000007"
	 "802b0014 00020d97 20010db8 00990000 00000000 00000020"
	 "802c0014 00020d97 20010db8 00990000 00000000 00000020"},
	{"CHANGE-REQUEST reply checksum comes out as 0", 6, 2,
	 "021a2b3c4d5e52540012345688a8e0c881000ffe86dd"
	 "60000000 007c1140 20010db8 00990000 00000000"
	 "00000020 20010db8 00070000 00000000 00000007"
	 "0d97d431 007cffff"
	 "01010060 2112a442 b7e7a701 bc34d686 00037df0"
	 "00200014 0002f523 0113a9fa b7e0a701 bc34d686 00037df7"
	 "00010014 0002d431 20010db8 00070000 00000000 00000007"
	 "802b0014 00020d97 20010db8 00990000 00000000 00000020"
	 "802c0014 00020d97 20010db8 00990000 00000000 00000020"},
	{"legacy CHANGE-REQUEST reply checksum comes out as 0", 4, 0,
	 "021a2b3c4d5e5254001234560800"
	 "45000054 00004000 4011d453 cb00710a c6336407"
	 "0d97d431 0040ffff"
	 "01010024 63c7117e b7e7a701 bc34d686 0000cf3c"
	 "00010008 0001d431 c6336407"
	 "00040008 00010d97 cb00710a"
	 "00050008 00010d97 c6336414"},
	{"legacy CHANGE-REQUEST reply checksum comes out as 0", 6, 0,
	 "021a2b3c4d5e52540012345686dd"
	 "60000000 00641140 20010db8 00000000 00000000"
	 "00000010 20010db8 00070000 00000000 00000007"
	 "0d97d431 0064ffff"
	 "01010048 63c7117e b7e7a701 bc34d686 0000dfeb"
	 "00010014 0002d431 20010db8 00070000 00000000 00000007"
	 "00040014 00020d97 20010db8 00000000 00000000 00000010"
	 "00050014 00020d97 20010db8 00990000 00000000 00000020"},
	{"RESPONSE-PORT reply checksum comes out as 0", 4, 0,
	 "021a2b3c4d5e5254001234560800"
	 "45000060 00004000 4011d447 cb00710a c6336407"
	 "0d96c001 004cffff"
	 "01010030 2112a442 b7e7a701 bc34d686 0000f637"
	 "00200008 0001f523 e721c045"
	 "00010008 0001d431 c6336407"
	 "802b0008 00010d96 cb00710a"
	 "802c0008 00010d97 c6336414"},
	{"RESPONSE-PORT reply checksum comes out as 0", 6, 0,
	 "021a2b3c4d5e52540012345686dd"
	 "60000000 007c1140 20010db8 00000000 00000000"
	 "00000010 20010db8 00070000 00000000 00000007"
	 "0d96c001 007cffff"
	 "01010060 2112a442 b7e7a701 bc34d686 000588b0"
	 "00200014 0002f523 0113a9fa b7e0a701 bc34d686 000588b7"
	 "00010014 0002d431 20010db8 00070000 00000000 00000007"
	 "802b0014 00020d96 20010db8 00000000 00000000 00000010"
	 "802c0014 00020d97 20010db8 00990000 00000000 00000020"},
	{"IPv4 header checksum of the changed reply is 0", 4, 0,
	 "021a2b3c4d5e5254001234560800"
	 "45000060 00004000 40110000 c6336414 c6334a12"
	 "0d97d431 004c3134"
	 "01010030 2112a442 b7e7a701 bc34d686 fa87dfae"
	 "00200008 0001f523 e721ee50"
	 "00010008 0001d431 c6334a12"
	 "802b0008 00010d97 c6336414"
	 "802c0008 00010d97 c6336414"},
};

/* ---- rows into frames ---- */

static const struct {
	const struct row *rows;
	size_t count;
} sections[] = {
	{bare_rows, COUNT(bare_rows)},
	{link_rows, COUNT(link_rows)},
	{where_rows, COUNT(where_rows)},
	{ip_rows, COUNT(ip_rows)},
	{udp_rows, COUNT(udp_rows)},
	{source_rows, COUNT(source_rows)},
	{stun_rows, COUNT(stun_rows)},
	{order_rows, COUNT(order_rows)},
	{attribute_rows, COUNT(attribute_rows)},
	{setting_rows, COUNT(setting_rows)},
	{sample_rows, COUNT(sample_rows)},
	{client_rows, COUNT(client_rows)},
	{walk_rows, COUNT(walk_rows)},
	{pair_rows, COUNT(pair_rows)},
	{behaviour_rows, COUNT(behaviour_rows)},
};

/* clang-format on */

/* The half of "IPV4|IPV6" that is meant; what has no bar is for both. */
static const char *half(const char *text, int family, char *room, size_t size)
{
	const char *bar = strchr(text, '|');

	if (!bar)
		return text;
	if (family == 6)
		return bar + 1;
	snprintf(room, size, "%.*s", (int)(bar - text), text);
	return room;
}

static void set_stun(struct frame *frame, const struct row *row)
{
	char room[128];
	uint8_t bytes[256];
	size_t length;

	frame_stun(frame, row->type ? row->type : 0x0001, !row->legacy);
	if (row->transaction) {
		length = frame_hex(bytes, 16, half(row->transaction, frame->family, room, 128));
		memcpy(frame->payload + 20 - length, bytes, length);
	}
	if (row->attributes)
		frame_attributes(frame, row->attributes);
	if (row->payload) {
		length = frame_hex(bytes, sizeof(bytes), row->payload);
		frame_payload(frame, bytes, length);
	}
}

static const struct pair *find_pair(const char *name)
{
	for (size_t i = 0; i < COUNT(pairs); i++) {
		if (strncmp(pairs[i].name, name, 2) == 0)
			return &pairs[i];
	}
	fprintf(stderr, "cases: no pair: %s\n", name);
	abort();
}

static void set_pair(const char *name, int family, uint8_t address[16], int *port)
{
	const struct pair *pair = find_pair(name);

	frame_address(address, family == 4 ? pair->ipv4 : pair->ipv6);
	*port = pair->port;
}

static void set_link(struct frame *frame, const struct row *row, int tags)
{
	static const struct frame_tag one = {0x8100, 0x2064};
	static const struct frame_tag two[2] = {{0x88a8, 0xe0c8}, {0x8100, 0x0ffe}};

	frame->tags_count = tags;
	if (tags == 1)
		frame->tags[0] = one;
	if (tags == 2)
		memcpy(frame->tags, two, sizeof(two));
	if (row->mac_source)
		frame_hex(frame->mac_source, 6, row->mac_source);
	if (row->mac_destination)
		frame_hex(frame->mac_destination, 6, row->mac_destination);
}

static void set_frame(struct frame *frame, const struct row *row, int family, int tags)
{
	char room[64];

	frame_init(frame, family);
	set_link(frame, row, tags);
	if (row->source)
		frame_address(frame->source, half(row->source, family, room, sizeof(room)));
	if (row->destination)
		frame_address(frame->destination,
			      half(row->destination, family, room, sizeof(room)));
	if (row->pair)
		set_pair(row->pair, family, frame->destination, &frame->destination_port);
	set_stun(frame, row);
	for (const struct setting *set = row->set; set->offset; set++)
		*(int *)(void *)((char *)frame + set->offset) = set->value;
	if (row->make)
		row->make(frame);
}

static void append_hex(struct expectation *expected, const char *hex)
{
	size_t left = sizeof(expected->attributes) - expected->attributes_length;

	expected->attributes_length +=
		frame_hex(expected->attributes + expected->attributes_length, left, hex);
}

static void append_pair(struct expectation *expected, int family, char letter, const char *name)
{
	static const char letters[] = "ROSC";
	static const char *const types[] = {"802b", "802c", "0004", "0005"};
	const struct pair *pair = find_pair(name);

	append_hex(expected, types[strchr(letters, letter) - letters]);
	append_hex(expected, family == 4 ? "0008" : "0014");
	append_hex(expected, family == 4 ? pair->hex_ipv4 : pair->hex_ipv6);
}

static void append_padding(struct expectation *expected, size_t length)
{
	char head[16];

	snprintf(head, sizeof(head), "0026 %04x", (unsigned)length);
	append_hex(expected, head);
	expected->padding = length;
	expected->padding_at = expected->attributes_length;
}

/* One letter or two digits of the language; returns how many characters it took. */
static size_t append_word(struct expectation *expected, int family, const char *want,
			  const struct row *row)
{
	char digits[3] = {want[0], want[1], 0};

	switch (*want) {
	case ' ':
		return 1;
	case 'X':
		append_hex(expected, family == 4 ? X_IPV4 : X_IPV6);
		return 1;
	case 'M':
		append_hex(expected, family == 4 ? M_IPV4 : M_IPV6);
		return 1;
	case 'E':
		append_hex(expected, E_BOTH);
		return 1;
	case 'B':
		append_hex(expected, B_BOTH);
		return 1;
	case 'F':
		append_hex(expected, "80280004");
		expected->fingerprint = true;
		return 1;
	case 'P':
		append_padding(expected, (size_t)row->padding);
		return 1;
	case 'R':
	case 'O':
	case 'S':
	case 'C':
		append_pair(expected, family, *want, want + 1);
		return 3;
	default:
		append_hex(expected, digits);
		return 2;
	}
}

static void expect(struct expectation *expected, const struct row *row, const struct frame *frame)
{
	char room[512];
	const char *want;

	expected->verdict = row->verdict;
	expected->private_client = row->private_client;
	if (!row->want)
		return;
	expected->has_attributes = true;
	memcpy(expected->source, frame->destination, 16);
	expected->source_port = frame->destination_port;
	if (row->from)
		set_pair(row->from, frame->family, expected->source, &expected->source_port);
	expected->destination_port = row->reply_port ? row->reply_port : frame->source_port;
	want = half(row->want, frame->family, room, sizeof(room));
	while (*want)
		want += append_word(expected, frame->family, want, row);
}

static void expect_reply(struct test_case *test, const struct row *row)
{
	for (size_t i = 0; i < COUNT(literals); i++) {
		const struct literal *literal = &literals[i];

		if (literal->family != test->family || literal->tags != test->tags ||
		    strcmp(literal->name, row->name) != 0)
			continue;
		test->has_reply = true;
		test->reply_length = frame_hex(test->reply, sizeof(test->reply), literal->hex);
	}
}

static void fill_case(struct test_case *test, const struct row *row, int family, int tags)
{
	struct frame frame;

	memset(test, 0, sizeof(*test));
	snprintf(test->name, sizeof(test->name), "%s, IPv%d, %d tags", row->name, family, tags);
	test->which = row->config;
	test->config = cases_config(row->config);
	test->family = family;
	test->tags = tags;
	set_frame(&frame, row, family, tags);
	test->length = frame_build(&frame, test->frame, sizeof(test->frame));
	if (frame.ethertype != FRAME_AUTO)
		family = frame.ethertype == 0x0800 ? 4 : 6;
	test->counted_as = family == 4 ? "ipv4" : "ipv6";
	if (strcmp(row->verdict, "not_ip") == 0)
		test->counted_as = "other";
	expect(&test->expected, row, &frame);
	expect_reply(test, row);
}

enum choice { EVERY_ROW, SEED_ROWS, CLIENT_ROWS };

static bool is_chosen(enum choice choice, const struct row *rows, const struct row *row)
{
	if (choice == CLIENT_ROWS)
		return rows == client_rows;
	return choice == EVERY_ROW || row->only & SEED;
}

/*
 * Each row with each family and, where every row is chosen, number of tags in turn: fills the one
 * wanted, returns the count.
 */
static size_t walk(enum choice choice, size_t wanted, struct test_case *test)
{
	bool once = choice != EVERY_ROW;
	size_t index = 0;

	for (size_t s = 0; s < COUNT(sections); s++) {
		for (size_t r = 0; r < sections[s].count; r++) {
			const struct row *row = &sections[s].rows[r];
			int families = row->only & (V4 | V6);
			int tags = row->only & UNTAGGED || once ? 1 : 3;

			if (!is_chosen(choice, sections[s].rows, row))
				continue;
			for (int i = 0; i < 2 * tags; i++) {
				if (families && !(families & (i % 2 ? V6 : V4)))
					continue;
				if (test && index == wanted)
					fill_case(test, row, i % 2 ? 6 : 4,
						  once ? (int)(index / 2 % 3) : i / 2);
				index++;
			}
		}
	}
	return index;
}

size_t cases_count(void)
{
	return walk(EVERY_ROW, 0, NULL);
}

void case_get(size_t index, struct test_case *test)
{
	walk(EVERY_ROW, index, test);
}

size_t cases_seeds_count(void)
{
	return walk(SEED_ROWS, 0, NULL);
}

void cases_seed_get(size_t index, struct test_case *test)
{
	walk(SEED_ROWS, index, test);
}

size_t cases_clients_count(void)
{
	return walk(CLIENT_ROWS, 0, NULL);
}

void cases_client_get(size_t index, struct test_case *test)
{
	walk(CLIENT_ROWS, index, test);
}

/* ---- rows into messages ---- */

/* What the frame of the row carries, and behind it the filler. */
static size_t build_message(const struct frame *frame, const struct row *row, uint8_t *message)
{
	static const uint8_t filler[2] = {0x80, 0x22};
	uint8_t bytes[FRAME_MAX];
	size_t length = frame->payload_length, claimed;

	frame_build(frame, bytes, sizeof(bytes));
	memcpy(message, bytes + 14 + (frame->family == 4 ? 20 : 40) + 8, length);
	if (row->filler == 0)
		return length;
	memset(message + length, 0, 4 + (size_t)row->filler);
	memcpy(message + length, filler, 2);
	message[length + 2] = (uint8_t)(row->filler >> 8);
	message[length + 3] = (uint8_t)row->filler;
	length += 4 + (size_t)row->filler;
	claimed = length - 20;
	message[2] = (uint8_t)(claimed >> 8);
	message[3] = (uint8_t)claimed;
	return length;
}

static void fill_message(struct message_case *message, const struct row *row, int family)
{
	struct oracle_datagram *datagram = &message->datagram;
	struct frame frame;

	memset(message, 0, sizeof(*message));
	snprintf(message->name, sizeof(message->name), "%s, IPv%d", row->name, family);
	message->which = row->config;
	message->config = cases_config(row->config);
	set_frame(&frame, row, family, 0);
	datagram->family = family;
	memcpy(datagram->source, frame.source, 16);
	memcpy(datagram->destination, frame.destination, 16);
	datagram->source_port = (uint16_t)frame.source_port;
	datagram->destination_port = (uint16_t)frame.destination_port;
	datagram->local = row->carrier == LOCAL;
	datagram->stream = row->carrier == STREAM;
	datagram->mtu = row->mtu ? row->mtu : row->carrier == LOCAL ? 65536 : 1500;
	datagram->message = message->message;
	datagram->length = build_message(&frame, row, message->message);
	expect(&message->expected, row, &frame);
}

size_t messages_count(void)
{
	return 2 * COUNT(message_rows);
}

void message_get(size_t index, struct message_case *message)
{
	fill_message(message, &message_rows[index / 2], index % 2 ? 6 : 4);
}
