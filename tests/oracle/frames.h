/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Builds frames, sound or wrong in one place, and repairs mutated ones. A struct frame says what
 * differs from a bare Binding Request of a client; frame_build() computes the rest.
 */
#ifndef FRAMES_H
#define FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_MAX	     2048 /* no frame is built longer */
#define FRAME_PAYLOAD_MAX    1800
#define FRAME_TAGS_MAX	     4
#define FRAME_EXTENSIONS_MAX 4
#define FRAME_AUTO	     (-1) /* computed, as it should be */

struct frame_tag {
	int tpid;
	int tci;
};

/* Scalars are ints, so that FRAME_AUTO fits and a table row can set any of them by its offset. */
struct frame {
	uint8_t mac_destination[6];
	uint8_t mac_source[6];
	struct frame_tag tags[FRAME_TAGS_MAX];
	int tags_count;
	int ethertype; /* AUTO: that of the family */

	int family; /* 4 or 6 */
	int version;
	int ihl; /* IPv4, in words */
	int tos; /* traffic class */
	int flow_label;
	int ttl;
	int id;
	int fragment;	     /* IPv4: flags and offset; IPv6: those of a fragment header */
	int protocol;	     /* AUTO: UDP, or the first extension */
	int ip_length;	     /* total length of IPv4, payload length of IPv6 */
	int ip_length_delta; /* added to the right one */
	int ip_checksum;
	int ip_checksum_xor; /* turns the right one wrong */
	uint8_t source[16];
	uint8_t destination[16];
	int options_length;		      /* IPv4, bytes of NOP; a multiple of 4 */
	int extensions[FRAME_EXTENSIONS_MAX]; /* IPv6 header types, 8 bytes each */
	int extensions_count;

	int source_port;
	int destination_port;
	int udp_length;
	int udp_length_delta;
	int udp_checksum;
	int udp_checksum_xor;
	int udp_partial; /* of the pseudo-header alone, as senders leave it to devices */

	int stun; /* the payload is STUN: its length is filled in */
	int stun_length;
	int stun_length_delta;

	int udp_trailer; /* bytes within the IP length, behind the UDP length */
	int ip_trailer;	 /* bytes behind the IP length */
	int trailer_byte;
	int end;	   /* the frame is cut so many bytes behind its start */
	int end_behind_ip; /* the same, behind the start of the IP header */

	size_t payload_length;
	uint8_t payload[FRAME_PAYLOAD_MAX];
};

extern const uint8_t frame_transaction[12]; /* used unless another is set */

/* A client's packet to the first service of cases.h, with no payload yet. */
void frame_init(struct frame *frame, int family);
void frame_address(uint8_t address[16], const char *text);	    /* of either family */
size_t frame_hex(uint8_t *bytes, size_t capacity, const char *hex); /* blanks are skipped */

/* Starts the payload over: a STUN header, without cookie one of RFC 3489. */
void frame_stun(struct frame *frame, unsigned type, bool cookie);
void frame_payload(struct frame *frame, const void *bytes, size_t length); /* not STUN */

void frame_attribute(struct frame *frame, unsigned type, const void *value, size_t length);
/* The length field says claimed, whatever follows; padding gets the byte pad. */
void frame_attribute_raw(struct frame *frame, unsigned type, unsigned claimed, const void *value,
			 size_t length, int pad);
void frame_software(struct frame *frame, const char *text);
void frame_change_request(struct frame *frame, uint32_t flags);
void frame_fingerprint(struct frame *frame, uint32_t wrong); /* right one XOR wrong */

/*
 * Appends a list of attributes, parted by blanks: [COUNT*]TYPE[>CLAIMED][=HEX|/ZEROS|'TEXT][~PAD]
 * TYPE and PAD are hexadecimal, an underscore in TEXT is a blank; F is a right FINGERPRINT, F! a
 * wrong one. Aborts where the list makes no sense.
 */
void frame_attributes(struct frame *frame, const char *list);

/* Returns the length of the frame; capacity cuts it like end does. */
size_t frame_build(const struct frame *frame, uint8_t *bytes, size_t capacity);

/* Where the headers stand in a frame whose lengths may be wrong. */
struct frame_layout {
	int family;
	size_t ip;
	size_t udp;
	size_t payload;
	size_t end; /* of the UDP payload, within the frame */
};

bool frame_locate(const uint8_t *bytes, size_t length, struct frame_layout *layout);

#define FRAME_FIX_LENGTHS     1 /* IP and UDP reach to the end of the frame */
#define FRAME_FIX_STUN_LENGTH 2
#define FRAME_FIX_FINGERPRINT 4 /* where one stands last */
#define FRAME_FIX_CHECKSUMS   8

/* Repairs what is asked for where the frame parses far enough, and leaves the rest alone. */
void frame_fix(uint8_t *bytes, size_t length, unsigned what);
void frame_fix_stun(uint8_t *message, size_t length, unsigned what); /* the two of STUN */
void frame_fix_checksums(uint8_t *bytes, size_t length, bool fingerprint);
void frame_fix_icmp(uint8_t *bytes, size_t length); /* the checksums of ICMP of either version */

/* Sends it back where it came from: swaps MACs, addresses, ports. Checksums stay right. */
void frame_reflect(uint8_t *bytes, size_t length);

#endif
