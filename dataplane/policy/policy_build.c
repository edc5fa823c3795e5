// SPDX-License-Identifier: BSD-2-Clause
#include "policy_build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "protocols.h"

/* A place in the table: a service, or the address of one. */
struct key {
	struct policy_key key;
	uint64_t hash;
	const struct policy_service *service; /* NULL: an address on any port */
};

#define KEYS_MAX  (2 * POLICY_SERVICES_MAX)
#define TRIES_MAX 10000

struct work {
	struct key keys[KEYS_MAX];
	size_t count;
	uint16_t first[POLICY_BUCKETS + 1]; /* where a bucket's keys begin, once sorted */
	uint16_t order[POLICY_BUCKETS];	    /* buckets, the fullest first */
};

bool policy_takes_address(const struct policy_settings *settings,
			  const struct policy_service *service)
{
	static const uint8_t unspecified[16], loopback[16] = {[15] = 1};
	const uint8_t *address = service->address;

	if (service->family == FAMILY_IPV4)
		return address[0] != 0 && (address[0] != 127 || settings->loopback) &&
		       address[0] < 224;
	return address[0] != 0xff && memcmp(address, unspecified, 16) &&
	       (memcmp(address, loopback, 16) || settings->loopback);
}

/* Of equal keys the one of a service with an alternate comes first. */
static int compare_keys(const void *left, const void *right)
{
	const struct key *a = left, *b = right;
	int order = memcmp(&a->key, &b->key, sizeof(a->key));

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	if (order || !a->service || !b->service)
		return order;
	return !a->service->alternate_port - !b->service->alternate_port;
}

static struct policy_key make_key(enum family family, const uint8_t *address, uint32_t port)
{
	uint64_t word[2];
	uint32_t ipv4;

	memcpy(&ipv4, address, sizeof(ipv4));
	memcpy(word, address, sizeof(word));
	return family == FAMILY_IPV4 ? policy_key_ipv4(ipv4, port)
				     : policy_key_ipv6(word[0], word[1], port);
}

static void add_key(struct work *work, const struct policy_service *service, uint32_t port)
{
	struct key *key = &work->keys[work->count++];

	key->key = make_key(service->family, service->address, port);
	key->hash = 0;
	key->service = port == POLICY_ANY_PORT ? NULL : service;
}

size_t policy_pairs(const struct policy_service *service, struct policy_service pairs[4])
{
	size_t count = service->alternate_port ? 4 : 1;

	for (size_t i = 0; i < count; i++) {
		struct policy_service *pair = &pairs[i];

		*pair = *service;
		if (i & 1) {
			pair->port = service->alternate_port;
			pair->alternate_port = service->port;
		}
		if (i & 2) {
			memcpy(pair->address, service->alternate, sizeof(pair->address));
			memcpy(pair->alternate, service->address, sizeof(pair->alternate));
		}
	}
	return count;
}

static int collect_keys(struct work *work, const struct policy_settings *settings,
			const struct policy_service *services, size_t count, size_t *culprit)
{
	size_t unique = 0;

	if (count > POLICY_SERVICES_MAX)
		return -E2BIG;
	for (size_t i = 0; i < count; i++) {
		const struct policy_service *service = &services[i];

		if (culprit)
			*culprit = i;
		if ((service->family != FAMILY_IPV4 && service->family != FAMILY_IPV6) ||
		    !service->port)
			return -EINVAL;
		if (!policy_takes_address(settings, service))
			return -EADDRNOTAVAIL;
		add_key(work, service, be16_from(service->port).raw);
		add_key(work, service, POLICY_ANY_PORT);
	}
	qsort(work->keys, work->count, sizeof(work->keys[0]), compare_keys);
	for (size_t i = 0; i < work->count; i++) {
		if (!i || memcmp(&work->keys[i].key, &work->keys[unique - 1].key,
				 sizeof(work->keys[i].key)))
			work->keys[unique++] = work->keys[i];
	}
	work->count = unique;
	return 0;
}

static size_t bucket_size(const struct work *work, size_t bucket)
{
	return work->first[bucket + 1] - work->first[bucket];
}

/* Hash and sort the keys by bucket; the fullest buckets are placed first, while there is room. */
static void sort_buckets(struct work *work, const struct policy *policy)
{
	size_t position = 0, placed = 0;

	for (size_t i = 0; i < work->count; i++) {
		struct key *key = &work->keys[i];

		key->hash = policy_hash(policy, key->key);
	}
	qsort(work->keys, work->count, sizeof(work->keys[0]), compare_keys);
	for (size_t bucket = 0; bucket < POLICY_BUCKETS; bucket++) {
		work->first[bucket] = (uint16_t)position;
		while (position < work->count && policy_bucket(work->keys[position].hash) == bucket)
			position++;
	}
	work->first[POLICY_BUCKETS] = (uint16_t)position;
	for (size_t size = work->count; size; size--) {
		for (size_t bucket = 0; bucket < POLICY_BUCKETS; bucket++) {
			if (bucket_size(work, bucket) == size)
				work->order[placed++] = (uint16_t)bucket;
		}
	}
	while (placed < POLICY_BUCKETS)
		work->order[placed++] = POLICY_BUCKETS - 1; /* empty ones need no place */
}

static bool is_used(const struct policy_slot *slot)
{
	return slot->key.word[0] || slot->key.word[2];
}

/* Put a bucket's keys at one displacement, all or none. */
static bool try_place(struct policy *policy, const struct key *keys, size_t count,
		      uint16_t displacement)
{
	for (size_t i = 0; i < count; i++) {
		struct policy_slot *slot = &policy->slot[policy_index(keys[i].hash, displacement)];

		if (is_used(slot)) {
			while (i--) {
				slot = &policy->slot[policy_index(keys[i].hash, displacement)];
				memset(slot, 0, sizeof(*slot));
			}
			return false;
		}
		slot->key = keys[i].key;
	}
	return true;
}

static bool place_bucket(struct policy *policy, const struct work *work, size_t bucket)
{
	for (unsigned int displacement = 0; displacement < POLICY_SLOTS; displacement++) {
		if (try_place(policy, &work->keys[work->first[bucket]], bucket_size(work, bucket),
			      (uint16_t)displacement)) {
			policy->displacement[bucket] = (uint16_t)displacement;
			return true;
		}
	}
	return false;
}

static bool place_all(struct policy *policy, struct work *work)
{
	memset(policy->slot, 0, sizeof(policy->slot));
	memset(policy->displacement, 0, sizeof(policy->displacement));
	sort_buckets(work, policy);
	for (size_t i = 0; i < POLICY_BUCKETS && bucket_size(work, work->order[i]); i++) {
		if (!place_bucket(policy, work, work->order[i]))
			return false;
	}
	return true;
}

/* SplitMix64 (Steele, Lea, Flood 2014): the same multipliers for the same services, always. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* Tell each pair's slot where its alternate stands. */
static int join_pairs(struct policy *policy, const struct work *work,
		      const struct policy_service *services, size_t *culprit)
{
	for (size_t i = 0; i < work->count; i++) {
		const struct policy_service *service = work->keys[i].service;
		const struct policy_slot *slot, *alternate;

		if (!service || !service->alternate_port)
			continue;
		slot = policy_find(policy, work->keys[i].key);
		alternate = policy_find(policy, make_key(service->family, service->alternate,
							 be16_from(service->alternate_port).raw));
		if (culprit)
			*culprit = (size_t)(service - services);
		if (!alternate)
			return -EINVAL;
		policy->slot[slot - policy->slot].discovery =
			(uint32_t)(alternate - policy->slot) | POLICY_ALTERNATE |
			(service->response_port ? POLICY_RESPONSE_PORT : 0) |
			(service->padding ? POLICY_PADDING : 0);
	}
	return 0;
}

static int build_services(struct policy *policy, const struct policy_settings *settings,
			  const struct policy_service *services, size_t count, size_t *culprit)
{
	struct work *work = calloc(1, sizeof(*work));
	uint64_t random = 0;
	int r;

	if (!work)
		return -ENOMEM;
	r = collect_keys(work, settings, services, count, culprit);
	if (r < 0)
		goto out;
	r = -ENOMEM; /* never: a few tries do, seen for 1,024 services */
	for (int i = 0; i < TRIES_MAX && r == -ENOMEM; i++) {
		for (int j = 0; j < 3; j++)
			policy->multiplier[j] = next_random(&random) | 1;
		if (place_all(policy, work))
			r = join_pairs(policy, work, services, culprit);
	}
out:
	free(work);
	return r;
}

static int build_software(struct policy *policy, const char *software)
{
	size_t length = strnlen(software, POLICY_SOFTWARE_MAX + 1), padded;

	if (length > POLICY_SOFTWARE_MAX)
		return -ENAMETOOLONG;
	if (!length)
		return 0;
	padded = (length + 3) & ~(size_t)3;
	policy->software_words = (uint8_t)(1 + padded / 4);
	policy->software[0][0] = be32_from((uint32_t)STUN_SOFTWARE << 16 | (uint32_t)length).raw;
	memcpy(&policy->software[0][1], software, length);
	/* RFC 3489 knows no padding, and its clients refuse a length that is no multiple of 4. */
	policy->software[1][0] = be32_from((uint32_t)STUN_SOFTWARE << 16 | (uint32_t)padded).raw;
	memset(&policy->software[1][1], ' ', padded);
	memcpy(&policy->software[1][1], software, length);
	return 0;
}

int policy_build(struct policy *policy, const struct policy_settings *settings,
		 const struct policy_service *services, size_t count, size_t *culprit)
{
	memset(policy, 0, sizeof(*policy));
	policy->legacy = settings->legacy;
	policy->low_source_ports = settings->low_source_ports;
	policy->mirror_fingerprint = settings->mirror_fingerprint;
	policy->ignore_wrong_fingerprint = settings->ignore_wrong_fingerprint;
	policy->pass_refused = settings->pass_refused;
	if (build_software(policy, settings->software))
		return -ENAMETOOLONG;
	return build_services(policy, settings, services, count, culprit);
}
