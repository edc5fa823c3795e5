// SPDX-License-Identifier: BSD-2-Clause
#include "segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

_Static_assert(OUTCOMES <= OUTCOMES_MAX, "the layout has no room for more outcomes");

const char *outcome_label(enum outcome outcome)
{
	static const char *const labels[] = {
#define OUTCOME(name, label, help) #label,
#include "outcome.def"
#undef OUTCOME
	};

	return labels[outcome];
}

static bool layout_known(const struct segment *segment)
{
	return segment->magic == SEGMENT_MAGIC && segment->layout == SEGMENT_LAYOUT &&
	       segment->size == sizeof(*segment);
}

/* Ends a text, and makes it printable, whatever stands in the file. */
static void terminate(char *text, size_t size)
{
	text[size - 1] = '\0';
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

static void terminate_texts(struct segment *segment)
{
	for (size_t i = 0; i < SEGMENT_SLOTS_MAX; i++)
		terminate(segment->slots[i].port, sizeof(segment->slots[i].port));
	for (size_t i = 0; i < SEGMENT_PORTS_MAX; i++)
		terminate(segment->status.ports[i].name, sizeof(segment->status.ports[i].name));
	terminate(segment->status.trouble, sizeof(segment->status.trouble));
}

/* --- the writer --- */

/* The lock is that of the open file, not of the process: it ends with the last descriptor. */
static int lock(int fd)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fcntl(fd, F_OFD_SETLK, &whole) == 0)
		return 0;
	return errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
}

/* Allocates all pages now: a missing one would end the process later. */
static int map(struct segment_writer *writer)
{
	void *mapped;
	int r = posix_fallocate(writer->fd, 0, sizeof(*writer->segment));

	if (r != 0)
		return -r;
	mapped = mmap(NULL, sizeof(*writer->segment), PROT_READ | PROT_WRITE, MAP_SHARED,
		      writer->fd, 0);
	if (mapped == MAP_FAILED)
		return -errno;
	writer->segment = mapped;
	return 0;
}

static int open_locked(struct segment_writer *writer, const char *path, int flags)
{
	int r;

	writer->fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0644);
	if (writer->fd < 0)
		return -errno;
	r = lock(writer->fd);
	if (r < 0) {
		close(writer->fd);
		writer->fd = -1;
	}
	return r;
}

/* The status of the last process is not that of this one. */
static void forget_update(struct segment *segment)
{
	struct segment_status status = segment->status;

	status.updated = 0;
	segment_publish(segment, &status);
}

/* Goes on in the file that is there. Return: 1; 0 where there is none, or one that this version
 * does not know; or -errno. */
static int adopt(struct segment_writer *writer, const char *path)
{
	struct stat st;
	int r = open_locked(writer, path, 0);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (fstat(writer->fd, &st) < 0)
		r = -errno;
	else if (S_ISREG(st.st_mode) && st.st_size == sizeof(struct segment))
		r = map(writer);
	if (writer->segment && layout_known(writer->segment)) {
		terminate_texts(writer->segment);
		forget_update(writer->segment);
		return 1;
	}
	if (writer->segment)
		munmap(writer->segment, sizeof(*writer->segment));
	writer->segment = NULL;
	/* Its lock is kept until the new file has its place, or two could replace it at once. */
	return r;
}

/* Makes a new file, which takes the place of the old one when it is whole. */
static int make(struct segment_writer *writer, const char *path)
{
	struct segment_writer old = *writer;
	char fresh[512];
	int r = -ENAMETOOLONG;

	writer->fd = -1;
	if (snprintf(fresh, sizeof(fresh), "%s.new", path) < (int)sizeof(fresh))
		r = open_locked(writer, fresh, O_CREAT);
	if (r == 0 && ftruncate(writer->fd, 0) < 0)
		r = -errno;
	if (r == 0)
		r = map(writer);
	if (writer->segment) {
		writer->segment->magic = SEGMENT_MAGIC;
		writer->segment->layout = SEGMENT_LAYOUT;
		writer->segment->size = sizeof(*writer->segment);
		if (rename(fresh, path) < 0)
			r = -errno;
	}
	if (r < 0 && writer->fd >= 0)
		unlink(fresh);
	if (old.fd >= 0)
		close(old.fd);
	return r;
}

int segment_create(struct segment_writer *writer, const char *path, struct error *error)
{
	int r;

	*writer = (struct segment_writer){.fd = -1};
	r = adopt(writer, path);
	writer->adopted = r == 1;
	writer->replaced = r == 0 && writer->fd >= 0;
	if (r == 0)
		r = make(writer, path);
	if (r >= 0)
		return 0;
	segment_release(writer);
	if (r == -EBUSY)
		error_say(error,
			  "reflex-dpdk runs already as this instance: stop it first, or give this "
			  "one another --instance name");
	else
		error_say(error, "%s cannot be made: %s", path, strerror(-r));
	return r;
}

/* The first byte of the name is written last: it tells readers that the rest is there. */
static void name_slot(struct segment_slot *slot, const char *port, unsigned int queue)
{
	char name[SEGMENT_NAME_MAX] = "";

	snprintf(name, sizeof(name), "%s", port);
	slot->queue = queue;
	memcpy(slot->port + 1, name + 1, sizeof(name) - 1);
	__atomic_store_n(&slot->port[0], name[0], __ATOMIC_RELEASE);
}

struct segment_slot *segment_slot(struct segment *segment, const char *port, unsigned int queue)
{
	for (size_t i = 0; i < SEGMENT_SLOTS_MAX; i++) {
		struct segment_slot *slot = &segment->slots[i];

		if (!slot->port[0]) {
			name_slot(slot, port, queue);
			return slot;
		}
		if (slot->queue == queue && strcmp(slot->port, port) == 0)
			return slot;
	}
	return NULL;
}

struct segment_port *segment_port(struct segment_status *status, const char *name)
{
	for (size_t i = 0; i < SEGMENT_PORTS_MAX; i++) {
		struct segment_port *port = &status->ports[i];

		if (!port->name[0])
			snprintf(port->name, sizeof(port->name), "%s", name);
		if (strcmp(port->name, name) == 0)
			return port;
	}
	return NULL;
}

void segment_publish(struct segment *segment, const struct segment_status *status)
{
	uint64_t sequence = segment->sequence | 1; /* odd already, where the last writer died */

	__atomic_store_n(&segment->sequence, sequence, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	memcpy(&segment->status, status, sizeof(*status));
	__atomic_store_n(&segment->sequence, sequence + 1, __ATOMIC_RELEASE);
}

void segment_remove(struct segment_writer *writer, const char *path)
{
	if (writer->segment && !writer->adopted)
		unlink(path); /* as long as it is locked, it is nobody else's */
	segment_release(writer);
}

void segment_release(struct segment_writer *writer)
{
	if (writer->segment)
		munmap(writer->segment, sizeof(*writer->segment));
	if (writer->fd >= 0)
		close(writer->fd);
	*writer = (struct segment_writer){.fd = -1};
}

/* --- readers --- */

void segment_close(struct segment_reader *reader)
{
	if (reader->open)
		close(reader->fd);
	free(reader->segment);
	memset(reader, 0, sizeof(*reader));
}

/* Opens nothing but a regular file, without waiting: a FIFO would wait for a writer. */
static int open_file(struct segment_reader *reader, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), r = 0;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		r = -errno;
	else if (!S_ISREG(st.st_mode))
		r = -EPROTO;
	if (r < 0) {
		close(fd);
		return r;
	}
	*reader = (struct segment_reader){NULL, fd, true, st.st_dev, st.st_ino};
	return 0;
}

static int follow(struct segment_reader *reader, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	if (reader->open && reader->device == st.st_dev && reader->inode == st.st_ino)
		return 0;
	segment_close(reader);
	return open_file(reader, path);
}

/* By pread and not by a mapping, which would end the process where somebody truncates the file.
 * Counters are whole: the kernel copies at least 8 bytes at once. */
static int read_at(int fd, void *to, size_t length, off_t offset)
{
	ssize_t r = pread(fd, to, length, offset);

	return r < 0 ? -errno : (size_t)r < length ? -EPROTO : 0;
}

#define READ(reader, member)                                                                       \
	read_at((reader)->fd, &(reader)->segment->member, sizeof((reader)->segment->member),       \
		offsetof(struct segment, member))

/* Return: 1; 0 where the writer died, or sleeps, in the middle of it; or -errno. */
static int read_status(struct segment_reader *reader)
{
	const uint64_t *sequence = &reader->segment->sequence;

	for (int i = 0; i < 1000; i++) {
		uint64_t before;
		int r = READ(reader, sequence);

		before = *sequence;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (r == 0)
			r = READ(reader, status);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (r == 0)
			r = READ(reader, sequence);
		if (r < 0)
			return r;
		if (!(before & 1) && before == *sequence)
			return 1;
	}
	return 0;
}

/* Return: as read_status. */
static int read_segment(struct segment_reader *reader)
{
	struct stat st;
	int whole, r;

	if (!reader->segment)
		reader->segment = calloc(1, sizeof(*reader->segment));
	if (!reader->segment)
		return -ENOMEM;
	if (fstat(reader->fd, &st) < 0)
		return -errno;
	if (st.st_size != sizeof(struct segment))
		return -EPROTO;
	r = read_at(reader->fd, reader->segment, offsetof(struct segment, sequence), 0);
	if (r == 0 && !layout_known(reader->segment))
		r = -EPROTO;
	whole = r < 0 ? r : read_status(reader);
	r = whole < 0 ? whole : READ(reader, slots);
	if (r < 0)
		return r;
	terminate_texts(reader->segment);
	return whole;
}

static bool written(int fd)
{
	struct flock whole = {.l_type = F_RDLCK, .l_whence = SEEK_SET};

	return fcntl(fd, F_OFD_GETLK, &whole) < 0 || whole.l_type != F_UNLCK;
}

static bool stale(const struct segment_status *status)
{
	struct timespec now;
	uint64_t ms;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
	return ms > status->updated / 1000000 + SEGMENT_STALE_MS;
}

int segment_look(struct segment_reader *reader, const char *path, struct segment_status *status)
{
	int r = follow(reader, path);

	if (r == 0)
		r = read_segment(reader);
	if (r < 0) {
		segment_close(reader);
		return r;
	}
	memcpy(status, &reader->segment->status, sizeof(*status));
	if (!written(reader->fd))
		return -ESRCH;
	return r == 1 && !stale(status) ? 0 : -ETIMEDOUT;
}

static bool used(const struct segment_slot *slot)
{
	return __atomic_load_n(&slot->port[0], __ATOMIC_ACQUIRE) != '\0';
}

static bool listed(const char **names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

size_t segment_names(const struct segment *segment, const char **names)
{
	size_t count = 0;

	for (size_t i = 0; i < SEGMENT_SLOTS_MAX && used(&segment->slots[i]); i++)
		if (count < SEGMENT_PORTS_MAX && !listed(names, count, segment->slots[i].port))
			names[count++] = segment->slots[i].port;
	return count;
}

void segment_sum(const struct segment *segment, const char *port, struct counters *counters,
		 uint64_t *outcomes)
{
	memset(counters, 0, sizeof(*counters));
	memset(outcomes, 0, OUTCOMES * sizeof(*outcomes));
	for (size_t i = 0; i < SEGMENT_SLOTS_MAX && used(&segment->slots[i]); i++) {
		const struct segment_slot *slot = &segment->slots[i];

		if (strcmp(slot->port, port) != 0)
			continue;
		counters_add(counters, &slot->counters);
		for (size_t j = 0; j < OUTCOMES; j++)
			outcomes[j] += __atomic_load_n(&slot->outcomes[j], __ATOMIC_RELAXED);
	}
}
