// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the program hands up the sockets answer, with the very frame that a plain request would have
 * got: IPv4 options, IPv6 extension headers, fragments in any order, requests longer than the
 * program reads.
 */
#include <stdio.h>
#include <string.h>

#include "judge.h"
#include "oracle/cases.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PATIENCE     15000 /* ms */
#define STRAGGLERS   300   /* ms for what nobody asked for */
#define PIECES_MAX   2
#define FIRST_PIECE  24 /* bytes of IP payload, a multiple of 8 */

static const struct {
	const char *name;
	bool cookie;
	const char *attributes;
} requests[] = {{"bare", true, ""},
		{"legacy", false, ""},
		{"FINGERPRINT", true, "F"},
		{"unknown attribute", true, "7001"},
		{"long", true, "8031/1400"}};

static const struct way {
	const char *name;
	int family;
	int options_length, extensions[2], extensions_count;
	bool pieces, reversed;
} ways[] = {
	{"one option", 4, .options_length = 4},
	{"10 words of options", 4, .options_length = 40},
	{"fragments", 4, .pieces = true},
	{"fragments, the last one first", 4, .pieces = true, .reversed = true},
	{"hop-by-hop options", 6, .extensions = {0}, .extensions_count = 1},
	{"destination options", 6, .extensions = {60}, .extensions_count = 1},
	{"both options", 6, .extensions = {0, 60}, .extensions_count = 2},
	{"one whole fragment", 6, .extensions = {44}, .extensions_count = 1},
	{"fragments", 6, .extensions = {44}, .extensions_count = 1, .pieces = true},
	{"fragments, the last one first", 6, .extensions = {44}, .extensions_count = 1,
	 .pieces = true, .reversed = true},
	{"as it is", 4},
	{"as it is", 6},
};

struct handed {
	struct raw raw;
	struct tally xdp, sockets;
	unsigned long asked, failures;
	uint16_t id; /* of fragments, each time another */
	uint8_t bytes[PIECES_MAX][FRAME_MAX];
	struct raw_frame pieces[PIECES_MAX];
	size_t count;
};

static void put16(uint8_t *to, size_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

/* Gives the piece its place: offset in bytes, and whether more follow. */
static void mark_piece(uint8_t *bytes, size_t header, int family, size_t length, size_t offset,
		       bool more, uint16_t id)
{
	if (family == 4) {
		put16(bytes + 14 + 2, length - 14);
		put16(bytes + 14 + 4, id);
		put16(bytes + 14 + 6, offset / 8 | (more ? 0x2000 : 0));
		return;
	}
	put16(bytes + 14 + 4, length - 14 - 40);
	put16(bytes + header - 6, offset | more);
	put16(bytes + header - 2, id);
}

static void fix_ip_checksum(uint8_t *ip)
{
	uint32_t sum = 0;

	put16(ip + 10, 0);
	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	put16(ip + 10, ~(sum + (sum >> 16)) & 0xffff);
}

/* Cuts the one frame that is there in two. */
static void cut(struct handed *handed, int family, bool reversed)
{
	size_t header = 14 + (family == 4 ? 20 : 48), length = handed->pieces[0].length;
	size_t rest = length - header - FIRST_PIECE;
	uint8_t *first = handed->bytes[0], *second = handed->bytes[1];

	handed->id++;
	memcpy(second, first, header);
	memcpy(second + header, first + header + FIRST_PIECE, rest);
	mark_piece(first, header, family, header + FIRST_PIECE, 0, true, handed->id);
	mark_piece(second, header, family, header + rest, FIRST_PIECE, false, handed->id);
	if (family == 4) {
		fix_ip_checksum(first + 14);
		fix_ip_checksum(second + 14);
	}
	handed->pieces[reversed] = (struct raw_frame){header + FIRST_PIECE, first};
	handed->pieces[!reversed] = (struct raw_frame){header + rest, second};
	handed->count = 2;
}

static void build_request(struct handed *handed, struct frame *request, const struct way *way)
{
	request->options_length = way->options_length;
	memcpy(request->extensions, way->extensions, sizeof(way->extensions));
	request->extensions_count = way->extensions_count;
	handed->count = 1;
	handed->pieces[0].bytes = handed->bytes[0];
	handed->pieces[0].length = frame_build(request, handed->bytes[0], FRAME_MAX);
	if (way->pieces)
		cut(handed, way->family, way->reversed);
}

/* What must come, around the oracle's message: as the program makes its headers. */
static size_t build_reply(uint8_t *bytes, const struct frame *request,
			  const struct oracle_message *message)
{
	static struct frame reply;

	frame_init(&reply, request->family);
	memcpy(reply.mac_destination, request->mac_source, 6);
	memcpy(reply.mac_source, request->mac_destination, 6);
	memcpy(reply.destination, request->source, 16);
	memcpy(reply.source, request->destination, 16);
	reply.source_port = request->destination_port;
	reply.destination_port = request->source_port;
	reply.tos = reply.flow_label = reply.id = 0;
	reply.ttl = 64;
	reply.fragment = request->family == 4 ? 0x4000 : 0;
	frame_payload(&reply, message->reply, message->reply_length);
	return frame_build(&reply, bytes, FRAME_MAX);
}

static void decide(const struct frame *request, struct oracle_message *message)
{
	struct oracle_datagram datagram = {
		.family = request->family,
		.source_port = (uint16_t)request->source_port,
		.destination_port = (uint16_t)request->destination_port,
		.mtu = 1500,
		.message = request->payload,
		.length = request->payload_length,
	};

	memcpy(datagram.source, request->source, 16);
	memcpy(datagram.destination, request->destination, 16);
	oracle_decide_message(cases_config(CASES_DEFAULT), &datagram, message);
}

/* The program has to punt every piece, and the sockets to answer once. */
static void count(struct handed *handed, const struct frame *request,
		  const struct oracle_message *message)
{
	static struct oracle_answer answer;

	for (size_t i = 0; i < handed->count; i++) {
		oracle_decide(cases_config(CASES_DEFAULT), handed->pieces[i].bytes,
			      handed->pieces[i].length, &answer);
		tally_frame(&handed->xdp, &answer, handed->pieces[i].length);
	}
	tally_add(&handed->sockets, request->family == 4 ? "ipv4" : "ipv6", message->verdict,
		  "answer", 1, request->payload_length, message->reply_length);
}

static void ask(struct handed *handed, const char *name, struct frame *request,
		const struct way *way)
{
	static struct oracle_message message;
	uint8_t want[FRAME_MAX], came[FRAME_MAX];
	size_t length;
	int received;

	decide(request, &message);
	length = build_reply(want, request, &message);
	build_request(handed, request, way);
	count(handed, request, &message);
	handed->asked++;
	if (raw_send(&handed->raw, handed->pieces, handed->count)) {
		handed->failures++;
		return;
	}
	received = raw_receive(&handed->raw, came, sizeof(came), PATIENCE);
	if (received == (int)length && !memcmp(came, want, length))
		return;
	handed->failures++;
	printf("  IPv%d, %s, %s: %s\n", request->family, name, way->name,
	       received > 0 ? "another reply" : "no reply");
	judge_print("expected", want, length);
	if (received > 0)
		judge_print("came    ", came, (size_t)received);
}

int handed_run(const struct live_options *options)
{
	static struct handed handed;
	static struct frame request;

	if (raw_open(&handed.raw, options->interface))
		return 1;
	for (size_t i = 0; i < COUNT(ways); i++) {
		for (size_t j = 0; j < COUNT(requests); j++) {
			/* Of plain ones, only the long one is for the sockets. */
			if (!strcmp(ways[i].name, "as it is") && strcmp(requests[j].name, "long"))
				continue;
			frame_init(&request, ways[i].family);
			frame_stun(&request, 0x0001, requests[j].cookie);
			frame_attributes(&request, requests[j].attributes);
			put16(request.payload + 2, request.payload_length - 20);
			ask(&handed, requests[j].name, &request, &ways[i]);
		}
	}
	if (raw_receive(&handed.raw, handed.bytes[0], FRAME_MAX, STRAGGLERS) > 0) {
		printf("  nobody asked for the last reply\n");
		handed.failures++;
	}
	raw_close(&handed.raw);
	if (tally_write(&handed.xdp, options->counted, options->expect) ||
	    tally_write(&handed.sockets, "any", options->expect))
		handed.failures++;
	printf("%lu requests handed up, %lu frames; %lu failures\n", handed.asked,
	       (unsigned long)tally_packets(&handed.xdp, "handoff"), handed.failures);
	return handed.failures ? 1 : 0;
}
