/* A disk that the kernel has made read-only: while the file $READ_ONLY_WHILE exists, nothing under $READ_ONLY_UNDER can
   be opened for writing, written, cut or renamed. For LD_PRELOAD; SQLite writes by pwrite. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static int read_only(void) {
    const char *flag = getenv("READ_ONLY_WHILE");
    struct stat found;
    int before = errno, answer = flag != NULL && stat(flag, &found) == 0;
    errno = before;
    return answer;
}

static int below(const char *path) {
    const char *folder = getenv("READ_ONLY_UNDER");
    return folder != NULL && path != NULL && strncmp(path, folder, strlen(folder)) == 0;
}

#define REAL(name, ...) ((name##_t)dlsym(RTLD_NEXT, #name))(__VA_ARGS__)
#define REFUSE(when, nothing) if ((when) && read_only()) { errno = EROFS; return nothing; }

typedef ssize_t (*pwrite64_t)(int, const void *, size_t, off64_t);
typedef int (*ftruncate64_t)(int, off64_t);
typedef int (*open64_t)(const char *, int, mode_t);
typedef int (*rename_t)(const char *, const char *);

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    REFUSE(1, -1)
    return REAL(pwrite64, fd, data, size, at);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { return pwrite64(fd, data, size, at); }

int ftruncate64(int fd, off64_t size) {
    REFUSE(1, -1)
    return REAL(ftruncate64, fd, size);
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

int open64(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
    va_end(more);
    REFUSE((flags & O_ACCMODE) != O_RDONLY && below(path), -1)
    return REAL(open64, path, flags, mode);
}
int open(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
    va_end(more);
    return open64(path, flags, mode);
}

int rename(const char *from, const char *to) {
    REFUSE(below(to), -1)
    return REAL(rename, from, to);
}
