/* main.c FOLDER ROUNDS: the tests of the C library, with the key files of a folder, and so many rounds of each thread. */
#include "checks.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *folder;
static bool seen[256];

void check_that(bool holds, const char *what, const char *place, int line) {
    if (holds) return;
    fprintf(stderr, "%s:%d: does not hold: %s\n", place, line, what);
    exit(1);
}

void check_status(km_status got, km_status expected, const km_error *error, const char *place, int line) {
    if (got != expected || error->status != (int32_t)got) {
        fprintf(stderr, "%s:%d: expected %d; got %d (%s: %s)\n", place, line, (int)expected, (int)got,
                km_status_name((int32_t)got), error->detail);
        exit(1);
    }
    CHECK(strlen(error->detail) < sizeof error->detail);
    /* Every failure explains itself, except those that could tell an attacker something. */
    CHECK((got == KM_SUCCESS || got == KM_ERROR_AUTHENTICATION_FAILED) == (error->detail[0] == 0));
    CHECK(strstr(error->detail, "9491339401250765") == NULL && strstr(error->detail, "open sesame") == NULL);
    __atomic_store_n(&seen[got], true, __ATOMIC_RELAXED);
}

int64_t now(void) { return (int64_t)time(NULL) * 1000; }

bool was_seen(km_status status) { return seen[status]; }

const char *path_of(const char *name) {
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

file read_file(const char *name) {
    FILE *stream = fopen(path_of(name), "rb");
    CHECK(stream != NULL);
    file content = {malloc(100000), 0};
    CHECK(content.bytes != NULL);
    content.size = fread(content.bytes, 1, 100000, stream);
    fclose(stream);
    CHECK(content.size > 0 && content.size < 100000);
    return content;
}

static void test_statuses(void) {
    CHECK(strcmp(km_version(), KM_VERSION) == 0 && km_abi() == KM_ABI);
    CHECK(strcmp(km_status_name(KM_SUCCESS), "success") == 0);
    CHECK(strcmp(km_status_name(KM_ERROR_TOKEN_STALE), "tokenStale") == 0);
    CHECK(strcmp(km_status_text(KM_ERROR_ARROW_INVALID), "") != 0);
    CHECK(km_status_name(-1) == NULL && km_status_text(8) == NULL && km_status_name(INT32_MAX) == NULL);
}

int main(int count, char **arguments) {
    CHECK(count == 3);
    folder = arguments[1];
    test_statuses();
    test_tokens();
    test_ciphers();
    test_fields();
    test_hostile_bodies();
    test_tokenizers();
    test_rows();
    test_arrow();
    test_threads(atoi(arguments[2]));
    for (int32_t number = 0; number < 256; number++) {
        /* No input makes OpenSSL fail, and every code of these functions has a number. */
        if (number == KM_ERROR_CRYPTOGRAPHY_UNAVAILABLE || number == KM_ERROR_OTHER || km_status_name(number) == NULL) continue;
        if (!was_seen((km_status)number)) fprintf(stderr, "no test has the status %s\n", km_status_name(number));
        CHECK(was_seen((km_status)number));
    }
    puts("the C tests passed");
    return 0;
}
