/* What the parts of the driver share. */
#ifndef DRIVER_H
#define DRIVER_H

#include <stddef.h>
#include <stdint.h>

#include "CKMOpenSSL.h"

/* Files of every form that the shim reads, made of one pair; the passphrase of all that is encrypted is PASSPHRASE. */
#define PASSPHRASE "secret"
typedef struct good_file {
    const char *name;
    uint8_t *bytes;
    size_t size;
    int is_private;
} good_file;
extern good_file good_files[];
extern size_t good_file_count;
/* 0 when OpenSSL could not make them. */
int make_good_files(void);
void free_good_files(void);
const good_file *find_good_file(const char *name);

/* Notes a defect; the driver's status is then 1. */
void defect(const char *format, ...) __attribute__((format(printf, 1, 2)));
extern unsigned long defect_count;

/* The limits that the package sets. */
#define MAXIMUM_BITS 8192
extern const km_limits test_limits;
/* The processor time of this thread, in seconds. */
double processor_time(void);

/* ivs.c */
void compare_ivs(void);

/* starve.c: every allocation of OpenSSL goes through here. Before anything else. */
int install_allocator(void);
/* Makes allocations fail in the first use of each algorithm. Before any other use of the shim. */
void starve_first_uses(void);
/* Makes allocations fail, for each operation of the shim; `step` above 1 leaves some out. */
void starve(unsigned long step);

#endif
