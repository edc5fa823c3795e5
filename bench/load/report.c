// SPDX-License-Identifier: BSD-2-Clause
#include "report.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "load_clock.h"

#define BEHIND (10 * CLOCK_MILLISECOND) /* after which it is reported */

static const char *const paces[] = {
	[PACE_WINDOW] = "window",
	[PACE_RATE] = "rate",
	[PACE_FLOOD] = "flood",
};

/* What round-trip times mean depends on the pace. */
static const char *const measures[] = {
	[PACE_WINDOW] = "from sending, in a closed loop: a slow server slows the load down",
	[PACE_RATE] = "from the intended send time, so that no delay is hidden",
	[PACE_FLOOD] = "from sending, in an overload",
};

static const struct {
	const char *label;
	double share;
} quantiles[] = {
	{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}, {"p9999", 0.9999},
};

double report_rate(const struct load_run_result *result)
{
	return result->seconds > 0 ? (double)result->statistics.sent / result->seconds : 0;
}

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

double report_loss(const struct load_run_result *result)
{
	const struct statistics *statistics = &result->statistics;

	return percent(statistics->lost, statistics->sent - statistics->silent);
}

bool report_failed(const struct load_settings *settings, const struct load_run_result *result)
{
	const struct statistics *statistics = &result->statistics;
	uint64_t bad = statistics->lost + statistics_wrong(statistics) + statistics->duplicate;

	return statistics->sent == 0 || percent(bad, statistics->sent) > settings->tolerate;
}

/* --- for people --- */

static void print_count(const char *label, uint64_t count, uint64_t whole, const char *what)
{
	printf("  %-11s %13llu", label, (unsigned long long)count);
	if (whole)
		printf("  %8.4f %%", percent(count, whole));
	printf("%s%s\n", *what ? "  " : "", what);
}

/* Prints a counter that is not 0. */
static void print_if(const char *label, uint64_t count, uint64_t whole, const char *what)
{
	if (count)
		print_count(label, count, whole, what);
}

static void print_counts(const struct statistics *statistics)
{
	uint64_t sent = statistics->sent;

	print_count("sent", sent, 0, "");
	print_count("answered", statistics->answered, sent, "rightly and in time");
	print_count("lost", statistics->lost, sent, "");
	print_count("wrong", statistics_wrong(statistics), sent, "");
	for (unsigned int i = 0; i < FAULTS_COUNT; i++)
		print_if(fault_label(i), statistics->wrong[i], sent, fault_help(i));
	print_count("duplicate", statistics->duplicate, sent, "");
	print_if("silent", statistics->silent, sent, "refused without an answer, as expected");
	print_if("late", statistics->late, 0, "after they were given up as lost");
	print_if("stray", statistics->stray, 0, "replies to nothing that was sent");
	print_if("unreachable", statistics->unreachable, 0, "ICMP errors: nobody has the port?");
	print_if("failed", statistics->failed, 0, "not taken by the kernel, and so lost:");
	if (statistics->failed)
		printf("  %27s%s\n", "", strerror(statistics->failed_errno));
}

static void print_times(const struct load_settings *settings, const struct statistics *statistics)
{
	const struct histogram *rtt = &statistics->rtt;

	if (rtt->count == 0)
		return;
	printf("round trip, microseconds, %s\n", measures[settings->pace]);
	printf("  %-11s %13.1f\n", "min", (double)rtt->min / 1e3);
	for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++)
		printf("  %-11s %13.1f\n", quantiles[i].label,
		       (double)histogram_quantile(rtt, quantiles[i].share) / 1e3);
	printf("  %-11s %13.1f\n", "max", (double)rtt->max / 1e3);
}

static void print_lateness(const struct load_settings *settings,
			   const struct load_run_result *result)
{
	const struct statistics *statistics = &result->statistics;

	if (settings->pace != PACE_RATE)
		return;
	if (statistics->unsent)
		printf("note: the generator could not keep the rate: %llu requests were not sent "
		       "in time\n",
		       (unsigned long long)statistics->unsent);
	if (statistics->lateness_max > BEHIND)
		printf("note: the generator itself was up to %.1f ms behind its schedule; the "
		       "round-trip times contain that\n",
		       (double)statistics->lateness_max / 1e6);
}

static void print_mix(const struct load_settings *settings, const struct statistics *statistics)
{
	if (settings->mix_count == 1)
		return;
	puts("profiles           sent       answered");
	for (size_t i = 0; i < settings->mix_count; i++)
		printf("  %-11s %10llu     %10llu  must be: %s\n", settings->mix[i].profile->name,
		       (unsigned long long)statistics->mix[i].sent,
		       (unsigned long long)statistics->mix[i].answered,
		       profile_answer_name(settings->mix[i].profile->answer));
}

void report_print(const struct load_settings *settings, const struct load_engine *engine,
		  const struct load_run_result *result)
{
	char text[ADDRESS_TEXT_MAX];

	printf("%s, %s%s%s mode, %s: %.2f s, %.0f requests/s%s\n",
	       address_print_endpoint(text, &settings->target),
	       settings->interface ? settings->interface : "", settings->interface ? ", " : "",
	       load_mode_name(engine->mode), paces[settings->pace], result->seconds,
	       report_rate(result), result->interrupted ? ", interrupted" : "");
	print_counts(&result->statistics);
	print_times(settings, &result->statistics);
	print_mix(settings, &result->statistics);
	print_lateness(settings, result);
}

/* --- for programs --- */

static void set_count(json_t *object, const char *key, uint64_t count)
{
	json_object_set_new(object, key, json_integer((json_int_t)count));
}

static json_t *json_faults(const struct statistics *statistics)
{
	json_t *object = json_object();

	for (unsigned int i = 0; i < FAULTS_COUNT; i++)
		set_count(object, fault_label(i), statistics->wrong[i]);
	return object;
}

/* All null where nothing was answered. */
static json_t *json_times(const struct histogram *rtt)
{
	json_t *object = json_object();

	json_object_set_new(object, "min",
			    rtt->count ? json_integer((json_int_t)rtt->min) : json_null());
	for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++) {
		uint64_t time = histogram_quantile(rtt, quantiles[i].share);

		json_object_set_new(object, quantiles[i].label,
				    rtt->count ? json_integer((json_int_t)time) : json_null());
	}
	json_object_set_new(object, "max",
			    rtt->count ? json_integer((json_int_t)rtt->max) : json_null());
	return object;
}

static json_t *json_mix(const struct load_settings *settings, const struct statistics *statistics)
{
	json_t *list = json_array();

	for (size_t i = 0; i < settings->mix_count; i++) {
		const struct load_profile *profile = settings->mix[i].profile;
		json_t *one = json_pack("{s:s, s:i, s:s}", "profile", profile->name, "weight",
					(int)settings->mix[i].weight, "expected",
					profile_answer_name(profile->answer));

		set_count(one, "sent", statistics->mix[i].sent);
		set_count(one, "answered", statistics->mix[i].answered);
		json_array_append_new(list, one);
	}
	return list;
}

static void set_counts(json_t *object, const struct statistics *statistics)
{
	set_count(object, "sent", statistics->sent);
	set_count(object, "answered", statistics->answered);
	set_count(object, "lost", statistics->lost);
	set_count(object, "wrong", statistics_wrong(statistics));
	json_object_set_new(object, "wrong_by", json_faults(statistics));
	set_count(object, "duplicate", statistics->duplicate);
	set_count(object, "refused_as_expected", statistics->silent);
	set_count(object, "late", statistics->late);
	set_count(object, "stray", statistics->stray);
	set_count(object, "unreachable", statistics->unreachable);
	set_count(object, "failed", statistics->failed);
	set_count(object, "unsent", statistics->unsent);
	set_count(object, "lateness_max_ns", statistics->lateness_max);
}

json_t *report_json(const struct load_settings *settings, const struct load_engine *engine,
		    const struct load_run_result *result)
{
	char text[ADDRESS_TEXT_MAX];
	json_t *object = json_object();

	json_object_set_new(object, "target",
			    json_string(address_print_endpoint(text, &settings->target)));
	json_object_set_new(object, "interface",
			    settings->interface ? json_string(settings->interface) : json_null());
	json_object_set_new(object, "mode", json_string(load_mode_name(engine->mode)));
	json_object_set_new(object, "pace", json_string(paces[settings->pace]));
	json_object_set_new(
		object, "rtt_from",
		json_string(settings->pace == PACE_RATE ? "intended send time" : "send time"));
	json_object_set_new(object, "seconds", json_real(result->seconds));
	json_object_set_new(object, "rate", json_real(report_rate(result)));
	json_object_set_new(object, "rate_intended",
			    settings->pace == PACE_RATE ? json_real(settings->rate) : json_null());
	json_object_set_new(object, "interrupted", json_boolean(result->interrupted));
	set_counts(object, &result->statistics);
	json_object_set_new(object, "rtt_ns", json_times(&result->statistics.rtt));
	json_object_set_new(object, "mix", json_mix(settings, &result->statistics));
	return object;
}

int report_print_json(json_t *object)
{
	int r = object ? json_dumpf(object, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) : -1;

	putchar('\n');
	json_decref(object);
	return r < 0 ? -ENOMEM : 0;
}
