/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What reflex-dpdk counts and says of itself, in a file in memory that outlives it: the next
 * process of the instance goes on counting where the last one ended, and reflexd reads it without
 * any of DPDK. One process writes (it holds a lock on the file), any number read.
 */
#ifndef REFLEX_SEGMENT_H
#define REFLEX_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "counters.h"
#include "error.h"

#define SEGMENT_FILE	  "dpdk"	/* in the instance's folder */
#define SEGMENT_MAGIC	  0x786c666572u /* "reflx" */
#define SEGMENT_LAYOUT	  2u		/* changes with the structs below */
#define SEGMENT_NAME_MAX  64
#define SEGMENT_TEXT_MAX  512
#define SEGMENT_PORTS_MAX 32
#define SEGMENT_SLOTS_MAX 512  /* queues of all ports that there ever were */
#define SEGMENT_STALE_MS  2000 /* after which a process that says nothing hangs */

enum outcome {
#define OUTCOME(name, label, help) OUTCOME_##name,
#include "outcome.def"
#undef OUTCOME
	OUTCOMES,
};

#define OUTCOMES_MAX 32

/* One queue of one port: written by its worker alone, so in cache lines of its own. */
struct segment_slot {
	char port[SEGMENT_NAME_MAX]; /* "": never used */
	uint64_t queue;
	struct counters counters;
	uint64_t outcomes[OUTCOMES_MAX];
} __attribute__((aligned(128)));

/* One port. The counters are the device's own, carried on over restarts. */
struct segment_port {
	char name[SEGMENT_NAME_MAX]; /* "": never used */
	uint64_t present;	     /* a port of the process that runs now, or ran last */
	uint64_t up;		     /* its link */
	uint64_t missed; /* frames for which there was no room in a queue, or no buffer */
	uint64_t errors; /* frames that came in damaged, or that it could not send */
};

/* Written by the control thread, between two steps of `sequence`. */
struct segment_status {
	uint64_t pid;
	uint64_t started; /* seconds since 1970 */
	uint64_t updated; /* CLOCK_MONOTONIC, ns; 0: not since the start */
	uint64_t workers;
	uint64_t generation; /* 1 at the start, one more for each reload that was accepted */
	uint64_t last_reload_successful;
	uint64_t buffers;      /* all mbufs */
	uint64_t buffers_free; /* those of them that are not in use */
	uint64_t ready;
	char trouble[SEGMENT_TEXT_MAX]; /* why not ready */
	struct segment_port ports[SEGMENT_PORTS_MAX];
};

struct segment {
	uint64_t magic;
	uint32_t layout;
	uint32_t size;
	uint64_t sequence; /* odd while the status is written */
	struct segment_status status;
	struct segment_slot slots[SEGMENT_SLOTS_MAX];
};

/* --- the writer --- */

struct segment_writer {
	struct segment *segment;
	int fd;
	bool adopted;  /* there were counters, and they go on */
	bool replaced; /* there were counters of another layout; these start from zero */
};

/**
 * segment_create - open or make the file, and lock it.
 * @path: instance_path() of SEGMENT_FILE, in a folder that is there
 * @error: set on failure to a sentence
 *
 * A file of another layout is replaced, and so is one that is no regular file. `updated` is 0 until
 * the first segment_publish.
 *
 * Return: 0; -EBUSY while another process writes; or another -errno.
 */
int segment_create(struct segment_writer *writer, const char *path, struct error *error);

/**
 * segment_slot - the slot that a queue counts in; an earlier process's if there was one.
 * @port: name of the DPDK port
 *
 * Return: NULL where all are taken.
 */
struct segment_slot *segment_slot(struct segment *segment, const char *port, unsigned int queue);

/** segment_port - the status of a port, added if it is new. Return: NULL where all are taken. */
struct segment_port *segment_port(struct segment_status *status, const char *name);

/** segment_publish - replace the status; readers see it whole. */
void segment_publish(struct segment *segment, const struct segment_status *status);

/** segment_remove - as segment_release; and remove the file, if this writer made it. */
void segment_remove(struct segment_writer *writer, const char *path);

/** segment_release - unmap and unlock it; the file stays. */
void segment_release(struct segment_writer *writer);

/* --- readers --- */

struct segment_reader {
	struct segment *segment; /* a copy, as of the last look; NULL: not there yet */
	int fd;
	bool open;
	uint64_t device, inode;
};

/**
 * segment_look - see what is there now.
 * @reader: all zero at first; follows a file that was replaced
 * @path: as for segment_create
 * @status: copied, where there is a segment
 *
 * Nothing in the file is trusted: it may be truncated at any time, or be no file at all. Texts in
 * the copy are terminated. Until the next call reader->segment may be read, unless it is NULL.
 *
 * Return: with a segment 0: a process writes it now; -ESRCH: none does, it has ended; -ETIMEDOUT:
 * it has published nothing yet (updated is 0), or nothing for SEGMENT_STALE_MS. Without a segment
 * -ENOENT: no reflex-dpdk has run yet; -EPROTO: it is of another layout, or damaged; or another
 * -errno.
 */
int segment_look(struct segment_reader *reader, const char *path, struct segment_status *status);

/**
 * segment_names - name every port that there ever was, in the order in which they came.
 * @names: room for SEGMENT_PORTS_MAX; they are the segment's
 *
 * Return: how many.
 */
size_t segment_names(const struct segment *segment, const char **names);

/**
 * segment_sum - sum the slots of a port.
 * @counters: written over
 * @outcomes: OUTCOMES of them, written over
 */
void segment_sum(const struct segment *segment, const char *port, struct counters *counters,
		 uint64_t *outcomes);

/** segment_close - all zero is fine. */
void segment_close(struct segment_reader *reader);

/** outcome_label - the value of the metric label `outcome`. */
const char *outcome_label(enum outcome outcome);

#endif
