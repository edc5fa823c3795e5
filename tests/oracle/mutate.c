/* SPDX-License-Identifier: BSD-2-Clause */
#include "mutate.h"

#include <string.h>

#include "frames.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))
#define ATTRIBUTES_SEEN 40
#define VALUE_MAX	24 /* of most attributes */

/* ---- chance: xoshiro256** by Blackman and Vigna, seeded by splitmix64 ---- */

void generator_init(struct generator *generator, uint64_t seed, const struct oracle_config *config)
{
	for (int i = 0; i < 4; i++) {
		uint64_t z = seed += 0x9e3779b97f4a7c15;

		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
		z = (z ^ z >> 27) * 0x94d049bb133111eb;
		generator->state[i] = z ^ z >> 31;
	}
	generator->config = config;
}

static uint64_t rotate(uint64_t value, int by)
{
	return value << by | value >> (64 - by);
}

uint64_t generator_next(struct generator *generator)
{
	uint64_t *s = generator->state;
	uint64_t result = rotate(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

static unsigned below(struct generator *generator, size_t limit)
{
	return (unsigned)((generator_next(generator) >> 32) * limit >> 32);
}

static bool chance(struct generator *generator, unsigned per_mille)
{
	return below(generator, 1000) < per_mille;
}

static void fill(struct generator *generator, uint8_t *bytes, size_t length)
{
	while (length > 0) {
		uint64_t random = generator_next(generator);
		size_t part = length < 8 ? length : 8;

		memcpy(bytes, &random, part);
		bytes += part;
		length -= part;
	}
}

#define PICK(generator, array) ((array)[below(generator, COUNT(array))])

/* ---- building ---- */

/* Any pair of it, where it has four. */
static void aim(struct generator *g, struct frame *frame, const struct oracle_service *service)
{
	bool address = service->discovery && chance(g, 500);
	bool port = service->discovery && chance(g, 500);

	memcpy(frame->destination, address ? service->alternate_address : service->address, 16);
	frame->destination_port = port ? service->alternate_port : service->port;
}

static const struct oracle_service *choose_service(struct generator *g, struct frame *frame)
{
	const struct oracle_config *config = g->config;
	const struct oracle_service *service;

	do {
		service = &config->services[below(g, config->services_count)];
	} while (service->family != frame->family || (!service->discovery && chance(g, 400)));
	aim(g, frame, service);
	if (chance(g, 20))
		frame->destination_port = (int)below(g, 65536);
	if (chance(g, 10))
		frame->destination[below(g, frame->family == 4 ? 4 : 16)] ^= 1 << below(g, 8);
	return service;
}

/* On both sides of each prefix that no client can have, and what only looks like one. */
static void choose_odd_source(struct generator *g, struct frame *frame)
{
	static const uint8_t ipv4[][4] = {
		{0, 0, 0, 0},	      {0, 255, 255, 255},   {1, 0, 0, 0},
		{126, 255, 255, 255}, {127, 0, 0, 1},	    {127, 255, 255, 255},
		{128, 0, 0, 0},	      {169, 253, 255, 255}, {169, 254, 0, 0},
		{169, 254, 255, 255}, {169, 255, 0, 0},	    {223, 255, 255, 255},
		{10, 0, 0, 0},	      {9, 255, 255, 255},   {11, 0, 0, 0},
		{10, 255, 255, 255},  {172, 15, 255, 255},  {172, 16, 0, 0},
		{172, 31, 255, 255},  {172, 32, 0, 0},	    {192, 167, 255, 255},
		{192, 168, 0, 0},     {192, 168, 255, 255}, {192, 169, 0, 0},
		{100, 63, 255, 255},  {100, 64, 0, 0},	    {100, 127, 255, 255},
		{100, 128, 0, 0},     {224, 0, 0, 0},	    {239, 255, 255, 255},
		{240, 0, 0, 0},	      {255, 255, 255, 254}, {255, 255, 255, 255},
	};
	static const uint8_t ipv6[][16] = {
		{0},
		{[15] = 1},
		{[15] = 2},
		{[14] = 1},
		{[0] = 1},
		{[7] = 1, [15] = 1},
		{[9] = 1, [15] = 1},
		{[10] = 0xff, 0xff, 127, 0, 0, 1},
		{[10] = 0xff, 0xfe, 127, 0, 0, 1},
		{[9] = 1, 0xff, 0xff, 127, 0, 0, 1},
		{0x01, 0x00, [15] = 1},
		{0x01, 0x00, [7] = 1, [15] = 1},
		{0x00, 0x64, 0xff, 0x9b, [12] = 198, 51, 100, 7},
		{0xfb, 0xff, [15] = 1},
		{0xfc, [15] = 1},
		{0xfd, 0xff, [15] = 1},
		{0xfe, 0x7f, [15] = 1},
		{0xfe, 0x80, [15] = 1},
		{0xfe, 0xff, [15] = 0xff},
		{0xff},
		{0xff, 0x02, [15] = 1},
		{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		 0xff, 0xff},
	};

	if (frame->family == 4)
		memcpy(frame->source, PICK(g, ipv4), 4);
	else
		memcpy(frame->source, PICK(g, ipv6), 16);
}

/* On both sides of what is low, in either byte order, and those of services. */
static const uint16_t odd_ports[] = {0,	   1,	 53,   80,   255,  256,	 1022,
				     1023, 1024, 1025, 3478, 3479, 65535};

static void choose_source(struct generator *g, struct frame *frame,
			  const struct oracle_service *service)
{

	if (frame->family == 4) {
		fill(g, frame->source, 4);
		frame->source[0] = (uint8_t)(1 + below(g, 126));
	} else {
		fill(g, frame->source, 16);
		frame->source[0] = chance(g, 900) ? 0x20 : 0xfe;
	}
	if (chance(g, 25))
		choose_odd_source(g, frame);
	if (chance(g, 6))
		memcpy(frame->source, frame->destination, 16);
	if (service->discovery && chance(g, 20))
		memcpy(frame->source,
		       chance(g, 500) ? service->alternate_address : service->address, 16);
	frame->source_port = (int)(1024 + below(g, 65536 - 1024));
	if (chance(g, 40))
		frame->source_port = PICK(g, odd_ports);
}

static void choose_link(struct generator *g, struct frame *frame)
{
	static const uint16_t other[] = {0x0806, 0x8847, 0x88cc, 0x05dc, 0x0000, 0x0801,
					 0x86de, 0x9100, 0x8864, 0x0800, 0x86dd};
	unsigned tags = below(g, 100);

	fill(g, frame->mac_source, 6);
	frame->mac_source[0] &= 0xfe;
	if (chance(g, 5))
		frame->mac_source[0] |= 1;
	if (chance(g, 8))
		memset(frame->mac_destination, 0xff, 6);
	frame->tags_count = tags < 55 ? 0 : tags < 80 ? 1 : tags < 99 ? 2 : 3;
	for (int i = 0; i < frame->tags_count; i++) {
		frame->tags[i].tpid = chance(g, 500) ? 0x8100 : 0x88a8;
		frame->tags[i].tci = (int)below(g, 65536);
	}
	if (chance(g, 8))
		frame->ethertype = PICK(g, other);
}

static void choose_ip(struct generator *g, struct frame *frame)
{
	static const uint8_t protocols[] = {0,	1,  6,	16, 18, 43,  44,  45,  50,  51,
					    58, 59, 60, 61, 89, 132, 135, 136, 139, 140};
	static const uint8_t extensions[] = {0, 43, 44, 51, 60, 135, 139, 140};
	static const uint16_t fragments[] = {0x2000, 0x0001, 0x00b9, 0x1fff, 0x3fff};

	frame->tos = (int)below(g, 256);
	frame->ttl = (int)below(g, 256);
	frame->id = (int)below(g, 65536);
	frame->flow_label = (int)below(g, 0x100000);
	frame->fragment = chance(g, 500) ? 0x4000 : 0;
	if (chance(g, 10))
		frame->protocol = PICK(g, protocols);
	if (frame->family == 4) {
		if (chance(g, 10))
			frame->fragment |= PICK(g, fragments);
		if (chance(g, 12))
			frame->options_length = 4 * (int)(1 + below(g, 10));
	} else if (chance(g, 20)) {
		frame->extensions_count = (int)(1 + below(g, 3));
		for (int i = 0; i < frame->extensions_count; i++)
			frame->extensions[i] = PICK(g, extensions);
	}
}

static const char *const profiles[] = {
	"",
	"F",
	"8022'tailnode F",
	"8022'libre_v2.10.0_(x86_64/linux)",
	"8022'pjnath-2.13",
	"0003=00000000",
	"0003=00000006",
	"0003=00000002",
	"0006'abcd:efgh c057=00010032 802a/8 0025 0024=6e7f1eff 0008/20 F",
	"8022'libnice 0006'a1b2:c3d4 0024=6e0001ff 802a/8 0008/20 F",
	"c001'dslforum.org/TR-111_ c002 0006'cpe",
	"8008=00000006 8070=00000003 8050/4 8054/8 F",
	"8022'Coturn-4.6.1 0027=d4320000 F",
	"0003=00000004 0026/64",
	"0002=0001d431c6336408",
	"0006'matrix 0009/20 0014'example.org 0015'nonce 001c/32 F",
	"7fff",
	"0008/20 7fff F",
};

/* RFC 5780, as stuntman, coturn and others have it, and where they stop */
static const char *const behaviour_profiles[] = {
	"",
	"F",
	"0003=00000000",
	"0003=00000006",
	"0003=00000002",
	"0003=00000004 F",
	"0003=00000002 8022'x F",
	"0003=00000006 0027=d4320000",
	"0027=c0010000 F",
	"0027=c001",
	"0026",
	"0026/64 F",
	"0003=00000006 0026/256",
	"0027=d4320000 0026",
	"0026 0003=00000002 0027=c001 F",
	"0027=c001 0026/16 F",
	"0008/20 0027=00000000 0026",
};

static const uint16_t attribute_types[] = {
	0x0000, 0x0001, 0x0002, 0x0003, 0x0003, 0x0003, 0x0004, 0x0005, 0x0006, 0x0006,
	0x0007, 0x0008, 0x0008, 0x0009, 0x000a, 0x000b, 0x000c, 0x0014, 0x0015, 0x0019,
	0x001c, 0x001c, 0x001d, 0x001e, 0x0020, 0x0024, 0x0025, 0x0026, 0x0026, 0x0026,
	0x0027, 0x0027, 0x0027, 0x0027, 0x0003, 0x0003, 0x7fff, 0x8000, 0x8022, 0x8022,
	0x8022, 0x8023, 0x8027, 0x8029, 0x802a, 0xc001, 0xc002, 0xc057, 0xffff,
};

static unsigned choose_type(struct generator *g)
{
	unsigned kind = below(g, 100);

	if (kind < 70)
		return PICK(g, attribute_types);
	if (kind < 80)
		return below(g, 0x8000);
	if (kind < 99)
		return 0x8000 + below(g, 0x7fff);
	return 0x8028;
}

static size_t choose_length(struct generator *g, unsigned type)
{
	if (type == 0x0003)
		return chance(g, 950) ? 4 : below(g, 10);
	if (type == 0x0027)
		return chance(g, 700) ? 4 : chance(g, 600) ? 2 : below(g, 10);
	if (type == 0x8028)
		return chance(g, 500) ? 4 : below(g, 10);
	return chance(g, 300) ? 4 : below(g, VALUE_MAX);
}

static void choose_value(struct generator *g, unsigned type, uint8_t value[VALUE_MAX])
{
	unsigned port = PICK(g, odd_ports);

	fill(g, value, VALUE_MAX);
	if (type == 0x0003 && chance(g, 500))
		value[3] &= 0xf9;
	if (type == 0x0003 && chance(g, 500))
		value[3] &= 0x06;
	if (type == 0x0027 && chance(g, 300)) {
		value[0] = (uint8_t)(port >> 8);
		value[1] = (uint8_t)port;
	}
}

static void add_attribute(struct generator *g, struct frame *frame)
{
	uint8_t value[VALUE_MAX];
	unsigned type = choose_type(g);
	size_t length = choose_length(g, type), claimed = length;

	choose_value(g, type, value);
	if (chance(g, 4))
		claimed = chance(g, 500) ? below(g, 65536) : length + below(g, 9);
	frame_attribute_raw(frame, type, (unsigned)claimed & 0xffff, value, length,
			    (int)below(g, 256));
}

static void add_attributes(struct generator *g, struct frame *frame)
{
	unsigned count = below(g, 5);
	size_t room;

	if (chance(g, 50))
		count = 13 + below(g, 6);
	while (count--)
		add_attribute(g, frame);
	if (chance(g, 20)) /* with room for what follows */
		frame_attribute(frame, 0x0026, NULL, below(g, chance(g, 100) ? 801 : 81));
	if (chance(g, 14) && frame->payload_length < 256 - 12) {
		/* around 256 bytes, on both sides */
		room = 256 - frame->payload_length - 4 - (chance(g, 300) ? 8 : 0);
		frame_attribute(frame, 0x8022, NULL, room + 4 * (size_t)below(g, 3));
	}
	if (chance(g, 350))
		frame_fingerprint(frame, chance(g, 80) ? 1u << below(g, 32) : 0);
}

static void choose_message(struct generator *g, struct frame *frame,
			   const struct oracle_service *service)
{
	static const uint16_t others[] = {
		0x0101, 0x0111, 0x0101, 0x0111, 0x0113, 0x0103, 0x0011, 0x0011,
		0x0016, 0x0017, 0x0211, 0x0002, 0x0003, 0x0004, 0x0008, 0x0000,
		0x0021, 0x0201, 0x0401, 0x4001, 0x8001, 0x1601, 0x3fff,
	};
	uint8_t bytes[64];
	bool cookie = chance(g, 740);

	if (chance(g, 12)) {
		fill(g, bytes, sizeof(bytes));
		bytes[0] &= chance(g, 500) ? 0xff : 0x03;
		frame_payload(frame, bytes, below(g, sizeof(bytes) + 1));
		return;
	}
	frame_stun(frame, chance(g, 70) ? PICK(g, others) : 0x0001, cookie);
	fill(g, frame->payload + (cookie ? 8 : 4), cookie ? 12 : 16);
	if (service->discovery && chance(g, 350))
		frame_attributes(frame, PICK(g, behaviour_profiles));
	else if (chance(g, 550))
		frame_attributes(frame, PICK(g, profiles));
	else
		add_attributes(g, frame);
}

static void choose_trailers(struct generator *g, struct frame *frame)
{
	if (chance(g, 900))
		return;
	frame->trailer_byte = (int)below(g, 256);
	if (chance(g, 500))
		frame->udp_trailer = (int)below(g, chance(g, 900) ? 32 : 300);
	if (chance(g, 600))
		frame->ip_trailer = (int)below(g, chance(g, 900) ? 48 : 300);
}

static void choose_sums(struct generator *g, struct frame *frame)
{
	if (chance(g, 15))
		frame->udp_checksum = 0;
	if (chance(g, 5))
		frame->udp_checksum_xor = 1 << below(g, 16);
	frame->udp_partial = chance(g, 8);
	if (chance(g, 5))
		frame->ip_checksum_xor = 1 << below(g, 16);
}

static size_t build(struct generator *g, uint8_t *bytes, size_t capacity)
{
	const struct oracle_service *service;
	struct frame frame;

	frame_init(&frame, chance(g, 500) ? 4 : 6);
	service = choose_service(g, &frame);
	choose_source(g, &frame, service);
	choose_link(g, &frame);
	choose_ip(g, &frame);
	choose_message(g, &frame, service);
	choose_trailers(g, &frame);
	choose_sums(g, &frame);
	return frame_build(&frame, bytes, capacity);
}

/* ---- mutating ---- */

struct work {
	struct generator *g;
	uint8_t *bytes;
	size_t length;
	size_t capacity;
};

static void add16(struct work *work, size_t at, int delta)
{
	unsigned value;

	if (at + 2 > work->length)
		return;
	value = ((unsigned)work->bytes[at] << 8 | work->bytes[at + 1]) + (unsigned)delta;
	work->bytes[at] = (uint8_t)(value >> 8);
	work->bytes[at + 1] = (uint8_t)value;
}

/* Mostly where headers are, for the tail of a long frame is dull. */
static size_t choose_place(struct work *work)
{
	if (work->length > 100 && chance(work->g, 700))
		return below(work->g, 100);
	return below(work->g, work->length);
}

static void flip_bit(struct work *work)
{
	if (work->length > 0)
		work->bytes[choose_place(work)] ^= (uint8_t)(1 << below(work->g, 8));
}

static void set_byte(struct work *work)
{
	static const uint8_t values[] = {0,    1,    2,	   3,	 4,    5,    6,	   7,
					 8,    16,   17,   20,	 0x21, 0x40, 0x45, 0x60,
					 0x7f, 0x80, 0x81, 0x88, 0xfe, 0xff};

	if (work->length > 0)
		work->bytes[choose_place(work)] = PICK(work->g, values);
}

static void set_word(struct work *work)
{
	static const uint16_t values[] = {0x0000, 0x0001, 0x0003, 0x0004, 0x0008, 0x0800, 0x8028,
					  0x7fff, 0x8000, 0xffff, 0xfffd, 0xfffe, 0xfffc, 0x0014,
					  0x001c, 0x8100, 0x88a8, 0x86dd, 0x2112, 0xa442};
	unsigned value = PICK(work->g, values);
	size_t at;

	if (work->length < 2)
		return;
	at = choose_place(work) & ~(size_t)1;
	if (at + 2 > work->length)
		return;
	work->bytes[at] = (uint8_t)(value >> 8);
	work->bytes[at + 1] = (uint8_t)value;
}

/* Offsets of the attributes that lie within the message. */
static size_t find_attributes(const struct work *work, struct frame_layout *layout, size_t *found)
{
	size_t count = 0, at;

	if (!frame_locate(work->bytes, work->length, layout))
		return 0;
	at = layout->payload + 20;
	while (at + 4 <= layout->end && count < ATTRIBUTES_SEEN) {
		size_t length = (size_t)work->bytes[at + 2] << 8 | work->bytes[at + 3];

		found[count++] = at;
		at += 4 + ((length + 3) & ~(size_t)3);
	}
	return count;
}

static size_t attribute_size(const struct work *work, const struct frame_layout *layout, size_t at)
{
	size_t length = (size_t)work->bytes[at + 2] << 8 | work->bytes[at + 3];
	size_t size = 4 + ((length + 3) & ~(size_t)3);

	return size < layout->end - at ? size : layout->end - at;
}

static void shift_length(struct work *work)
{
	static const int deltas[] = {-8, -4, -2, -1, 1, 2, 4, 8};
	size_t found[ATTRIBUTES_SEEN];
	struct frame_layout layout;
	size_t count = find_attributes(work, &layout, found);
	int delta = PICK(work->g, deltas);
	unsigned which = below(work->g, count ? 5 : 3);

	if (!frame_locate(work->bytes, work->length, &layout))
		return;
	if (which == 0)
		add16(work, layout.ip + (layout.family == 4 ? 2 : 4), delta);
	else if (which == 1)
		add16(work, layout.udp + 4, delta);
	else if (which == 2)
		add16(work, layout.payload + 2, delta);
	else
		add16(work, found[below(work->g, count)] + 2, delta);
}

/* Most of the time all lengths follow a change of the message, else some do. */
static void follow(struct work *work, const struct frame_layout *layout, int delta)
{
	bool all = chance(work->g, 900);

	if (all || chance(work->g, 500))
		add16(work, layout->payload + 2, delta);
	if (all || chance(work->g, 500))
		add16(work, layout->udp + 4, delta);
	if (all || chance(work->g, 500))
		add16(work, layout->ip + (layout->family == 4 ? 2 : 4), delta);
}

static bool insert(struct work *work, size_t at, const uint8_t *bytes, size_t length)
{
	if (length > work->capacity - work->length)
		return false;
	memmove(work->bytes + at + length, work->bytes + at, work->length - at);
	memcpy(work->bytes + at, bytes, length);
	work->length += length;
	return true;
}

static void duplicate_attribute(struct work *work, const struct frame_layout *layout,
				const size_t *found, size_t count)
{
	uint8_t kept[256];
	size_t from = found[below(work->g, count)], to = found[below(work->g, count)];
	size_t size = attribute_size(work, layout, from);

	if (size > sizeof(kept))
		return;
	memcpy(kept, work->bytes + from, size);
	if (insert(work, to, kept, size))
		follow(work, layout, (int)size);
}

static void delete_attribute(struct work *work, const struct frame_layout *layout,
			     const size_t *found, size_t count)
{
	size_t at = found[below(work->g, count)];
	size_t size = attribute_size(work, layout, at);

	memmove(work->bytes + at, work->bytes + at + size, work->length - at - size);
	work->length -= size;
	follow(work, layout, -(int)size);
}

/* The same length holds, so nothing has to follow. */
static void swap_attributes(struct work *work, const struct frame_layout *layout,
			    const size_t *found, size_t count)
{
	uint8_t kept[256];
	size_t first, second, size_first, size_second;
	unsigned i = below(work->g, count);

	if (i >= count - 1)
		return;
	first = found[i];
	second = found[i + 1];
	size_first = attribute_size(work, layout, first);
	size_second = attribute_size(work, layout, second);
	if (size_first > sizeof(kept))
		return;
	memcpy(kept, work->bytes + first, size_first);
	memmove(work->bytes + first, work->bytes + second, size_second);
	memcpy(work->bytes + first + size_second, kept, size_first);
}

static void insert_attribute(struct work *work, const struct frame_layout *layout,
			     const size_t *found, size_t count)
{
	uint8_t bytes[4 + VALUE_MAX];
	unsigned type = choose_type(work->g), words = below(work->g, 4);
	size_t at = layout->payload + 20;

	if (at > layout->end)
		return;
	if (count && chance(work->g, 700))
		at = found[below(work->g, count)];
	choose_value(work->g, type, bytes + 4);
	bytes[0] = (uint8_t)(type >> 8);
	bytes[1] = (uint8_t)type;
	bytes[2] = 0;
	bytes[3] = (uint8_t)(4 * words);
	if (words && chance(work->g, 300))
		bytes[3] = (uint8_t)(bytes[3] - below(work->g, 4));
	if (insert(work, at, bytes, 4 + 4 * words))
		follow(work, layout, 4 + 4 * (int)words);
}

static void change_type(struct work *work, const size_t *found, size_t count)
{
	size_t at = found[below(work->g, count)];
	unsigned type = choose_type(work->g);

	work->bytes[at] = (uint8_t)(type >> 8);
	work->bytes[at + 1] = (uint8_t)type;
}

static void change_attributes(struct work *work)
{
	size_t found[ATTRIBUTES_SEEN];
	struct frame_layout layout;
	size_t count = find_attributes(work, &layout, found);
	unsigned which = below(work->g, 5);

	if (!frame_locate(work->bytes, work->length, &layout))
		return;
	if (which == 0 || count == 0)
		insert_attribute(work, &layout, found, count);
	else if (which == 1)
		duplicate_attribute(work, &layout, found, count);
	else if (which == 2)
		delete_attribute(work, &layout, found, count);
	else if (which == 3)
		swap_attributes(work, &layout, found, count);
	else
		change_type(work, found, count);
}

/* A bit of the message rather than of the headers. */
static void flip_payload_bit(struct work *work)
{
	struct frame_layout layout;

	if (!frame_locate(work->bytes, work->length, &layout) || layout.end == layout.payload)
		return;
	work->bytes[layout.payload + below(work->g, layout.end - layout.payload)] ^=
		(uint8_t)(1 << below(work->g, 8));
}

static void truncate(struct work *work)
{
	work->length = below(work->g, work->length + 1);
	if (chance(work->g, 500))
		frame_fix(work->bytes, work->length, FRAME_FIX_LENGTHS | FRAME_FIX_STUN_LENGTH);
}

static void extend(struct work *work)
{
	uint8_t bytes[64];
	size_t length = 1 + below(work->g, sizeof(bytes));

	fill(work->g, bytes, sizeof(bytes));
	if (!insert(work, work->length, bytes, length))
		return;
	if (chance(work->g, 200))
		frame_fix(work->bytes, work->length, FRAME_FIX_LENGTHS);
}

static void mutate(struct work *work)
{
	static void (*const ways[])(struct work *) = {
		flip_bit,	   set_byte,	      set_word,		 shift_length, shift_length,
		change_attributes, change_attributes, change_attributes, truncate,     extend,
		flip_payload_bit,  flip_payload_bit,
	};
	unsigned dice = below(work->g, 100);
	unsigned times = dice < 60 ? 1 : dice < 85 ? 2 : 3 + below(work->g, 4);

	while (times--)
		PICK(work->g, ways)(work);
	/* else hardly a frame would get behind the checksums */
	if (chance(work->g, 850))
		frame_fix_checksums(work->bytes, work->length, chance(work->g, 800));
}

size_t generate_frame(struct generator *generator, uint8_t *frame, size_t capacity)
{
	struct work work = {.g = generator, .bytes = frame, .capacity = capacity};

	work.length = build(generator, frame, capacity);
	if (chance(generator, 450))
		mutate(&work);
	return work.length;
}

/* ---- what neighbours ask ---- */

#define ECHO_DATA_MAX 1472

static const uint8_t *choose_address(struct generator *g, int family)
{
	const struct oracle_config *config = g->config;
	const struct oracle_service *service;

	do {
		service = &config->services[below(g, config->services_count)];
	} while (service->family != family);
	return service->discovery && chance(g, 500) ? service->alternate_address : service->address;
}

/* One that is answered for, or almost. */
static void put_address(struct generator *g, uint8_t *bytes, int family)
{
	memcpy(bytes, choose_address(g, family), family == 4 ? 4 : 16);
	if (chance(g, 20))
		bytes[below(g, family == 4 ? 4 : 16)] ^= (uint8_t)(1 << below(g, 8));
}

static void put_source(struct generator *g, uint8_t *bytes, const uint8_t *asked, int family)
{
	static const struct oracle_service nowhere;
	struct frame frame = {.family = family};

	choose_source(g, &frame, &nowhere);
	memcpy(bytes, frame.source, family == 4 ? 4 : 16);
	if (chance(g, 20))
		memcpy(bytes, asked, family == 4 ? 4 : 16);
}

static size_t put_arp(struct generator *g, uint8_t *arp)
{
	static const uint8_t head[8] = {0, 1, 8, 0, 6, 4, 0, 1};

	memcpy(arp, head, sizeof(head));
	fill(g, arp + 8, 20);
	put_address(g, arp + 24, 4);
	if (chance(g, 200))
		memset(arp + 14, 0, 4); /* RFC 5227: a probe */
	else
		put_source(g, arp + 14, arp + 24, 4);
	return 28;
}

static size_t put_ipv4_echo(struct generator *g, uint8_t *ip)
{
	size_t data = below(g, chance(g, 900) ? 80 : ECHO_DATA_MAX);
	size_t total = 28 + data;

	fill(g, ip, total);
	ip[0] = 0x45;
	ip[2] = (uint8_t)(total >> 8);
	ip[3] = (uint8_t)total;
	if (chance(g, 980)) /* else a fragment, mostly */
		ip[6] &= 0xc0, ip[7] = 0;
	ip[9] = 1;
	put_address(g, ip + 16, 4);
	put_source(g, ip + 12, ip + 16, 4);
	ip[20] = 8;
	ip[21] = 0;
	return total;
}

static void put_ipv6(struct generator *g, uint8_t *ip, size_t payload, uint8_t type)
{
	fill(g, ip, 8);
	ip[0] = (uint8_t)(0x60 | (ip[0] & 0x0f));
	ip[4] = (uint8_t)(payload >> 8);
	ip[5] = (uint8_t)payload;
	ip[6] = 58;
	ip[40] = type;
	ip[41] = 0;
}

static size_t put_ipv6_echo(struct generator *g, uint8_t *ip)
{
	size_t payload = 8 + below(g, chance(g, 900) ? 80 : ECHO_DATA_MAX - 20);

	fill(g, ip + 40, payload);
	put_ipv6(g, ip, payload, 128);
	put_address(g, ip + 24, 6);
	put_source(g, ip + 8, ip + 24, 6);
	return 40 + payload;
}

/* Behind the target; mostly the one that is always there, or none. */
static size_t put_options(struct generator *g, uint8_t *options)
{
	unsigned count = chance(g, 900) ? below(g, 2) : below(g, 5);
	size_t length = 0;

	for (unsigned i = 0; i < count; i++) {
		unsigned words = chance(g, 800) ? 1 : below(g, 4);

		fill(g, options + length, 8 * words + 2);
		options[length] = (uint8_t)(chance(g, 700) ? 1 : below(g, 16));
		options[length + 1] = (uint8_t)words;
		length += 8 * words;
	}
	return chance(g, 950) ? length : length + below(g, 8);
}

static size_t put_solicitation(struct generator *g, uint8_t *ip)
{
	static const uint8_t group[13] = {0xff, 0x02, [11] = 1, 0xff};
	uint8_t *target = ip + 48;
	size_t payload;

	memset(ip + 40, 0, 8);
	put_address(g, target, 6);
	payload = 24 + put_options(g, target + 16);
	put_ipv6(g, ip, payload, 135);
	ip[7] = chance(g, 980) ? 255 : 254;
	memcpy(ip + 24, target, 16);
	if (chance(g, 700))
		memcpy(ip + 24, group, sizeof(group));
	if (chance(g, 20))
		put_address(g, ip + 24, 6);
	put_source(g, ip + 8, target, 6);
	if (chance(g, 200))
		memset(ip + 8, 0, 16); /* RFC 4862: a probe */
	return 40 + payload;
}

/* Whom it is sent to decides much here. */
static size_t put_neighbour_link(struct generator *g, uint8_t *bytes, const uint8_t *mac,
				 unsigned type)
{
	unsigned tags = below(g, 100), count = tags < 55 ? 0 : tags < 80 ? 1 : tags < 99 ? 2 : 3;
	unsigned to = below(g, 100);
	size_t at = 12;

	fill(g, bytes, 12 + 4 * (size_t)count);
	bytes[6] &= chance(g, 990) ? 0xfe : 0xff;
	if (to < 60)
		memcpy(bytes, mac, 6);
	else if (to < 78)
		memset(bytes, 0xff, 6);
	else if (to < 96)
		bytes[0] = bytes[1] = 0x33;
	for (unsigned i = 0; i < count; i++, at += 4) {
		bytes[at] = chance(g, 500) ? 0x81 : 0x88;
		bytes[at + 1] = bytes[at] == 0x81 ? 0x00 : 0xa8;
	}
	bytes[at] = (uint8_t)(type >> 8);
	bytes[at + 1] = (uint8_t)type;
	return at + 2;
}

static size_t build_neighbour(struct generator *g, const uint8_t *mac, uint8_t *bytes)
{
	static const struct {
		unsigned type;
		size_t (*put)(struct generator *g, uint8_t *packet);
	} kinds[] = {
		{0x0806, put_arp},
		{0x0800, put_ipv4_echo},
		{0x86dd, put_ipv6_echo},
		{0x86dd, put_solicitation},
	};
	unsigned kind = below(g, COUNT(kinds));
	size_t length = put_neighbour_link(g, bytes, mac, kinds[kind].type);

	length += kinds[kind].put(g, bytes + length);
	if (length < 60 && chance(g, 800)) { /* as it comes from a wire */
		memset(bytes + length, 0, 60 - length);
		length = 60;
	}
	return length;
}

size_t generate_neighbour(struct generator *generator, const uint8_t *mac, uint8_t *frame)
{
	static void (*const ways[])(struct work *) = {flip_bit, flip_bit, set_byte,
						      set_word, truncate, extend};
	struct work work = {.g = generator, .bytes = frame, .capacity = FRAME_MAX};

	work.length = build_neighbour(generator, mac, frame);
	frame_fix_icmp(frame, work.length);
	if (chance(generator, 600))
		return work.length;
	for (unsigned times = 1 + below(generator, 3); times; times--)
		PICK(generator, ways)(&work);
	if (chance(generator, 850))
		frame_fix_icmp(frame, work.length);
	return work.length;
}
