/*
 * Preloaded into the server, it shifts the time of day by as many microseconds as the
 * file CLOCK_FILE says at the moment, eight bytes in the machine's order.
 * The monotonic clock does not change, so sleeps and timeouts take as long as usual.
 *
 * Not libfaketime: it also wraps poll and epoll_wait, and while the server waits
 * in one, a signal handler is told the real time. Then no statement_timeout,
 * lock_timeout or deadlock_timeout fires in a server whose clock is ahead.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *offset; /* microseconds; shared with every process of the server */

__attribute__((constructor)) static void map_offset(void)
{
	const char *path = getenv("CLOCK_FILE");
	int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *mapped;

	if (file < 0)
		return;
	mapped = mmap(NULL, sizeof *offset, PROT_READ, MAP_SHARED, file, 0);
	close(file);
	if (mapped != MAP_FAILED)
		offset = mapped;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	if (syscall(SYS_clock_gettime, clock, now) != 0)
		return -1;
	if (offset && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
		long long shifted = now->tv_sec * 1000000000LL + now->tv_nsec + *offset * 1000LL;

		now->tv_sec = shifted / 1000000000;
		now->tv_nsec = shifted % 1000000000;
	}
	return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	struct timespec time;

	(void)zone; /* obsolete: nobody asks for it */
	if (clock_gettime(CLOCK_REALTIME, &time) != 0)
		return -1;
	now->tv_sec = time.tv_sec;
	now->tv_usec = time.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *result)
{
	struct timespec now;

	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		return -1;
	if (result)
		*result = now.tv_sec;
	return now.tv_sec;
}
