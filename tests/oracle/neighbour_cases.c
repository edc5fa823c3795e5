/* SPDX-License-Identifier: BSD-2-Clause */
#include "neighbour_cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const uint8_t neighbour_mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

/* Each byte as it comes and goes. */
enum sound { ARP, ECHO4, SHORT4, ECHO6, SOLICIT, UNICAST, PROBE };

static const struct {
	const char *protocol;
	const char *frame;
	const char *reply;
} sounds[] = {
	[ARP] = {"arp",
		 "ffffffffffff 021a2b3c4d5e 0806 0001 0800 06 04 0001 021a2b3c4d5e c6336407 "
		 "000000000000 cb00710a 000000000000000000000000000000000000",
		 "021a2b3c4d5e 525400123456 0806 0001 0800 06 04 0002 525400123456 cb00710a "
		 "021a2b3c4d5e c6336407 000000000000000000000000000000000000"},
	/* 19 bytes of data, DSCP and ECN, an ID, no DF: none of these three comes back */
	[ECHO4] = {"echo",
		   "525400123456 021a2b3c4d5e 0800 45b9 002f 1d2c 0000 39 01 fda3 c6336407 "
		   "cb00710a 0800 eae2 1234 0007 101112131415161718191a1b1c1d1e1f202122",
		   "021a2b3c4d5e 525400123456 0800 4500 002f 0000 4000 40 01 d488 cb00710a "
		   "c6336407 0000 f2e2 1234 0007 101112131415161718191a1b1c1d1e1f202122"},
	[SHORT4] = {"echo",
		    "525400123456 021a2b3c4d5e 0800 4500 001c 1d2c 4000 39 01 be6f c6336407 "
		    "cb00710a 0800 e5c4 1234 0007 000000000000000000000000000000000000",
		    "021a2b3c4d5e 525400123456 0800 4500 001c 0000 4000 40 01 d49b cb00710a "
		    "c6336407 0000 edc4 1234 0007 000000000000000000000000000000000000"},
	[ECHO6] = {"echo",
		   "525400123456 021a2b3c4d5e 86dd 6b9abcde 000d 3a 39 "
		   "20010db8000700000000000000000007 20010db8000000000000000000000010 "
		   "8000 ee1a 1234 0007 48656c6c6f",
		   "021a2b3c4d5e 525400123456 86dd 60000000 000d 3a 40 "
		   "20010db8000000000000000000000010 20010db8000700000000000000000007 "
		   "8100 ed1a 1234 0007 48656c6c6f"},
	[SOLICIT] = {"advertisement",
		     "3333ff000010 021a2b3c4d5e 86dd 60000000 0020 3a ff "
		     "20010db8000700000000000000000007 ff0200000000000000000001ff000010 "
		     "8700 a34a 00000000 20010db8000000000000000000000010 0101 021a2b3c4d5e",
		     "021a2b3c4d5e 525400123456 86dd 60000000 0020 3a ff "
		     "20010db8000000000000000000000010 20010db8000700000000000000000007 "
		     "8800 058e 60000000 20010db8000000000000000000000010 0201 525400123456"},
	/* neighbour unreachability detection: it grows by the option */
	[UNICAST] = {"advertisement",
		     "525400123456 021a2b3c4d5e 86dd 60000000 0018 3a ff "
		     "fe800000000000000000000000000007 20010db8000000000000000000000010 "
		     "8700 1e93 00000000 20010db8000000000000000000000010",
		     "021a2b3c4d5e 525400123456 86dd 60000000 0020 3a ff "
		     "20010db8000000000000000000000010 fe800000000000000000000000000007 "
		     "8800 34cd 60000000 20010db8000000000000000000000010 0201 525400123456"},
	/* duplicate address detection */
	[PROBE] = {"advertisement",
		   "3333ff000010 021a2b3c4d5e 86dd 60000000 0018 3a ff "
		   "00000000000000000000000000000000 ff0200000000000000000001ff000010 "
		   "8700 4ccf 00000000 20010db8000000000000000000000010",
		   "333300000001 525400123456 86dd 60000000 0020 3a ff "
		   "20010db8000000000000000000000010 ff020000000000000000000000000001 "
		   "8800 7451 20000000 20010db8000000000000000000000010 0201 525400123456"},
};

#define SAME ""	  /* what comes back for the sound one */
#define RAW  0x01 /* checksums stay as they are, else they are put right */
#define TAGS 0x02 /* behind three tags, one too many */
#define LACK(bytes)                                                                                \
	(0x10 * (1 + (bytes))) /* room for so many bytes less than the advertisement               \
				*/

#define LINK_LOCAL "fe80000000000000021a2bfffe3c4d5e"
#define LOOPBACK   "00000000000000000000000000000001"
#define NOBODY	   "00000000000000000000000000000000"
#define ALL_NODES  "ff020000000000000000000000000001"
#define SERVICE	   "20010db8000000000000000000000010"
#define OTHER	   "20010db8000000000000000000000011" /* a service, too */
#define STRANGER   "20010db8000000000000000000000012"

/* Offsets are those without tags: 14 IP or ARP, 34 ICMP, 54 ICMPv6, 62 target, 78 options. */
static const struct row {
	const char *name;
	enum sound of;
	const char *change; /* AT=HEX, parted by blanks; an AT behind the end makes it longer */
	const char *reply;  /* NULL: none; else what changes in that of the sound one */
	uint16_t cut;	    /* the length, 0: as it is */
	uint16_t reply_cut;
	unsigned flags;
} rows[] = {
	{"ARP", ARP, "", SAME},
	{"ping", ECHO4, "", SAME},
	{"ping over IPv6", ECHO6, "", SAME},
	{"solicitation", SOLICIT, "", SAME},
	{"unreachability detection", UNICAST, "", SAME},
	{"duplicate address detection", PROBE, "", SAME},

	/* --- the link --- */
	{"no bytes to read a type", ARP, "", NULL, 13},
	{"no bytes behind the type", ARP, "", NULL, 14},
	{"tag cut", ARP, "12=8100", NULL, 17},
	{"another EtherType", ARP, "12=0807", NULL},
	{"length instead of a type", ECHO4, "12=0600", NULL},
	{"three tags", ARP, "", NULL, .flags = TAGS},
	{"three tags", ECHO4, "", NULL, .flags = TAGS},
	{"three tags", SOLICIT, "", NULL, .flags = TAGS},
	{"from a group of MACs", ARP, "6=03", NULL},
	{"from a group of MACs", ECHO4, "6=03", NULL},
	{"from a group of MACs", SOLICIT, "6=33", NULL},

	/* --- ARP --- */
	{"sent to the port", ARP, "0=525400123456", SAME},
	{"to another port", ARP, "0=525400123457", NULL},
	{"to another, in the first byte", ARP, "0=505400123456", NULL},
	{"to a group", ARP, "0=333300000001", NULL},
	{"almost broadcast", ARP, "0=fffffffffffd", NULL},
	{"almost broadcast, at its beginning", ARP, "0=fdffffffffff", NULL},
	{"without padding", ARP, "", SAME, 42, 42},
	{"longer padding, kept", ARP, "42=deadbeef 98=01020304", "42=deadbeef 98=01020304", 0, 102},
	{"cut", ARP, "", NULL, 41},
	{"probe", ARP, "28=00000000", "38=00000000"},
	{"another service", ARP, "38=cb00710b", "28=cb00710b"},
	{"no service", ARP, "38=cb00710c", NULL},
	{"target 0.0.0.0", ARP, "28=c6336407 38=00000000", NULL},
	{"bridged: another sender than its frame's", ARP, "22=060000000001", "32=060000000001"},
	{"a target MAC that means nothing", ARP, "32=ffffffffffff", SAME},
	{"announcement", ARP, "28=cb00710a", NULL},
	{"announcement from somewhere else", ARP, "28=cb00710a 38=cb00710a 22=060000000001", NULL},
	{"reply", ARP, "20=0002", NULL},
	{"RARP", ARP, "20=0003", NULL},
	{"of IEEE 802", ARP, "14=0006", NULL},
	{"of another protocol", ARP, "16=86dd", NULL},
	{"address of 8 bytes", ARP, "18=08", NULL},
	{"address of 16 bytes", ARP, "19=10", NULL},

	/* --- ping --- */
	{"short, padded", SHORT4, "", SAME},
	{"short, padding that says something", SHORT4, "42=deadbeef", "42=deadbeef"},
	{"short, without padding", SHORT4, "", SAME, 42, 42},
	{"short, some padding", SHORT4, "", SAME, 51, 51},
	{"short, a longer trailer", SHORT4, "60=0102030405", SAME, 0, 60},
	{"trailer", ECHO4, "61=0102030405", SAME},
	{"to broadcast", ECHO4, "0=ffffffffffff", NULL},
	{"to another port", ECHO4, "0=525400123457", NULL},
	{"header cut", SHORT4, "", NULL, 41},
	{"options", ECHO4, "14=46", NULL},
	{"header too short", ECHO4, "14=44", NULL},
	{"version 5", ECHO4, "14=55", NULL},
	{"total length under 28", SHORT4, "16=001b", NULL},
	{"total length under 20", SHORT4, "16=0010", NULL},
	{"total length over the frame", ECHO4, "16=0030", NULL},
	{"reserved bit", ECHO4, "20=80", SAME},
	{"more fragments", ECHO4, "20=2000", NULL},
	{"last fragment", ECHO4, "20=0001", NULL},
	{"TTL 0", ECHO4, "22=00", SAME},
	{"UDP", ECHO4, "23=11", NULL},
	{"ICMPv6 over IPv4", ECHO4, "23=3a", NULL},
	{"wrong header checksum", ECHO4, "24=fda4", NULL, .flags = RAW},
	{"from 0/8", ECHO4, "26=00010203", NULL},
	{"from loopback", ECHO4, "26=7f000001", NULL},
	{"from link-local", ECHO4, "26=a9fe0001", NULL},
	{"from multicast", ECHO4, "26=e0000001", NULL},
	{"from broadcast", ECHO4, "26=ffffffff", NULL},
	{"from itself", ECHO4, "26=cb00710a", NULL},
	{"from another service", ECHO4, "26=cb00710b", "30=cb00710b"},
	{"to another service", ECHO4, "30=cb00710b", "26=cb00710b"},
	{"to no service", ECHO4, "30=cb00710c", NULL},
	{"to a group", ECHO4, "30=e0000001", NULL},
	{"echo reply", ECHO4, "34=00", NULL},
	{"timestamp", ECHO4, "34=0d", NULL},
	{"code 1", ECHO4, "35=01", NULL},
	{"wrong checksum", ECHO4, "36=eae3", NULL, .flags = RAW},
	{"wrong last byte", ECHO4, "60=23", NULL, .flags = RAW},
	{"ID and sequence 0", SHORT4, "38=00000000", "36=ffff 38=00000000", .flags = 0},
	{"checksum 0", SHORT4, "36=0000 38=f7ff0000", "36=0800 38=f7ff0000", .flags = RAW},
	{"checksum ffff for 0", SHORT4, "36=ffff 38=f7ff0000", "36=0800 38=f7ff0000", .flags = RAW},

	/* --- ping over IPv6 --- */
	{"IPv6 trailer", ECHO6, "67=0102030405", SAME},
	{"IPv6 from link-local", ECHO6, "22=" LINK_LOCAL, "38=" LINK_LOCAL},
	{"IPv6 to another service", ECHO6, "38=" OTHER, "22=" OTHER},
	{"IPv6 to no service", ECHO6, "38=" STRANGER, NULL},
	{"IPv6 to no service, in its first half", ECHO6, "38=21", NULL},
	{"IPv6 to all nodes", ECHO6, "0=333300000001 38=" ALL_NODES, NULL},
	{"IPv6 to a group's MAC", ECHO6, "0=333300000001", NULL},
	{"IPv6 to another port", ECHO6, "0=525400123457", NULL},
	{"IPv6 header cut", ECHO6, "18=0008", NULL, 61},
	{"IPv6 version 4", ECHO6, "14=40", NULL},
	{"IPv6 payload under 8", ECHO6, "18=0007", NULL},
	{"IPv6 payload over the frame", ECHO6, "18=000e", NULL},
	{"IPv6 hop by hop", ECHO6, "20=00", NULL},
	{"IPv6 fragment", ECHO6, "20=2c", NULL},
	{"ICMP over IPv6", ECHO6, "20=01", NULL},
	{"IPv6 hop limit 0", ECHO6, "21=00", SAME},
	{"IPv6 from nobody", ECHO6, "22=" NOBODY, NULL},
	{"IPv6 from loopback", ECHO6, "22=" LOOPBACK, NULL},
	{"IPv6 from a group", ECHO6, "22=" ALL_NODES, NULL},
	{"IPv6 from itself", ECHO6, "22=" SERVICE, NULL},
	{"IPv6 echo reply", ECHO6, "54=81", NULL},
	{"IPv6 code 1", ECHO6, "55=01", NULL},
	{"IPv6 wrong checksum", ECHO6, "56=ee1b", NULL, .flags = RAW},
	{"IPv6 checksum missing", ECHO6, "56=0000", NULL, .flags = RAW},
	{"IPv6 wrong last byte", ECHO6, "66=70", NULL, .flags = RAW},

	/* --- Neighbour Discovery --- */
	{"to the port, the group's address", SOLICIT, "0=525400123456", SAME},
	{"to the group's MAC, the target's address", SOLICIT, "38=" SERVICE, SAME},
	{"to broadcast", SOLICIT, "0=ffffffffffff", SAME},
	{"to another port", SOLICIT, "0=525400123457", NULL},
	{"of another service", SOLICIT, "0=3333ff000011 50=ff000011 62=" OTHER,
	 "22=" OTHER " 62=" OTHER},
	{"of no service", SOLICIT, "0=3333ff000012 50=ff000012 62=" STRANGER, NULL},
	{"of a group", SOLICIT, "62=" ALL_NODES, NULL},
	{"to all nodes", SOLICIT, "38=" ALL_NODES, NULL},
	{"to another's group", SOLICIT, "50=ff000011", NULL},
	{"to another site's group", SOLICIT, "38=ff05", NULL},
	{"to what is almost the group, second word", SOLICIT, "45=01", NULL},
	{"to what is almost the group, third word", SOLICIT, "49=02", NULL},
	{"to what is almost the group, fourth word", SOLICIT, "50=fe", NULL},
	{"to another service", UNICAST, "38=" OTHER, NULL},
	{"hop limit 254", SOLICIT, "21=fe", NULL},
	{"code 1", SOLICIT, "55=01", NULL},
	{"wrong checksum", SOLICIT, "56=a34b", NULL, .flags = RAW},
	{"under 24 bytes", SOLICIT, "18=0017", NULL},
	{"over the frame", SOLICIT, "18=0021", NULL},
	{"cut", SOLICIT, "", NULL, 85},
	{"trailer", SOLICIT, "86=0102030405", SAME, 0, 86},
	{"reserved bits", SOLICIT, "58=ffffffff", SAME},
	{"from loopback", SOLICIT, "22=" LOOPBACK, NULL},
	{"from a group", SOLICIT, "22=" ALL_NODES, NULL},
	{"from the target", SOLICIT, "22=" SERVICE, NULL},
	{"from the target to itself", UNICAST, "22=" SERVICE, NULL},
	{"from another service", SOLICIT, "22=" OTHER, "38=" OTHER},
	{"bridged: another link-layer address than its frame's", SOLICIT, "80=060000000001", SAME},
	{"nonce", SOLICIT, "78=0e01", SAME},
	{"two options", SOLICIT, "18=0028 86=0e01010203040506", SAME, 0, 86},
	{"a long option", SOLICIT, "18=0030 78=fd03 94=0102030405060708", SAME, 0, 86},
	{"option of length 0", SOLICIT, "79=00", NULL},
	{"option overruns", SOLICIT, "79=02", NULL},
	{"second option of length 0", SOLICIT, "18=0028 86=0e00010203040506", NULL},
	{"half an option", SOLICIT, "18=0024", NULL},
	{"one byte of an option", SOLICIT, "18=0019", NULL},
	{"probe of a unicast address", PROBE, "38=" SERVICE, NULL},
	{"probe to all nodes", PROBE, "38=" ALL_NODES, NULL},
	{"probe with a link-layer address", SOLICIT, "22=" NOBODY, NULL},
	{"probe with nonce and link-layer address", SOLICIT,
	 "18=0028 22=" NOBODY " 78=0e01 86=0101021a2b3c4d5e", NULL},
	{"probe to the port", PROBE, "0=525400123456", SAME},
	{"advertisement", SOLICIT, "54=88", NULL},
	{"router solicitation", SOLICIT, "54=85", NULL},
	{"room for it", UNICAST, "", SAME, .flags = LACK(0)},
	{"room but for a byte of it", UNICAST, "", NULL, .flags = LACK(1)},
	{"no room", UNICAST, "", NULL, .flags = LACK(8)},
	{"probe, no room", PROBE, "", NULL, .flags = LACK(8)},
	{"no room needed", SOLICIT, "", SAME, .flags = LACK(0)},
};

/* Returns the new length. */
static size_t apply(uint8_t *bytes, size_t length, const char *changes)
{
	char hex[2 * 64 + 1];

	while (*changes) {
		size_t at = strtoul(changes, (char **)&changes, 10), digits;

		digits = strcspn(++changes, " "); /* behind the = */
		snprintf(hex, sizeof(hex), "%.*s", (int)digits, changes);
		changes += digits + strspn(changes + digits, " ");
		at += frame_hex(bytes + at, FRAME_MAX - at, hex);
		length = at > length ? at : length;
	}
	return length;
}

static size_t make(uint8_t *bytes, const char *sound, const char *changes, size_t cut, bool raw)
{
	size_t length;

	memset(bytes, 0, FRAME_MAX);
	length = apply(bytes, frame_hex(bytes, FRAME_MAX, sound), changes);
	length = cut ? cut : length;
	if (!raw)
		frame_fix_icmp(bytes, length);
	return length;
}

static size_t tag(uint8_t *bytes, size_t length, int tags)
{
	static const uint8_t stack[3][4] = {
		{0x81, 0x00, 0xe0, 0x64}, {0x88, 0xa8, 0x20, 0x0a}, {0x81, 0x00, 0x00, 0x01}};

	for (int i = 0; i < tags; i++, length += 4) {
		memmove(bytes + 16, bytes + 12, length - 12);
		memcpy(bytes + 12, stack[i], 4);
	}
	return length;
}

/* Each with no tag, one and two. */
size_t neighbour_cases_count(void)
{
	return 3 * COUNT(rows);
}

void neighbour_case_get(size_t index, struct neighbour_case *test)
{
	const struct row *row = &rows[index / 3];
	int tags = row->flags & TAGS ? 3 : (int)(index % 3);
	size_t lack = row->flags / 0x10;

	snprintf(test->name, sizeof(test->name), "%s, %s, %d tags", sounds[row->of].protocol,
		 row->name, tags);
	test->length =
		make(test->frame, sounds[row->of].frame, row->change, row->cut, row->flags & RAW);
	test->length = tag(test->frame, test->length, tags);
	test->room = test->length + NEIGHBOUR_ROOM;
	test->protocol = row->reply ? sounds[row->of].protocol : "none";
	test->reply_length = 0;
	if (lack)
		test->room = 86 + 4 * (size_t)tags - (lack - 1);
	if (!row->reply)
		return;
	test->reply_length = make(test->reply, sounds[row->of].reply, row->reply, row->reply_cut,
				  row->flags & RAW);
	test->reply_length = tag(test->reply, test->reply_length, tags);
	/* Tags take the place of padding. */
	if (row->of == SHORT4 && test->reply_length > 60)
		test->reply_length = 60;
}
